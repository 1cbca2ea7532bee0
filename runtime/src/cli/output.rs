//! Results on standard output: the value and nothing else, or JSON.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secret_runtime::{Error, Secret, Shown};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{Failed, args::Output};

/// Writes a value as it is, with a newline only on a terminal.
pub(crate) fn value(secret: &Secret) -> Result<ExitCode, Failed> {
    exact(secret.expose())
}

/// The same for a value that is no secret of a backend.
pub(crate) fn exact(value: &[u8]) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    let newline = io::stdout().is_terminal() && value.last() != Some(&b'\n');
    let written = out
        .write_all(value)
        .and_then(|()| if newline { out.write_all(b"\n") } else { Ok(()) })
        .and_then(|()| out.flush());
    ended(written)
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    ended(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Writes lines for people.
pub(crate) fn text(text: &str) -> Result<ExitCode, Failed> {
    ended(io::stdout().lock().write_all(text.as_bytes()))
}

/// Writes JSON on several lines.
pub(crate) fn json(value: &Value) -> Result<ExitCode, Failed> {
    let text = Zeroizing::new(format!("{value:#}"));
    // JSON leaves most characters as they are; those that a terminal acts on mean the same when they are escaped.
    let mut shown = Zeroizing::new(String::with_capacity(text.len() + 1));
    for c in text.chars() {
        if c != '\n' && Shown::escapes(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    shown.push('\n');
    ended(io::stdout().lock().write_all(shown.as_bytes()))
}

/// Writes one thing or the other.
pub(crate) fn either(output: Output, words: &str, value: &Value) -> Result<ExitCode, Failed> {
    match output {
        Output::Text => text(words),
        Output::Json => json(value),
    }
}

/// A reader that has had enough is no failure.
fn ended(written: io::Result<()>) -> Result<ExitCode, Failed> {
    match written {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(cause) => Err(Failed::other(format!("standard output can't be written: {cause}"))),
    }
}

/// A secret as JSON: text where it is text, base64 where it is not.
pub(crate) fn secret_json(secret: &Secret) -> Value {
    let mut object = Map::new();
    match secret.expose_str() {
        Some(text) => object.insert("value".into(), text.into()),
        None => object.insert("value_base64".into(), STANDARD.encode(secret.expose()).into()),
    };
    if let Some(version) = secret.version() {
        object.insert("version".into(), version.into());
    }
    if let Some(moment) = secret.expires_at().and_then(|moment| jiff::Timestamp::try_from(moment).ok()) {
        object.insert("expires_at".into(), moment.to_string().into());
    }
    if !secret.metadata().is_empty() {
        let metadata: Map<_, _> =
            secret.metadata().iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        object.insert("metadata".into(), metadata.into());
    }
    object.into()
}

/// A failure as JSON: its kind and the runtime's own words, and an approval's id.
pub(crate) fn error_json(error: &Error) -> Value {
    let mut object = json!({ "kind": error.kind().as_str(), "message": error.to_string() });
    let mut add = |key: &str, value: Option<Value>| {
        if let (Some(value), Some(object)) = (value, object.as_object_mut()) {
            object.insert(key.to_owned(), value);
        }
    };
    add("rule", error.rule().map(Value::from));
    add("code", error.code().map(Value::from));
    add("approval_id", error.approval().map(Value::from));
    add("retry_after_seconds", error.retry_after().map(|wait| wait.as_secs().into()));
    json!({ "error": object })
}
