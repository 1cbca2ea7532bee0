//! The conformance kit: every backend of ours passes it, and one that makes a mistake fails the row for it.

mod command;
mod mistakes;
mod scripted;
mod servers;

use secret_runtime::{
    BackendBuilder,
    conform::{Report, Trial, Verdict},
    stand_in::Script,
};
use test_support::layout;

use crate::common::{Component, block_on, library};

/// A script in this folder.
fn script(name: &str) -> Script {
    Script::read(layout::root().join("tests/conform").join(name)).unwrap()
}

/// Tries a component in a way.
fn tried(component: &Component, trial: &Trial, give: impl FnOnce(BackendBuilder) -> BackendBuilder) -> Report {
    let builder = trial.prepare(give(library::runtime().backend(component.parse().unwrap())));
    let grant = builder.candidate().unwrap().grant();
    block_on(trial.run(builder, &grant)).unwrap()
}

/// The checks that failed, with what was seen.
fn failed(report: &Report) -> Vec<(&'static str, &str)> {
    let failed = |verdict: &Verdict| matches!(verdict, Verdict::Failed(_));
    report.rows.iter().filter(|row| failed(&row.verdict)).map(|row| (row.id, row.verdict.detail())).collect()
}

/// The checks that were skipped, with why.
fn skipped(report: &Report) -> Vec<(&'static str, &str)> {
    let skipped = |verdict: &Verdict| matches!(verdict, Verdict::Skipped(_));
    report.rows.iter().filter(|row| skipped(&row.verdict)).map(|row| (row.id, row.verdict.detail())).collect()
}
