//! `init`: write a first runtime.toml, from three questions.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Init {}

pub(crate) async fn run(_options: &Options, _command: Init) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
