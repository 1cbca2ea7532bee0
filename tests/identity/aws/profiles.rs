//! Profiles: keys in files, roles that are assumed, programs.

use std::{fs, os::unix::fs::PermissionsExt as _};

use secret_runtime::Kind;
use test_support::{Reply, Signed, Upstream};

use super::{LATER, User, assumed, form};
use crate::common::library::failure;

const KEYS: &str = "[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key = secret of the default\n\
                    [prod]\naws_access_key_id = AKPROD\naws_secret_access_key = secret of prod\n\
                    aws_session_token = token of prod\n";

#[test]
fn a_profile_is_read_from_the_home_folder() {
    let user = User::new().file(".aws/credentials", KEYS);
    user.reads_as("AKDEFAULT", "secret of the default", None);
    assert_eq!(user.source().0, "the AWS profile default, which uses its access key");
    user.env("AWS_PROFILE", "prod").reads_as("AKPROD", "secret of prod", Some("token of prod"));
}

#[test]
fn a_profile_may_lie_where_the_environment_says() {
    let user = User::new();
    let path = user.write("elsewhere/keys", KEYS);
    user.env("AWS_SHARED_CREDENTIALS_FILE", path.to_str().unwrap()).reads_as(
        "AKDEFAULT",
        "secret of the default",
        None,
    );
}

#[test]
fn the_profile_names_the_region_where_the_environment_does_not() {
    let user = User::new().without("AWS_REGION").file(".aws/credentials", KEYS);
    let user = user.file(".aws/config", "[default]\nregion = ap-south-1\n[profile prod]\nregion = cn-north-1\n");
    let seen = user.reads_as("AKDEFAULT", "secret of the default", None);
    assert!(seen.header("authorization").unwrap().contains("/ap-south-1/"));
    let seen = user.env("AWS_PROFILE", "prod").reads_as("AKPROD", "secret of prod", Some("token of prod"));
    assert!(seen.header("authorization").unwrap().contains("/cn-north-1/"));
}

#[test]
fn keys_that_change_in_the_file_are_picked_up_by_the_next_backend() {
    let user = User::new().file(".aws/credentials", KEYS);
    user.reads_as("AKDEFAULT", "secret of the default", None);
    user.write(".aws/credentials", "[default]\naws_access_key_id = AKNEW\naws_secret_access_key = new secret\n");
    user.reads_as("AKNEW", "new secret", None);
}

#[test]
fn a_role_is_assumed_with_the_external_id_by_the_source_profile() {
    let sts = Upstream::start(|_| assumed("AssumeRole", "ASIAROLE")).unwrap();
    let config = "[profile prod]\nrole_arn = arn:aws:iam::1:role/reader\nsource_profile = default\n\
                  external_id = id/of+us=1\nrole_session_name = us\n";
    let user = User::new().file(".aws/credentials", &KEYS.replace("[prod]", "[other]")).file(".aws/config", config);
    let user = user.env("AWS_PROFILE", "prod").env("AWS_ENDPOINT_URL_STS", &sts.address());
    user.reads_as("ASIAROLE", "secret of ASIAROLE", Some("token of ASIAROLE"));

    let [asked] = &sts.seen()[..] else { panic!("{:?}", sts.seen()) };
    let form = form(asked);
    assert_eq!(form["Action"], "AssumeRole");
    assert_eq!(form["RoleArn"], "arn:aws:iam::1:role/reader");
    assert_eq!(form["ExternalId"], "id/of+us=1");
    assert_eq!(form["RoleSessionName"], "us");
    let signed = Signed::of(asked).unwrap();
    assert_eq!((signed.key.as_str(), signed.scope[1].as_str()), ("AKDEFAULT", "eu-west-1"));
    assert!(signed.is_by("secret of the default", asked));

    let (from, to) = user.source();
    assert_eq!(from, "the AWS profile prod, which uses its access key, to assume the role arn:aws:iam::1:role/reader");
    assert!(to.contains(&sts.address()));
}

