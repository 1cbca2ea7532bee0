//! Web identity: a role for a token in a file.

use secret_runtime::Kind;
use test_support::Upstream;

use super::{User, assumed, form};

#[test]
fn a_token_in_a_file_is_shown_to_sts_unsigned_and_read_again_each_time() {
    let sts = Upstream::start(|_| assumed("AssumeRoleWithWebIdentity", "ASIAWEB")).unwrap();
    let user = User::new().file("pod/token", "first.jwt.token\n");
    let token = user.path("pod/token").display().to_string();
    let user = user.env("AWS_WEB_IDENTITY_TOKEN_FILE", &token).env("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod");
    let user = user.env("AWS_ROLE_SESSION_NAME", "pod-1").env("AWS_ENDPOINT_URL_STS", &sts.address());
    user.reads_as("ASIAWEB", "secret of ASIAWEB", Some("token of ASIAWEB"));
    user.write("pod/token", "second.jwt.token");
    user.reads_as("ASIAWEB", "secret of ASIAWEB", Some("token of ASIAWEB"));

    let seen = sts.seen();
    let forms: Vec<_> = seen.iter().map(form).collect();
    let tokens: Vec<_> = forms.iter().map(|form| form["WebIdentityToken"].as_str()).collect();
    assert_eq!(tokens, ["first.jwt.token", "second.jwt.token"]);
    assert_eq!(forms[0]["Action"], "AssumeRoleWithWebIdentity");
    assert_eq!(forms[0]["RoleArn"], "arn:aws:iam::1:role/pod");
    assert_eq!(forms[0]["RoleSessionName"], "pod-1");
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()));

    let (from, to) = user.source();
    assert_eq!(from, format!("the token in the file {token}, for the role arn:aws:iam::1:role/pod"));
    assert!(to.contains(&sts.address()));
}

#[test]
fn a_profile_may_name_the_token() {
    let sts = Upstream::start(|_| assumed("AssumeRoleWithWebIdentity", "ASIAWEB")).unwrap();
    let user = User::new().file("token", "the.jwt.token");
    let config = format!(
        "[default]\nrole_arn = arn:aws:iam::1:role/pod\nweb_identity_token_file = {}\n",
        user.path("token").display()
    );
    let user = user.file(".aws/config", &config).env("AWS_ENDPOINT_URL", &sts.address());
    user.reads_as("ASIAWEB", "secret of ASIAWEB", Some("token of ASIAWEB"));
    assert_eq!(form(&sts.seen()[0])["WebIdentityToken"], "the.jwt.token");
}

#[test]
fn a_token_without_a_role_and_a_token_that_is_missing_are_mistakes() {
    let user = User::new().env("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token");
    let error = user.fails();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.reason().contains("AWS_ROLE_ARN is not"), "{error}");
    let error = user.env("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod").fails();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.reason().contains("/nowhere/token is not there"), "{error}");
}
