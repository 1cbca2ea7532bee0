//! Access keys in the environment, and what is asked of whom where there are none.

use secret_runtime::{Globs, Kind};
use test_support::{Reply, Upstream};

use super::User;
use crate::common::{
    block_on,
    library::{failure, load, runtime},
};

#[test]
fn keys_in_the_environment_sign() {
    let user = User::new().env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
    let seen = user.reads_as("AKENV", "secret of the environment", None);
    assert!(seen.header("authorization").unwrap().contains("/eu-west-1/demo/aws4_request"));
    let (from, to) = user.source();
    assert_eq!(from, "the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    assert_eq!(to, [user.service.address()]);
}

#[test]
fn a_session_token_is_signed_and_sent() {
    let user = User::new().env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
    let user = user.env("AWS_SESSION_TOKEN", "token of the environment");
    let seen = user.reads_as("AKENV", "secret of the environment", Some("token of the environment"));
    assert!(seen.header("authorization").unwrap().contains("x-amz-security-token"));
}

#[test]
fn keys_win_over_a_profile() {
    let user = User::new().env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
    let user = user.file(".aws/credentials", "[default]\naws_access_key_id = AKFILE\naws_secret_access_key = other\n");
    user.reads_as("AKENV", "secret of the environment", None);
    user.file(".aws/config", "[broken").reads_as("AKENV", "secret of the environment", None);
}

#[test]
fn half_a_key_is_a_mistake_and_nothing_else_is_tried() {
    for half in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let user = User::new().env(half, "half");
        let user = user.file(".aws/credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = B\n");
        let error = user.fails();
        assert_eq!(error.kind(), Kind::Config);
        assert!(error.reason().contains("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{error}");
    }
}

#[test]
fn where_nothing_is_found_the_error_lists_what_was_looked_for() {
    let error = User::new().fails();
    assert_eq!(error.kind(), Kind::Config);
    for place in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "~/.aws/config", "AWS_WEB_IDENTITY_TOKEN_FILE", "_FULL_URI"] {
        assert!(error.reason().contains(place), "{error}");
    }
}

#[test]
fn a_reply_that_holds_the_session_token_or_the_secret_is_not_delivered() {
    for echoed in ["secret of the environment", "token of the environment"] {
        let user = User::of(Upstream::start(move |_| Reply::new(200, format!("you sent {echoed}"))).unwrap());
        let user = user.env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
        let user = user.env("AWS_SESSION_TOKEN", "token of the environment");
        let error = user.fails();
        assert_eq!((error.kind(), error.rule()), (Kind::Refused, Some("credential-echo")));
        assert!(!format!("{error:?}").contains(echoed));
    }
}

#[test]
fn a_refusal_of_fresh_credentials_is_the_services_word_and_not_tried_again() {
    let expired = r#"{"__type":"com.amazonaws.demo#ExpiredTokenException","message":"no"}"#;
    let user = User::of(Upstream::start(move |_| Reply::new(400, expired)).unwrap());
    let user = user.env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
    let backend = user.backend().unwrap();
    let answer = block_on(backend.get("KEY")).unwrap();
    assert!(String::from_utf8_lossy(answer.secret.expose()).contains("ExpiredTokenException"));
    assert_eq!(user.service.seen().len(), 1);
}

#[test]
fn the_question_says_whose_credentials_sign_for_whom() {
    let user = User::new().env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
    let words = user.builder(&runtime()).candidate().unwrap().describe(&|_| None);
    let line = words.lines().find(|line| line.contains("aws-sigv4")).unwrap();
    assert!(line.contains("AWS_ACCESS_KEY_ID") && line.contains(&user.service.address()), "{line}");
    assert!(line.contains("never sees"), "{line}");
    assert!(!words.contains("AKENV") && !words.contains("secret of"), "{words}");
}

#[test]
fn the_fallback_to_the_environment_never_answers_with_a_key() {
    let user = User::new().env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment");
    let hosted = Globs::new(["KEY"]).unwrap();
    let builder = user.env("OTHER", "fallen back to").builder(&runtime()).hosted_keys(hosted).env_fallback(true);
    let backend = load(builder).unwrap();
    assert_eq!(block_on(backend.get("OTHER")).unwrap().secret.expose(), b"fallen back to");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert_eq!(failure(&backend, name).kind(), Kind::Refused, "{name}");
    }
}
