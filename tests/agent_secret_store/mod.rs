//! The agent-secret-store backend on the stand-in that the vendor's client judges, through the binary.

use std::{ffi::OsStr, sync::Arc};

use secret_runtime::{Backend, CredentialSource, SecretBytes};
use serde_json::{Value, json};
use test_support::{AgentSecretStore, layout};

use crate::common::{Attack, Component, Home, Manifest, READ_WRITE, block_on, cli::Run, library};

/// `runtime … ARGUMENTS` with the agent-secret-store backend and this key.
fn run<A: AsRef<OsStr>>(
    home: &Home,
    store: &AgentSecretStore,
    key: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    let run = home.runtime(["--trust", READ_WRITE, "--backend"]).arg(layout::backend("agent-secret-store"));
    run.args(arguments).env("ASS_API_URL", store.address()).env("ASS_AGENT_KEY", key)
}

#[test]
fn a_secret_is_read_with_its_version_type_tier_and_metadata() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    let key = store.agent(&["secrets:*:team/*"]);
    let mut judge = store.judge(&key).unwrap();
    let options = json!({ "secretType": "api_key", "metadata": { "owner": "team-a", "n": 1 } });
    for value in ["one", "\"two\" \u{0}\u{1f511}\n"] {
        judge.ask(&json!({ "do": "setSecret", "with": ["team/a b/KEY", value, options] })).unwrap();
    }
    run(&home, &store, &key, ["get", "team/a b/KEY"]).run().exits(0).prints("\"two\" \u{0}\u{1f511}\n");
    let read = run(&home, &store, &key, ["--output", "json", "get", "team/a b/KEY"]).run().exits(0).json();
    let read = &read["team/a b/KEY"];
    let metadata = json!({ "type": "api_key", "tier": "standard", "owner": "team-a", "n": "1" });
    assert_eq!((&read["version"], &read["metadata"]), (&json!("2"), &metadata));
    run(&home, &store, &key, ["get", "team/a b/KEY", "--version", "1"]).run().exits(4).prints("");
    run(&home, &store, &key, ["exists", "team/a b/KEY"]).run().exits(0).prints("yes\n");
    run(&home, &store, &key, ["get", "team/NONE"]).run().exits(10).prints("");
    run(&home, &store, &key, ["get", "team/a b"]).run().exits(10).prints("");
    for name in ["KEY", "team//KEY", "team/*", "team/a\\b"] {
        run(&home, &store, &key, ["get", name]).run().exits(2).prints("");
    }
}

#[test]
fn a_secret_is_written_with_type_tier_and_metadata_and_nothing_else() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    let key = store.agent(&["secrets:write:*"]);
    let set = |arguments: &[&str]| run(&home, &store, &key, ["set", "team/KEY"]).args(arguments).input("v").run();
    set(&[]).exits(0).says(&["stored team/KEY, version 1"]);
    let plain =
        json!({ "value": "v", "secret_type": "custom", "access_tier": "standard", "metadata": null, "version": 1 });
    assert_eq!(store.get("team/KEY"), Some(plain));

    let options = ["--opt", "type=db_credential", "--opt", "tier=critical", "--description", "d", "--tag", "owner=a"];
    set(&options).exits(0).says(&["version 2"]);
    let metadata = json!({ "description": "d", "owner": "a" });
    let all = json!({ "value": "v", "secret_type": "db_credential", "access_tier": "critical", "metadata": metadata, "version": 2 });
    assert_eq!(store.get("team/KEY"), Some(all.clone()));

    set(&["--opt", "type=shoe"]).exits(2).prints("");
    set(&["--create-only"]).exits(4);
    set(&["--if-version", "2"]).exits(4);
    run(&home, &store, &key, ["set", "team/KEY"]).input([0xff]).run().exits(2);
    assert_eq!(store.get("team/KEY"), Some(all));
}

#[test]
fn the_vendors_client_reads_what_the_component_wrote() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    let key = store.agent(&["*"]);
    run(&home, &store, &key, ["set", "team/sub/KEY", "--tag", "a=b"]).input("ours \u{1f511}").run().exits(0);
    let mut judge = store.judge(&key).unwrap();
    let read = judge.ask(&json!({ "do": "getSecretWithMetadata", "with": ["team/sub/KEY"] })).unwrap();
    assert_eq!(
        (&read["answer"]["value"], &read["answer"]["metadata"]),
        (&json!("ours \u{1f511}"), &json!({ "a": "b" }))
    );
    let listed = judge.ask(&json!({ "do": "listSecrets", "with": ["team/sub"] })).unwrap();
    assert_eq!(listed["answer"]["items"][0]["key"], "KEY");
}

