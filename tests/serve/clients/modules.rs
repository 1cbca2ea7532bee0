//! Our modules in themselves: whole, typed, and not taken in by what is not the daemon.

use std::{fs, process::Command};

use serde_json::json;
use test_support::{Authority, Clients, Reply, Upstream, Venv};

use super::host::{GENAIKEYS, Host, LITELLM, Module};

/// Between these lines is what both have.
const SHARED: [&str; 2] = ["\n# ---- The client.", "\n# ---- The end of the client. ----\n"];

#[test]
fn both_have_the_same_client() {
    let shared = |module: &Module| {
        let text = fs::read_to_string(module.path()).unwrap();
        let (_, from) = text.split_once(SHARED[0]).unwrap();
        let (client, after) = from.split_once(SHARED[1]).unwrap();
        assert_eq!(after, "");
        client.to_owned()
    };
    assert_eq!(shared(&GENAIKEYS), shared(&LITELLM));
}

#[test]
fn both_are_typed_strictly_against_what_they_are_for() {
    // Much of LiteLLM is looked through; what was found there is kept for the next time.
    let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/mypy");
    for module in [&GENAIKEYS, &LITELLM] {
        let mut mypy = Command::new(Venv::clients().unwrap().program("mypy"));
        mypy.args(["--strict", "--follow-untyped-imports", "--no-error-summary", "--cache-dir", cache]);
        let output = mypy.arg(module.path()).env_remove("MYPYPATH").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn what_does_not_answer_as_the_daemon_is_a_failure() {
    let secret = json!({ "value": "canary" }).to_string();
    let told = json!({ "errors": ["no, canary-token,\nno"], "kind": "denied" });
    for (what, reply, kind) in [
        ("a page", Reply::new(200, "<html>"), "malformed"),
        ("nothing", Reply::new(200, ""), "malformed"),
        ("another object", Reply::json(200, &json!({ "data": {} })), "malformed"),
        ("no text", Reply::json(200, &json!({ "value": 1 })), "malformed"),
        ("bytes", Reply::json(200, &json!({ "value_base64": "/w==" })), "unsupported"),
        ("a page that is not there", Reply::new(404, "<html>"), "other"),
        ("Vault's absence", Reply::json(404, &json!({ "errors": [] })), "other"),
        ("a way elsewhere", Reply::redirect(307, "http://127.0.0.1:1/"), "other"),
        ("no HTTP", Reply::bytes("SSH-2.0-canary\r\n"), "malformed"),
        ("an end too soon", Reply::cut_short(200, secret, 1000), "malformed"),
        ("no end", Reply::endless(200), "malformed"),
        ("a reset", Reply::reset(), "unavailable"),
        ("the token, shown", Reply::json(403, &told), "denied"),
    ] {
        let server = Upstream::start(move |_| reply.clone()).unwrap();
        let raised = start(&server.address(), &[]).fails("plugin.get_secret", json!(["NAME"]));
        assert_eq!(raised.kind.as_deref(), Some(kind), "{what}: {}", raised.said);
        raised.is(kind, &["canary"]);
    }
}

#[test]
fn what_changes_something_is_never_sent_twice() {
    let server = Upstream::start(|seen| match &*seen.method {
        "GET" => Reply::json(200, &json!({ "value": "v" })),
        _ => Reply::reset(),
    });
    let server = server.unwrap();
    let mut host = start(&server.address(), &[]);
    host.call("plugin.get_secret", json!(["NAME"]));
    host.call("plugin.get_secret", json!(["NAME"]));
    host.fails("plugin.set_secret", json!(["NAME", "canary"])).is("unavailable", &["canary"]);
    let seen: Vec<_> = server.seen().into_iter().map(|seen| (seen.method, seen.connection)).collect();
    assert_eq!(seen, [("GET".to_owned(), 1), ("GET".to_owned(), 1), ("PUT".to_owned(), 2)]);
}

#[test]
fn a_name_is_encoded_segment_by_segment() {
    let server = Upstream::start(|_| Reply::json(200, &json!({ "value": "v" }))).unwrap();
    let mut host = start(&server.address(), &[]);
    for (name, target) in [
        ("team/a b", "/runtime/v1/secrets/m/team/a%20b"),
        ("\u{e9}?x=1#y%2f", "/runtime/v1/secrets/m/%C3%A9%3Fx%3D1%23y%252f"),
        ("..a", "/runtime/v1/secrets/m/..a"),
    ] {
        host.call("plugin.get_secret", json!([name]));
        assert_eq!(server.seen().last().unwrap().target, target);
    }
}

#[test]
fn over_tls_only_who_is_known_is_asked() {
    let (known, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let serve = |authority: &Authority| {
        Upstream::start_tls(authority, Clients::Anybody, |_| Reply::json(200, &json!({ "value": "v" }))).unwrap()
    };
    let ca = known.ca_file();
    let ca = ("SECRET_RUNTIME_CACERT", ca.to_str().unwrap());
    let (right, wrong) = (serve(&known), serve(&other));
    let mut host = start(&right.address(), &[ca]);
    assert_eq!(host.call("plugin.get_secret", json!(["NAME"])), "v");
    assert_eq!(right.seen()[0].header("x-vault-token"), Some("canary-token"));
    start(&wrong.address(), &[ca]).fails("plugin.get_secret", json!(["NAME"])).is("unavailable", &["canary"]);
    start(&right.address(), &[]).fails("plugin.get_secret", json!(["NAME"])).is("unavailable", &["canary"]);
    assert_eq!(wrong.seen(), []);
}

/// GenAIKeys with this in the place of the daemon.
fn start(address: &str, more: &[(&str, &str)]) -> Host {
    let place =
        [("SECRET_RUNTIME_ADDR", address), ("SECRET_RUNTIME_MOUNT", "m"), ("SECRET_RUNTIME_TOKEN", "canary-token")];
    Host::start(&GENAIKEYS, &[&place, more].concat())
}
