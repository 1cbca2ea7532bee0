//! Loading every backend from the compile cache, in a process of its own.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result};
use secret_runtime::{Allocation, Component, Runtime};
use test_support::layout;

use super::canned::{self, Canned};
use crate::{
    process::PEAK_OF,
    table::{Row, time},
    turns::median,
};

/// The argument that makes this program load every backend.
pub(crate) const LOAD_ALL: &str = "--load-all";

/// Runs that count.
const RUNS: usize = 15;
/// The longest that loading may take, in seconds.
const LOADING: f64 = 5e-3;
/// The most memory that it may have at its peak, in MB.
const MEMORY: f64 = 40.0;

/// Rows for all backends together.
///
/// # Errors
/// A backend can't be loaded.
pub(super) fn rows() -> Result<Vec<Row>> {
    let cache = tempfile::Builder::new().prefix("cache-").tempdir_in(layout::target().join("bench"))?;
    fs::set_permissions(cache.path(), fs::Permissions::from_mode(0o700))?;
    let run = |before: &[&str]| -> Result<f64> {
        let mut command = Command::new(env::current_exe()?);
        let output = command.args(before).arg(LOAD_ALL).arg(cache.path()).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        said.trim().parse().with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // The first one compiles.
    run(&[])?;
    let took = median((0..RUNS).map(|_| run(&[])).collect::<Result<Vec<_>>>()?.into_iter());
    let program = env::current_exe()?;
    let peak = run(&[PEAK_OF, &program.to_string_lossy()])?;
    let count = canned::all().len();
    Ok(vec![
        Row::alone(
            &format!("loading {count} backends from the compile cache"),
            time(took),
            format!("≤ {}", time(LOADING)),
            took <= LOADING,
        ),
        Row::alone(
            "peak memory of a process that has loaded them",
            format!("{peak:.1} MB"),
            format!("≤ {MEMORY:.0} MB"),
            peak <= MEMORY,
        ),
    ])
}

/// Loads every backend and prints how many seconds that took, without reading the files and starting the engine.
///
/// # Errors
/// A component is missing, or can't be loaded.
pub(crate) fn load_all(cache: &Path) -> Result<()> {
    let runtime = Runtime::builder().allocation(Allocation::OnDemand).code_cache(cache).build()?;
    let components: Vec<(Canned, Component)> = canned::all()
        .into_iter()
        .map(|canned| {
            let component = Component::from_file(layout::backend(canned.name))?;
            Ok((canned, component))
        })
        .collect::<Result<_>>()?;
    let nowhere = "http://127.0.0.1:9";
    let builders: Vec<_> =
        components.into_iter().map(|(canned, component)| canned.give(runtime.backend(component), nowhere)).collect();
    let grants = builders.iter().map(|builder| Ok(builder.candidate()?.grant())).collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    let mut loaded = BTreeMap::new();
    for (builder, grant) in builders.into_iter().zip(&grants) {
        let backend = Arc::new(builder.load(grant)?);
        loaded.insert(backend.name().to_owned(), backend);
    }
    println!("{}", started.elapsed().as_secs_f64());
    drop(loaded);
    Ok(())
}
