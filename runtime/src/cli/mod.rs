//! The command line: one file per command.

/// Writes a line on standard error, with nothing in it that a terminal acts on.
macro_rules! say {
    ($($line:tt)*) => {
        crate::cli::terminal::say(format_args!($($line)*))
    };
}

mod args;
mod at_once;
mod backends;
mod bulk;
mod cache;
mod check;
mod colour;
mod compile;
mod completions;
mod config;
mod configuration;
mod conform;
mod copy;
mod daemon;
mod delete;
mod doctor;
mod exists;
mod exit;
mod export;
mod fill;
mod formats;
mod get;
mod help;
mod import;
mod init;
mod inject;
mod inspect;
mod list;
mod load;
mod man;
mod new;
mod options;
mod out_file;
mod output;
mod pack;
mod paths;
mod questions;
mod reload;
mod rotate;
mod run;
mod serve;
mod session;
mod set;
mod shell;
mod snippet;
mod template;
mod terminal;
mod token;
mod trace;
mod trust;
mod ui;
mod value;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use self::args::{Args, Command};
pub(crate) use self::exit::Failed;

/// Parses the command line and runs it.
pub(crate) fn main() -> ExitCode {
    exit::guard_the_process();
    if let Some(code) = completions::answered() {
        return code;
    }
    let parsed = help::command().try_get_matches().and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => return exit::usage(error),
    };
    let asked = exit::Asked::of(&args);
    // The daemon does so itself, once it has read where its traces go.
    if !matches!(args.command, Command::Serve(_)) {
        terminal::init_log(args.options.verbose);
    }
    // A command does one thing; the daemon answers many callers.
    let runtime = match &args.command {
        Command::Serve(_) => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(args)),
        Err(cause) => Err(Failed::other(format!("the program can't start: {cause}"))),
    };
    exit::code(done, &asked)
}

async fn run(args: Args) -> Result<ExitCode, Failed> {
    let options = &args.options;
    match args.command {
        Command::Get(command) => get::run(options, command).await,
        Command::Exists(command) => exists::run(options, command).await,
        Command::List(command) => list::run(options, command).await,
        Command::Set(command) => set::run(options, command).await,
        Command::Delete(command) => delete::run(options, command).await,
        Command::Rotate(command) => rotate::run(options, command).await,
        Command::Check => check::run(options).await,
        Command::Conform(command) => conform::run(options, &command).await,
        Command::Inspect(command) => inspect::run(options, &command),
        Command::Trust(command) => trust::run(options, command).await,
        Command::New(command) => new::run(&command),
        Command::Pack(command) => pack::run(&command),
        Command::Compile(command) => compile::run(options, &command).await,
        Command::Backends => backends::run(options),
        Command::Init(command) => init::run(options, command).await,
        Command::Config(command) => config::run(options, command).await,
        Command::Serve(command) => serve::run(options, command).await,
        Command::Reload(command) => reload::run(options, command).await,
        Command::Cache(command) => cache::run(options, command).await,
        Command::Token(command) => token::run(options, command).await,
        Command::Run(command) => run::run(options, command).await,
        Command::Import(command) => import::run(options, command).await,
        Command::Export(command) => export::run(options, command).await,
        Command::Fill(command) => fill::run(options, command).await,
        Command::Copy(command) => copy::run(options, command).await,
        Command::Inject(command) => inject::run(options, command).await,
        Command::Doctor(command) => doctor::run(options, command).await,
        Command::Ui(command) => ui::run(options, command).await,
        Command::Completions(command) => completions::run(options, command).await,
        Command::Man(command) => man::run(options, command).await,
    }
}
