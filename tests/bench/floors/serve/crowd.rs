//! How many requests the upstream gets, however many callers there are.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use test_support::{Daemon, Gate, Reply, Upstream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{backend, vault_at};
use crate::{
    library::threaded,
    table::{Row, time},
    upstream::VALUE,
};

/// Callers of one key, and keys of the others.
const MANY: usize = 10_000;
/// So many callers are connected at once for certain; the daemon takes a few thousand, and the rest as those go.
const AT_ONCE: usize = 8_000;
/// Connections that read many keys.
const READERS: usize = 200;
/// Callers of each key at about the same time.
const EACH: usize = 4;
/// How long a value is kept: longer than reading all of them takes.
const TTL: Duration = Duration::from_secs(15);
/// How long everybody may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The daemon's name for the server.
const MOUNT: &str = "cold";

/// Ten thousand callers want a secret that is not in the cache.
///
/// # Errors
/// A caller gets no answer.
pub(super) fn one_cold_key() -> Result<Row> {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Upstream::start(move |_| secret().after(&held))?;
    let (daemon, request) = daemon(&upstream, "1h")?;
    let (request, asked) = (Arc::new(request("key")), Arc::new(AtomicUsize::new(0)));
    let took = threaded(2)?.block_on(async {
        let callers: Vec<_> = (0..MANY)
            .map(|_| {
                let (request, asked, address) = (request.clone(), asked.clone(), daemon.address());
                tokio::spawn(async move {
                    let mut stream = TcpStream::connect(address).await?;
                    stream.write_all(request.as_bytes()).await?;
                    asked.fetch_add(1, Ordering::Relaxed);
                    answered(&mut stream).await
                })
            })
            .collect();
        let began = Instant::now();
        // Nobody is answered before nearly all have asked.
        while asked.load(Ordering::Relaxed) < AT_ONCE {
            ensure!(began.elapsed() < PATIENCE, "only {} callers could ask", asked.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(10)).await;
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
    Ok(Row::alone("requests upstream for 10,000 callers of one cold key", measured, "1".into(), requests == 1))
}

/// Ten thousand secrets that were read are too old, and everybody wants them again.
///
/// # Errors
/// A caller gets no answer.
pub(super) fn all_at_once() -> Result<Row> {
    let upstream = Upstream::start(|_| secret())?;
    let (daemon, request) = daemon(&upstream, &format!("{}s", TTL.as_secs()))?;
    let tokio = threaded(2)?;
    let requests: Arc<Vec<String>> = Arc::new((0..MANY).map(|number| request(&number.to_string())).collect());
    let read_all = || tokio.block_on(read_all(&daemon, &requests));
    read_all()?;
    thread::sleep(TTL + Duration::from_secs(1));
    let before = upstream.seen().len();
    let took = read_all()?;
    let mut by_key = HashMap::<String, usize>::new();
    for seen in upstream.seen().split_off(before) {
        *by_key.entry(seen.target).or_default() += 1;
    }
    let most = by_key.values().copied().max().unwrap_or_default();
    let measured = format!("{most} ({} keys in {})", by_key.len(), time(took.as_secs_f64()));
    Ok(Row::alone("requests upstream for a key, 10,000 having expired at once", measured, "1".into(), most == 1))
}

/// Reads every secret, each by several callers at about the same time.
async fn read_all(daemon: &Daemon, requests: &Arc<Vec<String>>) -> Result<Duration> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let (requests, next, address) = (requests.clone(), next.clone(), daemon.address());
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                // Neighbours want the same one.
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed) / EACH) {
                    stream.write_all(request.as_bytes()).await?;
                    answered(&mut stream).await?;
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    for reader in readers {
        reader.await??;
    }
    Ok(began.elapsed())
}

/// Reads one answer, which has to be the secret.
async fn answered(stream: &mut TcpStream) -> Result<()> {
    let mut reply = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut reply).await? == 0 {
            bail!("the daemon hung up");
        }
        let text = String::from_utf8_lossy(&reply);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.context("an answer without a length")? {
            ensure!(head.starts_with("HTTP/1.1 200 ") && body.contains(VALUE), "{head}");
            return Ok(());
        }
    }
}

fn secret() -> Reply {
    let metadata = json!({ "version": 1, "created_time": "2026-01-01T00:00:00Z", "destroyed": false });
    Reply::json(200, &json!({ "data": { "data": { "value": VALUE }, "metadata": metadata } }))
}

/// A daemon before this server, and the requests that it is asked.
fn daemon(upstream: &Upstream, ttl: &str) -> Result<(Daemon, impl Fn(&str) -> String + use<>)> {
    // A connection is a file, here and there.
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files })?;
    let cache = format!("ttl = {ttl:?}, entries = {}, bytes = \"64MiB\"", 2 * MANY);
    let config = |_: &_| backend(MOUNT, "vault", &vault_at(&upstream.address(), &cache));
    let daemon = Daemon::start(config, &[("BENCH_TOKEN", "token-of-no-server")])?;
    let token = daemon.token(&[&format!("read:{MOUNT}/**")], "1h")?;
    let request = move |key: &str| {
        format!("GET /v1/{MOUNT}/data/{key} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: {token}\r\n\r\n")
    };
    Ok((daemon, request))
}
