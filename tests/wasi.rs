//! Components that use the standard interfaces, WASI 0.2: empty, and with `wasi:http` on the one way out.

use std::time::{SystemTime, UNIX_EPOCH};

use secret_runtime::{Allocation, Runtime};
use test_support::{Reply, Upstream};

use crate::common::{Attack, Component, Home, Manifest, attack::TOKEN, block_on, library};

const CANARY: &str = "canary-of-the-value";

fn upstream() -> Upstream {
    Upstream::start(|seen| match seen.target.as_str() {
        "/v1/secret/KEY" => Reply::new(200, "value").with_header("x-any", "header"),
        "/v1/secret/MOVED" => Reply::redirect(302, "/v1/secret/KEY"),
        _ => Reply::new(404, "nothing"),
    })
    .unwrap()
}

fn sending(upstream: &Upstream, path: &str) -> Attack {
    Attack::on(upstream).standard().set("act", "send").set("url", &format!("{}{path}", upstream.address()))
}

fn acting(act: &str) -> Attack {
    Attack::bare().standard().set("act", act)
}

#[test]
fn there_is_no_environment_no_argument_and_no_standard_input() {
    let run = acting("environment").command(&Home::new(), &["get", "KEY"]).env("SOME_VARIABLE", "x").run();
    run.exits(0).prints("0 0");
    acting("stdin").command(&Home::new(), &["get", "KEY"]).input("typed").run().exits(0).prints("Ok(0) \"\"");
}

#[test]
fn there_are_no_files_and_no_sockets() {
    acting("files").get().exits(0).prints("worked: ");
    let listening = upstream();
    let peer = listening.address().replace("http://", "");
    acting("sockets").set("peer", &peer).get().exits(0).prints("worked: ");
    assert_eq!(listening.connections(), 0);
}

#[test]
fn the_clock_goes_and_random_bytes_are_never_the_same() {
    let outcome = acting("time").get().exits(0);
    let printed = String::from_utf8(outcome.stdout).unwrap();
    let (slept, now) = printed.split_once(' ').unwrap();
    let true_now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(slept, "true");
    assert!(now.parse::<u64>().unwrap().abs_diff(true_now) < 60, "{now}");

    // In one process too, where an instance is kept ready.
    let runtime = Runtime::builder().allocation(Allocation::Pooled).build().unwrap();
    let builder = runtime.backend(Component::standard().parse().unwrap()).set("act", "random");
    let backend = library::load(builder).unwrap();
    let mut seen: Vec<_> = (0..5).map(|_| block_on(backend.get("KEY")).unwrap().secret.expose().to_vec()).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[test]
fn what_it_prints_becomes_log_lines() {
    let get = |options: &[&str]| {
        let attack = options.iter().fold(acting("print"), |attack, option| attack.option(option));
        attack.get().exits(0).prints("printed")
    };
    get(&["-v"]).says(&["the backend logs: to standard output\n", "the backend logs: to standard error\n"]);
    let quiet = get(&[]);
    assert!(!quiet.stderr.contains("to standard"), "{}", quiet.stderr);
}

#[test]
fn what_it_prints_is_capped() {
    let outcome = acting("flood").option("-v").get().exits(0);
    let lines = outcome.stderr.lines().filter(|line| line.contains("the backend logs: line")).count();
    assert_eq!(lines, 200);
    assert!(outcome.stderr.lines().all(|line| line.len() < 1000));
}

#[test]
fn a_secret_that_it_prints_is_not_shown_unless_somebody_wants_to_see_its_log() {
    let home = Home::new();
    let attack = acting("print-secret").set("secret", CANARY);
    let audit = home.path().join("audit.jsonl");
    let run = attack.clone().option("--audit").option(audit.to_str().unwrap()).command(&home, &["get", "KEY"]).run();
    assert!(!run.exits(1).stderr.contains(CANARY));
    assert!(!std::fs::read_to_string(audit).unwrap().contains(CANARY));
    attack.option("-v").get().exits(1).prints("").says(&[CANARY]);
}

#[test]
fn it_may_hold_so_many_resources_and_no_more() {
    acting("hoard").get().blames_the_component(&["the component"]);
}

#[test]
fn its_calls_of_the_host_are_counted_with_all_others() {
    acting("storm").get().blames_the_component(&["it made more than 20000 calls to the host"]);
}

#[test]
fn ending_itself_and_panicking_are_its_own_fault() {
    acting("exit").get().blames_the_component(&["ended itself with status 1 in the middle of a call"]);
    let outcome = acting("panic").set("secret", CANARY).get();
    assert!(!outcome.blames_the_component(&["the component trapped"]).stderr.contains(CANARY));
}

#[test]
fn sleeping_ends_with_the_calls_time() {
    acting("sleep").option("--timeout").option("1s").get().exits(7).prints("");
}

#[test]
fn a_request_of_the_standard_interface_gets_the_credential_on_its_way_and_the_reply_comes_whole() {
    let upstream = upstream();
    let headers = "accept=text/plain|user-agent=library/1.0|accept-encoding=gzip|content-length=0";
    let run = sending(&upstream, "/v1/secret/KEY").set("headers", headers).get();
    run.exits(0).prints("200\nvalue").never_shows(TOKEN);
    let seen = upstream.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].header("x-token"), seen[0].header("accept")), (Some(TOKEN), Some("text/plain")));
    assert_eq!((seen[0].header("user-agent"), seen[0].header("accept-encoding")), (Some("secret-runtime/0.1.0"), None));
    assert_eq!(seen[0].header("host"), Some(&*upstream.address().replace("http://", "")));
}

