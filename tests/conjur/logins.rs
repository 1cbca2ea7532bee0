//! How credentials become tokens.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secret_runtime::{Backend, CredentialSource, SecretBytes};
use test_support::{Conjur, Rights};

use super::{admin, bare};
use crate::common::{Component, Home, block_on, library};

const READER: Rights = Rights { execute: true, update: false, declare: false, modify: false };

fn server() -> Conjur {
    let server = Conjur::start().unwrap();
    server.put("KEY", "v");
    server
}

#[test]
fn an_api_key_becomes_a_token_in_base64() {
    let (home, server) = (Home::new(), server());
    admin(&home, &server, ["get", "KEY"]).run().exits(0).prints("v").never_shows(&server.admin_key());
    let seen = server.seen();
    assert_eq!(
        (seen[0].target.as_str(), seen[0].body.as_slice()),
        ("/authn/acme/admin/authenticate", server.admin_key().as_bytes())
    );
    let sent = seen[1].header("authorization").unwrap();
    let token = sent.strip_prefix("Token token=\"").unwrap().strip_suffix('"').unwrap();
    let token: serde_json::Value = serde_json::from_slice(&STANDARD.decode(token).unwrap()).unwrap();
    assert!(token["payload"].is_string() && token["signature"].is_string());
}

#[test]
fn a_host_logs_in_with_its_whole_name_as_one_segment() {
    let (home, server) = (Home::new(), server());
    let key = server.role("host/team/app", READER);
    let get = bare(&home, &server, ["get", "KEY"]).env("CYBERARK_USERNAME", "host/team/app");
    get.env("CYBERARK_API_KEY", key).run().exits(0).prints("v");
    assert_eq!(server.seen()[0].target, "/authn/acme/host%2Fteam%2Fapp/authenticate");
}

#[test]
fn the_vendors_own_names_for_the_environment_are_known_too() {
    let (home, server) = (Home::new(), server());
    let key = server.role("host/app", READER);
    let get = home.runtime(["--trust", "get", "KEY", "--backend"]).arg(test_support::layout::backend("conjur"));
    let get = get.env("CONJUR_APPLIANCE_URL", server.address()).env("CONJUR_ACCOUNT", server.account());
    get.env("CONJUR_AUTHN_LOGIN", "host/app").env("CONJUR_AUTHN_API_KEY", key).run().exits(0).prints("v");
}

#[test]
fn a_wrong_key_is_refused_once_and_not_shown() {
    let (home, server) = (Home::new(), server());
    let get = bare(&home, &server, ["-vv", "get", "KEY"]).env("CYBERARK_API_KEY", "canary-api-key").run();
    get.exits(5).prints("").never_shows("canary-api-key");
    assert_eq!((server.logins(), server.seen().len()), (1, 1));
    bare(&home, &server, ["get", "KEY"]).run().exits(2).prints("").says(&["CYBERARK_API_KEY"]);
}

#[test]
fn a_jwt_logs_in_at_its_service_for_the_host_it_names_or_is_given() {
    let (home, server) = (Home::new(), server());
    server.role("host/ci", READER);
    let jwt = server.jwt("gitlab", "host/ci");
    let get = || bare(&home, &server, ["get", "KEY", "--set", "service=gitlab"]).env("CYBERARK_JWT", &jwt);
    get().run().exits(0).prints("v").never_shows(&jwt);
    get().args(["--set", "host=host/ci"]).run().exits(0).prints("v");
    get().args(["--set", "host=host/other"]).run().exits(5).prints("");
    let targets: Vec<_> =
        server.seen().iter().map(|seen| seen.target.clone()).filter(|t| t.starts_with("/authn")).collect();
    let with_host = "/authn-jwt/gitlab/acme/host%2Fci/authenticate";
    assert_eq!(targets[..2], ["/authn-jwt/gitlab/acme/authenticate", with_host]);

    let file = home.file("token", &jwt);
    let from_file = bare(&home, &server, ["get", "KEY", "--set", "service=gitlab"]).env("CYBERARK_JWT_FILE", file);
    from_file.run().exits(0).prints("v");
}

#[test]
fn check_says_whether_the_server_knows_us() {
    let (home, server) = (Home::new(), server());
    admin(&home, &server, ["check"]).run().exits(0).prints("ready\n");
    bare(&home, &server, ["check"]).env("CYBERARK_API_KEY", "wrong").run().exits(5).prints("");
}

/// The backend in the library, as the admin.
fn load(server: &Conjur) -> Backend {
    let key = CredentialSource::Value(SecretBytes::from(server.admin_key().into_bytes()));
    let builder = library::runtime().backend(Component::backend("conjur").parse().unwrap());
    let builder = builder.set("address", server.address()).set("account", server.account());
    library::load(builder.credential("key", key)).unwrap()
}

/// A hundred callers at once, and each of them gets the value.
async fn all_read(backend: &Arc<Backend>) {
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let backend = Arc::clone(backend);
            tokio::spawn(async move { backend.get("KEY").await.unwrap().secret.expose().to_vec() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), b"v");
    }
}

#[test]
fn a_hundred_callers_share_one_login() {
    let server = server();
    let backend = Arc::new(load(&server));
    block_on(async {
        all_read(&backend).await;
        all_read(&backend).await;
    });
    assert_eq!(server.logins(), 1);
}
