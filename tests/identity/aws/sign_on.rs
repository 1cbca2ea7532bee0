//! Single sign-on: the token that `aws sso login` leaves in the home folder.

use std::{fs, os::unix::fs::PermissionsExt as _};

use secret_runtime::Kind;
use test_support::{Reply, Seen, Upstream};

use super::{LATER, User};

const START: &str = "https://us.awsapps.example/start";
/// SHA-1 of the start URL, and of the session's name `dev`.
const OF_START: &str = "f60680e547bcf68a1b67ebc94ad3f91315acbbf8";
const OF_SESSION: &str = "34c6fceca75e456f25e7e99531e2425c6c1de443";

fn portal() -> Upstream {
    Upstream::start(|seen: &Seen| match (seen.method.as_str(), seen.header("x-amz-sso_bearer_token")) {
        ("GET", Some("fresh")) => Reply::json(
            200,
            &serde_json::json!({ "roleCredentials": {
                "accessKeyId": "ASIASSO", "secretAccessKey": "secret of ASIASSO", "sessionToken": "token of ASIASSO",
                "expiration": 32_472_144_000_000_u64,
            } }),
        ),
        ("POST", _) if seen.target == "/token" => Reply::json(
            200,
            &serde_json::json!({ "accessToken": "fresh", "expiresIn": 28800, "refreshToken": "next", "tokenType": "Bearer" }),
        ),
        _ => Reply::json(401, &serde_json::json!({ "message": "canary" })),
    })
    .unwrap()
}

fn user(portal: &Upstream, profile: &str) -> User {
    User::new()
        .file(".aws/config", profile)
        .env("AWS_ENDPOINT_URL_SSO", &portal.address())
        .env("AWS_ENDPOINT_URL_SSO_OIDC", &portal.address())
}

fn by_account() -> String {
    format!(
        "[default]\nsso_start_url = {START}\nsso_region = us-west-2\nsso_account_id = 123456789012\n\
         sso_role_name = Reader\n"
    )
}

fn by_session() -> String {
    format!(
        "[default]\nsso_session = dev\nsso_account_id = 123456789012\nsso_role_name = Reader\n\
         [sso-session dev]\nsso_start_url = {START}\nsso_region = us-west-2\n"
    )
}

fn cached(token: &str, until: &str) -> String {
    serde_json::json!({
        "startUrl": START, "region": "us-west-2", "accessToken": token, "expiresAt": until,
        "clientId": "client", "clientSecret": "client secret", "registrationExpiresAt": LATER, "refreshToken": "renew",
    })
    .to_string()
}

#[test]
fn a_sign_on_is_turned_into_credentials_of_a_role() {
    let portal = portal();
    let user = user(&portal, &by_account());
    let user = user.file(&format!(".aws/sso/cache/{OF_START}.json"), &cached("fresh", LATER));
    user.reads_as("ASIASSO", "secret of ASIASSO", Some("token of ASIASSO"));
    let target = &portal.seen()[0].target;
    assert!(target.contains("account_id=123456789012") && target.contains("role_name=Reader"), "{target}");
    let (from, to) = user.source();
    let words = "your sign-on at https://us.awsapps.example/start, for the role Reader in the account 123456789012";
    assert_eq!(from, format!("the AWS profile default, which uses {words}"));
    assert!(to.contains(&portal.address()));
}

#[test]
fn a_session_that_has_ended_is_renewed_and_kept_for_its_owner_alone() {
    let portal = portal();
    let name = format!(".aws/sso/cache/{OF_SESSION}.json");
    let user = user(&portal, &by_session()).file(&name, &cached("stale", "2020-01-01T00:00:00Z"));
    user.reads_as("ASIASSO", "secret of ASIASSO", Some("token of ASIASSO"));
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(user.path(&name)).unwrap()).unwrap();
    assert_eq!((kept["accessToken"].as_str(), kept["refreshToken"].as_str()), (Some("fresh"), Some("next")));
    assert_eq!(fs::metadata(user.path(&name)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_sign_on_that_is_not_there_or_refused_says_what_to_do() {
    let portal = portal();
    let user = user(&portal, &by_account());
    let error = user.fails();
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
    assert!(error.reason().contains("aws sso login"), "{error}");
    let error = user.file(&format!(".aws/sso/cache/{OF_START}.json"), &cached("revoked", LATER)).fails();
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
    assert!(!format!("{error:?}").contains("canary"));
}

#[test]
fn a_sign_on_goes_to_the_portal_of_its_own_region() {
    let user = User::new().file(".aws/config", &by_session());
    let (_, to) = user.source();
    for host in ["https://portal.sso.us-west-2.amazonaws.com", "https://oidc.us-west-2.amazonaws.com"] {
        assert!(to.contains(&host.to_owned()), "{to:?}");
    }
}
