//! The vendor's client judges the stand-in: it is driven through every operation and every refusal that our backend
//! relies on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Conjur, Rights};
use crate::Authority;

const READER: Rights = Rights { execute: true, update: false, declare: false, modify: false };
const WRITER: Rights = Rights { execute: false, update: true, declare: false, modify: false };

#[test]
fn values_are_stored_and_fetched_as_they_are() {
    let server = Conjur::start().unwrap();
    let mut judge = server.judge("admin").unwrap();
    let names = ["KEY", "db/password", "a b/\u{fc}?#&+\"%2F", "\u{1f511}:@;"];
    let values: [&[u8]; 5] = [b"text", b"\0\xff\xfe", b" padded \n", b"{\"a\": true}", &[b'x'; 60_000]];
    for name in names {
        let text = format!("- !variable {}\n", Value::from(name));
        let loaded = judge.ask(&json!({ "do": "policy", "how": "load", "text": text })).unwrap();
        assert_eq!(loaded["answer"]["created_roles"], json!({}), "{name}");
        for value in values {
            let set = judge.ask(&json!({ "do": "set", "name": name, "value": STANDARD.encode(value) })).unwrap();
            assert_eq!(set, json!({ "answer": null }), "{name}");
            assert_eq!(server.get(name).unwrap(), value);
            // The client stores any bytes, but fetches text alone.
            if std::str::from_utf8(value).is_ok() {
                let got = judge.ask(&json!({ "do": "get", "name": name })).unwrap();
                assert_eq!(got, json!({ "answer": STANDARD.encode(value) }), "{name}");
            }
        }
    }
    assert_eq!(server.logins(), 1);
}

#[test]
fn twenty_versions_are_kept_and_an_equal_value_makes_none() {
    let server = Conjur::start().unwrap();
    let mut judge = server.judge("admin").unwrap();
    server.declare("KEY");
    for number in 1..=22 {
        server.put("KEY", format!("v{number}"));
    }
    let same = json!({ "do": "set", "name": "KEY", "value": STANDARD.encode("v22") });
    assert_eq!(judge.ask(&same).unwrap(), json!({ "answer": null }));
    let mut at = |version: &str| judge.ask(&json!({ "do": "get", "name": "KEY", "version": version })).unwrap();
    assert_eq!(at("22"), json!({ "answer": STANDARD.encode("v22") }));
    assert_eq!(at("3"), json!({ "answer": STANDARD.encode("v3") }));
    for gone in ["2", "23"] {
        assert_eq!(at(gone), json!({ "status": 404 }), "{gone}");
    }
    assert_eq!(at("newest"), json!({ "status": 422 }));
    let shown = judge.ask(&json!({ "do": "show", "name": "KEY" })).unwrap();
    let versions: Vec<_> =
        shown["answer"]["secrets"].as_array().unwrap().iter().map(|secret| secret["version"].as_u64()).collect();
    assert_eq!(versions, (3..=22).map(Some).collect::<Vec<_>>());
}

#[test]
fn a_missing_variable_and_one_without_a_value_cannot_be_fetched() {
    let server = Conjur::start().unwrap();
    let mut judge = server.judge("admin").unwrap();
    server.declare("EMPTY");
    for name in ["EMPTY", "MISSING"] {
        assert_eq!(judge.ask(&json!({ "do": "get", "name": name })).unwrap(), json!({ "status": 404 }));
    }
    let mut exists = |name: &str| judge.ask(&json!({ "do": "exists", "name": name })).unwrap()["answer"].clone();
    assert_eq!((exists("EMPTY"), exists("MISSING")), (json!(true), json!(false)));
    assert_eq!(judge.ask(&json!({ "do": "show", "name": "EMPTY" })).unwrap()["answer"]["secrets"], json!([]));
    assert_eq!(judge.ask(&json!({ "do": "show", "name": "MISSING" })).unwrap(), json!({ "status": 404 }));
    let mut set = |name: &str, value: &str| {
        judge.ask(&json!({ "do": "set", "name": name, "value": STANDARD.encode(value) })).unwrap()
    };
    assert_eq!(set("MISSING", "v"), json!({ "status": 404 }));
    for blank in ["", " \n\t"] {
        assert_eq!(set("EMPTY", blank), json!({ "status": 422 }), "{blank:?}");
    }
}

#[test]
fn names_are_listed_in_order_and_in_pages() {
    let server = Conjur::start().unwrap();
    let mut judge = server.judge("admin").unwrap();
    for number in (0..25).rev() {
        server.put(&format!("team/KEY_{number:02}"), "v");
    }
    let mut list = |constraints: Value| judge.ask(&json!({ "do": "list", "constraints": constraints })).unwrap();
    let ids = |range: std::ops::Range<u32>| -> Value {
        range.map(|number| format!("acme:variable:team/KEY_{number:02}")).collect()
    };
    assert_eq!(list(json!({ "kind": "variable" }))["answer"], ids(0..25));
    assert_eq!(list(json!({ "kind": "variable", "limit": 10 }))["answer"], ids(0..10));
    assert_eq!(list(json!({ "kind": "variable", "limit": 10, "offset": 20 }))["answer"], ids(20..25));
    assert_eq!(list(json!({ "kind": "variable", "offset": 3 }))["answer"], ids(3..13));
    assert_eq!(list(json!({ "kind": "host" }))["answer"], json!([]));
    for wrong in [json!({ "limit": 0 }), json!({ "limit": "all" }), json!({ "offset": -1 })] {
        assert_eq!(list(wrong.clone()), json!({ "status": 422 }), "{wrong}");
    }
}

