//! The daemon under load, beside what else answers such requests: nginx with a file, OpenBao itself, and its proxy.

mod crowd;
mod peers;
mod wrk;

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use criterion::Criterion;
use serde_json::json;
use test_support::{Daemon, Load, OpenBao, layout};

use self::{
    peers::{Nginx, Proxy},
    wrk::{Figures, Wrk},
};
use crate::{
    table::{Row, Target},
    turns::{Turns, median},
    upstream::{KEY, VALUE, server},
};

/// Runs of each side.
const ROUNDS: usize = 5;
/// Connections at once.
const CONNECTIONS: usize = 64;
/// Secrets that are read without the cache: so many that no two connections want the same one at once.
const KEYS: usize = 2000;
/// Requests after which memory is looked at.
const REQUESTS: f64 = 1e6;
/// The most memory then, in MB.
const MEMORY: f64 = 64.0;
/// The most that it may grow from the middle to the end, in MB.
const GROWTH: f64 = 2.0;

/// OpenBao's secrets through the cache.
const CACHED: &str = "bao";
/// The same, where nothing stays in the cache.
const FRESH: &str = "fresh";
/// Backends that are loaded besides, and what each needs for that; nobody listens at the address.
const IDLE: [(&str, &str); 6] = [
    (
        "agent-secret-store",
        r#"set = { address = "http://127.0.0.1:9" }
credentials = { agent-key = { env = "BENCH_TOKEN" } }
grant = { origins = ["http://127.0.0.1:9"] }"#,
    ),
    (
        "aws-secrets-manager",
        r#"set = { endpoint = "http://127.0.0.1:9", region = "eu-west-1" }
grant = { origins = ["http://127.0.0.1:9"], variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] }"#,
    ),
    (
        "azure-key-vault",
        r#"recipe = "client-secret"
set = { address = "http://127.0.0.1:9", tenant = "t", client-id = "c" }
credentials = { client-secret = { env = "BENCH_TOKEN" } }
grant = { origins = ["http://127.0.0.1:9", "https://login.microsoftonline.com"] }"#,
    ),
    (
        "conjur",
        r#"set = { address = "http://127.0.0.1:9" }
credentials = { key = { env = "BENCH_TOKEN" } }
grant = { origins = ["http://127.0.0.1:9"] }"#,
    ),
    ("dotenv", r#"grant = { storage = "some.env" }"#),
    ("env", r#"grant = { storage = "env:BENCH_*" }"#),
];

/// Requests to `runtime serve` by `wrk`, with as many workers on each side.
///
/// # Errors
/// A program can't be had, or answers something else than the secret.
pub(crate) fn serve(_: &mut Criterion) -> Result<Vec<Row>> {
    let load = Load::find()?;
    let server = server()?;
    for number in 0..KEYS {
        server.put(&format!("many/{number}"), &json!({ "value": VALUE }))?;
    }
    let daemon = Daemon::start(
        |home| config(home, &server),
        &[("BENCH_TOKEN", server.token()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")],
    )?;
    let token = daemon.token(&[&format!("read:{CACHED}/**"), &format!("read:{FRESH}/**")], "12h")?;
    let ours = |mount: &str| format!("http://{}/v1/{mount}/data", daemon.address());
    let theirs = format!("{}/v1/secret/data", server.address());

    let wrk = Wrk::new(&load)?;
    let cached = wrk.target(&format!("{}/{KEY}", ours(CACHED)), Some(&token), None)?;
    let body = cached.body()?;
    let nginx = Nginx::start(&load, &body)?;
    let file = wrk.target(&nginx.address(), None, None)?;
    let own = wrk.target(&format!("{theirs}/{KEY}"), Some(server.token()), None)?;
    let many = wrk.target(&ours(FRESH), Some(&token), Some(KEYS))?;
    let proxy = Proxy::start(&server)?;
    let through = wrk.target(&format!("{}/v1/secret/data", proxy.address()), Some(server.token()), Some(KEYS))?;

    let beside_file = in_turns(|| file.run(CONNECTIONS), || cached.run(CONNECTIONS))?;
    let beside_own = in_turns(|| own.run(CONNECTIONS), || cached.run(CONNECTIONS))?;
    let alone = in_turns(|| file.run(1), || cached.run(1))?;
    let uncached = in_turns(|| through.run(CONNECTIONS), || many.run(CONNECTIONS))?;
    let mut rows = vec![
        rate("cached reads a second, 64 connections / nginx, a file", &beside_file, Target::AtLeast(0.6)),
        rate("the same / OpenBao's own reads", &beside_own, Target::AtLeast(6.0)),
        latency("its p99 / nginx's", &beside_file, |figures| figures.p99),
        latency("one connection, p50 / nginx's", &alone, |figures| figures.p50),
        rate("uncached reads of OpenBao a second / `bao proxy`", &uncached, Target::AtLeast(0.85)),
    ];
    rows.extend(memory(&daemon, &cached)?);
    rows.push(crowd::one_cold_key()?);
    rows.push(crowd::all_at_once()?);
    Ok(rows)
}

/// Both in turns, whichever is first; pairs of (floor, ours).
fn in_turns(
    floor: impl Fn() -> Result<Figures>,
    ours: impl Fn() -> Result<Figures>,
) -> Result<Vec<(Figures, Figures)>> {
    let pair = |round: usize| {
        if round.is_multiple_of(2) {
            let floor = floor()?;
            return Ok((floor, ours()?));
        }
        let ours = ours()?;
        Ok((floor()?, ours))
    };
    // The first pair is for warming up.
    (0..=ROUNDS).map(pair).skip(1).collect()
}

fn rate(what: &str, pairs: &[(Figures, Figures)], target: Target) -> Row {
    let shown = |rate: f64| format!("{:.1} k/s", rate / 1e3);
    let ours = median(pairs.iter().map(|(_, ours)| ours.rate));
    let floor = median(pairs.iter().map(|(floor, _)| floor.rate));
    let ratio = median(pairs.iter().map(|(floor, ours)| ours.rate / floor.rate));
    Row::ratio(what, shown(ours), shown(floor), ratio, target)
}

fn latency(what: &str, pairs: &[(Figures, Figures)], of: impl Fn(&Figures) -> f64) -> Row {
    let pairs: Vec<_> = pairs.iter().map(|(floor, ours)| (of(floor), of(ours))).collect();
    Row::turns(what, Turns::of(&pairs), Target::AtMost(1.5))
}

/// What the daemon has after a million requests, and by how much that is more than after half of them.
fn memory(daemon: &Daemon, cached: &wrk::Target<'_>) -> Result<Vec<Row>> {
    let megabytes = || Ok::<_, anyhow::Error>(daemon.resident()? as f64 / 1e6);
    let half = || {
        let mut made = 0.0;
        while made < REQUESTS / 2.0 {
            made += cached.run(CONNECTIONS)?.requests;
        }
        megabytes()
    };
    let (middle, end) = (half()?, half()?);
    let shown = |megabytes: f64| format!("{megabytes:.1} MB");
    Ok(vec![
        Row::alone(
            "memory with 8 backends after 1,000,000 requests",
            shown(end),
            format!("≤ {MEMORY} MB"),
            end <= MEMORY,
        ),
        Row::alone(
            "more than after half of them",
            shown(end - middle),
            format!("≤ {GROWTH} MB"),
            end - middle <= GROWTH,
        ),
    ])
}

/// Eight backends, of which two are read.
fn config(home: &Path, server: &OpenBao) -> Result<String> {
    let address = server.address();
    let vault = |name: &str, cache: &str| backend(name, "vault", &vault_at(address, cache));
    let mut text = vault(CACHED, "ttl = \"1h\"")? + &vault(FRESH, "entries = 0")?;
    for (name, rest) in IDLE {
        text += &backend(name, name, rest)?;
    }
    fs::write(home.join("some.env"), "")?;
    Ok(text)
}

/// What the vault backend needs for a server.
fn vault_at(address: &str, cache: &str) -> String {
    format!(
        "set = {{ address = {address:?} }}\ncredentials = {{ token = {{ env = \"BENCH_TOKEN\" }} }}\n\
         grant = {{ origins = [{address:?}] }}\ncache = {{ {cache} }}\n"
    )
}

/// One backend's table. `rest` is what is its own.
fn backend(name: &str, component: &str, rest: &str) -> Result<String> {
    let file = layout::backend(component);
    let printed = Command::new("sha256sum").arg(&file).output().context("sha256sum can't be run")?;
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let Some((digest, _)) = printed.split_once(' ') else {
        bail!("{} is missing: run `cargo xtask bench`", file.display());
    };
    Ok(format!("[backends.{name}]\ncomponent = {file:?}\ndigest = \"sha256:{digest}\"\n{rest}\n"))
}
