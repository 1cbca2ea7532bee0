//! Reachability and clocks, of hosts that are granted.

use std::time::Duration;

use insta::assert_snapshot;
use test_support::{OpenBao, Reply, Upstream, layout};

use super::{about, plain};
use crate::common::{Home, cli::Run, digest};

/// `runtime … --backend vault doctor`, on this server.
fn vault(home: &Home, address: &str, arguments: &[&str]) -> Run {
    let run = home.runtime(["--backend"]).arg(layout::backend("vault")).args(arguments);
    run.env("VAULT_ADDR", address).env("VAULT_TOKEN", "canary-token")
}

fn trust(home: &Home, address: &str) {
    vault(home, address, &["trust", "--digest", &digest(&layout::backend("vault"))]).run().exits(0);
}

#[test]
fn a_server_that_is_granted_is_reached_and_its_clock_read() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    trust(&home, server.address());
    server.forget_requests().unwrap();
    let run = vault(&home, server.address(), &["doctor"]).run().exits(0).never_shows("canary");
    assert_snapshot!("vault", plain(&run, &home));
    assert!(server.requests().unwrap().is_empty(), "it was asked for more than its head");
}

#[test]
fn tls_is_part_of_reaching() {
    let (home, server) = (Home::new(), OpenBao::start_tls().unwrap());
    trust(&home, server.address());
    let run = vault(&home, server.address(), &["doctor", "--output", "json"]).run().exits(1);
    let (level, what) = about(&run, "network").remove(0);
    assert!(level == "fail" && what.contains("certificate"), "{what}");
    let with_ca = |arguments: &[&str]| vault(&home, server.address(), arguments).env("VAULT_CACERT", server.ca_file());
    with_ca(&["trust", "--digest", &digest(&layout::backend("vault"))]).run().exits(0);
    let run = with_ca(&["doctor", "--output", "json"]).run().exits(0);
    assert_eq!(about(&run, "network"), [("ok".to_owned(), format!("{} answers", server.address()))]);
}

#[test]
fn no_credential_is_part_of_it_and_offline_asks_nobody() {
    let (home, server) = (Home::new(), Upstream::start(|_| Reply::new(404, "")).unwrap());
    trust(&home, &server.address());
    vault(&home, &server.address(), &["doctor", "--offline"]).run().exits(0);
    assert_eq!(server.connections(), 0);
    vault(&home, &server.address(), &["doctor"]).run().exits(0).contains("answers");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("HEAD", "/"));
    assert!(seen[0].headers.iter().all(|(_, value)| !value.contains("canary")), "{seen:?}");
}

#[test]
fn a_clock_that_is_off_is_told() {
    for (offset, level) in [(0, "ok"), (20, "ok"), (600, "warn"), (-600, "warn")] {
        let home = Home::new();
        let server = Upstream::start(move |_| {
            let now = std::time::SystemTime::now();
            let apart = Duration::from_secs(u64::from(i32::unsigned_abs(offset)));
            let then = if offset < 0 { now - apart } else { now + apart };
            Reply::new(200, "").with_header("Date", &http_date(then))
        })
        .unwrap();
        trust(&home, &server.address());
        let run = vault(&home, &server.address(), &["doctor", "--output", "json"]).run().exits(0);
        let (found, what) = about(&run, "clock").remove(0);
        assert_eq!(found, level, "{what}");
        if level == "warn" {
            assert!(what.contains(if offset > 0 { "behind" } else { "ahead of" }), "{what}");
        }
    }
}

/// A moment as servers write it.
fn http_date(moment: std::time::SystemTime) -> String {
    let seconds = moment.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let output = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{seconds}"), "+%a, %d %b %Y %H:%M:%S GMT"])
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn nobody_there_and_nobody_who_answers_are_failures() {
    let home = Home::new();
    // Nothing listens on a port that was just given back.
    let gone = Upstream::start(|_| Reply::new(200, "")).unwrap().address();
    trust(&home, &gone);
    let run = vault(&home, &gone, &["doctor"]).run().exits(1).contains("can't be reached");
    run.contains("curl -I ");
    let silent = Upstream::start(|_| Reply::silence()).unwrap();
    trust(&home, &silent.address());
    vault(&home, &silent.address(), &["doctor", "--timeout", "1s"]).run().exits(1).contains("did not answer");
}