#[test]
fn policies_declare_and_delete_and_can_be_busy() {
    let server = Conjur::start().unwrap();
    let mut judge = server.judge("admin").unwrap();
    let mut load = |how: &str, text: &str| {
        judge.ask(&json!({ "do": "policy", "how": how, "text": text })).unwrap()["status"].clone()
    };
    assert_eq!(load("load", "- !variable a\n- !variable b\n- !variable c\n"), Value::Null);
    assert_eq!(load("update", "- !delete\n  record: !variable \"a\"\n"), Value::Null);
    assert!(!server.is_declared("a") && server.is_declared("b"));
    assert_eq!(load("replace", "- !variable c\n"), Value::Null);
    assert!(!server.is_declared("b") && server.is_declared("c"));
    server.put("c", "kept");
    assert_eq!(load("load", "- !variable c\n"), Value::Null);
    assert_eq!(server.get("c").unwrap(), b"kept");

    assert_eq!(load("load", "- !delete\n  record: !variable c\n"), 422);
    assert_eq!(load("load", "- !variable \"c\n"), 422);
    server.policy_is_busy(1);
    assert_eq!(load("load", "- !variable d\n"), 409);
    assert_eq!(load("load", "- !variable d\n"), Value::Null);
}

#[test]
fn a_role_gets_what_it_may_have_and_no_more() {
    let server = Conjur::start().unwrap();
    server.put("KEY", "v");
    server.role("host/team/app", READER);
    let mut reader = server.judge("host/team/app").unwrap();
    let who = reader.ask(&json!({ "do": "whoami" })).unwrap();
    assert_eq!((&who["answer"]["username"], &who["answer"]["account"]), (&json!("host/team/app"), &json!("acme")));
    let get = json!({ "do": "get", "name": "KEY" });
    let set = json!({ "do": "set", "name": "KEY", "value": STANDARD.encode("new") });
    let declare = json!({ "do": "policy", "how": "load", "text": "- !variable d\n" });
    let delete = json!({ "do": "policy", "how": "update", "text": "- !delete\n  record: !variable KEY\n" });
    assert_eq!(reader.ask(&get).unwrap(), json!({ "answer": STANDARD.encode("v") }));
    assert_eq!(reader.ask(&set).unwrap(), json!({ "status": 403 }));
    assert_eq!(reader.ask(&declare).unwrap(), json!({ "status": 404 }));

    server.role("host/writer", WRITER);
    let mut writer = server.judge("host/writer").unwrap();
    assert_eq!(writer.ask(&get).unwrap(), json!({ "status": 403 }));
    assert_eq!(writer.ask(&set).unwrap(), json!({ "answer": null }));
    server.role("host/writer", Rights { declare: true, ..WRITER });
    assert_eq!(writer.ask(&declare).unwrap()["status"], Value::Null);
    assert_eq!(writer.ask(&delete).unwrap(), json!({ "status": 403 }));

    server.role("host/nobody", Rights::default());
    let mut nobody = server.judge("host/nobody").unwrap();
    assert_eq!(nobody.ask(&get).unwrap(), json!({ "status": 404 }));
    assert_eq!(nobody.ask(&json!({ "do": "list" })).unwrap(), json!({ "answer": [] }));
}

#[test]
fn a_wrong_key_and_an_expired_token_are_refused() {
    let server = Conjur::start().unwrap();
    server.put("KEY", "v");
    let get = json!({ "do": "get", "name": "KEY" });
    let mut wrong = server.judge_with("admin", "not-the-key").unwrap();
    assert_eq!(wrong.ask(&get).unwrap(), json!({ "status": 401 }));
    let mut judge = server.judge("admin").unwrap();
    assert_eq!(judge.ask(&get).unwrap(), json!({ "answer": STANDARD.encode("v") }));
    server.expire_tokens();
    assert_eq!(judge.ask(&get).unwrap(), json!({ "status": 401 }));
}

#[test]
fn a_jwt_logs_in_at_its_service_alone() {
    let server = Conjur::start().unwrap();
    server.role("host/ci", READER);
    let jwt = server.jwt("gitlab", "host/ci");
    let whoami = json!({ "do": "whoami" });
    let who = server.judge_by_jwt("gitlab", &jwt).unwrap().ask(&whoami).unwrap();
    assert_eq!(who["answer"]["username"], "host/ci");
    for (service, jwt) in [("github", jwt.as_str()), ("gitlab", "another")] {
        assert_eq!(server.judge_by_jwt(service, jwt).unwrap().ask(&whoami).unwrap(), json!({ "status": 401 }));
    }
}

#[test]
fn a_certificate_logs_in_at_its_service_alone() {
    let authority = Authority::new().unwrap();
    let server = Conjur::start_tls(&authority).unwrap();
    server.role("host/vm-01", READER);
    let (known, other) = (authority.client("vm-01").unwrap(), authority.client("vm-02").unwrap());
    server.certificate("fleet", "host/vm-01", &known);
    let ask = |service: &str, identity| {
        let mut judge = server.judge_by_certificate(service, identity, &authority).unwrap();
        judge.ask(&json!({ "do": "whoami" })).unwrap()
    };
    assert_eq!(ask("fleet", &known)["answer"]["username"], "host/vm-01");
    for (service, identity) in [("other", &known), ("fleet", &other)] {
        assert_eq!(ask(service, identity), json!({ "status": 401 }), "{service}");
    }
}
