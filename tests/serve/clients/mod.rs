//! Clients that other people wrote, unchanged: each reads the same secrets from every backend, and what it is told of
//! Vault's own secrets is what OpenBao itself tells.

mod agent;
mod bao;
mod curl;
mod genaikeys;
mod host;
mod hvac;
mod listing;
mod litellm;
mod modules;
mod plain;
mod proxy;
mod refused;
mod stage;
mod twin;

use serde_json::Value;

/// Where two answers differ, as JSON pointers.
fn differences(one: &Value, other: &Value) -> Vec<String> {
    fn walk(place: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
        match (one, other) {
            (Value::Object(a), Value::Object(b)) => {
                let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
                for key in keys {
                    match (a.get(key), b.get(key)) {
                        (Some(one), Some(other)) => walk(&format!("{place}/{key}"), one, other, found),
                        _ => found.push(format!("{place}/{key}")),
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                for (at, (one, other)) in a.iter().zip(b).enumerate() {
                    walk(&format!("{place}/{at}"), one, other, found);
                }
            }
            _ if one != other => found.push(place.to_owned()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk("", one, other, &mut found);
    found
}
