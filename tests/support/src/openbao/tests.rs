//! Against the real server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{fs, net::TcpStream};

use super::*;

#[test]
fn it_stores_limits_seals_and_says_what_it_was_asked() {
    let bao = OpenBao::start().unwrap();
    assert!(bao.address().starts_with("http://127.0.0.1:"));

    bao.put("team/KEY", &json!({ "value": "s3cret" })).unwrap();
    assert_eq!(bao.get("team/KEY").unwrap().unwrap()["value"], "s3cret");
    assert_eq!(bao.get("team/OTHER").unwrap(), None);

    bao.forget_requests().unwrap();
    for token in [Some("wrong"), None] {
        assert_eq!(bao.request("GET", "/v1/sys/mounts", token, None, None).unwrap().0, 403);
    }
    assert_eq!(bao.request("POST", "/v1/no/such/path", Some(bao.token()), None, None).unwrap().0, 404);
    let seen: Vec<_> = bao.requests().unwrap().into_iter().map(|seen| seen.path).collect();
    assert_eq!(seen, ["sys/mounts", "sys/mounts", "no/such/path"]);

    bao.forget_requests().unwrap();
    let (status, listing) = bao.request("LIST", "/v1/secret/metadata/team", Some(bao.token()), None, None).unwrap();
    assert_eq!((status, &listing["data"]["keys"]), (200, &json!(["KEY"])));
    let seen = bao.requests().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].operation.as_str(), seen[0].path.trim_end_matches('/')), ("list", "secret/metadata/team"));

    bao.seal().unwrap();
    assert_eq!(bao.request("GET", "/v1/secret/data/team/KEY", Some(bao.token()), None, None).unwrap().0, 503);
    bao.unseal().unwrap();
    assert!(bao.get("team/KEY").unwrap().is_some());

    bao.rate_quota("secret", 1.0).unwrap();
    let refused = (0..20).any(|_| matches!(bao.request("GET", "/v1/secret/data/x", None, None, None), Ok((429, _))));
    assert!(refused, "no request was refused by the quota");
    bao.lift_quota("secret").unwrap();
    assert!(bao.get("team/KEY").unwrap().is_some());
}

#[test]
fn it_logs_in_roles_and_keeps_namespaces_apart() {
    let bao = OpenBao::start().unwrap();
    bao.put("KEY", &json!({ "value": "root's" })).unwrap();
    bao.policy("reader", r#"path "secret/data/KEY" { capabilities = ["read"] }"#).unwrap();
    for name in ["app", "other"] {
        let (role_id, secret_id) = bao.approle(name, &["reader"], "60s").unwrap();
        let login = json!({ "role_id": role_id, "secret_id": secret_id });
        let (status, reply) = bao.request("POST", "/v1/auth/approle/login", None, None, Some(&login)).unwrap();
        assert_eq!(status, 200, "{reply}");
        let token = reply["auth"]["client_token"].as_str();
        assert_eq!(bao.request("GET", "/v1/secret/data/KEY", token, None, None).unwrap().0, 200);
        assert_eq!(bao.request("DELETE", "/v1/secret/data/KEY", token, None, None).unwrap().0, 403);
    }
    let token = bao.issue_token(&["reader"], "60s").unwrap();
    assert_eq!(bao.request("GET", "/v1/secret/data/KEY", Some(&token), None, None).unwrap().0, 200);

    bao.namespace("team-a").unwrap();
    bao.forget_requests().unwrap();
    let reply = bao.request("GET", "/v1/secret/data/KEY", Some(bao.token()), Some("team-a"), None).unwrap();
    assert_eq!(reply.0, 404);
    assert_eq!(
        bao.requests().unwrap(),
        [SeenRequest { operation: "read".into(), path: "secret/data/KEY".into(), namespace: "team-a".into() }]
    );
}

#[test]
fn with_tls_it_has_a_ca_and_is_gone_when_dropped() {
    let bao = OpenBao::start_tls().unwrap();
    assert!(fs::read_to_string(bao.ca_file()).unwrap().contains("BEGIN CERTIFICATE"));
    bao.put("KEY", &json!({ "value": "s3cret" })).unwrap();
    let listener = bao.address().strip_prefix("https://").unwrap().to_owned();
    assert!(TcpStream::connect(&listener).is_ok());
    let folder = bao.folder.path().to_owned();
    drop(bao);
    assert!(TcpStream::connect(&listener).is_err());
    assert!(!folder.exists());
}

#[test]
fn its_debug_text_does_not_hold_the_token() {
    let bao = OpenBao::start().unwrap();
    assert!(!format!("{bao:?}").contains(bao.token()));
}
