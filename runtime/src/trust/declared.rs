//! What a component declares, in lines by which two versions of it are told apart.

use serde::{Deserialize, Serialize};

use crate::{describe::words, egress::Rule, sandbox::Component, store::Operation};

/// Bytes of all lines together. What is longer is not kept, so that one component can't fill the trust file.
const BYTES: usize = 16 << 10;

/// What a component declares: the part of it that does not depend on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Declared {
    /// Its version, in its author's words.
    pub version: String,
    /// The operations it supports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// Its request rules: method and path, and what for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// Settings that a call can make.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl Declared {
    /// What this component declares; none if that is too long to be kept.
    pub fn of(component: &Component) -> Option<Self> {
        let manifest = component.manifest();
        let mut requests = Vec::new(); // rules that differ in their query or body alone are one line
        for line in manifest.rules.iter().map(request) {
            if !requests.contains(&line) {
                requests.push(line);
            }
        }
        let declared = Self {
            version: manifest.version.clone(),
            operations: component.operations().into_iter().map(Operation::as_str).map(str::to_owned).collect(),
            requests,
            options: manifest.options.keys().cloned().collect(),
        };
        let lines = declared.operations.iter().chain(&declared.requests).chain(&declared.options);
        let bytes = declared.version.len() + lines.map(String::len).sum::<usize>();
        (bytes <= BYTES).then_some(declared)
    }

    /// What differs from `before`, one line each, as [`Facts::differences`](crate::grant::Facts::differences) has them.
    pub fn differences(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, before: &[String], now: &[String]| {
            let gone = before.iter().filter(|item| !now.contains(item));
            lines.extend(gone.map(|item| format!("- {what} {item}")));
            let new = now.iter().filter(|item| !before.contains(item));
            lines.extend(new.map(|item| format!("+ {what} {item}")));
        };
        compare("operation", &before.operations, &self.operations);
        compare("request", &before.requests, &self.requests);
        compare("option", &before.options, &self.options);
        lines
    }
}

fn request(rule: &Rule) -> String {
    let origin = rule.origin.as_ref().map(|origin| format!(" at {origin}")).unwrap_or_default();
    format!("{rule}{origin} to {}", words(&rule.phases))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn declared(operations: &[&str], requests: &[&str]) -> Declared {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Declared {
            version: "1".to_owned(),
            operations: owned(operations),
            requests: owned(requests),
            options: Vec::new(),
        }
    }

    #[test]
    fn what_is_new_and_what_is_gone_are_told_apart() {
        let before = declared(&["read", "list"], &["GET /a to read"]);
        let now = declared(&["read", "write"], &["GET /a to read", "POST /a to write"]);
        assert_eq!(
            now.differences(&before),
            ["- operation list", "+ operation write", "+ request POST /a to write"].map(str::to_owned)
        );
        assert!(now.differences(&now).is_empty());
    }

    #[test]
    fn it_is_read_back_as_it_was_written() {
        let declared = declared(&["read"], &["GET /a to read"]);
        assert_eq!(toml::from_str::<Declared>(&toml::to_string(&declared).unwrap()).unwrap(), declared);
    }
}
