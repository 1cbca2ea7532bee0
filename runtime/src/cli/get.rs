//! `get`: read secrets.

use std::{process::ExitCode, sync::Arc};

use secret_runtime::{Answer, Backend, Call, Kind, Read, Result};
use serde_json::{Map, Value};

use super::{
    Failed,
    args::{Get, Options, Output},
    at_once::{AT_ONCE, at_once},
    exit, load, output,
    trace::Listening,
};

pub(crate) async fn run(options: &Options, mut command: Get) -> Result<ExitCode, Failed> {
    if let Some(field) = command.field.take() {
        command.opt.opt.push(("field".to_owned(), field));
    }
    let backend = load::backend(options)?;
    let call = load_call(options, &backend);
    let version: Option<Arc<str>> = command.version.as_deref().map(Arc::from);
    let one = |key: String| read(&backend, key, version.clone(), &command.opt.opt, &call);
    match command.keys.as_slice() {
        [key] if options.output == Output::Text => {
            let answer = one(key.clone()).await?;
            output::value(&answer.secret)
        }
        keys => {
            let given: Arc<[(String, String)]> = command.opt.opt.as_slice().into();
            let reading = keys.iter().map(|key| {
                let (backend, key, version) = (backend.clone(), key.clone(), version.clone());
                let (given, call) = (given.clone(), call.clone());
                async move { read(&backend, key, version, &given, &call).await }
            });
            several(keys.iter().zip(at_once(AT_ONCE, reading).await).collect())
        }
    }
}

/// The call that every command makes: what the backend does and logs goes to whoever typed it.
pub(crate) fn load_call(options: &Options, backend: &Backend) -> Call {
    Call { listener: Listening::to(backend.manifest(), options), ..backend.call() }
}

async fn read(
    backend: &Backend,
    key: String,
    version: Option<Arc<str>>,
    opt: &[(String, String)],
    call: &Call,
) -> Result<Answer> {
    let read = Read { name: backend.key(&key)?, version, options: backend.options(opt.iter().cloned())? };
    backend.read(&read, call).await
}

/// An object by name, each with its value or its error; the exit code is that of the first failure that is more than
/// an absent secret.
fn several(answers: Vec<(&String, Result<Answer>)>) -> Result<ExitCode, Failed> {
    let mut object = Map::new();
    let mut failures: Vec<Kind> = Vec::new();
    for (key, answer) in &answers {
        let shown = match answer {
            Ok(answer) => output::secret_json(&answer.secret),
            Err(error) => {
                say!("runtime: {error}");
                exit::explain(error);
                failures.push(error.kind());
                output::error_json(error)
            }
        };
        object.insert((*key).clone(), shown);
    }
    output::json(&Value::from(object))?;
    let counts = failures.iter().find(|kind| **kind != Kind::NotFound).or(failures.first());
    match counts {
        Some(kind) => Err(Failed::silent(exit::exit_code(*kind))),
        None => Ok(ExitCode::SUCCESS),
    }
}
