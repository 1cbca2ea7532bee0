//! `delete`: delete a secret.

use std::process::ExitCode;

use secret_runtime::DeleteMode;
use serde_json::json;

use super::{
    Failed,
    args::{Delete, Options, Output},
    get::load_call,
    load, output,
};

pub(crate) async fn run(options: &Options, command: Delete) -> Result<ExitCode, Failed> {
    let backend = load::backend(options)?;
    let mode = if command.force { DeleteMode::Permanent } else { DeleteMode::Recoverable(command.recovery_days) };
    let given = backend.options(command.opt.opt)?;
    let call = load_call(options, &backend);
    let name = backend.delete(&command.key, mode, &given, &call).await.map_err(Failed::of(&backend))?;
    match options.output {
        Output::Json => output::json(&json!({ "name": name.as_str(), "permanent": command.force })),
        Output::Text => {
            say!("runtime: deleted {name}");
            Ok(ExitCode::SUCCESS)
        }
    }
}
