//! The plain interfaces, as Dapr's and External Secrets Operator's clients use them.

use serde_json::json;

use super::stage::{NAME, Stage, Twin, VALUE};
use crate::common::Daemon;

#[test]
fn a_secret_is_written_read_listed_and_deleted_as_plain_json() {
    let daemon = Daemon::with_dotenv("A=1\nB=2\n");
    let at = |method: &str, name: &str| daemon.ask(method, &format!("/runtime/v1/secrets/local/{name}"));
    let read = at("GET", "A").send().is(200).json();
    assert_eq!(read, json!({ "name": "A", "value": "1", "version": null, "source": "backend" }));
    assert_eq!(at("GET", "A").send().is(200).json()["source"], "cache");
    at("HEAD", "A").send().is(200);
    at("HEAD", "NONE").send().is(404);
    let missing = at("GET", "NONE").send().is(404).json();
    assert_eq!(missing, json!({ "errors": ["there is no such secret"], "kind": "not-found" }));

    let stored = at("PUT", "C").json(&json!({ "value": "th\u{fc}rd" })).send().is(200).json();
    assert_eq!(stored, json!({ "name": "C", "version": null }));
    assert_eq!(at("GET", "C").send().is(200).json()["value"], "th\u{fc}rd");
    assert_eq!(at("GET", "").send().is(200).json(), json!({ "names": ["A", "B", "C"], "next": null }));
    let first = at("GET", "?limit=2").send().is(200).json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(first["names"], json!(["A", "B"]));
    let second = at("GET", &format!("?limit=2&cursor={next}")).send().is(200).json();
    assert_eq!(second, json!({ "names": ["C"], "next": null }));

    at("DELETE", "C").send().is(204);
    assert_eq!(at("DELETE", "C").send().is(404).json()["kind"], "not-found");
}

#[test]
fn what_is_asked_for_wrongly_is_refused_by_kind() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let token = daemon.token(&["read:local/A"]);
    let whole = json!({ "value": "x" });
    for (method, path, body, status, kind) in [
        ("GET", "local/A?vresion=1", None, 400, "invalid"),
        ("GET", "local/A?field=x", None, 400, "invalid"),
        ("GET", "local/?limit=0", None, 400, "invalid"),
        ("GET", "local/?limit=x", None, 400, "invalid"),
        ("PUT", "local/A", None, 400, "invalid"),
        ("PUT", "local/A", Some(json!({ "valeu": "x" })), 400, "invalid"),
        ("PUT", "local/A", Some(json!({ "value": "x", "value_base64": "eA==" })), 400, "invalid"),
        ("PUT", "local/A", Some(json!({ "value_base64": "*" })), 400, "invalid"),
        ("PUT", "local/A", Some(json!({ "value": 1 })), 400, "invalid"),
        ("DELETE", "local/A?permanent=yes", None, 400, "invalid"),
        ("DELETE", "local/A?permanent=true&recovery-days=3", None, 400, "invalid"),
        ("POST", "local/A", Some(whole.clone()), 405, "unsupported"),
        ("DELETE", "local/", None, 405, "unsupported"),
        ("GET", "nowhere/A", None, 403, "refused"),
    ] {
        let request = daemon.ask(method, &format!("/runtime/v1/secrets/{path}"));
        let request = if let Some(body) = &body { request.json(body) } else { request };
        let answer = request.send().is(status).json();
        assert_eq!(answer["kind"], kind, "{method} {path}: {answer}");
    }
    for (method, path) in [("GET", "local/B"), ("PUT", "local/A"), ("DELETE", "local/A"), ("GET", "local/")] {
        let request = daemon.ask_tcp(method, &format!("/runtime/v1/secrets/{path}")).token(&token);
        let request = if method == "PUT" { request.json(&whole) } else { request };
        assert_eq!(request.send().is(403).json()["kind"], "refused", "{method} {path}");
    }
}

#[test]
fn objects_have_fields_and_folders() {
    let twin = Twin::start();
    twin.bao.put("team/DB", &json!({ "user": "u", "port": 5432 })).unwrap();
    let get = |path: &str| twin.daemon.ask("GET", path).send();
    let whole = get("/runtime/v1/secrets/secret/team/DB").is(200).json();
    let object: serde_json::Value = serde_json::from_str(whole["value"].as_str().unwrap()).unwrap();
    assert_eq!((object, &whole["version"]), (json!({ "user": "u", "port": 5432 }), &json!("1")));
    let field = get("/runtime/v1/secrets/secret/team/DB?field=port").is(200).json();
    assert_eq!(field["value"], "5432");
    assert_eq!(get("/runtime/v1/secrets/secret/").is(200).json()["names"], json!(["team/"]));
    assert_eq!(get("/runtime/v1/secrets/secret/team/").is(200).json()["names"], json!(["team/DB"]));
    assert_eq!(get("/v1.0/secrets/secret/team/DB").is(200).json(), json!({ "user": "u", "port": "5432" }));
    let all = get("/v1.0/secrets/secret/bulk").is(200).json();
    assert_eq!(all, json!({ "team/DB": { "user": "u", "port": "5432" } }));
    let part = json!({ "value": "new" });
    twin.daemon.ask("PUT", "/runtime/v1/secrets/secret/team/DB?field=user").json(&part).send().is(200);
    assert_eq!(twin.bao.get("team/DB").unwrap(), Some(json!({ "user": "new", "port": 5432 })));
}

#[test]
fn dapr_is_answered_as_dapr_answers() {
    let daemon = Daemon::with_dotenv("A=1\nB=2\nC=3\n");
    let token = daemon.token(&["read:local/A", "read:local/B", "list:local/A", "list:local/C"]);
    let get =
        |path: &str| daemon.ask_tcp("GET", &format!("/v1.0/secrets/{path}")).header("dapr-api-token", &token).send();
    assert_eq!(get("local/A").is(200).json(), json!({ "A": "1" }));
    // Both to be seen and to be read.
    assert_eq!(get("local/bulk").is(200).json(), json!({ "A": { "A": "1" } }));
    for (path, status, code) in [
        ("local/C", 403, "ERR_PERMISSION_DENIED"),
        ("nowhere/A", 401, "ERR_SECRET_STORE_NOT_FOUND"),
        ("local/A?metadata.namespace=default", 400, "ERR_MALFORMED_REQUEST"),
        ("local/A?metadata.version_id=1", 500, "ERR_SECRET_GET"),
        ("local/bulk?metadata.version_id=1", 400, "ERR_MALFORMED_REQUEST"),
        ("local", 400, "ERR_MALFORMED_REQUEST"),
    ] {
        let answer = get(path).is(status).json();
        assert_eq!((&answer["errorCode"], answer["message"].is_string()), (&json!(code), true), "{path}");
    }
    let owner = daemon.ask("GET", "/v1.0/secrets/local/NONE").send().is(204);
    assert_eq!(owner.body, b"");
}

#[test]
fn dapr_reads_everything_of_every_backend_at_once() {
    let stage = Stage::start();
    for mount in ["local", "aws", "azure"] {
        let all = stage.daemon.ask("GET", &format!("/v1.0/secrets/{mount}/bulk")).send().is(200).json();
        let (name, secret) = all.as_object().unwrap().iter().next().unwrap();
        assert!(name.eq_ignore_ascii_case(NAME));
        assert_eq!(secret[name], VALUE, "{mount}: {all}");
    }
}
