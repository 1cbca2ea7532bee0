//! `config`: the configuration that counts, and what one may say.

mod show;

use std::process::ExitCode;

use secret_runtime::config;

use super::{Failed, args::Options, output};

#[derive(Debug, clap::Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print every value that counts, and where it comes from
    #[command(after_help = "Examples:\n  runtime config show\n  runtime -P prod config show --output json")]
    Show,
    /// Print the JSON Schema of runtime.toml: every key, with what it means
    #[command(after_help = "Examples:\n  runtime config schema > runtime.schema.json")]
    Schema,
}

pub(crate) async fn run(options: &Options, command: Config) -> Result<ExitCode, Failed> {
    match command.command {
        Command::Show => show::run(options),
        Command::Schema => output::text(config::SCHEMA),
    }
}
