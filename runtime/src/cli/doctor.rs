//! `doctor`: look for what is wrong here, and say what to do.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {}

pub(crate) async fn run(_options: &Options, _command: Doctor) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
