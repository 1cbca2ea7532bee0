//! Bad days of an upstream: callers get a typed answer within their time, and other mounts notice nothing.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use test_support::{Gate, Reply, Upstream, layout};

use crate::common::{
    Daemon, Home,
    backends::digest,
    daemon::{OWNER, backend, wait_for},
};

const GOOD: &str = r#"{"data":{"data":{"value":"canary"},"metadata":{"created_time":"t","version":1}}}"#;

/// A daemon with a vault backend at this address, as mount `sick`, and a .env file as mount `local`.
fn daemon(address: &str, more: &str) -> Daemon {
    let home = Home::with_dotenv("A=1\n");
    home.file("token", "canary-token");
    let component = layout::backend("vault");
    let config = format!(
        "{OWNER}{}[backends.sick]\ncomponent = {component:?}\ndigest = \"{}\"\nset = {{ address = \"{address}\" }}\n\
         grant = {{ origins = [\"{address}\"] }}\ncredentials = {{ token = {{ file = \"token\" }} }}\n{more}",
        backend(&home, "local", "read-only"),
        digest(&component)
    );
    Daemon::start_in(home, &config)
}

#[test]
fn each_failure_of_an_upstream_has_a_status_of_its_own_and_never_a_value() {
    for (reply, status, words) in [
        (Reply::new(503, r#"{"errors":["Vault is sealed canary"]}"#), 503, "can't answer (sealed)"),
        (Reply::new(429, r#"{"errors":["canary"]}"#).with_header("Retry-After", "60"), 429, "limiting requests"),
        // To every request, so that it is the token which is not accepted any more.
        (
            Reply::new(403, r#"{"errors":["permission denied canary"]}"#),
            502,
            "does not accept the daemon's credentials",
        ),
        (Reply::new(404, r#"{"errors":[]}"#), 404, r#"{"errors":[]}"#),
        (Reply::new(200, "canary"), 502, "makes no sense"),
        (Reply::reset(), 503, "can't be reached"),
        (Reply::cut_short(200, GOOD, 10_000), 503, "can't be reached"),
        (Reply::silence(), 504, "did not answer in time"),
    ] {
        let server = Upstream::start(move |_| reply.clone()).unwrap();
        let daemon = daemon(&server.address(), "timeout = \"1500ms\"\n");
        let begun = Instant::now();
        let answer = daemon.ask("GET", "/v1/sick/data/KEY").send();
        assert_eq!(answer.status, status, "{words}: {answer:?}");
        assert!(answer.text().contains(words) && !answer.text().contains("canary"), "{answer:?}");
        assert!(begun.elapsed().as_secs() < 10, "{words}: {:?}", begun.elapsed());
        assert!(!daemon.log().contains("canary"), "{}", daemon.log());
    }
}

#[test]
fn a_secret_that_the_upstream_denies_is_denied_and_not_absent() {
    let server = Upstream::start(|seen| match seen.target.as_str() {
        "/v1/auth/token/lookup-self" => Reply::new(200, r#"{"data":{}}"#),
        _ => Reply::new(403, r#"{"errors":["permission denied canary"]}"#),
    })
    .unwrap();
    let answer = daemon(&server.address(), "").ask("GET", "/v1/sick/data/KEY").send().is(403);
    assert!(
        answer.text().contains("permission denied by the upstream") && !answer.text().contains("canary"),
        "{answer:?}"
    );
}

#[test]
fn a_mount_whose_upstream_hangs_does_not_slow_another() {
    const CALLERS: usize = 300;
    let gate = Gate::new();
    let held = gate.clone();
    let server = Upstream::start(move |_| Reply::new(200, GOOD).after(&held)).unwrap();
    let daemon = daemon(&server.address(), "timeout = \"20s\"\n");
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..CALLERS {
            let (daemon, answered) = (&daemon, &answered);
            scope.spawn(move || {
                let answer = daemon.ask("GET", &format!("/v1/sick/data/KEY_{number}")).send();
                assert!(matches!(answer.status, 200 | 503 | 504), "{answer:?}");
                answered.fetch_add(1, Ordering::Relaxed);
            });
        }
        server.wait_for(32).unwrap();
        for _ in 0..50 {
            daemon.ask("DELETE", "/runtime/v1/cache?mount=local").send().is(200);
            daemon.ask("GET", "/v1/local/data/A").send().is(200);
        }
        assert!(answered.load(Ordering::Relaxed) < CALLERS, "nobody was waiting any more");
        gate.open();
    });
}

#[test]
fn what_was_read_is_served_for_a_while_when_the_upstream_is_away_and_marked() {
    let asked = AtomicUsize::new(0);
    let server = Upstream::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::new(200, GOOD),
        _ => Reply::new(503, r#"{"errors":["away"]}"#),
    })
    .unwrap();
    let more = "timeout = \"2s\"\ncache = { ttl = \"1ms\", stale = \"1h\" }\n";
    let daemon = daemon(&server.address(), more);
    let read = || daemon.ask("GET", "/v1/sick/data/KEY").send().is(200);
    assert!(read().header("warning").is_none());
    let marked = || Some(read()).filter(|answer| answer.header("warning").is_some());
    let stale = wait_for("be too old", marked);
    assert!(stale.header("warning").is_some_and(|warning| warning.contains("Stale")), "{stale:?}");
    assert_eq!(stale.json()["data"]["data"]["value"], "canary");
    assert!(stale.json()["warnings"][0].is_string(), "{stale:?}");
}
