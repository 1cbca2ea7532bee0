//! `--trace`: what an author sees of a call.

use test_support::{Reply, Upstream};

use crate::common::{Attack, attack::TOKEN};

fn upstream() -> Upstream {
    Upstream::start(|_| Reply::new(200, "value")).unwrap()
}

#[test]
fn each_request_is_shown_as_it_was_before_the_credential_with_the_rule_that_covers_it() {
    let upstream = upstream();
    let url = format!("{}/v1/secret/KEY", upstream.address());
    let outcome = Attack::on(&upstream).sends("GET", &url).set("only", "body").option("--trace").get();
    let outcome = outcome.exits(0).prints("value").never_shows(TOKEN);
    outcome.says(&[&format!("  GET {url} -> 200 ("), "ms)\n    by request rule 1: GET /v1/secret{/name*}\n"]);
}

#[test]
fn one_that_is_refused_is_shown_without_its_querys_values_and_its_body() {
    let upstream = upstream();
    let url = format!("{}/v1/other?x=canary-1", upstream.address());
    let attack = Attack::on(&upstream).sends("POST", &url).set("body", "canary-2").option("--trace");
    let outcome = attack.get().is_refused("request-rule");
    let shown = outcome.stderr.lines().find(|line| line.starts_with("  POST ")).unwrap();
    assert!(shown.contains("/v1/other?x=…, a body of 8 bytes -> refused: "), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    outcome.says(&["    no request rule covers it\n"]);
}

#[test]
fn without_it_nothing_of_this_is_shown() {
    let upstream = upstream();
    let url = format!("{}/v1/secret/KEY", upstream.address());
    let outcome = Attack::on(&upstream).sends("GET", &url).set("only", "body").get().exits(0);
    assert!(!outcome.stderr.contains("-> 200"), "{}", outcome.stderr);
    let outcome = Attack::bare().standard().set("act", "panic").get();
    assert!(!outcome.stderr.contains("standard::inner"), "{}", outcome.stderr);
}

#[test]
fn a_trap_shows_the_functions_it_happened_in_innermost_first() {
    let attack = Attack::bare().standard().set("act", "panic").option("--trace");
    let outcome = attack.get().blames_the_component(&["where in the backend, innermost first:"]);
    let place = |name: &str| outcome.stderr.find(name).unwrap_or_else(|| panic!("no {name}: {}", outcome.stderr));
    assert!(place(": standard::inner\n") < place(": standard::outer\n"));
}
