//! A request, taken apart.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde_json::{Map, Value};

use super::refusal::{Refusal, invalid};
use crate::{Seen, target::Target};

/// A request to a Google API: method, path, verb, query and JSON body.
pub(super) struct Question {
    pub(super) method: String,
    /// Path and query, without the verb.
    pub(super) target: Target,
    /// What stands behind a colon at the end of the path.
    pub(super) verb: Option<String>,
    pub(super) body: Map<String, Value>,
}

impl Question {
    pub(super) fn of(seen: &Seen) -> Result<Self, Refusal> {
        let Some(mut target) = Target::of(seen) else { return invalid("The URL is not properly encoded.") };
        // A verb stands behind a colon that is not encoded.
        let path = seen.target.split('?').next().unwrap_or_default();
        let verb = path.rsplit_once(':').map(|(_, verb)| verb.to_owned()).filter(|verb| !verb.contains('/'));
        if let (Some(verb), Some(last)) = (&verb, target.segments.last_mut()) {
            last.truncate(last.len() - verb.len() - 1);
        }
        let body = match seen.body.as_slice() {
            [] => Map::new(),
            _ if seen.header("content-type") != Some("application/json") => return invalid("The body is not JSON."),
            bytes => match serde_json::from_slice(bytes) {
                Ok(Value::Object(body)) => body,
                _ => return invalid("Invalid JSON payload received."),
            },
        };
        if ["GET", "DELETE"].contains(&seen.method.as_str()) && !seen.body.is_empty() {
            return invalid("A request of this method has no body.");
        }
        Ok(Self { method: seen.method.clone(), target, verb, body })
    }

    /// Refuses query parameters and members of the body beside these.
    pub(super) fn knows(&self, query: &[&str], body: &[&str]) -> Result<(), Refusal> {
        // The client says in a parameter of its own how it wants the reply written.
        let keys = self.target.query.iter().map(|(key, _)| key.as_str()).filter(|key| *key != "$alt");
        let unknown = keys.filter(|key| !query.contains(key)).chain(unknown(&self.body, body)).next();
        unknown.map_or(Ok(()), |name| invalid(format!("Invalid JSON payload received. Unknown name \"{name}\".")))
    }
}

/// Members of an object beside these.
pub(super) fn unknown<'o>(object: &'o Map<String, Value>, known: &[&str]) -> impl Iterator<Item = &'o str> {
    object.keys().map(String::as_str).filter(move |key| !known.contains(key))
}

/// Adds a member to an object.
pub(super) fn put(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value.into());
    }
}

/// The bytes of a member, which may be left out; both alphabets of base64 are read.
pub(super) fn bytes(value: Option<&Value>) -> Result<Vec<u8>, Refusal> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let text = value.as_str().unwrap_or("?");
    match STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)) {
        Ok(bytes) => Ok(bytes),
        Err(_) => invalid("Base64 decoding failed (TYPE_BYTES)."),
    }
}
