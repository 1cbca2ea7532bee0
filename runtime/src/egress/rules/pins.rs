//! Pins: what the keys of a query, a form or a header must be.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::manifest::{
    Scope, Template,
    percent::{decode, encode_pair},
};

/// A key, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The key.
    pub key: String,
    /// Whether it may be left out although it is set.
    pub optional: bool,
    /// What it must be.
    pub wanted: Wanted,
}

/// What a pinned key must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Anything.
    Any,
    /// This text. If a placeholder in it is unset, the key must be absent.
    Text(Template),
}

/// What a pin asks for in one call.
enum Presence {
    Any,
    Absent,
    Text(Zeroizing<String>),
}

impl Pin {
    fn presence(&self, scope: &dyn Scope) -> Presence {
        match &self.wanted {
            Wanted::Any => Presence::Any,
            Wanted::Text(template) => template.expand(scope).map_or(Presence::Absent, Presence::Text),
        }
    }

    /// The names that it uses.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        let template = match &self.wanted {
            Wanted::Any => None,
            Wanted::Text(template) => Some(template),
        };
        template.into_iter().flat_map(Template::placeholders)
    }

    /// Whether this value, or its absence, is what the pin asks for.
    pub(super) fn accepts(&self, value: Option<&str>, scope: &dyn Scope) -> Result<(), String> {
        let key = &self.key;
        match (self.presence(scope), value) {
            (Presence::Absent, None) | (Presence::Any, Some(_)) => Ok(()),
            (Presence::Absent, Some(_)) => Err(format!("{key} must be absent")),
            (Presence::Text(wanted), Some(value)) if value == wanted.as_str() => Ok(()),
            (Presence::Text(_), Some(_)) => Err(format!("{key} has another value")),
            (_, None) if self.optional => Ok(()),
            (_, None) => Err(format!("{key} is missing")),
        }
    }
}

/// Whether pairs are what the pins ask for, and nothing beside.
pub(super) fn check(pins: &[Pin], pairs: &[(String, String)], scope: &dyn Scope) -> Result<(), String> {
    for pin in pins {
        pin.accepts(pairs.iter().find(|(key, _)| *key == pin.key).map(|(_, value)| value.as_str()), scope)?;
    }
    match pairs.iter().all(|(key, _)| pins.iter().any(|pin| pin.key == *key)) {
        true => Ok(()),
        false => Err("there is a key that the rule does not name".into()),
    }
}

/// Writes `a=b&c=d`.
pub(super) fn encode_pairs(pairs: &[(String, String)]) -> Zeroizing<String> {
    // Encoding makes three bytes of one at most: the buffer, which may hold secrets, never grows.
    let room = pairs.iter().map(|(key, value)| 2 + 3 * (key.len() + value.len())).sum();
    let mut text = Zeroizing::new(String::with_capacity(room));
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&encode_pair(key));
        text.push('=');
        text.push_str(&Zeroizing::new(encode_pair(value)));
    }
    text
}

/// Reads `a=b&c=d` strictly.
pub(super) fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut keys = BTreeSet::new();
    if text.contains(';') {
        return Err("it has a ; that some take for an &".into());
    }
    for pair in text.split('&').filter(|_| !text.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |part: &str| decode(&part.replace('+', " ")).map_err(|error| error.to_string());
        let (key, value) = (plain(key)?, plain(value)?);
        if key.is_empty() {
            return Err("it has an empty key".into());
        }
        if !keys.insert(key.clone()) {
            return Err("it has a key twice".into());
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}
