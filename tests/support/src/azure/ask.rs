//! A request, taken apart; and how Azure says no.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Reply, Seen};

/// A request, decoded.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    /// The segments of its path; one that is empty at the end is left out.
    pub(super) path: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    /// What its URL begins with, as the client wrote it.
    pub(super) base: String,
    seen: &'a Seen,
}

impl<'a> Ask<'a> {
    /// Takes a request apart; none if it can't be.
    pub(super) fn read(scheme: &str, seen: &'a Seen) -> Option<Self> {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let path = path.strip_prefix('/')?.trim_end_matches('/');
        Some(Self {
            method: &seen.method,
            path: path.split('/').map(|segment| decode(segment, false)).collect::<Option<_>>()?,
            query: pairs(query)?,
            base: format!("{scheme}://{}", seen.header("host")?),
            seen,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.seen.header(name)
    }

    pub(super) fn query(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }

    /// The body as a form.
    pub(super) fn form(&self) -> Option<BTreeMap<String, String>> {
        let media = self.header("content-type")?;
        let form = media.starts_with("application/x-www-form-urlencoded");
        pairs(std::str::from_utf8(&self.seen.body).ok().filter(|_| form)?)
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Option<Value> {
        let media = self.header("content-type")?;
        serde_json::from_slice(&self.seen.body).ok().filter(|_| media.starts_with("application/json"))
    }

    /// Whether it says how long its body is, as it must where there may be one.
    pub(super) fn has_length(&self) -> bool {
        self.header("content-length").is_some()
    }
}

/// An error as the vault and the metadata service write it.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

/// The same, with the finer code that some of them have.
pub(super) fn refusal_because(status: u16, code: &str, inner: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message, "innererror": { "code": inner } } }))
}

/// An error as OAuth writes it.
pub(super) fn oauth_refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": description }))
}

fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // What is there twice can be read in two ways.
        if pairs.insert(decode(key, true)?, decode(value, true)?).is_some() {
            return None;
        }
    }
    Some(pairs)
}

fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}
