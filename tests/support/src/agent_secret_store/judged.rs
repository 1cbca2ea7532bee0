//! The vendor's client judges the stand-in: it is driven through every operation and every refusal that our backend
//! relies on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::AgentSecretStore;
use crate::Judge;

fn ask(judge: &mut Judge, what: &str, with: Value) -> Value {
    judge.ask(&json!({ "do": what, "with": with })).unwrap()
}

/// What the client's error says, apart from its words.
fn refused(name: &str, code: &str, status: u16) -> Value {
    json!({ "error": { "name": name, "code": code, "status": status } })
}

#[test]
fn secrets_are_stored_and_read_with_all_that_belongs_to_them() {
    let store = AgentSecretStore::start().unwrap();
    let mut judge = store.judge(&store.agent(&["*"])).unwrap();
    let options =
        json!({ "secretType": "api_key", "accessTier": "standard", "metadata": { "owner": "team-a", "n": 1 } });
    let written = ask(&mut judge, "setSecret", json!(["team/a b/KEY", " v\n\u{0}\u{1f511}", options]));
    let answer = &written["answer"];
    assert_eq!(
        (&answer["namespace"], &answer["key"], &answer["version"]),
        (&json!("team/a b"), &json!("KEY"), &json!(1))
    );
    let read = ask(&mut judge, "getSecretWithMetadata", json!(["team/a b/KEY"]));
    let expected = json!({
        "value": " v\n\u{0}\u{1f511}", "secret_type": "api_key", "access_tier": "standard",
        "metadata": { "owner": "team-a", "n": 1 }, "version": 1,
    });
    assert_eq!((&read["answer"], store.get("team/a b/KEY")), (&expected, Some(expected.clone())));
    ask(&mut judge, "setSecret", json!(["team/a b/KEY", "two"]));
    let read = ask(&mut judge, "getSecretWithMetadata", json!(["team/a b/KEY"]))["answer"].clone();
    assert_eq!((&read["value"], &read["version"], &read["metadata"]), (&json!("two"), &json!(2), &Value::Null));
    assert_eq!(ask(&mut judge, "getSecret", json!(["team/a b/KEY"])), json!({ "answer": "two" }));
}

#[test]
fn a_namespace_is_listed_without_values() {
    let store = AgentSecretStore::start().unwrap();
    let mut judge = store.judge(&store.agent(&["*"])).unwrap();
    for path in ["team/A", "team/B", "team/sub/C", "other/D"] {
        store.put(path, "value", "standard");
    }
    store.expire("team/B");
    let listed = ask(&mut judge, "listSecrets", json!(["team"]))["answer"].clone();
    let items: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|item| (&item["key"], &item["expired"])).collect();
    assert_eq!(items, [(&json!("A"), &json!(false)), (&json!("B"), &json!(true))]);
    assert_eq!((&listed["namespace"], &listed["total"]), (&json!("team"), &json!(2)));
    assert!(!listed.to_string().contains("\"value\""));
    assert_eq!(ask(&mut judge, "listSecrets", json!(["team/sub"]))["answer"]["total"], 1);
    assert_eq!(ask(&mut judge, "listSecrets", json!(["nobody"]))["answer"]["items"], json!([]));
}

#[test]
fn a_namespace_may_be_written_as_one_segment() {
    let store = AgentSecretStore::start().unwrap();
    let mut judge = store.judge(&store.agent(&["*"])).unwrap();
    store.put("team/sub/KEY", "v", "standard");
    assert_eq!(ask(&mut judge, "getSecret", json!(["team%2Fsub/KEY"])), refused("ScopeError", "SCOPE_DENIED", 403));
    ask(&mut judge, "requestToken", json!([{ "scopes": ["secrets:*:*"] }]));
    assert_eq!(ask(&mut judge, "getSecret", json!(["team%2Fsub/KEY"])), json!({ "answer": "v" }));
    assert_eq!(ask(&mut judge, "listSecrets", json!(["team%2Fsub"]))["answer"]["total"], 1);
}