#[test]
fn a_circle_of_profiles_and_a_missing_one_are_mistakes() {
    let role = "role_arn = arn:aws:iam::1:role/r\n";
    for (config, what) in [
        (format!("[profile prod]\n{role}source_profile = b\n[profile b]\n{role}source_profile = prod\n"), "by way of"),
        (format!("[profile prod]\n{role}source_profile = gone\n"), "is not there"),
        (format!("[profile prod]\n{role}"), "source_profile and credential_source"),
        (format!("[profile prod]\n{role}credential_source = Moon\n"), "credential_source Moon"),
        ("[profile other]\nregion = eu-west-1\n".to_owned(), "which AWS_PROFILE names"),
        ("[profile prod]\nlogin_session = arn:aws:iam::1:user/u\n".to_owned(), "login_session"),
        ("[profile prod\n".to_owned(), "can't be read as such"),
    ] {
        let error = User::new().env("AWS_PROFILE", "prod").file(".aws/config", &config).fails();
        assert_eq!(error.kind(), Kind::Config, "{error}");
        assert!(error.reason().contains(what), "{error}");
    }
}

#[test]
fn what_sts_says_no_to_is_told_by_its_code_alone() {
    let config = "[profile prod]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n";
    for (status, code, kind) in [
        (403, "AccessDenied", Kind::Unauthenticated),
        (400, "ExpiredToken", Kind::Unauthenticated),
        (400, "Throttling", Kind::RateLimited),
        (503, "ServiceUnavailable", Kind::Unavailable),
    ] {
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>User canary is not allowed</Message></Error></ErrorResponse>"
        );
        let sts = Upstream::start(move |_| Reply::new(status, body.clone())).unwrap();
        let user = User::new().file(".aws/credentials", KEYS).file(".aws/config", &config.replace("prod", "a"));
        let error = user.env("AWS_PROFILE", "a").env("AWS_ENDPOINT_URL_STS", &sts.address()).fails();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.reason().contains(code) && !format!("{error:?}").contains("canary"), "{error:?}");
    }
}

fn program(user: &User) -> String {
    let answer = format!(
        r#"{{"Version": 1, "AccessKeyId": "AKPROGRAM", "SecretAccessKey": "secret of the program", "SessionToken": "token of the program", "Expiration": "{LATER}"}}"#
    );
    let path = user.write("tool", &format!("#!/bin/sh\necho ran $1 >> \"$0.log\"\necho '{answer}'\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    format!("[default]\ncredential_process = {} argument\n", path.display())
}

#[test]
fn a_program_of_the_users_own_configuration_is_run() {
    let user = User::new();
    user.write(".aws/config", &program(&user));
    user.reads_as("AKPROGRAM", "secret of the program", Some("token of the program"));
    assert_eq!(fs::read_to_string(user.path("tool.log")).unwrap(), "ran argument\n");
    let words = format!("the AWS profile default, which uses what the program {} prints", user.path("tool").display());
    assert_eq!(user.source().0, words);
}

#[test]
fn a_program_that_somebody_else_could_have_named_is_not_run() {
    let user = User::new();
    let path = user.write("named", &program(&user));
    let user = user.env("AWS_CONFIG_FILE", path.to_str().unwrap());
    let error = user.fails();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.reason().contains("is named by AWS_CONFIG_FILE"), "{error}");

    let user = user.without("AWS_CONFIG_FILE");
    let path = user.write(".aws/config", &program(&user));
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    let error = user.fails();
    assert!(error.reason().contains("others can write it"), "{error}");
    assert!(!user.path("tool.log").exists());
}

#[test]
fn a_program_that_comes_after_the_grant_is_not_run() {
    let user = User::new().file(".aws/credentials", KEYS);
    let backend = user.backend().unwrap();
    user.write(".aws/credentials", "");
    user.write(".aws/config", &program(&user));
    let error = failure(&backend, "KEY");
    assert_eq!(error.kind(), Kind::Untrusted, "{error}");
    assert!(!user.path("tool.log").exists());
}

#[test]
fn what_a_program_says_when_it_fails_is_not_told() {
    let user = User::new().file(".aws/config", "[default]\ncredential_process = echo canary >&2; exit 1\n");
    let error = failure(&user.backend().unwrap(), "KEY");
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
    assert!(!format!("{error:?}").contains("canary"));
}
