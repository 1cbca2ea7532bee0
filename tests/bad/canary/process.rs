//! What a process leaves behind when it ends badly.

use std::{
    collections::BTreeMap, fs, io, net::IpAddr, os::unix::process::ExitStatusExt as _, pin::Pin, process::Command,
    sync::Arc,
};

use rustix::process::Signal;
use secret_runtime::{Allocation, Resolver, Runtime};
use test_support::{Gate, Reply, Upstream};

use super::{SECRET, clean, keeper, key};
use crate::common::{Attack, Component, Home, attack::TOKEN, block_on, library::load};

/// Finds no host, and fails as badly as it can.
#[derive(Debug)]
struct Panics;

impl Resolver for Panics {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move { panic!("looking for {host}") })
    }
}

#[test]
#[ignore = "runs in a process of its own, started by the test below"]
#[should_panic]
fn panics_with_both_in_memory() {
    let upstream = keeper();
    let environment = BTreeMap::from([("VAULT_TOKEN".to_owned(), TOKEN.to_owned())]);
    let resolver = Arc::new(Panics);
    let runtime = Runtime::builder().allocation(Allocation::OnDemand).resolver(resolver).build().unwrap();
    let held = block_on(Attack::on(&upstream).sends("GET", &key(&upstream)).load(&runtime).unwrap().get("KEY"));
    let builder = runtime.backend(Component::backend("vault").parse().unwrap()).environment(Arc::new(environment));
    let builder = builder.set("address", "https://vault.test");
    let backend = load(builder).unwrap();
    let answer = block_on(backend.get("KEY"));
    panic!("with {held:?} in hand: {answer:?}");
}

#[test]
fn a_panic_does_not_show_them() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bad::canary::process::panics_with_both_in_memory", "--ignored", "--nocapture"])
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    let shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("looking for vault.test") && shown.contains("1 passed"), "{shown}");
    assert!(!shown.contains(SECRET) && !shown.contains(TOKEN), "{shown}");
}

#[test]
fn standard_error_that_can_not_be_written_is_no_panic() {
    let home = Home::with_dotenv("KEY=value\n");
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    home.dotenv(["get", "KEY"]).error_to(full()).run().exits(0).prints("value");
    home.dotenv(["get", "MISSING"]).error_to(full()).run().exits(10);
    home.dotenv(["-vvv", "--audit", "-", "get"]).error_to(full()).run().exits(2);
}

#[test]
fn no_core_is_dumped() {
    let gate = Gate::new();
    let upstream = Upstream::start({
        let gate = gate.clone();
        move |_| Reply::new(200, SECRET).after(&gate)
    })
    .unwrap();
    let home = Home::new();
    let running = Attack::on(&upstream).sends("GET", &key(&upstream)).command(&home, &["get", "KEY"]).start();
    // With the credential sent and the secret on its way.
    upstream.wait_for(1).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().take(2).collect::<Vec<_>>(), ["0", "0"], "{limits}");

    running.signal(Signal::ABORT);
    let outcome = running.wait();
    assert_eq!(outcome.status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!outcome.status.core_dumped());
    clean(&home, &[SECRET]);
    gate.open();
}
