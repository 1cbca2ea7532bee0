//! `pack`: put a manifest into a component.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use secret_runtime::{
    Component, Error, Kind,
    egress::Rule,
    manifest::{Manifest, ManifestError, pack},
};

use super::{Failed, args::Pack};

pub(crate) fn run(command: &Pack) -> Result<ExitCode, Failed> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("{} can't be read", path.display()));
    let manifest = String::from_utf8(read(&command.manifest)?)
        .map_err(|_| Failed::usage(format!("{} is not text", command.manifest.display())))?;
    let at_fault =
        |path: &Path, cause: ManifestError| Error::new(Kind::Component, format!("{}: {cause}", path.display()));
    Manifest::parse(&manifest).map_err(|cause| at_fault(&command.manifest, cause))?;
    let packed = pack(&read(&command.input)?, &manifest).map_err(|cause| at_fault(&command.input, cause))?;
    // What could not be used is not written.
    let component = Component::new(packed.as_slice())?;
    std::fs::write(&command.out, packed).with_context(|| format!("{} can't be written", command.out.display()))?;
    for idle in idle_rules(&component) {
        say!("runtime: {}: {idle}", command.manifest.display());
    }
    say!("runtime: wrote {}", command.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Request rules that no call will ever use, as a line each: a word was mistyped, or an export was forgotten.
fn idle_rules(component: &Component) -> Vec<String> {
    let supported = component.operations();
    let idle = |(place, rule): (usize, &Rule)| {
        let mut operations: Vec<&str> = rule
            .phases
            .iter()
            .map(|phase| phase.operation())
            .filter(|operation| !supported.contains(operation))
            .map(|operation| operation.as_str())
            .collect();
        operations.dedup();
        let operations = operations.join(", ");
        (!operations.is_empty())
            .then(|| format!("request[{}] is for {operations}, which the component does not export", place + 1))
    };
    component.manifest().rules.iter().enumerate().filter_map(idle).collect()
}
