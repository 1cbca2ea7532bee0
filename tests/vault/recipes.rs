//! How credentials become a token: given, or by AppRole.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use secret_runtime::{Backend, CredentialSource, Kind, SecretBytes};
use serde_json::json;
use test_support::{OpenBao, Reply, Upstream, layout};

use crate::common::{Component, Home, READ_WRITE, block_on, library};

const READER: &str = r#"path "secret/data/*" { capabilities = ["read"] }"#;

fn server() -> OpenBao {
    let server = OpenBao::start().unwrap();
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.policy("reader", READER).unwrap();
    server
}

fn logins(server: &OpenBao) -> usize {
    server.requests().unwrap().iter().filter(|seen| seen.path == "auth/approle/login").count()
}

#[test]
fn a_token_that_may_not_is_told_apart_from_one_that_is_wrong() {
    let (home, server) = (Home::new(), server());
    server.policy("elsewhere", r#"path "secret/data/team/*" { capabilities = ["read"] }"#).unwrap();
    let token = server.issue_token(&["elsewhere"], "60s").unwrap();
    for (token, kind, says) in [
        (token.as_str(), "denied", "the upstream accepts our credentials, and denies them this"),
        ("s.never-issued", "unauthenticated", "the upstream does not accept the credentials of recipe token"),
    ] {
        for command in [&["get", "KEY"][..], &["exists", "KEY"], &["list"], &[READ_WRITE, "delete", "KEY"]] {
            let run = home.vault_at(server.address(), command).env("VAULT_TOKEN", token).run();
            run.exits(5).prints("").says(&[says]).never_shows(token);
        }
        let run = home.vault_at(server.address(), ["--output", "json", "get", "KEY"]).env("VAULT_TOKEN", token).run();
        assert_eq!(run.json()["KEY"]["error"]["kind"], kind);
    }
}

#[test]
fn a_role_that_may_not_is_told_apart_without_another_login() {
    let (home, server) = (Home::new(), server());
    let (role_id, secret_id) = server.approle("app", &["default"], "60s").unwrap();
    server.forget_requests().unwrap();
    let get = home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_ROLE_ID", &role_id);
    let get = get.env("VAULT_SECRET_ID", &secret_id).run().exits(5);
    get.says(&["the upstream accepts our credentials, and denies them this"]);
    assert_eq!(logins(&server), 1);
}

#[test]
fn whether_a_credential_is_wrong_stays_open_while_the_server_is_away() {
    let home = Home::new();
    let denies = Upstream::start(|seen| Reply::new(if seen.target.ends_with("lookup-self") { 503 } else { 403 }, ""));
    let denies = denies.unwrap();
    let get = home.vault_at(&denies.address(), ["get", "KEY"]).env("VAULT_TOKEN", "s.any").run();
    get.exits(5).says(&["the upstream denies access to it"]);
}

#[test]
fn a_token_that_has_expired_is_refused() {
    let (home, server) = (Home::new(), server());
    let token = server.issue_token(&["reader"], "1s").unwrap();
    let get = || home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_TOKEN", &token).run();
    let started = Instant::now();
    let ended = std::iter::repeat_with(get).find(|run| run.status.code() != Some(0)).unwrap();
    ended.exits(5).prints("").never_shows(&token);
    assert!(started.elapsed() < Duration::from_secs(30), "it was good for much longer than a second");
}

#[test]
fn a_token_that_was_revoked_is_refused() {
    let (home, server) = (Home::new(), server());
    let token = server.issue_token(&["reader"], "1h").unwrap();
    let get = || home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_TOKEN", &token).run();
    get().exits(0).prints("v");
    let revoke = json!({ "token": token });
    server.request("POST", "/v1/auth/token/revoke", Some(server.token()), None, Some(&revoke)).unwrap();
    get().exits(5).prints("");
}

#[test]
fn a_role_logs_in_and_its_token_reads() {
    let (home, server) = (Home::new(), server());
    let (role_id, secret_id) = server.approle("app", &["reader"], "60s").unwrap();
    for [role, secret] in
        [["VAULT_ROLE_ID", "VAULT_SECRET_ID"], ["HCP_VAULT_APPROLE_ROLE_ID", "HCP_VAULT_APPROLE_SECRET_ID"]]
    {
        let get = home.vault_at(server.address(), ["get", "KEY"]).env(role, &role_id).env(secret, &secret_id);
        get.run().exits(0).prints("v").never_shows(&secret_id);
    }
    // The role comes first, a token beside it is not sent.
    let both = home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_TOKEN", "s.wrong");
    both.env("VAULT_ROLE_ID", &role_id).env("VAULT_SECRET_ID", &secret_id).run().exits(0).prints("v");
    let chosen = home.vault(&server, ["--auth", "token", "get", "KEY"]);
    chosen.env("VAULT_ROLE_ID", &role_id).env("VAULT_SECRET_ID", "wrong").run().exits(0).prints("v");
}

#[test]
fn a_wrong_secret_id_is_refused_and_nothing_of_it_is_shown() {
    let (home, server) = (Home::new(), server());
    let (role_id, _) = server.approle("app", &["reader"], "60s").unwrap();
    let get = home.vault_at(server.address(), ["-vv", "get", "KEY"]).env("VAULT_ROLE_ID", &role_id);
    let get = get.env("VAULT_SECRET_ID", "canary-secret-id").run().exits(5).prints("");
    get.says(&["the upstream refused our credentials"]).never_shows("canary-secret-id");
    assert_eq!(logins(&server), 1, "a refused login is not tried again");
}

#[test]
fn a_recipe_whose_credentials_are_missing_is_named() {
    let (home, server) = (Home::new(), server());
    let lacking = home.vault(&server, ["--auth", "approle", "get", "KEY"]).env("VAULT_ROLE_ID", "r").run();
    lacking.exits(2).prints("").says(&["VAULT_SECRET_ID"]);
    home.vault(&server, ["--auth", "aprole", "get", "KEY"]).run().exits(2).says(&["aprole", "approle"]);
}

#[test]
fn a_role_may_be_mounted_elsewhere_and_in_a_namespace() {
    let (home, server) = (Home::new(), server());
    server.namespace("ns1").unwrap();
    let root = |path: &str, body: serde_json::Value| {
        let answer = server.request("POST", path, Some(server.token()), Some("ns1"), Some(&body)).unwrap();
        assert!(answer.0 < 300, "{path}: {answer:?}");
        answer.1
    };
    root("/v1/sys/policies/acl/reader", json!({ "policy": READER }));
    root("/v1/sys/auth/machines", json!({ "type": "approle" }));
    root("/v1/auth/machines/role/app", json!({ "token_policies": ["reader"], "role_id": "the-role" }));
    let secret_id = root("/v1/auth/machines/role/app/secret-id", json!({}))["data"]["secret_id"].clone();
    root("/v1/secret/data/KEY", json!({ "data": { "value": "in ns1" } }));
    let get = home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_NAMESPACE", "ns1");
    let get = get.env("HCP_VAULT_APPROLE_MOUNT_PATH", "machines").env("VAULT_ROLE_ID", "the-role");
    get.env("VAULT_SECRET_ID", secret_id.as_str().unwrap()).run().exits(0).prints("in ns1");
}

/// The vault backend in the library, with a role whose secret id lies in a file.
fn by_role(server: &OpenBao, role_id: &str, secret_id: &std::path::Path) -> Backend {
    let component = Component::backend("vault").parse().unwrap();
    let role = CredentialSource::Value(SecretBytes::from(role_id.as_bytes().to_vec()));
    library::load(
        library::runtime()
            .backend(component)
            .set("address", server.address())
            .credential("role-id", role)
            .credential("secret-id", CredentialSource::File(secret_id.to_owned())),
    )
    .unwrap()
}

#[test]
fn one_login_serves_many_reads_and_a_token_is_renewed_before_it_expires() {
    let (home, server) = (Home::new(), server());
    let (role_id, secret_id) = server.approle("app", &["reader"], "2s").unwrap();
    let backend = by_role(&server, &role_id, &home.file("secret-id", format!("{secret_id}\n")));
    server.forget_requests().unwrap();
    block_on(async {
        for _ in 0..5 {
            assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"v");
        }
        assert_eq!(logins(&server), 1);
        // The token lives for two seconds; it is the server's clock that has to go on.
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(2500) {
            assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"v");
        }
    });
    assert!(logins(&server) >= 2, "the token was never renewed");
}

