//! `exists`: ask whether there is a secret.

use std::process::ExitCode;

use serde_json::json;

use super::{
    Failed,
    args::{Exists, Options},
    exit, output,
    session::Session,
};

pub(crate) async fn run(options: &Options, mut command: Exists) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let (backend, key) = session.target(&command.key, &mut command.opt.opt).await?;
    let given = backend.options(command.opt.opt)?;
    let exists = backend.exists(&key, &given, &session.call(&backend)).await?;
    output::either(options.output, if exists { "yes\n" } else { "no\n" }, &json!({ "exists": exists }))?;
    if exists { Ok(ExitCode::SUCCESS) } else { Err(Failed::silent(exit::exit_code(secret_runtime::Kind::NotFound))) }
}
