//! `config`: show the configuration that counts, and where each value comes from.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Config {}

pub(crate) async fn run(_options: &Options, _command: Config) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