#[test]
fn callers_who_wait_for_a_token_share_one_login() {
    let (home, server) = (Home::new(), server());
    let (role_id, secret_id) = server.approle("app", &["reader"], "60s").unwrap();
    let backend = Arc::new(by_role(&server, &role_id, &home.file("secret-id", secret_id)));
    server.forget_requests().unwrap();
    block_on(async {
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let backend = Arc::clone(&backend);
                tokio::spawn(async move { backend.get("KEY").await.unwrap().secret.expose().to_vec() })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), b"v");
        }
    });
    assert_eq!(logins(&server), 1);
}

#[test]
fn a_secret_id_file_is_read_again_when_it_has_changed() {
    let (home, server) = (Home::new(), server());
    let (role_id, secret_id) = server.approle("app", &["reader"], "60s").unwrap();
    let file = home.file("secret-id", "not yet");
    let backend = by_role(&server, &role_id, &file);
    assert_eq!(library::failure(&backend, "KEY").kind(), Kind::Unauthenticated);
    home.file("secret-id", &secret_id);
    assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"v");
    std::fs::remove_file(file).unwrap();
    assert_eq!(library::failure(&backend, "KEY").kind(), Kind::Config);
}

#[test]
fn a_secret_id_file_is_named_in_the_configuration() {
    let (home, server) = (Home::new(), server());
    let (role_id, secret_id) = server.approle("app", &["reader"], "60s").unwrap();
    home.file("run/secret-id", format!("{secret_id}\n"));
    let config = format!(
        "[backends.prod]\ncomponent = {:?}\nrecipe = \"approle\"\nset = {{ address = {:?} }}\n\
         credentials = {{ role-id = {{ env = \"ROLE\" }}, secret-id = {{ file = \"run/secret-id\" }} }}\n",
        layout::backend("vault"),
        server.address(),
    );
    let config = home.file("runtime.toml", config);
    let get = home.runtime(["--trust", "--backend", "prod", "get", "KEY", "--config-file"]).arg(config);
    get.env("ROLE", role_id).run().exits(0).prints("v").never_shows(&secret_id);
}
