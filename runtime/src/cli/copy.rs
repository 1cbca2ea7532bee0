//! `copy`: copy secrets from one backend to another.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Copy {}

pub(crate) async fn run(_options: &Options, _command: Copy) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
