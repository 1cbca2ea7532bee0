#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

const ACCOUNT: &str = r#"{"type":"service_account","client_email":"a@p.iam.gserviceaccount.com","private_key_id":"k",
    "private_key":"PEM","token_uri":"https://oauth2.googleapis.com/token","project_id":"p"}"#;
const PERSON: &str = r#"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r",
    "quota_project_id":"q"}"#;
const WORKLOAD: &str = r#"{"type":"external_account","audience":"//iam.googleapis.com/pool","subject_token_type":"jwt",
    "token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"/run/token"}}"#;
const ACTING: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/b@p:generateAccessToken";

fn parse(text: &str) -> Result<File, BadFile> {
    File::parse(text.as_bytes())
}

fn bad(text: &str) -> BadFile {
    parse(text).err().unwrap()
}

fn places(text: &str) -> Vec<(String, Reach)> {
    let file = parse(text).unwrap();
    file.endpoints().iter().map(|endpoint| (endpoint.origin(), endpoint.reach)).collect()
}

#[test]
fn every_place_that_a_file_names_is_known_before_it_is_asked() {
    let public = |host: &str| (format!("https://{host}.googleapis.com"), Reach::Public);
    assert_eq!(places(ACCOUNT), [public("oauth2")]);
    assert_eq!(places(PERSON), [public("oauth2")]);
    assert_eq!(places(WORKLOAD), [public("sts")]);
    let acting =
        WORKLOAD.replace("\"audience\"", &format!("\"service_account_impersonation_url\":\"{ACTING}\",\"audience\""));
    assert_eq!(places(&acting), [public("sts"), public("iamcredentials")]);
    let asking = WORKLOAD.replace(r#""file":"/run/token""#, r#""url":"http://169.254.169.254/token""#);
    assert_eq!(places(&asking), [public("sts"), ("http://169.254.169.254".to_owned(), Reach::Metadata)]);
    let elsewhere = ACCOUNT.replace("oauth2.googleapis.com", "tokens.corp.example");
    assert_eq!(places(&elsewhere), [("https://tokens.corp.example".to_owned(), Reach::Private)]);
}

#[test]
fn one_account_may_act_through_others() {
    let acting = |source: &str| {
        format!(
            r#"{{"type":"impersonated_service_account","service_account_impersonation_url":"{ACTING}",
            "delegates":["x","y"],"lifetime":600,"source_credentials":{source}}}"#
        )
    };
    for source in [ACCOUNT, PERSON, WORKLOAD, &acting(PERSON)] {
        let file = parse(&acting(source)).unwrap();
        let last = file.impersonations.last().unwrap();
        assert_eq!((last.delegates.join(","), last.lifetime), ("x,y".to_owned(), 600));
    }
    let endless = (0..=HOPS).fold(PERSON.to_owned(), |source, _| acting(&source));
    assert_eq!(bad(&endless), BadFile::Wrong("source_credentials"));
    assert_eq!(bad(&acting(PERSON).replace("[\"x\",\"y\"]", "[1]")), BadFile::Wrong("delegates"));
    assert_eq!(bad(&acting(PERSON).replace("600", "0")), BadFile::Wrong("lifetime"));
    assert_eq!(bad(&acting(PERSON).replace("source_credentials", "x")), BadFile::Lacks("source_credentials"));
}

#[test]
fn a_file_that_can_not_be_used_says_what_is_wrong_and_nothing_else() {
    for (text, message) in [
        ("PEM", "it is not a JSON object"),
        ("[]", "it is not a JSON object"),
        ("{}", "it has no type, or one in another form"),
        (r#"{"type":"hunter2"}"#, "its type can't be right"),
        (&ACCOUNT.replace("private_key\"", "x\""), "it has no private_key, or one in another form"),
        (&ACCOUNT.replace("\"PEM\"", "7"), "it has no private_key, or one in another form"),
        (&PERSON.replace("refresh_token", "x"), "it has no refresh_token, or one in another form"),
        (
            &ACCOUNT.replace("https://oauth2", "https://hunter2@oauth2"),
            "its token_uri can't be used: it is not a plain URL",
        ),
        (&WORKLOAD.replace("credential_source", "x"), "it has no credential_source, or one in another form"),
        (
            &ACCOUNT.replace("https://oauth2.googleapis", "http://hunter2"),
            "its token_uri can't be used: a credential would go there in the clear; \
             use https, or 127.0.0.1 for a server on this machine",
        ),
    ] {
        assert_eq!(bad(text).to_string(), message, "{text}");
        assert_eq!(bad(text).kind(), Kind::Config);
    }
}

#[test]
fn what_we_do_not_have_is_said_to_be_missing() {
    let source = |source: &str| WORKLOAD.replace(r#"{"file":"/run/token"}"#, source);
    for text in [
        source(r#"{"environment_id":"aws1","regional_cred_verification_url":"https://sts.amazonaws.com"}"#),
        source(r#"{"certificate":{"use_default_certificate_config":true}}"#),
        ACCOUNT.replace("\"project_id\"", "\"universe_domain\":\"cloud.example\",\"project_id\""),
        r#"{"type":"gdch_service_account"}"#.to_owned(),
    ] {
        assert_eq!(bad(&text).kind(), Kind::Unsupported, "{text}");
    }
}

#[test]
fn only_hosts_below_googles_domain_are_googles() {
    for (host, ours) in [
        ("oauth2.googleapis.com", true),
        ("secretmanager.europe-west1.rep.googleapis.com", true),
        ("googleapis.com", false),
        ("evilgoogleapis.com", false),
        (".googleapis.com", false),
        ("googleapis.com.evil.example", false),
    ] {
        assert_eq!(is_google(host), ours, "{host}");
    }
}
