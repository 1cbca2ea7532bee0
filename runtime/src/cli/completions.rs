//! `completions`: print what makes a shell complete commands, backends and names.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {}

pub(crate) async fn run(_options: &Options, _command: Completions) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
