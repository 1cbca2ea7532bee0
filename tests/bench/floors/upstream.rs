//! The library with a network: a read from a real OpenBao, and a crowd that wants the same secret.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use criterion::Criterion;
use reqwest::redirect::Policy;
use secret_runtime::{Backend, Component, CredentialSource, Options, Read, Runtime, SecretBytes};
use serde_json::json;
use test_support::{Gate, OpenBao, Reply, Upstream, layout};
use tokio::sync::Barrier;

use crate::{
    library::{runtime, threaded, timed},
    table::{Row, Target, time},
    turns::in_turns,
};

/// The secret that is read.
pub(crate) const KEY: &str = "OPENAI_API_KEY";
/// Its value.
pub(crate) const VALUE: &str = "sk-bench-4f9d2a7c81e35b60";

/// Callers that want the same secret at once.
const CALLERS: usize = 1000;

/// A read through the vault backend, beside the same request by reqwest alone.
///
/// # Errors
/// OpenBao can't be had, or a request fails.
pub(crate) fn warm(criterion: &mut Criterion) -> Result<Vec<Row>> {
    let server = server()?;
    // As in a service: one worker for this caller, another for whatever goes on beside it.
    let tokio = threaded(2)?;
    let backend = vault(&runtime()?, server.address(), server.token(), false)?;
    let client = client()?;
    let url = format!("{}/v1/secret/data/{KEY}", server.address());
    let bare = async || {
        let request = client.get(&url).header("x-vault-token", server.token()).header("accept", "application/json");
        let reply = request.send().await?.error_for_status()?;
        reply.bytes().await
    };
    let read = Read { name: backend.key(KEY)?, version: None, options: Options::default() };
    let call = backend.call();
    let found = tokio.block_on(backend.read(&read, &call))?;
    if found.secret.expose() != VALUE.as_bytes() {
        bail!("the backend read something else");
    }
    let turns = in_turns(
        criterion,
        "warm read from OpenBao",
        |times| timed(&tokio, times, bare),
        |times| timed(&tokio, times, || backend.read(&read, &call)),
    )?;
    Ok(vec![Row::turns("warm read from OpenBao / reqwest alone", turns, Target::AtMost(1.2))])
}

/// How many requests a crowd makes that misses on one key.
///
/// # Errors
/// A caller gets no answer.
pub(crate) fn crowd(_: &mut Criterion) -> Result<Vec<Row>> {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Upstream::start(move |_| {
        let metadata = json!({ "version": 1, "created_time": "2026-01-01T00:00:00Z", "destroyed": false });
        Reply::json(200, &json!({ "data": { "data": { "value": VALUE }, "metadata": metadata } })).after(&held)
    })?;
    let backend = vault(&runtime()?, &upstream.address(), "token-of-no-server", true)?;
    let calling = Arc::new(AtomicUsize::new(0));
    let took = threaded(2)?.block_on(async {
        let start = Arc::new(Barrier::new(CALLERS));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (backend, start, calling) = (backend.clone(), start.clone(), calling.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    calling.fetch_add(1, Ordering::Relaxed);
                    backend.get(KEY).await
                })
            })
            .collect();
        // Nobody is answered before all have asked.
        while calling.load(Ordering::Relaxed) < CALLERS {
            tokio::task::yield_now().await;
        }
        gate.open();
        let opened = Instant::now();
        for caller in callers {
            caller.await??;
        }
        Ok::<_, anyhow::Error>(opened.elapsed())
    })?;
    let requests = upstream.seen().len();
    let measured = format!("{requests} in {}", time(took.as_secs_f64()));
    Ok(vec![Row::alone("requests for 1,000 callers who miss on one key", measured, "1".into(), requests == 1)])
}

/// A server that has the secret.
///
/// # Errors
/// OpenBao can't be had or does not start.
pub(crate) fn server() -> Result<OpenBao> {
    let server = OpenBao::start()?;
    server.put(KEY, &json!({ "value": VALUE }))?;
    Ok(server)
}

fn vault(runtime: &Runtime, address: &str, token: &str, cached: bool) -> Result<Backend> {
    let path = layout::backend("vault");
    let component =
        Component::from_file(&path).with_context(|| format!("{}: run `cargo xtask bench`", path.display()))?;
    let token = CredentialSource::Value(SecretBytes::from(token.as_bytes().to_vec()));
    let mut builder = runtime.backend(component).set("address", address).credential("token", token);
    if !cached {
        builder = builder.cache(None);
    }
    let grant = builder.candidate()?.grant();
    Ok(builder.load(&grant)?)
}

/// A client with the settings that egress gives its own.
///
/// # Errors
/// It can't be built.
pub(crate) fn client() -> Result<reqwest::Client> {
    // Chosen already if the library made a client before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(50))
        .tls_certs_only([]);
    Ok(builder.build()?)
}
