//! Requests that no rule covers, and replies that give a credential away: exit 3, whatever the backend then says.

mod echo;
mod headers;
mod rules;

use test_support::{Reply, Upstream};

use crate::common::{Attack, Home};

/// What a backend may try to make of a refusal: hand on the failure, hide it, or make up a value.
const THEN: [&str; 3] = ["", "not-found", "invent"];

/// An upstream whose only secret is `the value`.
fn plain() -> Upstream {
    Upstream::start(|_| Reply::new(200, "the value")).unwrap()
}

/// Where that secret is.
fn key(upstream: &Upstream) -> String {
    format!("{}/v1/secret/KEY", upstream.address())
}

#[test]
fn without_a_manifest_there_is_no_way_out() {
    let upstream = plain();
    for then in THEN {
        let run = Attack::bare().sends("GET", &key(&upstream)).set("then", then).get();
        run.is_refused("origin");
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn storage_that_was_not_granted_is_refused_whatever_the_backend_says() {
    for then in THEN {
        Attack::bare()
            .set("act", "storage-read")
            .set("ask", "/etc/passwd")
            .set("then", then)
            .get()
            .is_refused("storage");
    }
}

#[test]
fn a_failure_of_the_network_is_never_absence() {
    let upstream = plain();
    let url = key(&upstream);
    let attack = Attack::on(&upstream).sends("GET", &url).set("then", "not-found").option("--timeout").option("2s");
    drop(upstream);
    for command in [["get", "KEY"].as_slice(), &["exists", "KEY"]] {
        attack.command(&Home::new(), command).run().exits(6).says(&["can't be reached"]).prints("");
    }
    let folder = url.trim_end_matches("/KEY");
    let list = attack.set("url", folder).command(&Home::new(), &["list"]).run();
    list.exits(6).says(&["can't be reached"]).prints("");
}
