//! `set`: write a secret.

use std::process::ExitCode;

use secret_runtime::{Shown, Write, WriteMode, Written};
use serde_json::json;

use super::{
    Failed,
    args::{About, Options, Set},
    output,
    session::Session,
    value,
};

pub(crate) async fn run(options: &Options, mut command: Set) -> Result<ExitCode, Failed> {
    value::is_not_beside(&command.key)?;
    let session = Session::open(options)?;
    let (backend, key) = session.target(&command.key, &mut command.opt.opt).await?;
    // The name is checked before anybody is asked for a value.
    backend.written_key(&key)?;
    let mode = match (command.create_only, command.if_version) {
        (true, _) => WriteMode::CreateOnly,
        (false, Some(version)) => WriteMode::IfVersion(version),
        (false, None) => WriteMode::Upsert,
    };
    let value = value::read(&command.input, &command.key)?;
    let write = Write { mode, ..new(value.to_vec(), command.about, command.opt.opt) };
    let written = backend.write(&key, &write, &session.call(&backend)).await?;
    said(options, "stored", &written)
}

/// A secret to write, with what is said about it.
pub(crate) fn new(value: Vec<u8>, about: About, options: Vec<(String, String)>) -> Write {
    Write { description: about.description, tags: about.tag, options, ..Write::new(value) }
}

/// Says what was stored, by name: on standard error, since there is no value to give out.
pub(crate) fn said(options: &Options, done: &str, written: &Written) -> Result<ExitCode, Failed> {
    let version = written.version.as_deref();
    match options.output {
        super::args::Output::Json => output::json(&json!({ "name": written.name.as_str(), "version": version })),
        super::args::Output::Text => {
            let version = version.map(|version| format!(", version {}", Shown(version))).unwrap_or_default();
            say!("runtime: {done} {}{version}", written.name);
            Ok(ExitCode::SUCCESS)
        }
    }
}
