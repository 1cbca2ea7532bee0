//! `inject`: replace the references in a template by what they stand for.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Inject {}

pub(crate) async fn run(_options: &Options, _command: Inject) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
