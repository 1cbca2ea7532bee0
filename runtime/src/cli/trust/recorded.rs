//! `trust list` and `trust show`: what is on record.

use std::{fmt::Write as _, fs, process::ExitCode};

use secret_runtime::{
    Digest, Shown,
    grant::{Facts, GrantedStorage},
    trust::{Record, TrustedConfig},
};
use serde_json::{Value, json};

use super::{
    super::{Failed, args::Options, load, output},
    left_out, select,
};

/// The day of a moment in RFC 3339.
pub(super) fn date(moment: &str) -> &str {
    moment.split('T').next().unwrap_or_default()
}

/// A digest short enough to be read, and long enough to be typed in its place.
pub(crate) fn short(digest: Digest) -> String {
    digest.to_string().chars().take("sha256:".len() + 12).collect()
}

/// `trust list`.
pub(super) fn list(options: &Options) -> Result<ExitCode, Failed> {
    let store = load::trust_store()?;
    let mut text = String::new();
    for record in store.components() {
        let place = record.path.as_deref().map(|path| path.to_string_lossy()).unwrap_or("-".into());
        let day = date(&record.granted_at);
        let (name, digest) = (Shown(&record.name).to_string(), short(record.grant.digest));
        let _ = writeln!(text, "{name:<24} {digest} {} {}", Shown(day), Shown(&place));
        let _ = writeln!(text, "  {}", Shown(&summary(&record.grant.facts)));
    }
    for config in store.configurations() {
        let day = config.trusted_at.as_deref().map_or("-         ", date);
        let path = config.path.to_string_lossy();
        let _ = writeln!(text, "{:<24} {} {} {}", "runtime.toml", short(config.digest), Shown(day), Shown(&path));
        let _ = writeln!(text, "  a configuration");
    }
    if text.is_empty() {
        say!("runtime: nothing is trusted; `runtime trust FILE|NAME` shows what a backend asks for, and trusts it");
    }
    let json = json!({
        "components": store.components().map(component_json).collect::<Vec<_>>(),
        "configurations": store.configurations().map(configuration_json).collect::<Vec<_>>(),
    });
    output::either(options.output, &text, &json)
}

/// What was granted, in one line.
fn summary(facts: &Facts) -> String {
    let mut words = Vec::new();
    let origins: Vec<_> = facts.origins.iter().map(|origin| origin.url.as_str()).collect();
    match origins.as_slice() {
        [] => words.push("no network".to_owned()),
        [first, second, _, rest @ ..] => words.push(format!("may call {first}, {second} and {} more", rest.len() + 1)),
        few => words.push(format!("may call {}", few.join(" and "))),
    }
    if !facts.credentials.is_empty() {
        let names: Vec<_> = facts.credentials.iter().map(|credential| credential.name.as_str()).collect();
        words.push(format!("with {}", names.join(" and ")));
    }
    match &facts.storage {
        Some(GrantedStorage::Read(path)) => words.push(format!("reads {}", path.display())),
        Some(GrantedStorage::ReadWrite(path)) => words.push(format!("reads and changes {}", path.display())),
        Some(GrantedStorage::Environment(names)) => {
            words.push(format!("reads {} environment variable{}", names.len(), if names.len() == 1 { "" } else { "s" }))
        }
        None => {}
    }
    words.join("; ")
}

/// `trust show`.
pub(super) fn show(options: &Options, what: Option<&str>) -> Result<ExitCode, Failed> {
    let store = load::trust_store()?;
    let selected = select::select(options, &store, what)?;
    let mut text = String::new();
    for record in &selected.components {
        component(&mut text, record);
    }
    for config in &selected.configurations {
        configuration(&mut text, config);
    }
    let json = json!({
        "components": selected.components.iter().map(|record| component_json(record)).collect::<Vec<_>>(),
        "configurations": selected.configurations.iter().map(|config| configuration_json(config)).collect::<Vec<_>>(),
    });
    output::either(options.output, &text, &json)
}

/// How a file stands to the digest it was trusted under.
fn standing(path: &std::path::Path, digest: Digest) -> &'static str {
    match fs::read(path) {
        Ok(bytes) if Digest::of(&bytes) == digest => "as it was trusted",
        Ok(_) => "changed since",
        Err(_) => "gone",
    }
}

fn row(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name:<12} {}", Shown(value));
}

fn component(text: &mut String, record: &Record) {
    if !text.is_empty() {
        text.push('\n');
    }
    row(text, "name", &record.name);
    if let Some(declared) = &record.declared {
        row(text, "version", &declared.version);
    }
    row(text, "digest", &record.grant.digest.to_string());
    row(text, "trusted", &record.granted_at);
    if let Some(path) = &record.path {
        row(text, "file", &format!("{} ({})", path.display(), standing(path, record.grant.digest)));
    }
    // Everything that was granted is what differs from nothing.
    for line in record.grant.facts.differences(&Facts::default()) {
        row(text, "granted", line.trim_start_matches("+ "));
    }
    if !record.grant.without.is_empty() {
        row(text, "left out", &left_out(&record.grant));
    }
    if let Some(declared) = &record.declared {
        row(text, "operations", &declared.operations.join(", "));
        declared.requests.iter().for_each(|request| row(text, "request", request));
        declared.options.iter().for_each(|option| row(text, "option", option));
    }
}

fn configuration(text: &mut String, config: &TrustedConfig) {
    if !text.is_empty() {
        text.push('\n');
    }
    row(text, "configuration", &format!("{} ({})", config.path.display(), standing(&config.path, config.digest)));
    row(text, "digest", &config.digest.to_string());
    if let Some(moment) = &config.trusted_at {
        row(text, "trusted", moment);
    }
    config.described.iter().flatten().for_each(|line| row(text, "says", line));
}

fn component_json(record: &Record) -> Value {
    json!({
        "name": record.name,
        "digest": record.grant.digest.to_string(),
        "path": record.path,
        "granted_at": record.granted_at,
        "without": record.grant.without,
        "facts": record.grant.facts,
        "declared": record.declared,
    })
}

fn configuration_json(config: &TrustedConfig) -> Value {
    json!({
        "path": config.path,
        "digest": config.digest.to_string(),
        "trusted_at": config.trusted_at,
        "described": config.described,
    })
}
