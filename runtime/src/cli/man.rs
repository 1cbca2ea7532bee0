//! `man`: print the manual page, or write one for every command.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Man {}

pub(crate) async fn run(_options: &Options, _command: Man) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
