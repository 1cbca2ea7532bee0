//! `export`: print secrets for another program: .env, shell, JSON, YAML, Kubernetes, GitHub Actions.

use std::process::ExitCode;

use super::{Failed, args::Options};

#[derive(Debug, clap::Args)]
pub(crate) struct Export {}

pub(crate) async fn run(_options: &Options, _command: Export) -> Result<ExitCode, Failed> {
    Err(Failed::other("not there yet"))
}
