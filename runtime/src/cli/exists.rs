//! `exists`: ask whether there is a secret.

use std::process::ExitCode;

use serde_json::json;

use super::{
    Failed,
    args::{Exists, Options},
    exit,
    get::load_call,
    load, output,
};

pub(crate) async fn run(options: &Options, command: Exists) -> Result<ExitCode, Failed> {
    let backend = load::backend(options)?;
    let given = backend.options(command.opt.opt)?;
    let exists = backend.exists(&command.key, &given, &load_call(options, &backend)).await?;
    output::either(options.output, if exists { "yes\n" } else { "no\n" }, &json!({ "exists": exists }))?;
    if exists { Ok(ExitCode::SUCCESS) } else { Err(Failed::silent(exit::exit_code(secret_runtime::Kind::NotFound))) }
}
