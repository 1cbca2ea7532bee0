//! A backend that tells what it has read, wherever it can.

use std::fs;

use super::{SECRET, VERBOSE, assert_hidden, clean, keeper, key};
use crate::common::{
    Attack, Home, Outcome,
    attack::TOKEN,
    library::{failure, runtime},
};

/// The secret stands at most where a backend's own words are shown as such, and those are on standard error alone.
#[track_caller]
fn only_quoted(outcome: &Outcome) {
    // However it is written: hosts are in lower case.
    let secret = SECRET.to_lowercase();
    let quoted = |line: &&str| line.starts_with("  from the backend: ") || line.starts_with("  the backend logs: ");
    let ours = outcome.stderr.lines().filter(|line| !quoted(line));
    let printed = String::from_utf8_lossy(&outcome.stdout);
    for line in ours.chain(printed.lines()) {
        assert!(!line.to_lowercase().contains(&secret), "{outcome:?}");
    }
}

#[test]
fn a_backend_that_tells_its_secret_is_quoted_to_the_person_who_called_and_nowhere_else() {
    let upstream = keeper();
    for verbose in VERBOSE {
        let home = Home::new();
        let attack = Attack::on(&upstream).sends("GET", &key(&upstream)).set("act", "gossip");
        let attack =
            verbose.iter().fold(attack.option("--audit").option("audit.jsonl"), |attack, option| attack.option(option));
        for command in [["get", "KEY"].as_slice(), &["get", "KEY", "OTHER"], &["--output", "json", "get", "KEY"]] {
            let outcome = attack.command(&home, command).run().exits(1);
            only_quoted(&outcome);
            outcome.never_shows(TOKEN);
        }
        let audit = fs::read_to_string(home.find("audit.jsonl")).unwrap();
        assert!(audit.contains(r#""other""#) && !audit.contains(SECRET), "{audit}");
        clean(&home, &[SECRET, TOKEN]);
    }
}

#[test]
fn a_secret_in_a_request_that_is_refused_is_quoted_to_the_person_who_called_and_nowhere_else() {
    let upstream = keeper();
    let address = upstream.address();
    for (method, to, headers) in [
        ("GET", format!("{address}/v1/secret/VALUE"), ""),
        ("GET", format!("{address}/v1/secret/KEY?q=VALUE"), ""),
        ("GET", format!("{address}/v1/secret/KEY#VALUE"), ""),
        ("GET", "http://VALUE.evil.test/".to_owned(), ""),
        ("GET", "http://VALUE:VALUE@evil.test/".to_owned(), ""),
        ("GET", "VALUE".to_owned(), ""),
        ("VALUE", format!("{address}/v1/secret/KEY"), ""),
        ("GET", format!("{address}/v1/secret/KEY"), "X-Other=VALUE"),
        ("GET", format!("{address}/v1/secret/KEY"), "X-VALUE=a"),
        ("GET", format!("{address}/v1/secret/KEY"), "X-Token=VALUE"),
        ("GET", format!("{address}/v1/secret/KEY"), "Host=VALUE"),
    ] {
        let home = Home::new();
        let attack = Attack::on(&upstream)
            .sends("GET", &key(&upstream))
            .set("act", "smuggle")
            .set("only", "body")
            .set("to-method", method)
            .set("to", &to)
            .set("to-headers", headers);
        for verbose in VERBOSE {
            let attack = verbose.iter().fold(attack.clone(), |attack, option| attack.option(option));
            let run = attack.command(&home, &["--audit", "audit.jsonl", "get", "KEY", "OTHER"]).run().exits(3);
            only_quoted(&run);
            run.never_shows(TOKEN);
        }
        clean(&home, &[SECRET, TOKEN]);
        // The library's error says no more than the binary.
        let error = failure(&attack.load(&runtime()).unwrap(), "KEY");
        assert_hidden(&error, &[SECRET, TOKEN]);
    }
    // Only the secret's own path was ever asked for.
    assert!(upstream.seen().iter().all(|seen| seen.target == "/v1/secret/KEY" && seen.header("x-other").is_none()));
}
