//! What it hands out and what it refuses. Microsoft's clients drive it through the rest.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;
use crate::client::Client;

const Q: &str = "api-version=7.4";

fn call(azure: &Azure, method: &str, target: &str, body: Option<&Value>) -> (u16, Value) {
    let bearer = format!("Bearer {}", azure.token().unwrap());
    Client::new(azure.address()).send(method, target, &[("authorization", &bearer)], body).unwrap()
}

#[test]
fn what_is_deleted_takes_its_time_and_keeps_its_name_until_it_is_purged() {
    let azure = Azure::start().unwrap();
    let value = json!({ "value": "v" });
    assert_eq!(call(&azure, "PUT", &format!("/secrets/Key?{Q}"), Some(&value)).0, 200);
    assert_eq!(call(&azure, "DELETE", &format!("/secrets/kEY?{Q}"), None).0, 200);
    let put = || {
        let (status, reply) = call(&azure, "PUT", &format!("/secrets/key?{Q}"), Some(&value));
        (status, reply.pointer("/error/innererror/code").cloned().unwrap_or_default())
    };
    assert_eq!(put(), (409, json!("ObjectIsBeingDeleted")));
    assert_eq!(put(), (409, json!("ObjectIsDeletedButRecoverable")));
    assert_eq!(call(&azure, "POST", &format!("/deletedsecrets/key/recover?{Q}"), Some(&json!({}))).0, 200);
    assert_eq!(put(), (409, json!("ObjectIsBeingRecovered")));
    assert_eq!(put().0, 200);
    assert_eq!(azure.versions("key"), 2);
    assert_eq!(azure.get("key").unwrap()["value"], "v");
}

#[test]
fn what_the_vault_refuses_is_refused() {
    let azure = Azure::start().unwrap();
    let long = json!({ "value": "x".repeat(25_601) });
    let cases = [
        ("GET", "/secrets/a_b?api-version=7.4", None, 400),
        ("GET", "/secrets/key", None, 400),
        ("GET", "/secrets/key?api-version=1", None, 400),
        ("GET", "/secrets?api-version=7.4&maxresults=26", None, 400),
        ("GET", "/secrets/key?api-version=7.4", None, 404),
        ("PUT", "/secrets/key?api-version=7.4", Some(long), 400),
        ("PUT", "/secrets/key?api-version=7.4", Some(json!({ "value": 1 })), 400),
        ("PUT", "/secrets/key?api-version=7.4", Some(json!({ "value": "v", "attributes": { "exp": "1" } })), 400),
        ("PUT", "/secrets/key?api-version=7.4", Some(json!({ "value": "v", "tags": { "a": 1 } })), 400),
        ("PATCH", "/secrets/key?api-version=7.4", Some(json!({})), 405),
    ];
    for (method, target, body, status) in cases {
        assert_eq!(call(&azure, method, target, body.as_ref()).0, status, "{method} {target}");
    }
    assert_eq!(azure.versions("key"), 0);
}

#[test]
fn managed_identities_ask_for_what_only_they_can_show() {
    let azure = Azure::start().unwrap();
    let client = Client::new(azure.address());
    let get = |target: &str, headers: &[(&str, &str)]| client.send("GET", target, headers, None).unwrap();
    let machine = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={RESOURCE}");
    assert_eq!(get(&machine, &[]).0, 400);
    assert_eq!(get(&machine, &[("metadata", "true"), ("x-forwarded-for", "10.0.0.1")]).0, 400);
    assert_eq!(get(&format!("{machine}&client_id=nobody"), &[("metadata", "true")]).0, 400);
    assert_eq!(get(&machine, &[("metadata", "true")]).1["expires_in"], "3600");

    let service = format!("/msi/token?api-version=2019-08-01&resource={RESOURCE}");
    assert_eq!(get(&service, &[("x-identity-header", "guess")]).0, 401);
    let header = azure.app_service()[1].1.clone();
    assert!(get(&service, &[("x-identity-header", &header)]).1["access_token"].is_string());

    let arc = format!("/arc/identity/oauth2/token?api-version=2020-06-01&resource={RESOURCE}");
    assert_eq!(get(&arc, &[("metadata", "true")]).0, 401);
    let left = std::fs::read_dir(azure.arc().1).unwrap().next().unwrap().unwrap().path();
    let shown = format!("Basic {}", std::fs::read_to_string(left).unwrap());
    assert_eq!(get(&arc, &[("metadata", "true"), ("authorization", &shown)]).0, 200);
    assert_eq!(get(&arc, &[("metadata", "true"), ("authorization", &shown)]).0, 403);
    assert_eq!(azure.tokens_issued(), 3);
}

#[test]
fn the_vendors_client_finds_every_operation_and_every_refusal() {
    let azure = Azure::start().unwrap();
    azure.judge(&["operations"], &[]).unwrap();
}

#[test]
fn the_vendors_client_is_throttled_and_denied() {
    let azure = Azure::start().unwrap();
    azure.put("key", &json!({ "value": "v" }));
    azure.throttle(2, 1);
    azure.judge(&["throttled"], &[]).unwrap();
    let reader = azure.add_client(&["get"]).unwrap();
    azure.judge(&["denied"], &[("JUDGE_CLIENT_ID", reader.id), ("JUDGE_SECRET", reader.secret)]).unwrap();
}

#[test]
fn the_vendors_client_logs_in_in_every_way() {
    let azure = Azure::start().unwrap();
    let certificate = ClientCertificate::shared().unwrap();
    azure.trust_certificate(certificate);
    let workload = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(workload.path(), azure.workload_token(Duration::from_secs(60)).unwrap()).unwrap();
    let (mut arc, keys) = azure.arc();
    arc.push(("JUDGE_KEYS", keys.display().to_string()));
    let ways = [
        ("secret", vec![]),
        ("certificate", vec![("JUDGE_PEM", certificate.pem().to_owned())]),
        ("workload", vec![("JUDGE_TOKEN_FILE", workload.path().display().to_string())]),
        ("managed", vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.address())]),
        ("managed", azure.app_service()),
        ("arc", arc),
    ];
    for (source, environment) in ways {
        let token = azure.judge(&["login", source], &environment).unwrap();
        let state = azure.world.state();
        assert_eq!(state.tokens.client(&token, RESOURCE, state.moment()), Ok(&*state.entra.first().id), "{source}");
    }
}

#[test]
fn assertions_of_others_and_of_yesterday_are_refused() {
    let azure = Azure::start().unwrap();
    let stranger = ClientCertificate::shared().unwrap();
    let refused = azure.judge(&["login", "certificate"], &[("JUDGE_PEM", stranger.pem().to_owned())]).unwrap_err();
    assert!(refused.to_string().contains("AADSTS700027"), "{refused}");

    azure.trust_certificate(stranger);
    azure.advance(Duration::from_secs(86_400));
    let refused = azure.judge(&["login", "certificate"], &[("JUDGE_PEM", stranger.pem().to_owned())]).unwrap_err();
    assert!(refused.to_string().contains("AADSTS700024"), "{refused}");
}
