//! The library without a network: a cached value, and a call into a component that does nothing.

use std::{
    fs,
    future::Future,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use criterion::Criterion;
use moka::policy::EvictionPolicy;
use secret_runtime::{Answer, Backend, Component, Options, Read, Runtime};
use test_support::layout;
use tokio::task::yield_now;

use crate::{
    bare::Bare,
    table::{Row, Target},
    turns::{Turns, in_turns},
};

/// Calls of one measurement of throughput.
const CALLS: u64 = 10_000;

/// Measurements of throughput, each with one thread and with two.
const ROUNDS: usize = 9;

/// The name that is read; a usual one.
const KEY: &str = "OPENAI_API_KEY";

/// A cached value, beside the same in a bare cache.
///
/// # Errors
/// The backend can't be loaded, or a call fails.
pub(crate) fn cached(criterion: &mut Criterion) -> Result<Vec<Row>> {
    let tokio = one_thread()?;
    let backend = noop(&runtime()?, true)?;
    let (read, call) = (read(&backend)?, backend.call());
    let answer = tokio.block_on(backend.read(&read, &call))?;
    let floor: moka::sync::Cache<Read, Answer> =
        moka::sync::Cache::builder().max_capacity(1000).eviction_policy(EvictionPolicy::lru()).build();
    floor.insert(read.clone(), answer);
    let bare = |times| {
        let started = Instant::now();
        for _ in 0..times {
            black_box(floor.get(black_box(&read)));
        }
        Ok(started.elapsed())
    };
    let checked = in_turns(criterion, "cached read of a checked name", bare, |times| {
        timed(&tokio, times, || backend.read(black_box(&read), black_box(&call)))
    })?;
    let typed = in_turns(criterion, "cached get of a text", bare, |times| {
        timed(&tokio, times, || backend.get(black_box(KEY)))
    })?;
    Ok(vec![
        Row::turns("cached read through the whole stack / moka get", checked, Target::AtMost(1.6)),
        Row::turns("the same by `get(&str)`, which checks the name", typed, Target::None),
    ])
}

/// A call into a fresh instance, beside wasmtime alone on the same engine.
///
/// # Errors
/// The component can't be loaded, or a call fails.
pub(crate) fn fresh(criterion: &mut Criterion) -> Result<Vec<Row>> {
    let tokio = one_thread()?;
    let runtime = runtime()?;
    let backend = noop(&runtime, false)?;
    let bare = Bare::new(runtime.engine(), &component()?).map_err(told)?;
    let (read, call) = (read(&backend)?, backend.call());
    // Giving way after each call lets what the library prepares for the next one count too.
    let turns = in_turns(
        criterion,
        "uncached call into a fresh instance",
        |times| {
            timed(&tokio, times, async || {
                let answer = bare.read(KEY).await.map_err(told);
                yield_now().await;
                answer
            })
        },
        |times| {
            timed(&tokio, times, async || {
                let answer = backend.read(&read, &call).await;
                yield_now().await;
                answer
            })
        },
    )?;
    Ok(vec![Row::turns("uncached call into a fresh instance / bare wasmtime", turns, Target::AtMost(1.5))])
}

/// Uncached calls a second on two threads, beside one.
///
/// # Errors
/// The component can't be loaded, or a call fails.
pub(crate) fn threads(_: &mut Criterion) -> Result<Vec<Row>> {
    let runtime = runtime()?;
    let backend = noop(&runtime, false)?;
    let bare = Arc::new(Bare::new(runtime.engine(), &component()?).map_err(told)?);
    let read = read(&backend)?;
    let ours = scaling(move || {
        let (backend, read, call) = (backend.clone(), read.clone(), backend.call());
        async move { backend.read(&read, &call).await.map(drop).map_err(Into::into) }
    })?;
    let alone = scaling(move || {
        let bare = bare.clone();
        async move { bare.read(KEY).await.map(drop).map_err(told) }
    })?;
    let row = |what, turns: Turns, target| {
        let rate = |seconds: f64| format!("{:.1} k/s", 1e-3 / seconds);
        Row::ratio(what, rate(turns.ours), rate(turns.floor), 1.0 / turns.ratio, target)
    };
    Ok(vec![
        row("uncached calls a second, two threads / one", ours, Target::AtLeast(1.6)),
        row("bare wasmtime, two threads / one", alone, Target::None),
    ])
}

/// How long a call takes with one thread (the floor) and with two (ours): pairs in turns.
fn scaling<F: Future<Output = Result<()>> + Send + 'static>(
    call: impl Fn() -> F + Clone + Send + 'static,
) -> Result<Turns> {
    let pools = [threaded(1)?, threaded(2)?];
    let mut pairs = Vec::new();
    // The first round warms up.
    for round in 0..=ROUNDS {
        let [one, two] = [(0, 1), (1, 2)].map(|(pool, tasks)| {
            let tokio = pools.get(pool).context("there are two")?;
            tokio.block_on(loops(tasks, call.clone()))
        });
        if round > 0 {
            pairs.push((one?, two?));
        }
    }
    Ok(Turns::of(&pairs))
}

/// Seconds for a call when `tasks` tasks make [`CALLS`] calls between them.
async fn loops<F: Future<Output = Result<()>> + Send + 'static>(
    tasks: u64,
    call: impl Fn() -> F + Clone + Send + 'static,
) -> Result<f64> {
    let started = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let call = call.clone();
            tokio::spawn(async move {
                for _ in 0..CALLS / tasks {
                    call().await?;
                    yield_now().await;
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    for task in running {
        task.await??;
    }
    Ok(started.elapsed().as_secs_f64() / CALLS as f64)
}

/// A runtime as a service has it: instances in a pool, one prepared ahead.
///
/// # Errors
/// The engine does not start.
pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Runtime::builder().build()?)
}

/// A tokio runtime on this thread.
///
/// # Errors
/// The system refuses.
pub(crate) fn one_thread() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A tokio runtime with this many threads.
///
/// # Errors
/// The system refuses.
pub(crate) fn threaded(threads: usize) -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?)
}

/// How long it takes to do something so many times, one after the other.
///
/// # Errors
/// The first failure.
pub(crate) fn timed<T, E, F>(tokio: &tokio::runtime::Runtime, times: u64, work: impl Fn() -> F) -> Result<Duration>
where
    F: Future<Output = Result<T, E>>,
    E: Into<anyhow::Error>,
{
    tokio.block_on(async {
        let started = Instant::now();
        for _ in 0..times {
            black_box(work().await.map_err(Into::into)?);
        }
        Ok(started.elapsed())
    })
}

/// The component that does nothing.
///
/// # Errors
/// It is not built.
pub(crate) fn component() -> Result<Vec<u8>> {
    let path = layout::target().join("bench/noop.wasm");
    fs::read(&path).with_context(|| format!("{} is missing: run `cargo xtask bench`", path.display()))
}

/// The backend that does nothing.
fn noop(runtime: &Runtime, cached: bool) -> Result<Backend> {
    let mut builder = runtime.backend(Component::new(component()?)?);
    if !cached {
        builder = builder.cache(None);
    }
    let grant = builder.candidate()?.grant();
    Ok(builder.load(&grant)?)
}

/// wasmtime's error, which is no standard one without a feature of its own.
pub(crate) fn told(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

fn read(backend: &Backend) -> Result<Read> {
    Ok(Read { name: backend.key(KEY)?, version: None, options: Options::default() })
}
