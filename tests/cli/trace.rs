//! `--trace`: what an author sees of a call.

use test_support::{Reply, Upstream};

use crate::common::{Attack, Home, attack::TOKEN};

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

#[test]
fn each_layers_decision_is_told_when_asked_and_never_a_value() {
    let reply = r#"{"data":{"data":{"value":"canary-value"},"metadata":{"created_time":"t","version":1}}}"#;
    let server = Upstream::start(move |_| Reply::new(200, reply)).unwrap();
    let home = Home::new();
    let get = |words: &[&str]| {
        let run = home.vault_at(&server.address(), words.iter().copied()).args(["--hosted-keys", "OPENAI_*,X"]);
        run.args(["get", "OPENAI_KEY"]).env("VAULT_TOKEN", "canary-token").run()
    };
    for verbose in ["-v", "-vv", "-vvv"] {
        let run = get(&[verbose]).exits(0).prints("canary-value");
        assert!(!run.stderr.contains("canary"), "{run:?}");
        let address = server.address();
        let bare = address.trim_start_matches("http://");
        let run = run.says(&[
            "  policy: read of OPENAI_KEY is allowed (read-only, hosted-keys OPENAI_*)\n",
            "  cache: off",
            " covers the request\n",
            &format!("  egress: {address} -> {bare}, credentials added by recipe token\n"),
        ]);
        let place = |words: &str| run.stderr.find(words).unwrap();
        assert!(place("  policy: ") < place("  cache: ") && place("  rule ") < place("  egress: "), "{run:?}");
    }
    let quiet = get(&[]).exits(0);
    assert!(!quiet.stderr.contains("policy:") && !quiet.stderr.contains("egress:"), "{quiet:?}");
}

#[test]
fn a_refusal_and_a_second_try_are_told_too() {
    let server = Upstream::start(|_| Reply::new(503, r#"{"errors":["canary-words"]}"#)).unwrap();
    let home = Home::new();
    let run = |words: &[&str]| {
        let run = home.vault_at(&server.address(), ["-v", "--timeout", "5s"]).env("VAULT_TOKEN", "canary-token");
        run.args(words).run().never_shows("canary-token")
    };
    let run_away = run(&["get", "KEY"]).exits(6);
    assert!(run_away.stderr.contains("  retry: attempt 2 after ") && run_away.stderr.contains("because unavailable"));
    run(&["--hosted-keys", "X", "get", "KEY"]).exits(3).says(&["policy: read of KEY is refused (rule hosted-keys)"]);
    let fallen = run(&["--hosted-keys", "X", "--env-fallback", "get", "KEY"]).exits(3);
    fallen.says(&["fallback: no environment variable of this name"]);
}
