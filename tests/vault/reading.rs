//! Reading, asking for existence, listing, checking.

use serde_json::json;
use test_support::OpenBao;

use crate::common::Home;

#[test]
fn the_newest_version_is_read_unless_another_is_named() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    for value in ["first", "second"] {
        server.put("KEY", &json!({ "value": value })).unwrap();
    }
    home.vault(&server, ["get", "KEY"]).run().exits(0).prints("second");
    home.vault(&server, ["get", "KEY", "--version", "1"]).run().exits(0).prints("first");
    home.vault(&server, ["get", "KEY", "--version", "3"]).run().exits(10).prints("");
    for unusable in ["0", "latest", "1/../2"] {
        home.vault(&server, ["get", "KEY", "--version", unusable]).run().exits(2).prints("");
    }
}

#[test]
fn a_field_is_read_or_the_whole_object() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    let object = json!({ "value": "plain", "password": "p\u{e4}ss\nword ", "port": 5432, "": "nameless" });
    server.put("DB", &object).unwrap();
    home.vault(&server, ["get", "DB"]).run().exits(0).prints("plain");
    home.vault(&server, ["get", "DB", "--field", "password"]).run().exits(0).prints("p\u{e4}ss\nword ");
    home.vault(&server, ["get", "DB", "--opt", "field=port"]).run().exits(0).prints("5432");
    let missing = home.vault(&server, ["get", "DB", "--field", "user"]).run().exits(2).prints("");
    missing.says(&["the secret has no field `user`"]);

    let whole = home.vault(&server, ["get", "DB", "--field", ""]).run().exits(0);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&whole.stdout).unwrap(), object);
}

#[test]
fn what_is_missing_and_what_is_deleted_both_answer_not_found() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    home.vault(&server, ["exists", "KEY"]).run().exits(0).prints("yes\n");
    let (status, _) = server.request("DELETE", "/v1/secret/data/KEY", Some(server.token()), None, None).unwrap();
    assert_eq!(status, 204);
    for key in ["KEY", "NEVER/WAS"] {
        home.vault(&server, ["get", key]).run().exits(10).prints("").says(&[key]);
        home.vault(&server, ["exists", key]).run().exits(10).prints("no\n");
    }
}

#[test]
fn version_and_what_lies_beside_a_secret_are_in_the_json() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    let beside = json!({ "custom_metadata": { "owner": "team-a" } });
    server.request("POST", "/v1/secret/metadata/KEY", Some(server.token()), None, Some(&beside)).unwrap();
    let answer = home.vault(&server, ["--output", "json", "get", "KEY"]).run().exits(0).json();
    assert_eq!((&answer["KEY"]["value"], &answer["KEY"]["version"]), (&json!("v"), &json!("1")));
    assert_eq!(answer["KEY"]["metadata"]["owner"], "team-a");
}

#[test]
fn names_are_listed_by_folder_and_prefix() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    for name in ["A1", "A2", "B", "team/A3", "team/deep/C"] {
        server.put(name, &json!({ "value": "v" })).unwrap();
    }
    for (prefix, names) in [
        ("", "A1\nA2\nB\nteam/\n"),
        ("A", "A1\nA2\n"),
        ("team/", "team/A3\nteam/deep/\n"),
        ("team/d", "team/deep/\n"),
        ("team/deep/", "team/deep/C\n"),
        ("Z", ""),
        ("nowhere/", ""),
    ] {
        home.vault(&server, ["list", prefix]).run().exits(0).prints(names);
    }
}

#[test]
fn a_limit_is_kept_and_said() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    let names: Vec<_> = (0..25).map(|number| format!("KEY{number:02}")).collect();
    for name in &names {
        server.put(name, &json!({ "value": "v" })).unwrap();
    }
    let list = |limit: &str| home.vault(&server, ["--output", "json", "list", "--limit", limit]).run().exits(0);
    for (limit, shown, more) in [("1", 1, true), ("24", 24, true), ("25", 25, false), ("1000", 25, false)] {
        let listed = list(limit).json();
        let found: Vec<_> = listed["entries"].as_array().unwrap().iter().map(|entry| entry["name"].clone()).collect();
        assert_eq!((found, &listed["more"]), (names[..shown].iter().map(|name| json!(name)).collect(), &json!(more)));
    }
    list("24").says(&["there are more"]);
    assert!(!list("25").stderr.contains("there are more"));
}

#[test]
fn a_check_asks_the_server_and_the_store() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    home.vault(&server, ["check"]).run().exits(0).prints("ready\n");
    home.vault(&server, ["check"]).env("VAULT_TOKEN", "s.wrong").run().exits(5).prints("");
    let refused = home.vault(&server, ["--output", "json", "check"]).env("VAULT_TOKEN", "s.wrong").run().exits(5);
    let refused = refused.never_shows("s.wrong").json();
    assert_eq!((&refused["state"], &refused["error"]["kind"]), (&json!("error"), &json!("unauthenticated")));
    home.vault(&server, ["--set", "mount=nowhere", "check"]).run().exits(5).prints("");

    let transit = json!({ "type": "transit" });
    server.request("POST", "/v1/sys/mounts/keys", Some(server.token()), None, Some(&transit)).unwrap();
    home.vault(&server, ["--set", "mount=keys", "check"]).run().exits(1).says(&["[not-kv-v2]"]);
}

#[test]
fn a_read_makes_one_request_and_touches_nothing_else() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.forget_requests().unwrap();
    home.vault(&server, ["get", "KEY"]).run().exits(0).prints("v");
    let seen: Vec<_> = server.requests().unwrap().into_iter().map(|seen| (seen.operation, seen.path)).collect();
    assert_eq!(seen, [("read".to_owned(), "secret/data/KEY".to_owned())]);
}
