//! The example backend in every language, beside each other: how large it is, what compiling, loading and reading in it
//! costs, and what an instance of it holds on to.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use criterion::Criterion;
use secret_runtime::{Allocation, Component, Runtime};
use test_support::layout;

use crate::{
    backends::offline::{Offline, World},
    library::{one_thread, runtime, timed, told},
    table::{Row, time},
    turns::{in_turns, median},
    upstream::VALUE,
};

/// A language, and the longest that loading from the cache and one read in a fresh instance may take, in seconds.
const LANGUAGES: [(&str, f64, f64); 4] =
    [("rust", 1e-3, 0.1e-3), ("c", 1e-3, 0.1e-3), ("js", 5e-3, 0.5e-3), ("python", 50e-3, 3e-3)];

/// Loads that count.
const LOADS: usize = 15;
/// Instances that are alive at once while memory is looked at.
const ALIVE: usize = 20;

/// All rows of all languages.
///
/// # Errors
/// A component is missing, or does not read what it is given.
pub(crate) fn guests(criterion: &mut Criterion) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (language, load, read) in LANGUAGES {
        let path = layout::backend(&format!("example-{language}"));
        rows.extend(guest(criterion, language, &path, load, read).with_context(|| format!("{language} failed"))?);
    }
    Ok(rows)
}

fn guest(criterion: &mut Criterion, language: &str, path: &Path, load: f64, read: f64) -> Result<Vec<Row>> {
    let bytes = fs::read(path).with_context(|| format!("{}: run `cargo xtask bench`", path.display()))?;
    let mut rows = vec![Row::figure(&format!("{language}: size"), format!("{:.0} kB", bytes.len() as f64 / 1e3))];
    rows.extend(loading(language, path, load)?);
    rows.extend(reading(criterion, language, &bytes, read)?);
    Ok(rows)
}

/// From a file to a backend that can be called: compiled for the first time, and from the cache.
fn loading(language: &str, path: &Path, most: f64) -> Result<Vec<Row>> {
    let cache = tempfile::Builder::new().prefix("cache-").tempdir_in(layout::target().join("bench"))?;
    fs::set_permissions(cache.path(), fs::Permissions::from_mode(0o700))?;
    let runtime = Runtime::builder().allocation(Allocation::OnDemand).code_cache(cache.path()).build()?;
    let once = || -> Result<(f64, f64)> {
        let began = Instant::now();
        let component = Component::from_file(path)?;
        let parsed = began.elapsed();
        let builder = runtime.backend(component).set("address", "http://127.0.0.1:9");
        let builder = builder.credential("token", secret_runtime::CredentialSource::value("of-no-account"));
        let grant = builder.candidate()?.grant();
        let began = Instant::now();
        builder.load(&grant)?;
        Ok((parsed.as_secs_f64(), began.elapsed().as_secs_f64()))
    };
    let (_, first) = once()?;
    let later = (0..LOADS).map(|_| once()).collect::<Result<Vec<_>>>()?;
    let parsed = median(later.iter().map(|(parsed, _)| *parsed));
    let loaded = median(later.iter().map(|(_, loaded)| *loaded));
    Ok(vec![
        Row::figure(&format!("{language}: first compile"), time(first)),
        Row::figure(&format!("{language}: reading, hashing and parsing the file"), time(parsed)),
        Row::alone(
            &format!("{language}: load from the cache"),
            time(loaded),
            format!("≤ {}", time(most)),
            loaded <= most,
        ),
    ])
}

/// A fresh instance, a read in one, and what it holds on to.
fn reading(criterion: &mut Criterion, language: &str, bytes: &[u8], most: f64) -> Result<Vec<Row>> {
    let (tokio, runtime) = (one_thread()?, runtime()?);
    let world = || World {
        settings: [("address".to_owned(), "http://127.0.0.1:9".to_owned())].into(),
        reply: VALUE.into(),
        ..World::default()
    };
    let guest = Offline::new(runtime.engine(), bytes, world()).map_err(told)?;
    if tokio.block_on(guest.read("KEY")).map_err(told)? != VALUE.as_bytes() {
        bail!("it read something else");
    }
    let turns = in_turns(
        criterion,
        &format!("{language}: a fresh instance, and a read in one"),
        |times| timed(&tokio, times, async || guest.instance().await.map_err(told)),
        |times| timed(&tokio, times, async || guest.read("KEY").await.map_err(told)),
    )?;
    let on_demand = Runtime::builder().allocation(Allocation::OnDemand).build()?;
    let guest = Offline::new(on_demand.engine(), bytes, world()).map_err(told)?;
    let held = tokio.block_on(held(&guest)).map_err(told)?;
    Ok(vec![
        Row::within(&format!("{language}: read in a fresh instance / the instance alone"), turns, most),
        Row::figure(&format!("{language}: memory of a live instance"), format!("{:.0} kB", held / 1e3)),
    ])
}

/// How many bytes the process grows by, for each instance that has read and is still alive.
async fn held(guest: &Offline) -> wasmtime::Result<f64> {
    // The first one brings in what all of them share.
    let mut alive = vec![guest.instance().await?];
    for instance in &mut alive {
        guest.read_in(instance, "KEY").await?;
    }
    let before = resident();
    for _ in 0..ALIVE {
        let mut instance = guest.instance().await?;
        guest.read_in(&mut instance, "KEY").await?;
        alive.push(instance);
    }
    Ok((resident() - before) / ALIVE as f64)
}

/// Bytes of this process that are in memory.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.map_or(f64::NAN, |pages| pages * rustix::param::page_size() as f64)
}
