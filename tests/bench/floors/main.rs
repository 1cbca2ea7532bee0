//! What the runtime costs, each figure beside its floor in the same run. `cargo xtask bench` builds what it needs.
//!
//! Words on the command line choose the groups whose name holds one of them; `--write` puts the table into
//! `runtime/BENCHMARKS.md`.

mod backends;
mod bare;
mod guests;
mod library;
mod machine;
mod many;
mod process;
mod run;
mod serve;
mod start;
mod table;
mod turns;
mod upstream;

use std::{env, process::ExitCode};

use anyhow::{Context, Result, bail};
use criterion::Criterion;

use crate::table::Row;

type Group = (&'static str, fn(&mut Criterion) -> Result<Vec<Row>>);

const GROUPS: [Group; 12] = [
    ("cached", library::cached),
    ("fresh", library::fresh),
    ("threads", library::threads),
    ("warm", upstream::warm),
    ("crowd", upstream::crowd),
    ("process", process::process),
    ("start", start::start),
    ("run", run::run),
    ("backends", backends::backends),
    ("guests", guests::guests),
    ("cli", many::cli),
    ("serve", serve::serve),
];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let done = match words.as_slice() {
        [word, program, arguments @ ..] if word == process::PEAK_OF => process::peak_of(program, arguments),
        [word, cache] if word == backends::LOAD_ALL => backends::load_all(cache.as_ref()),
        words => bench(words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(words: &[String]) -> Result<()> {
    let write = words.iter().any(|word| word == "--write");
    // `--bench` is cargo's own.
    let wanted: Vec<&String> = words.iter().filter(|word| !["--write", "--bench"].contains(&word.as_str())).collect();
    if let Some(unknown) = wanted.iter().find(|word| !GROUPS.iter().any(|(name, _)| name.contains(word.as_str()))) {
        let known = GROUPS.map(|(name, _)| name).join(", ");
        bail!("there is no group {unknown}; there are: {known}");
    }
    if write && !wanted.is_empty() {
        bail!("what is written is the whole table: --write takes no names of groups");
    }
    let mut criterion = turns::criterion();
    let mut rows = Vec::new();
    for (name, group) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            eprintln!("== {name}");
            rows.extend(group(&mut criterion).with_context(|| format!("the group {name} failed"))?);
        }
    }
    let figures = format!("{}\n{}", machine::describe(), table::render(&rows));
    println!("\n{figures}");
    if write {
        machine::write(&figures)?;
    }
    let missed = rows.iter().filter(|row| row.missed()).count();
    eprintln!("{missed} of {} rows missed their target.", rows.len());
    Ok(())
}
