//! `import`: write the entries of a .env, JSON or YAML file into a backend.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Import {}

pub(crate) async fn run(_options: &Options, _command: Import) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
