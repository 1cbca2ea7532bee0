//! `backends`: the backends that can be named.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, process::ExitCode};

use secret_runtime::{Component, Shown};
use serde_json::{Value, json};

use super::{Failed, args::Options, configuration, output, paths};

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failed> {
    let config = configuration::read(options)?;
    let mut known: BTreeMap<String, (&str, PathBuf)> = BTreeMap::new();
    for path in paths::installed() {
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            known.insert(name.to_owned(), ("installed", path));
        }
    }
    for (name, backend) in config.iter().flat_map(|config| config.backends()) {
        known.insert(name.to_owned(), ("configured", backend.component().to_owned()));
    }
    let (mut lines, mut rows) = (String::new(), Vec::new());
    let width = known.keys().map(|name| Shown(name).to_string().chars().count()).max().unwrap_or_default();
    for (name, (from, path)) in &known {
        let about = Component::from_file(path);
        let version = about.as_ref().map_or("-", |component| component.manifest().version.as_str());
        let description = match &about {
            Ok(component) => component.manifest().description.clone(),
            Err(error) => error.reason().to_owned(),
        };
        let _ = writeln!(
            lines,
            "{:<width$}  {:<6} {from:<10}  {}",
            Shown(name).to_string(),
            Shown(version).to_string(),
            Shown(&description)
        );
        rows.push(json!({ "name": name, "version": version, "from": from, "path": path, "description": description }));
    }
    if known.is_empty() {
        say!("runtime: no backend is installed or configured; a file works too: --backend ./NAME.wasm");
    }
    output::either(options.output, &lines, &Value::from(rows))
}
