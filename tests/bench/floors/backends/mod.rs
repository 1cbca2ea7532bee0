//! Every backend: how large it is, what a fresh instance and one read cost, and what a read through it costs beside the
//! request it makes.

mod canned;
mod loading;
pub(crate) mod offline;

use anyhow::{Context, Result, bail};
use criterion::Criterion;
use secret_runtime::{Backend, Component, Options, Read};
use test_support::{Reply, Upstream, layout};

pub(crate) use self::loading::{LOAD_ALL, load_all};
use self::{canned::Canned, offline::Offline};
use crate::{
    library::{one_thread, runtime, threaded, timed, told},
    table::Row,
    turns::in_turns,
    upstream::{VALUE, client},
};

/// The largest that a component may be, in bytes.
const SIZE: f64 = 400e3;
/// The longest that a fresh instance and one read may take, in seconds, the network apart.
const FRESH: f64 = 120e-6;
/// How much longer a read may take than the request it makes, in seconds.
const ABOVE: f64 = 100e-6;

/// All rows of all backends.
///
/// # Errors
/// A component is missing, or does not read what it is given.
pub(crate) fn backends(criterion: &mut Criterion) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for canned in canned::all() {
        rows.extend(backend(criterion, &canned).with_context(|| format!("the backend {} failed", canned.name))?);
    }
    rows.extend(loading::rows()?);
    Ok(rows)
}

fn backend(criterion: &mut Criterion, canned: &Canned) -> Result<Vec<Row>> {
    let path = layout::backend(canned.name);
    let bytes = std::fs::read(&path).with_context(|| format!("{}: run `cargo xtask bench`", path.display()))?;
    let size = bytes.len() as f64;
    let mut rows = vec![Row::alone(
        &format!("{}: size", canned.name),
        format!("{:.0} kB", size / 1e3),
        format!("≤ {:.0} kB", SIZE / 1e3),
        size <= SIZE,
    )];
    rows.push(fresh(criterion, canned, &bytes)?);
    if canned.asks {
        rows.push(warm(criterion, canned, bytes)?);
    }
    Ok(rows)
}

/// A fresh instance and one read, beside the component that does nothing.
fn fresh(criterion: &mut Criterion, canned: &Canned, bytes: &[u8]) -> Result<Row> {
    let (tokio, runtime) = (one_thread()?, runtime()?);
    let ours = Offline::new(runtime.engine(), bytes, canned.world()).map_err(told)?;
    let floor =
        Offline::new(runtime.engine(), &crate::library::component()?, offline::World::default()).map_err(told)?;
    let found = tokio.block_on(ours.read(canned.key)).map_err(told)?;
    if found != VALUE.as_bytes() {
        bail!("it read something else");
    }
    let turns = in_turns(
        criterion,
        &format!("fresh {}", canned.name),
        |times| timed(&tokio, times, async || floor.read(canned.key).await.map_err(told)),
        |times| timed(&tokio, times, async || ours.read(canned.key).await.map_err(told)),
    )?;
    Ok(Row::within(&format!("{}: fresh instance and one read / doing nothing", canned.name), turns, FRESH))
}

/// A read, beside the very request that it makes, sent again and again by reqwest alone.
fn warm(criterion: &mut Criterion, canned: &Canned, bytes: Vec<u8>) -> Result<Row> {
    let body = canned.reply.clone();
    let upstream = Upstream::start(move |seen| match canned::token(seen) {
        Some(token) => token,
        None => Reply::new(200, body.clone()).with_header("Content-Type", "application/json"),
    })?;
    let tokio = threaded(2)?;
    let backend = load(canned, bytes, &upstream.address())?;
    let read = Read { name: backend.key(canned.key)?, version: None, options: Options::default() };
    let call = backend.call();
    let found = tokio.block_on(backend.read(&read, &call))?;
    if found.secret.expose() != VALUE.as_bytes() {
        bail!("it read something else");
    }
    let seen = upstream.seen().pop().context("it made no request")?;
    let client = client()?;
    let mut again = client.request(seen.method.parse()?, format!("{}{}", upstream.address(), seen.target));
    for (name, value) in &seen.headers {
        if !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            again = again.header(name, value);
        }
    }
    let again = again.body(seen.body).build()?;
    let bare = async || {
        let request = again.try_clone().context("its body is bytes")?;
        Ok::<_, anyhow::Error>(client.execute(request).await?.error_for_status()?.bytes().await?)
    };
    let turns = in_turns(
        criterion,
        &format!("warm {}", canned.name),
        |times| timed(&tokio, times, bare),
        |times| timed(&tokio, times, || backend.read(&read, &call)),
    )?;
    Ok(Row::above(&format!("{}: warm read / its request by reqwest", canned.name), turns, ABOVE))
}

fn load(canned: &Canned, bytes: Vec<u8>, upstream: &str) -> Result<Backend> {
    let builder = canned.give(runtime()?.backend(Component::new(bytes)?), upstream).cache(None);
    let grant = builder.candidate()?.grant();
    Ok(builder.load(&grant)?)
}
