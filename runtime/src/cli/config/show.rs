//! `config show`: the values that count, and where each comes from.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use secret_runtime::{
    Shown,
    config::{self, Config},
};
use serde_json::{Value, json};

use crate::cli::{Failed, args::Options, configuration, output};

/// A value, as it could be written in the configuration, and its source.
struct Row {
    value: String,
    from: From,
}

enum From {
    File { path: String, line: usize, profile: Option<String> },
    CommandLine,
    Default,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failed> {
    let config = configuration::read(options)?.unwrap_or_default();
    let rows = rows(options, &config);
    if rows.is_empty() {
        say!("runtime: no configuration counts here; `runtime init` writes one");
    }
    output::either(options.output, &lines(&rows), &facts(&rows))
}

fn rows(options: &Options, config: &Config) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for (name, _) in config.backends() {
        for (key, value) in config::defaults() {
            rows.insert(format!("backends.{name}.{key}"), Row { value, from: From::Default });
        }
    }
    for given in config.given() {
        let from = From::File {
            path: given.file.to_string_lossy().into_owned(),
            line: given.line,
            profile: given.profile.as_deref().map(str::to_owned),
        };
        rows.insert(given.key.clone(), Row { value: given.shown(), from });
    }
    let mut typed = |key: String, value: String| {
        rows.insert(key, Row { value, from: From::CommandLine });
    };
    if let Some(audit) = &options.audit {
        typed("audit".to_owned(), format!("{audit:?}"));
    }
    if let Some(backend) = &options.backend {
        typed("default-backend".to_owned(), format!("{backend:?}"));
    }
    // What is typed holds for the backend that is meant.
    let named = options.backend.as_deref().or(config.default_backend()).filter(|name| config.backend(name).is_some());
    if let Some(name) = named {
        let mut typed = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                typed(format!("backends.{name}.{key}"), value);
            }
        };
        typed("recipe", options.auth.as_ref().map(|recipe| format!("{recipe:?}")));
        typed("access-mode", options.access_mode.map(|mode| format!("{:?}", mode.as_str())));
        typed("timeout", options.timeout.map(|timeout| format!("\"{}ms\"", timeout.as_millis())));
        typed("hosted-keys", Some(format!("{:?}", options.hosted_keys)).filter(|_| !options.hosted_keys.is_empty()));
        typed("map-names", options.map_names.then(|| "true".to_owned()));
        typed("env-fallback", options.env_fallback.then(|| "true".to_owned()));
        typed("grant.storage", options.storage.as_ref().map(|storage| format!("{storage:?}")));
        for (key, value) in &options.set {
            typed(&format!("set.{key}"), Some(format!("{value:?}")));
        }
    }
    rows
}

/// How wide keys and values stand before the source.
const WIDTH: usize = 60;

fn lines(rows: &BTreeMap<String, Row>) -> String {
    let mut text = String::new();
    for (key, row) in rows {
        let line = format!("{} = {}", Shown(key), Shown(&row.value));
        let from = match &row.from {
            From::File { path, line, profile } => {
                let profile = profile.as_deref().map(|name| format!(", profile {}", Shown(name))).unwrap_or_default();
                format!("{}:{line}{profile}", Shown(path))
            }
            From::CommandLine => "the command line".to_owned(),
            From::Default => "default".to_owned(),
        };
        let _ = writeln!(text, "{line:<WIDTH$} # {from}");
    }
    text
}

fn facts(rows: &BTreeMap<String, Row>) -> Value {
    let facts = rows.iter().map(|(key, row)| {
        let from = match &row.from {
            From::File { path, line, profile } => json!({ "file": path, "line": line, "profile": profile }),
            From::CommandLine => json!("command line"),
            From::Default => json!("default"),
        };
        json!({ "key": key, "value": row.value, "from": from })
    });
    Value::from(facts.collect::<Vec<_>>())
}
