//! An upstream that gives back the credential it was asked with.

use serde_json::json;
use test_support::{Reply, Seen, Upstream};

use super::{THEN, key};
use crate::common::{Attack, Manifest, attack::TOKEN};

/// What a server may make of the credential it was asked with.
fn echoes() -> Vec<(&'static str, Reply)> {
    let hex = |prefix: &str| TOKEN.bytes().map(|byte| format!("{prefix}{byte:02x}")).collect::<String>();
    // `printf %s CREDENTIAL | base64`, alone and after one and two other bytes.
    let base64 = [
        "Y2FuYXJ5LWNyZWRlbnRpYWwtN2YzYS8rPTkx",
        "eGNhbmFyeS1jcmVkZW50aWFsLTdmM2EvKz05MQ==",
        "eHhjYW5hcnktY3JlZGVudGlhbC03ZjNhLys9OTE=",
    ];
    vec![
        ("raw", Reply::new(200, format!("you sent {TOKEN}, thank you"))),
        ("in a header", Reply::new(200, "hello").with_header("X-Echo", TOKEN)),
        ("in a redirect", Reply::redirect(302, &format!("/next?token={}", hex("%")))),
        ("in an error", Reply::new(500, format!("bad token {TOKEN}"))),
        ("percent-encoded", Reply::new(200, hex("%"))),
        ("JSON-encoded", Reply::new(200, format!(r#"{{"token":"{}"}}"#, hex("\\u00")))),
        ("as JSON", Reply::json(200, &json!({ "token": TOKEN }))),
        ("base64", Reply::new(200, base64[0])),
        ("base64 after one byte", Reply::new(200, base64[1])),
        ("base64 after two bytes", Reply::new(200, base64[2])),
    ]
}

#[test]
fn a_reply_that_holds_the_credential_is_not_delivered() {
    for (how, reply) in echoes() {
        let upstream = Upstream::start(move |_| reply.clone()).unwrap();
        for then in THEN {
            let run = Attack::on(&upstream).sends("GET", &key(&upstream)).set("then", then).get();
            assert!(run.stderr.contains("(rule credential-echo)"), "{how}: {run:?}");
            run.is_refused("credential-echo").never_shows(TOKEN).never_shows("made up");
        }
        // It was asked with the credential each time: the refusal is about the reply.
        assert!(upstream.seen().iter().all(|seen| seen.header("x-token") == Some(TOKEN)));
    }
}

#[test]
fn a_reply_that_holds_an_exchanged_token_is_not_delivered() {
    const EXCHANGED: &str = "hvs.canary-exchanged-token";
    let upstream = Upstream::start(|seen: &Seen| match seen.target.as_str() {
        "/v1/auth/approle/login" => {
            Reply::json(200, &json!({ "auth": { "client_token": EXCHANGED, "lease_duration": 3600 } }))
        }
        _ => Reply::json(200, &json!({ "data": { "data": { "value": seen.header("x-vault-token") } } })),
    })
    .unwrap();
    let attack = Attack::with(Manifest::of_backend("vault"))
        .env("VAULT_ADDR", &upstream.address())
        .env("VAULT_ROLE_ID", "a-role-id")
        .env("VAULT_SECRET_ID", "canary-secret-id");
    for then in THEN {
        let url = format!("{}/v1/secret/data/KEY", upstream.address());
        let run = attack.clone().sends("GET", &url).set("then", then).get().is_refused("credential-echo");
        run.never_shows(EXCHANGED).never_shows("canary-secret-id");
    }
}

#[test]
fn a_token_that_is_sent_encoded_is_known_as_it_was_given_too() {
    const GIVEN: &str = r#"{"protected":"canary","payload":"token","signature":"exchanged"}"#;
    let upstream = Upstream::start(|seen: &Seen| match seen.target.as_str() {
        "/authn/default/admin/authenticate" => Reply::new(200, GIVEN),
        _ => Reply::new(200, format!("you are {GIVEN}")),
    })
    .unwrap();
    let attack = Attack::with(Manifest::of_backend("conjur"))
        .env("CYBERARK_API_BASE", &upstream.address())
        .env("CYBERARK_API_KEY", "canary-api-key");
    let url = format!("{}/secrets/default/variable/KEY", upstream.address());
    attack.sends("GET", &url).get().is_refused("credential-echo").never_shows("canary");
}
