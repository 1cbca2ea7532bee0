//! `run`: run a program with secrets as its environment variables, or as files.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Run {}

pub(crate) async fn run(_options: &Options, _command: Run) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
