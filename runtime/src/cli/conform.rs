//! `conform`: try whether a backend does what callers rely on.

use std::{fmt::Write as _, process::ExitCode, sync::Arc};

use secret_runtime::{
    Component, Kind, Shown,
    conform::{CONTRACT, Counts, Report, Row, Trial, Verdict},
    stand_in::Script,
    store::Listener,
};
use serde_json::{Value, json};

use super::{
    Failed,
    args::{Conform, Options},
    exit, load, output,
    session::Session,
    trace::Listening,
};

/// How wide a table is.
const WIDTH: usize = 80;
/// Where the words of a row begin: after its verdict and its id.
const INDENT: usize = 29;

pub(crate) async fn run(options: &Options, command: &Conform) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let found = load::find(command.file.as_deref().or(options.backend.as_deref()), session.config())?;
    let component = Component::from_file(&found.path)?;
    let trial = trial(options, command, Listening::to(component.manifest(), options))?;
    let builder = trial.prepare(session.builder(options, &found).await?);
    let candidate = builder.candidate()?;
    let grant = load::grant(options, session.config(), session.runtime(), &candidate, &found, true)?;
    let report = trial.run(builder, &grant).await?;
    output::either(options.output, &table(&report), &facts(&report))?;
    match report.conforms() {
        true => Ok(ExitCode::SUCCESS),
        false => Err(Failed::silent(exit::exit_code(Kind::Component))),
    }
}

fn trial(options: &Options, command: &Conform, listener: Option<Arc<dyn Listener>>) -> Result<Trial, Failed> {
    let mut trial = match &options.stand_in {
        Some(path) => Trial::with_script(Script::read(path)?),
        None => Trial::with_upstream().writing(command.writing),
    };
    if let Some(name) = &command.secret {
        trial = trial.secret(name);
    }
    if let Some(listener) = listener {
        trial = trial.heard_by(listener);
    }
    Ok(command.untried.iter().fold(trial, |trial, rule| trial.untried(rule, "said on the command line")))
}

/// For people.
fn table(report: &Report) -> String {
    let mut text = String::new();
    for Row { id, tried, verdict } in &report.rows {
        let (mark, detail) = match verdict {
            Verdict::Passed(_) => ('✓', String::new()),
            Verdict::Failed(seen) => ('✗', Shown(seen).to_string()),
            Verdict::Skipped(why) => ('-', Shown(why).to_string()),
        };
        let tried = match verdict {
            Verdict::Passed(note) if !note.is_empty() => format!("{tried} ({})", Shown(note)),
            _ => (*tried).to_owned(),
        };
        let mut head = format!("{mark} {:<8} {id:<18}", verdict.as_str());
        for line in wrapped(&tried).into_iter().chain(wrapped(&detail)) {
            let _ = writeln!(text, "{head:<INDENT$}{line}");
            head.clear();
        }
    }
    let _ = writeln!(text, "{}", report.badge());
    text
}

/// The words on lines that fit beside the indent. A word that is longer than a line has one to itself.
fn wrapped(words: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH - INDENT => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// For programs.
fn facts(report: &Report) -> Value {
    let Counts { passed, failed, skipped } = report.counts();
    let row = |row: &Row| json!({ "id": row.id, "tried": row.tried, "verdict": row.verdict.as_str(), "detail": row.verdict.detail() });
    json!({
        "backend": report.backend,
        "digest": report.digest.to_string(),
        "contract": CONTRACT,
        "conforms": report.conforms(),
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
        "checks": report.rows.iter().map(row).collect::<Vec<_>>(),
        "badge": report.badge(),
    })
}

#[cfg(test)]
mod tests {
    use secret_runtime::Digest;

    use super::*;

    #[test]
    fn a_table_is_aligned_and_fits_80_columns() {
        let row = |id, tried, verdict| Row { id, tried, verdict };
        let report = Report {
            backend: "mine".into(),
            digest: Digest::of(b""),
            rows: vec![
                row("read.works", "a secret that is there is read", Verdict::Passed(String::new())),
                row("fault.500", "status 500 is unavailable", Verdict::Passed("exists, list, read".into())),
                row("fault.429", "status 429 is rate-limited", Verdict::Failed("read: not-found".into())),
                row(
                    "delete.permanent",
                    "what is deleted for good is not found, or it is refused",
                    Verdict::Skipped(
                        "the script has no answer to it; see script.answers, and say \u{1b}[31m there".into(),
                    ),
                ),
            ],
        };
        insta::assert_snapshot!(table(&report));
    }
}