#[test]
fn a_namespace_is_listed_with_its_total_and_what_has_expired() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    let key = store.agent(&["secrets:read:team/*"]);
    for path in ["team/KEY_B", "team/KEY_A", "team/OTHER", "team/sub/C", "else/D"] {
        store.put(path, "canary-value", "standard");
    }
    store.expire("team/KEY_B");
    let list = |prefix: &str| run(&home, &store, &key, ["--output", "json", "list", "--limit", "2", prefix]).run();
    let page = list("team/").exits(0).never_shows("canary-value").json();
    let entry = |name: &str, expired: bool| json!({ "name": name, "version": "1", "expired": expired, "metadata": { "type": "custom", "tier": "standard" } });
    let entries = json!([entry("team/KEY_A", false), entry("team/KEY_B", true)]);
    assert_eq!(page, json!({ "entries": entries, "more": true, "total": 3 }));
    assert_eq!(list("team/OTH").exits(0).json()["entries"], json!([entry("team/OTHER", false)]));
    assert_eq!(list("team/sub/").exits(0).json()["total"], 1);
    for nowhere in ["", "team"] {
        assert_eq!(list(nowhere).exits(2).json()["error"]["kind"], "invalid");
    }
    run(&home, &store, &key, ["list", "else/"]).run().exits(5).says(&["SCOPE_DENIED"]);
}

#[test]
fn what_waits_for_a_person_is_told_with_the_id_to_approve() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    store.put("team/KEY", "v", "critical");
    let key = store.agent(&["*"]);
    let waiting = run(&home, &store, &key, ["get", "team/KEY"]).run().exits(8).prints("");
    let [id] = store.approvals().try_into().unwrap();
    waiting.says(&[&id]);
    let failed = run(&home, &store, &key, ["--output", "json", "get", "team/KEY"]).run().exits(8);
    assert!(
        store
            .approvals()
            .iter()
            .any(|id| failed.stderr.contains(id) || String::from_utf8_lossy(&failed.stdout).contains(id))
    );
    store.approve(&id);
    run(&home, &store, &key, ["get", "team/KEY"]).run().exits(0).prints("v");
}

#[test]
fn deleting_takes_a_person() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    store.put("team/KEY", "v", "standard");
    let refused = run(&home, &store, &store.agent(&["*"]), ["delete", "team/KEY"]).run().exits(5).prints("");
    refused.says(&["[HUMAN_AUTH_REQUIRED]"]);
    assert_eq!(store.get("team/KEY").unwrap()["value"], "v");
    let person = store.person(&["*"]);
    run(&home, &store, &person, ["delete", "team/KEY", "--recovery-days", "7"]).run().exits(4);
    run(&home, &store, &person, ["delete", "team/KEY"]).run().exits(0);
    run(&home, &store, &person, ["delete", "team/KEY"]).run().exits(10);
    assert_eq!(store.get("team/KEY"), None);
}

#[test]
fn too_many_requests_are_told_with_the_wait_that_is_asked_for() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    store.put("team/KEY", "v", "standard");
    let key = store.agent(&["*"]);
    // The first is the request for a token.
    store.throttle(1);
    let throttled = run(&home, &store, &key, ["--timeout", "5s", "get", "team/KEY"]).run().exits(6).prints("");
    throttled.says(&["it asks to wait 7 s"]);
    let backend = load(&store, &key);
    block_on(async {
        backend.get("team/KEY").await.unwrap();
        store.throttle(1);
        let error = backend.get("team/KEY").await.unwrap_err();
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(7));
    });
}

#[test]
fn keys_and_scopes_that_are_not_enough_are_told_apart() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    store.put("team/KEY", "v", "standard");
    let wrong = run(&home, &store, "canary-agent-key", ["-vv", "get", "team/KEY"]).run().exits(5).prints("");
    wrong.never_shows("canary-agent-key").says(&["refused our credentials"]);
    let denied = run(&home, &store, &store.agent(&["secrets:read:other/*"]), ["get", "team/KEY"]).run();
    denied.exits(5).prints("").says(&["[SCOPE_DENIED]"]);
    let nobody = home.runtime(["--trust", "get", "team/KEY", "--backend"]).arg(layout::backend("agent-secret-store"));
    nobody.env("ASS_API_URL", store.address()).run().exits(2).prints("").says(&["ASS_AGENT_KEY"]);
    let other_name = home.runtime(["--trust", "get", "team/KEY", "--backend"]);
    let other_name = other_name.arg(layout::backend("agent-secret-store")).env("ASS_API_URL", store.address());
    other_name.env("ASS_API_KEY", store.agent(&["*"])).run().exits(0).prints("v");
}