#[test]
fn what_is_missing_or_not_allowed_is_told_apart() {
    let store = AgentSecretStore::start().unwrap();
    store.put("team/KEY", "v", "standard");
    let mut judge = store.judge(&store.agent(&["secrets:*:team/*"])).unwrap();
    assert_eq!(
        ask(&mut judge, "getSecret", json!(["team/NONE"])),
        refused("SecretNotFoundError", "SECRET_NOT_FOUND", 404)
    );
    assert_eq!(ask(&mut judge, "getSecret", json!(["other/KEY"])), refused("ScopeError", "SCOPE_DENIED", 403));
    assert_eq!(ask(&mut judge, "deleteSecret", json!(["team/KEY"])), refused("VaultError", "HUMAN_AUTH_REQUIRED", 403));
    let odd = json!(["team/KEY", "v", { "secretType": "shoe" }]);
    assert_eq!(ask(&mut judge, "setSecret", odd), refused("VaultError", "VALIDATION_ERROR", 400));
    let mut stranger = store.judge("ask_wrong").unwrap();
    assert_eq!(ask(&mut stranger, "getSecret", json!(["team/KEY"])), refused("AuthError", "UNAUTHORIZED", 401));
    assert_eq!(store.get("team/KEY").unwrap()["value"], "v");
}

#[test]
fn a_person_may_delete() {
    let store = AgentSecretStore::start().unwrap();
    store.put("team/KEY", "v", "standard");
    let mut judge = store.judge(&store.person(&["*"])).unwrap();
    assert_eq!(ask(&mut judge, "deleteSecret", json!(["team/KEY"])), json!({ "answer": null }));
    assert_eq!(store.get("team/KEY"), None);
    let again = refused("SecretNotFoundError", "SECRET_NOT_FOUND", 404);
    assert_eq!(ask(&mut judge, "deleteSecret", json!(["team/KEY"])), again);
}

#[test]
fn guarded_secrets_wait_for_a_person() {
    let store = AgentSecretStore::start().unwrap();
    store.put("team/KEY", "v", "critical");
    let mut judge = store.judge(&store.agent(&["*"])).unwrap();
    let answer = ask(&mut judge, "getSecret", json!(["team/KEY"]));
    let [id] = store.approvals().try_into().unwrap();
    assert_eq!(
        (&answer["error"]["name"], &answer["error"]["approvalId"]),
        (&json!("ApprovalRequiredError"), &json!(id))
    );
    store.approve(&id);
    assert_eq!(ask(&mut judge, "getSecret", json!(["team/KEY"])), json!({ "answer": "v" }));
}

#[test]
fn tokens_end_and_requests_can_be_too_many() {
    let store = AgentSecretStore::start().unwrap();
    store.put("team/KEY", "v", "standard");
    let mut judge = store.judge(&store.agent(&["*"])).unwrap();
    let get = json!(["team/KEY"]);
    for _ in 0..3 {
        assert_eq!(ask(&mut judge, "getSecret", get.clone()), json!({ "answer": "v" }));
    }
    assert_eq!(store.token_requests(), 1);
    store.throttle(1);
    let throttled = ask(&mut judge, "getSecret", get.clone());
    assert_eq!((&throttled["error"]["name"], &throttled["error"]["retryAfter"]), (&json!("RateLimitError"), &json!(7)));
    store.expire_tokens();
    assert_eq!(ask(&mut judge, "getSecret", get.clone()), refused("AuthError", "UNAUTHORIZED", 401));

    let once = json!([{ "scopes": ["secrets:read:team/*"], "maxUses": 1, "ttl": "15m" }]);
    assert!(ask(&mut judge, "requestToken", once)["answer"]["expires_at"].is_string());
    assert_eq!(ask(&mut judge, "getSecret", get.clone()), json!({ "answer": "v" }));
    assert_eq!(ask(&mut judge, "getSecret", get), refused("AuthError", "UNAUTHORIZED", 401));
    for wrong in
        [json!({ "scopes": [] }), json!({ "scopes": ["secrets:peek:*"] }), json!({ "scopes": ["*"], "ttl": "soon" })]
    {
        assert_eq!(ask(&mut judge, "requestToken", json!([wrong])), refused("VaultError", "VALIDATION_ERROR", 400));
    }
}
