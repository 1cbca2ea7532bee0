//! What a token may know of itself, as Vault's clients ask it.

use std::process::Command;

use serde_json::{Value, json};
use test_support::OpenBao;

use crate::common::Daemon;

const SELF: &str = "/v1/auth/token/lookup-self";

/// The names and types of all members, all the way down.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => json!([items.first().map(shape)]),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), shape(member))).collect(),
    }
}

#[test]
fn a_token_is_described_in_the_words_of_the_real_server() {
    let (daemon, bao) = (Daemon::with_dotenv("A=1\n"), OpenBao::start().unwrap());
    let settings = json!({ "policies": ["default"], "ttl": "1h", "renewable": false, "no_parent": true });
    let (_, theirs) = bao.request("POST", "/v1/auth/token/create", Some(bao.token()), None, Some(&settings)).unwrap();
    let theirs = theirs["auth"]["client_token"].as_str().unwrap().to_owned();
    let ours = daemon.token(&["read:local/A"]);

    let (status, expected) = bao.request("GET", SELF, Some(&theirs), None, None).unwrap();
    let answer = daemon.ask_tcp("GET", SELF).token(&ours).send().is(status);
    let (ours_said, expected) = (answer.json(), expected);
    assert_eq!(shape(&ours_said), shape(&expected), "{ours_said:#}\n{expected:#}");
    let same = ["renewable", "type", "orphan", "num_uses", "entity_id", "meta", "path", "creation_ttl"];
    for member in same {
        assert_eq!(ours_said["data"][member], expected["data"][member], "{member}");
    }
    assert_eq!(ours_said["data"]["id"], ours.as_str());
    let left = ours_said["data"]["ttl"].as_u64().unwrap();
    assert!((3500..=3600).contains(&left), "{left}");

    for method in ["POST", "PUT"] {
        let path = "/v1/auth/token/renew-self";
        let (status, expected) = bao.request(method, path, Some(&theirs), None, Some(&json!({}))).unwrap();
        assert_eq!(daemon.ask_tcp(method, path).token(&ours).json(&json!({})).send().is(status).json(), expected);
    }
    let path = "/v1/auth/token/revoke-self";
    let (status, _) = bao.request("POST", path, Some(&theirs), None, None).unwrap();
    assert!(daemon.ask_tcp("POST", path).token(&ours).send().is(status).body.is_empty());
    let (status, expected) = bao.request("GET", SELF, Some(&theirs), None, None).unwrap();
    assert_eq!(daemon.ask_tcp("GET", SELF).token(&ours).send().is(status).json(), expected);
    daemon.ask_tcp("GET", "/v1/local/data/A").token(&ours).send().is(403);
}

#[test]
fn who_comes_without_a_token_is_not_logged_in() {
    let daemon = Daemon::with_dotenv("A=1\n");
    for path in [SELF, "/v1/auth/token/renew-self", "/v1/auth/token/revoke-self"] {
        let answer = daemon.ask("GET", path).send().is(403);
        assert_eq!(answer.json(), json!({ "errors": ["permission denied"] }));
    }
}

#[test]
fn what_vault_has_about_other_tokens_is_not_for_anybody() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let token = daemon.token(&["*:*/**"]);
    for path in ["create", "lookup", "revoke", "renew", "lookup-accessor", "accessors", "roles/a", "tidy"] {
        daemon.ask("POST", &format!("/v1/auth/token/{path}")).token(&token).json(&json!({})).send().is(403);
    }
}

#[test]
fn the_servers_own_client_looks_a_token_up_and_gives_it_up() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let token = daemon.token(&["read:local/A"]);
    let bao = |words: &[&str]| {
        let mut command = Command::new(OpenBao::program().unwrap());
        command.args(words).env_clear().env("HOME", daemon.home().path());
        command.env("BAO_ADDR", daemon.url()).env("BAO_TOKEN", &token).output().unwrap()
    };
    let looked = bao(&["token", "lookup", "-format=json"]);
    let known: Value = serde_json::from_slice(&looked.stdout).unwrap_or_else(|_| panic!("{looked:?}"));
    assert_eq!(known["data"]["policies"], json!(["read:local/A"]));
    let renewed = bao(&["token", "renew"]);
    assert!(String::from_utf8_lossy(&renewed.stderr).contains("lease is not renewable"), "{renewed:?}");
    assert!(bao(&["token", "revoke", "-self"]).status.success());
    let looked = bao(&["token", "lookup"]);
    assert!(String::from_utf8_lossy(&looked.stderr).contains("permission denied"), "{looked:?}");
}
