//! `get`: read secrets.

use std::process::ExitCode;

use secret_runtime::{Answer, Result};
use serde_json::{Map, Value};

use super::{
    Failed,
    args::{Get, Options, Output},
    exit, output,
    session::Session,
};

pub(crate) async fn run(options: &Options, mut command: Get) -> Result<ExitCode, Failed> {
    if let Some(field) = command.field.take() {
        command.opt.opt.push(("field".to_owned(), field));
    }
    let session = Session::open(options)?;
    let mut answers = session.read_with(&command.keys, command.version.as_deref(), &command.opt.opt).await?;
    match answers.pop() {
        Some((key, answer)) if answers.is_empty() && options.output == Output::Text => {
            let place = session.place(&key);
            let backend = session.backend_of(&place).await?;
            output::value(&answer.map_err(Failed::of(&backend, place.backend.as_deref()))?.secret)
        }
        last => {
            answers.extend(last);
            several(answers)
        }
    }
}

/// An object by name, each with its value or its error.
fn several(answers: Vec<(String, Result<Answer>)>) -> Result<ExitCode, Failed> {
    let mut object = Map::new();
    for (key, answer) in &answers {
        let shown = match answer {
            Ok(answer) => output::secret_json(&answer.secret),
            Err(error) => output::error_json(error),
        };
        object.insert(key.clone(), shown);
    }
    let code = exit::tell_all(answers.iter().filter_map(|(_, answer)| answer.as_ref().err()));
    output::json(&Value::from(object))?;
    match code {
        Some(code) => Err(Failed::silent(code)),
        None => Ok(ExitCode::SUCCESS),
    }
}