#[test]
fn a_body_is_sent_where_a_rule_wants_one() {
    let upstream = Upstream::start(|seen| Reply::new(200, seen.body.clone())).unwrap();
    let rule = "[[request]]\nfor = [\"read\"]\nmethod = \"POST\"\npath = \"/echo\"\ntext = \"{body}\"";
    let text = "a body, ".repeat(5_000);
    let attack = Attack::with(Manifest::typed().and(rule)).standard().env("HOSTILE_ADDR", &upstream.address());
    let attack = attack.set("act", "send").set("method", "POST").set("url", &format!("{}/echo", upstream.address()));
    attack.clone().set("body", &text).get().exits(0).prints(format!("200\n{text}"));
    // Without the rule it goes nowhere.
    let without = sending(&upstream, "/v1/secret/KEY").set("method", "POST").set("body", &text);
    without.get().is_refused("request-rule");
    assert_eq!(upstream.seen().len(), 1);
}

#[test]
fn every_check_holds_on_this_way_too() {
    let upstream = upstream();
    sending(&upstream, "/v1/secret/OTHER").get().is_refused("request-rule");
    sending(&upstream, "/v1/secret/../secret/KEY").get().is_refused("path");
    sending(&upstream, "/v1/secret/KEY?x=1").get().is_refused("request-rule");
    sending(&upstream, "/v1/secret/KEY").set("method", "DELETE").get().is_refused("request-rule");
    sending(&upstream, "/v1/secret/KEY").set("method", "CONNECT").get().is_refused("method");
    sending(&upstream, "/v1/secret/KEY").set("headers", "authorization=guess").get().is_refused("header");
    sending(&upstream, "/v1/secret/KEY").set("headers", "x-token=guess").get().is_refused("injected-header");
    sending(&upstream, "").set("url", "ftp://127.0.0.1/x").get().is_refused("url");
    for url in ["http://169.254.169.254/v1/secret/KEY", "http://user@127.0.0.1/v1/secret/KEY"] {
        let outcome = sending(&upstream, "").set("url", url).get();
        assert_ne!(outcome.status.code(), Some(0), "{outcome:?}");
    }
    assert_eq!(upstream.connections(), 0);
    // A redirect is shown, not followed.
    let moved = Attack::on(&upstream).standard().set("act", "send");
    let moved = moved.set("url", &format!("{}/v1/secret/MOVED", upstream.address()));
    moved.command(&Home::new(), &["get", "MOVED"]).run().exits(0).prints("302\n");
}

#[test]
fn requests_are_counted_and_a_refusal_ends_the_call_whatever_it_answers() {
    let upstream = upstream();
    let attack = sending(&upstream, "/v1/secret/KEY").set("act", "send-many");
    attack.get().blames_the_component(&["it made more than 256 requests in one call"]);
    assert_eq!(upstream.seen().len(), 256);
}

#[test]
fn absent_is_not_believed_of_a_backend_that_did_not_wait_for_its_reply() {
    let upstream = upstream();
    let outcome = sending(&upstream, "/v1/secret/KEY").set("act", "begin").get();
    outcome.blames_the_component(&["did not wait for the reply to its last request"]);
}

#[test]
fn a_request_that_is_refused_fails_the_call_also_if_nobody_waits_for_the_refusal() {
    let upstream = upstream();
    let outcome = sending(&upstream, "/v1/secret/OTHER").set("act", "begin").option("--trace").get();
    outcome.is_refused("request-rule").says(&["/v1/secret/OTHER -> refused: "]);
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_reply_with_the_credential_in_it_is_not_delivered() {
    let upstream = Upstream::start(|_| Reply::new(200, format!("here it is: {TOKEN}"))).unwrap();
    sending(&upstream, "/v1/secret/KEY").get().is_refused("credential-echo").never_shows(TOKEN);
}

#[test]
fn nobody_there_is_unavailable_and_a_silent_server_runs_into_the_time_limit() {
    let upstream = Upstream::start(|_| Reply::cut_short(200, "half", 100)).unwrap();
    sending(&upstream, "/v1/secret/KEY").get().exits(6).prints("");
    let silent = Upstream::start(|_| Reply::silence()).unwrap();
    sending(&silent, "/v1/secret/KEY").option("--timeout").option("2s").get().exits(6).prints("");
}

#[test]
fn inspect_says_which_standard_interfaces_it_imports() {
    let home = Home::new();
    let component = Component::standard().manifest(Manifest::honest()).save(&home, "standard.wasm");
    let outcome = home.runtime(["inspect"]).arg(&component).run().exits(0);
    let text = String::from_utf8(outcome.stdout).unwrap();
    let standard: String = text
        .lines()
        .skip_while(|line| !line.starts_with("standard"))
        .take(7)
        .fold(String::new(), |all, line| all + line + "\n");
    insta::assert_snapshot!("standard", standard);
}
