//! `reload`: the daemon reads its configuration again.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use http::Method;
use secret_runtime::Shown;
use serde_json::Value;

use super::{
    Failed,
    args::Options,
    daemon::{self, Place},
    output,
};

/// Options of `reload`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  runtime reload\n  runtime reload --socket /run/secret-runtime/runtime.sock")]
pub(crate) struct Reload {
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(options: &Options, command: Reload) -> Result<ExitCode, Failed> {
    let answer = command.place.daemon(options)?.ask(Method::POST, "/runtime/v1/reload", None).await?;
    let told = answer.get("told").and_then(Value::as_str).ok_or_else(daemon::no_sense)?;
    say!("runtime: {}", Shown(told));
    output::either(options.output, "", &answer)
}
