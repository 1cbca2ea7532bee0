//! What would happen, and what happened: names and counts, never values.

use std::{process::ExitCode, sync::Arc};

use secret_runtime::{Error, Shown};
use serde_json::{Map, Value, json};

use super::{
    Interrupt,
    plan::{Item, Step},
    write::Fate,
};
use crate::cli::{
    Failed,
    args::{Options, Output},
    exit, output,
};

/// The most names of a kind that are shown before a run; a dry run shows all.
pub(super) const LINES: usize = 20;

/// The kinds of steps, in the order in which they are shown.
const STEPS: [&str; 6] = ["create", "change", "unchanged", "present", "unsure", "failed"];

fn step(step: &Step) -> Option<&'static str> {
    Some(match step {
        Step::Create => "create",
        Step::Change | Step::Replace => "change",
        Step::Same => "unchanged",
        Step::Present => "present",
        Step::Unsure => "unsure",
        Step::Failed(_) => "failed",
        Step::Untried => return None,
    })
}

/// Says what would become of each.
pub(super) fn show(items: &[Item], most: Option<usize>) {
    for kind in STEPS {
        let names: Vec<&str> =
            items.iter().filter(|item| step(&item.step) == Some(kind)).map(|item| &*item.name).collect();
        let shown = most.unwrap_or(names.len());
        names.iter().take(shown).for_each(|name| say!("  {kind:9}  {}", Shown(name)));
        if names.len() > shown {
            say!("  {kind:9}  … and {} more; --dry-run shows all", names.len() - shown);
        }
    }
}

/// Ends a dry run.
pub(super) fn planned(options: &Options, items: &[Item], interrupt: &Interrupt) -> Result<ExitCode, Failed> {
    let of = |kind: &'static str| items.iter().filter(move |item| step(&item.step) == Some(kind));
    let failures = items.iter().filter_map(|item| match &item.step {
        Step::Failed(error) => Some((&*item.name, error)),
        _ => None,
    });
    let failures: Vec<_> = failures.collect();
    let failed_with = exit::tell_all(failures.iter().map(|(_, error)| *error));
    match options.output {
        Output::Json => {
            let mut object = Map::new();
            object.insert("dry_run".into(), true.into());
            for kind in STEPS.into_iter().filter(|kind| *kind != "failed") {
                object.insert(kind.into(), of(kind).map(|item| &*item.name).collect());
            }
            object.insert("failed".into(), failed(&failures));
            output::json(&object.into())?;
        }
        Output::Text => {
            show(items, None);
            let counts = STEPS.map(|kind| (kind, of(kind).count()));
            say!("runtime: nothing was written; it would be: {}", words(&counts));
        }
    }
    ended(interrupt, failed_with)
}

/// Ends a run; `done` is what became of those that were written.
pub(super) fn written(
    options: &Options,
    done: &str,
    fates: &[(Arc<str>, Fate)],
    interrupt: &Interrupt,
) -> Result<ExitCode, Failed> {
    let mut kinds: [(&str, Vec<&str>); 5] =
        ["created", "changed", "unchanged", "skipped", "not_tried"].map(|kind| (kind, Vec::new()));
    let mut failures = Vec::new();
    for (name, fate) in fates {
        let kind = match fate {
            Fate::Created => "created",
            Fate::Changed => "changed",
            Fate::Same => "unchanged",
            Fate::Skipped => "skipped",
            Fate::Untried => "not_tried",
            Fate::Failed(error) => {
                failures.push((&**name, error));
                continue;
            }
        };
        kinds.iter_mut().filter(|(known, _)| *known == kind).for_each(|(_, names)| names.push(&**name));
    }
    let failed_with = exit::tell_all(failures.iter().map(|(_, error)| *error));
    let count = |wanted: &[&str]| -> usize {
        kinds.iter().filter(|(kind, _)| wanted.contains(kind)).map(|(_, names)| names.len()).sum()
    };
    let (imported, skipped) = (count(&["created", "changed"]), count(&["unchanged", "skipped"]));
    let untried = count(&["not_tried"]);
    match options.output {
        Output::Json => {
            let mut object = Map::new();
            object.insert("imported".into(), imported.into());
            object.insert("interrupted".into(), interrupt.code().is_some().into());
            kinds.iter().for_each(|(kind, names)| drop(object.insert((*kind).into(), json!(names))));
            object.insert("failed".into(), failed(&failures));
            output::json(&object.into())?;
        }
        Output::Text => {
            let counts = [(done, imported), ("skipped", skipped), ("failed", failures.len()), ("not tried", untried)];
            let left = count(&["skipped"]);
            let hint = if left > 0 { format!("; there already: {left} (--overwrite replaces)") } else { String::new() };
            say!("runtime: {}{hint}", words(&counts));
        }
    }
    if interrupt.code().is_some() {
        say!(
            "runtime: interrupted after {} of {}; the same command goes on from there",
            fates.len() - untried,
            fates.len()
        );
    }
    ended(interrupt, failed_with)
}

/// Counts in words: those of nothing are left out, but for the first.
fn words(counts: &[(&str, usize)]) -> String {
    let shown = counts.iter().enumerate().filter(|(place, (_, count))| *place == 0 || *count > 0);
    shown.map(|(_, (what, count))| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

fn failed(failures: &[(&str, &Error)]) -> Value {
    let of = |(name, error): &(&str, &Error)| ((*name).to_owned(), output::error_json(error));
    failures.iter().map(of).collect::<Map<_, _>>().into()
}

/// The exit code: that of the interruption, else of what failed.
fn ended(interrupt: &Interrupt, failed: Option<u8>) -> Result<ExitCode, Failed> {
    match interrupt.code().or(failed) {
        Some(code) => Err(Failed::silent(code)),
        None => Ok(ExitCode::SUCCESS),
    }
}
