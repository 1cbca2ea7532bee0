//! `delete`: delete a secret.

use std::process::ExitCode;

use secret_runtime::DeleteMode;
use serde_json::json;

use super::{
    Failed,
    args::{Delete, Options, Output},
    output,
    session::Session,
};

pub(crate) async fn run(options: &Options, mut command: Delete) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let (backend, key) = session.target(&command.key, &mut command.opt.opt).await?;
    let mode = if command.force { DeleteMode::Permanent } else { DeleteMode::Recoverable(command.recovery_days) };
    let given = backend.options(command.opt.opt)?;
    let call = session.call(&backend);
    let name = backend.delete(&key, mode, &given, &call).await.map_err(Failed::of(&backend, None))?;
    match options.output {
        Output::Json => output::json(&json!({ "name": name.as_str(), "permanent": command.force })),
        Output::Text => {
            say!("runtime: deleted {name}");
            Ok(ExitCode::SUCCESS)
        }
    }
}
