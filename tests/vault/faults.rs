//! Servers that can't be trusted, are away, sealed or busy.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{OpenBao, Reply, Upstream};

use crate::common::Home;

#[test]
fn a_server_with_a_ca_of_its_own_is_trusted_only_with_that_ca() {
    let (home, server) = (Home::new(), OpenBao::start_tls().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.forget_requests().unwrap();
    let without = home.vault(&server, ["get", "KEY"]).run().exits(6).prints("");
    without.never_shows(server.token());
    assert_eq!(server.requests().unwrap(), [], "the token was sent to a server that is not who it says");

    home.vault(&server, ["get", "KEY"]).env("VAULT_CACERT", server.ca_file()).run().exits(0).prints("v");
    let missing = home.vault(&server, ["get", "KEY"]).env("VAULT_CACERT", home.path().join("missing.pem")).run();
    missing.exits(2).prints("").says(&["missing.pem"]);
    let other = OpenBao::start_tls().unwrap();
    home.vault(&server, ["get", "KEY"]).env("VAULT_CACERT", other.ca_file()).run().exits(6).prints("");
}

#[test]
fn a_role_logs_in_over_tls_too() {
    let (home, server) = (Home::new(), OpenBao::start_tls().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.policy("reader", r#"path "secret/data/*" { capabilities = ["read"] }"#).unwrap();
    let (role_id, secret_id) = server.approle("app", &["reader"], "60s").unwrap();
    let get = home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_CACERT", server.ca_file());
    get.env("VAULT_ROLE_ID", role_id).env("VAULT_SECRET_ID", secret_id).run().exits(0).prints("v");
}

#[test]
fn a_sealed_server_is_unavailable_until_it_is_unsealed() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.seal().unwrap();
    let get = home.vault(&server, ["get", "KEY"]).run().exits(6).prints("");
    get.says(&["[sealed]", "from the backend: "]);
    home.vault(&server, ["exists", "KEY"]).run().exits(6).prints("");
    home.vault(&server, ["check"]).run().exits(6).prints("");
    server.unseal().unwrap();
    home.vault(&server, ["get", "KEY"]).run().exits(0).prints("v");
}

#[test]
fn a_quota_that_is_used_up_is_told_with_the_wait_that_is_asked_for() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    let as_root = |path: &str, body: Value| {
        let (status, reply) = server.request("POST", path, Some(server.token()), None, Some(&body)).unwrap();
        assert_eq!(status, 204, "{reply}");
    };
    as_root("/v1/sys/quotas/rate-limit/secret", json!({ "path": "secret", "rate": 1, "interval": "1h" }));
    home.vault(&server, ["get", "KEY"]).run().exits(0).prints("v");
    let refused = home.vault(&server, ["get", "KEY"]).run().exits(6).prints("");
    assert!(!refused.stderr.contains("it asks to wait"), "{refused:?}");

    as_root("/v1/sys/quotas/config", json!({ "enable_rate_limit_response_headers": true }));
    home.vault(&server, ["get", "KEY"]).run().exits(6).prints("").says(&["it asks to wait 3"]);
    home.vault(&server, ["check"]).run().exits(0);
    server.lift_quota("secret").unwrap();
    home.vault(&server, ["get", "KEY"]).run().exits(0).prints("v");
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_so() {
    let server = Upstream::start(|_| {
        Reply::json(429, &json!({ "errors": ["rate limit quota exceeded"] })).with_header("Retry-After", "1")
    })
    .unwrap();
    let home = Home::new();
    let started = Instant::now();
    let get = home.vault_at(&server.address(), ["get", "KEY"]).env("VAULT_TOKEN", "s.token").run();
    get.exits(6).prints("").says(&["it asks to wait 1 s"]);
    assert_eq!(server.seen().len(), 3);
    assert!(started.elapsed() >= Duration::from_secs(2), "it did not wait as long as it was asked to");
}

#[test]
fn a_server_that_asks_for_more_time_than_there_is_is_asked_once() {
    let server = Upstream::start(|_| Reply::new(429, "").with_header("Retry-After", "3600")).unwrap();
    let home = Home::new();
    let get = home.vault_at(&server.address(), ["get", "KEY"]).env("VAULT_TOKEN", "s.token").run();
    get.exits(6).prints("").says(&["it asks to wait 3600 s"]);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn nobody_there_is_unavailable() {
    let home = Home::new();
    let address = Upstream::start(|_| Reply::silence()).unwrap().address();
    let get = home.vault_at(&address, ["get", "KEY"]).env("VAULT_TOKEN", "s.token").run().exits(6).prints("");
    get.never_shows("s.token");
    let unknown = home.vault_at("https://vault.invalid", ["get", "KEY"]).env("VAULT_TOKEN", "s.token").run();
    unknown.exits(6).prints("");
}

#[test]
fn a_credential_does_not_go_to_another_machine_in_the_clear() {
    let home = Home::new();
    let get = home.vault_at("http://vault.example.com", ["get", "KEY"]).env("VAULT_TOKEN", "s.token").run();
    get.is_refused("credential-audience");
}
