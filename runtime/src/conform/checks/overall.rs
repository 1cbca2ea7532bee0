//! What is seen of all checks together: rules, limits, and that no value was told.

use std::collections::BTreeMap;

use crate::{
    candidate::Candidate,
    conform::{
        bench::Bench,
        report::{Not, Outcome},
    },
    egress::Rule,
    manifest::Manifest,
    store::Operation,
    text::Shown,
};

pub(crate) async fn all(bench: &mut Bench, candidate: &Candidate, untried: &BTreeMap<String, String>) {
    if bench.is_scripted() {
        bench.begin("script.answers");
        let outcome = listed(&bench.unanswered, "no route is for");
        bench.end("the script has an answer to every request", outcome);
    } else if bench.can_write() {
        bench.begin("server.cleaned");
        let outcome = clean(bench).await;
        bench.end("the trial's own secrets are removed", outcome);
    }
    bench.begin("rules.covered");
    let outcome = listed(&bench.refused, "");
    bench.end("a rule of the manifest covers every request", outcome);
    bench.begin("rules.used");
    let outcome = used(bench, candidate, untried);
    bench.end("every rule of the manifest is needed", outcome);
    bench.begin("component.sound");
    let outcome = match listed(&bench.broken, "") {
        Ok(_) => Ok(format!("{} requests in a call at most", bench.most_requests)),
        broken => broken,
    };
    bench.end("no call traps, or needs more than the limits give", outcome);
    bench.begin("values.untold");
    let outcome = match bench.told.leaks().as_slice() {
        [] => Ok(format!("{} lines and messages were searched", bench.told.heard())),
        leaks => Not::failed(format!("a value was told in {}", leaks.join(", "))),
    };
    bench.end("no value is told in logs or errors", outcome);
}

/// None of these happened.
fn listed(what: &[String], before: &str) -> Outcome {
    let [first, rest @ ..] = what else { return Ok(String::new()) };
    let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
    Not::failed(format!("{before} {first}{more}").trim_start().to_owned())
}

async fn clean(bench: &mut Bench) -> Outcome {
    if !bench.exports(Operation::Delete) {
        let stem = bench.stem();
        return Not::skipped(format!("it does not export delete; what is left begins with {}", Shown(&stem)));
    }
    match bench.remove_written().await {
        0 => Ok(String::new()),
        left => Not::failed(format!("{left} are left, whose names begin with {}", Shown(&bench.stem()))),
    }
}

fn used(bench: &Bench, candidate: &Candidate, untried: &BTreeMap<String, String>) -> Outcome {
    let manifest = bench.backend.manifest();
    let lines = lines(manifest);
    if let Some(unknown) = untried.keys().find(|named| !lines.keys().any(|line| line.starts_with(named.as_str()))) {
        return Not::failed(format!("what is said to be untried is no rule: {}", Shown(unknown)));
    }
    let is_used = |places: &[usize]| places.iter().any(|place| bench.used_rules.contains(place));
    let is_needed =
        |rule: &Rule| rule.phases.iter().any(|phase| bench.exercised.contains(phase)) && !candidate.switches_off(rule);
    let excused = |line: &str| untried.keys().any(|named| line.starts_with(named.as_str()));
    let unused: Vec<String> = lines
        .iter()
        .filter(|(line, places)| !is_used(places) && !excused(line))
        .filter(|(_, places)| {
            manifest.rules.iter().enumerate().any(|(at, rule)| places.contains(&at) && is_needed(rule))
        })
        .map(|(line, _)| line.clone())
        .collect();
    match (unused.as_slice(), untried.len()) {
        ([], 0) => Ok(String::new()),
        ([], untried) => Ok(format!("but for {untried} that can't be tried")),
        (unused, _) => Not::failed(format!("nothing needed {}", unused.join(", nor "))),
    }
}

/// The rules in words. Those that differ in their body alone are one.
fn lines(manifest: &Manifest) -> BTreeMap<String, Vec<usize>> {
    let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, rule) in manifest.rules.iter().enumerate() {
        lines.entry(rule.to_string()).or_default().push(place);
    }
    lines
}
