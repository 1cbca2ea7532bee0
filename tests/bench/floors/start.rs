//! Starting the program for what a person waits for at the prompt: help, and completion.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};
use criterion::Criterion;
use test_support::layout;

use crate::{process::seconds, table::Row, turns::Turns};

/// Rounds of ours and of the program that does nothing.
const ROUNDS: usize = 60;

/// What may be taken beside twice the time of the program that does nothing, in seconds.
const MORE: f64 = 0.010;

/// `runtime --help` and a completion, beside a program that does nothing.
///
/// # Errors
/// A program can't be had, or fails.
pub(crate) fn start(_: &mut Criterion) -> Result<Vec<Row>> {
    let nothing = nothing()?;
    let program = layout::runtime();
    if !program.is_file() {
        bail!("{} is missing: run `cargo xtask bench`", program.display());
    }
    let help = || {
        let mut command = bare(&program);
        command.arg("--help");
        command
    };
    let completion = || {
        let mut command = bare(&program);
        command.args(["--", "runtime", "--backend", ""]).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2");
        command
    };
    Ok(vec![
        row("`runtime --help` / a program that does nothing", &nothing, help)?,
        row("completing `runtime --backend ` / the same", &nothing, completion)?,
    ])
}

fn row(what: &str, nothing: &Path, ours: impl Fn() -> Command) -> Result<Row> {
    let mut pairs = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        pairs.push((seconds(&mut bare(nothing))?, seconds(&mut ours())?));
    }
    Ok(Row::times_and(what, Turns::of(&pairs), 2.0, MORE))
}

fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(layout::target());
    command
}

/// A program in Rust that does nothing.
fn nothing() -> Result<PathBuf> {
    let folder = layout::target().join("bench");
    fs::create_dir_all(&folder)?;
    let (source, program) = (folder.join("nothing.rs"), folder.join("nothing"));
    fs::write(&source, "fn main() {}\n")?;
    let made = Command::new("rustc").arg("-O").arg(&source).arg("-o").arg(&program).status()?;
    if !made.success() {
        bail!("a program that does nothing can't be compiled ({made})");
    }
    Ok(program)
}
