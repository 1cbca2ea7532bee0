//! What the daemon tells those who watch it.

use rustix::process::Signal;
use serde_json::json;
use test_support::{Reply, Seen, Upstream, layout};

use crate::common::{
    Daemon, Home,
    backends::digest,
    daemon::{OWNER, wait_for},
};

/// A secret's name, its value, and the token that the upstream wants: none of them is for those who watch.
const NAME: &str = "TEAM_CANARY_NAME";
const VALUE: &str = "canary-value-of-the-secret";
const TOKEN: &str = "canary-token-of-the-upstream";

fn vault() -> Upstream {
    let metadata = json!({ "version": 1, "created_time": "2026-01-01T00:00:00Z", "destroyed": false });
    let found = json!({ "data": { "data": { "value": VALUE }, "metadata": metadata } });
    Upstream::start(move |_| Reply::json(200, &found)).unwrap()
}

/// A daemon with one mount, `prod`, over this upstream, and what its configuration says of telemetry.
fn daemon(upstream: &Upstream, telemetry: &str) -> Daemon {
    let (component, address) = (layout::backend("vault"), upstream.address());
    let config = format!(
        "{OWNER}{telemetry}\n[backends.prod]\ncomponent = {component:?}\ndigest = \"{}\"\n\
         set = {{ address = \"{address}\" }}\ncredentials = {{ token = {{ env = \"TEST_TOKEN\" }} }}\n\
         grant = {{ origins = [\"{address}\"] }}\n",
        digest(&component)
    );
    Daemon::start_with(Home::new(), &config, &[], &[("TEST_TOKEN", TOKEN)])
}

fn read(daemon: &Daemon) {
    let answer = daemon.ask("GET", &format!("/v1/prod/data/{NAME}")).send().is(200);
    assert!(answer.text().contains(VALUE));
}

fn has(bytes: &[u8], wanted: impl AsRef<[u8]>) -> bool {
    bytes.windows(wanted.as_ref().len()).any(|window| window == wanted.as_ref())
}

fn tells_nothing_secret(told: &[u8]) {
    for secret in [VALUE, TOKEN] {
        assert!(!has(told, secret), "{secret} is told");
    }
}

#[test]
fn figures_are_for_the_owner_and_for_tokens_that_may_see_them() {
    let upstream = vault();
    let daemon = daemon(&upstream, "");
    for _ in 0..3 {
        read(&daemon);
    }
    daemon.ask("GET", "/v1/prod/data/x%2fy").send().is(400);
    let narrow = daemon.token(&["*:*/**"]);
    let watcher = daemon.mint(&json!({ "scopes": [], "metrics": true, "ttl": "1h" }));
    let watcher = watcher["token"].as_str().unwrap();
    daemon.ask_tcp("GET", "/metrics").send().is(403);
    daemon.ask_tcp("GET", "/metrics").token(&narrow).send().is(403);
    daemon.ask_tcp("GET", &format!("/v1/prod/data/{NAME}")).token(watcher).send().is(403);
    let elsewhere = daemon.token(&["read:prod/OTHER"]);
    daemon.ask_tcp("GET", &format!("/v1/prod/data/{NAME}")).token(&elsewhere).send().is(403);
    daemon.ask("GET", "/metrics").send().is(200);
    daemon.ask("POST", "/metrics").send().is(405);
    let answer = daemon.ask_tcp("GET", "/metrics").token(watcher).send().is(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    for line in [
        "secret_runtime_operations_total{backend=\"prod\",operation=\"read\",outcome=\"ok\"} 3",
        "secret_runtime_operations_total{backend=\"prod\",operation=\"read\",outcome=\"refused\"} 1",
        "secret_runtime_cache_reads_total{backend=\"prod\",result=\"hit\"} 2",
        "secret_runtime_cache_reads_total{backend=\"prod\",result=\"miss\"} 1",
        "secret_runtime_upstream_requests_total{backend=\"prod\",outcome=\"answered\"} 1",
        "secret_runtime_upstream_seconds_count{backend=\"prod\"} 1",
        "secret_runtime_requests_total{route=\"vault\",status=\"200\"} 3",
        "secret_runtime_requests_total{route=\"metrics\",status=\"403\"} 2",
        "secret_runtime_callers_denied_total 1",
        "secret_runtime_tokens 3",
        "secret_runtime_connections 1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is missing\n{text}");
    }
    tells_nothing_secret(text.as_bytes());
    assert!(!text.contains(NAME));
}

/// All that a collector has been sent, in one piece.
fn sent(seen: &[Seen]) -> Vec<u8> {
    for request in seen {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/traces"));
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    }
    seen.iter().flat_map(|request| request.body.clone()).collect()
}

#[test]
fn traces_reach_a_collector_by_the_time_the_daemon_has_ended_and_name_a_secret_only_if_asked() {
    for names in [false, true] {
        let (upstream, collector) = (vault(), Upstream::start(|_| Reply::new(200, "")).unwrap());
        let telemetry = format!("[serve.telemetry]\ntraces = \"{}\"\nnames = {names}\n", collector.address());
        let mut daemon = daemon(&upstream, &telemetry);
        let (trace, parent) = ([0xab; 16], [0xcd; 8]);
        let context = format!("00-{}-{}-01", "ab".repeat(16), "cd".repeat(8));
        let target = format!("/v1/prod/data/{NAME}");
        daemon.ask("GET", &target).header("traceparent", &context).send().is(200);
        read(&daemon);
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.end(), Some(0));
        let told = sent(&collector.seen());
        for wanted in ["secret-runtime", "vault", "call", "cache load", "component", "upstream", "prod", "read"] {
            assert!(has(&told, wanted), "{wanted} is not told");
        }
        assert!(has(&told, upstream.address()), "the origin is not told");
        assert!(has(&told, trace) && has(&told, parent), "the caller's own trace does not go on");
        assert_eq!(has(&told, NAME), names);
        tells_nothing_secret(&told);
    }
}

#[test]
fn a_collector_that_is_away_or_hangs_fails_no_request_and_is_told_of_once() {
    let (gone, silent) = (vault().address(), Upstream::start(|_| Reply::silence()).unwrap());
    for collector in [gone, silent.address()] {
        let upstream = vault();
        let mut daemon = daemon(&upstream, &format!("[serve.telemetry]\ntraces = \"{collector}\"\n"));
        for _ in 0..50 {
            read(&daemon);
        }
        let told = || daemon.log().matches("traces do not reach their collector").count();
        wait_for("say that its collector is away", || (told() > 0).then_some(()));
        read(&daemon);
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.end(), Some(0));
        assert_eq!(daemon.log().matches("traces do not reach their collector").count(), 1, "{}", daemon.log());
    }
}
