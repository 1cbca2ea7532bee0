//! `fill`: fill the empty values of a .env file.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Fill {}

pub(crate) async fn run(_options: &Options, _command: Fill) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