#[test]
fn check_needs_no_token_and_says_what_it_cannot_know() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    let checked = run(&home, &store, "any-key", ["check"]).run().exits(0);
    checked.contains("unknown: the service is up").never_shows("any-key");
    assert_eq!((store.token_requests(), store.seen()[0].header("authorization")), (0, None));
}

/// The backend in the library, with this key.
fn load(store: &AgentSecretStore, key: &str) -> Backend {
    let key = CredentialSource::Value(SecretBytes::from(key.as_bytes().to_vec()));
    let builder = library::runtime().backend(Component::backend("agent-secret-store").parse().unwrap());
    library::load(builder.set("address", store.address()).credential("agent-key", key)).unwrap()
}

#[test]
fn a_token_is_asked_for_with_the_scope_of_the_call_and_kept_for_that() {
    let store = AgentSecretStore::start().unwrap();
    for path in ["team/A", "team/B"] {
        store.put(path, "v", "standard");
    }
    let backend = load(&store, &store.agent(&["*"]));
    block_on(async {
        for path in ["team/A", "team/B", "team/A", "team/B"] {
            backend.get(path).await.unwrap();
        }
    });
    let asked: Vec<Value> = store.seen().iter().filter_map(|seen| serde_json::from_slice(&seen.body).ok()).collect();
    let wanted = |path: &str| json!({ "scopes": [format!("secrets:read:{path}")], "ttl": "1h" });
    assert_eq!(asked, [wanted("team/A"), wanted("team/B")]);
}

#[test]
fn a_token_for_a_namespace_is_used_for_what_is_in_it() {
    let store = AgentSecretStore::start().unwrap();
    store.put("team/A", "v", "standard");
    let backend = Arc::new(load(&store, &store.agent(&["*"])));
    block_on(async {
        let listing = secret_runtime::Listing { prefix: "team/".into(), limit: 10, ..Default::default() };
        assert_eq!(backend.list(&listing, &backend.call()).await.unwrap().entries.len(), 1);
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let backend = Arc::clone(&backend);
                tokio::spawn(async move { backend.get("team/A").await.unwrap() })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap().secret.expose(), b"v");
        }
    });
    assert_eq!(store.token_requests(), 1);
}

#[test]
fn a_hostile_twin_that_writes_cannot_put_a_value_where_those_who_list_see_it() {
    let (home, store) = (Home::new(), AgentSecretStore::start().unwrap());
    let key = store.person(&["*"]);
    let attack = |target: &str, body: &Value| {
        let attack = Attack::with(Manifest::of_backend("agent-secret-store")).option(READ_WRITE);
        let attack = attack.env("ASS_API_URL", &store.address()).env("ASS_AGENT_KEY", &key);
        let attack = attack.sends("PUT", &format!("{}{target}", store.address()));
        let attack = attack.set("headers", "Content-Type=application/json").set("body", &body.to_string());
        attack.command(&home, &["set", "team/KEY", "--tag", "owner=a"]).input("value").run()
    };
    let body = |kind: &str, tier: &str, metadata: Value| json!({ "value": "value", "secret_type": kind, "access_tier": tier, "metadata": metadata });
    for (target, body) in [
        ("/v1/secrets/team/KEY", body("custom", "standard", json!({ "owner": "value" }))),
        ("/v1/secrets/team/KEY", body("custom", "standard", json!({ "owner": "a", "description": "value" }))),
        ("/v1/secrets/team/KEY", body("custom", "standard", Value::Null)),
        ("/v1/secrets/team/KEY", body("value", "standard", json!({ "owner": "a" }))),
        ("/v1/secrets/team/KEY", body("custom", "critical", json!({ "owner": "a" }))),
        ("/v1/secrets/team/OTHER", body("custom", "standard", json!({ "owner": "a" }))),
        ("/v1/secrets/team%2FKEY", body("custom", "standard", json!({ "owner": "a" }))),
    ] {
        attack(target, &body).exits(3).prints("");
    }
    assert_eq!((store.get("team/KEY"), store.get("team/OTHER")), (None, None));
    attack("/v1/secrets/team/KEY", &body("custom", "standard", json!({ "owner": "a" }))).exits(0);
    assert_eq!(store.get("team/KEY").unwrap()["value"], "value");
}
