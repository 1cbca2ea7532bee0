//! Google: every form of a credential file.

use secret_runtime::Kind;
use serde_json::{Value, json};
use test_support::{AccountKey, GoogleIdentity};

use super::caller::Caller;
use crate::common::{block_on, library};

const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

fn google() -> GoogleIdentity {
    GoogleIdentity::start().unwrap()
}

/// Reads with this file, and checks that the last token that was handed out was shown.
#[track_caller]
fn reads_with(google: &GoogleIdentity, file: &Value) {
    let shown = Caller::google().file(FILE, file.to_string()).shows();
    assert_eq!(Some(&shown), google.issued().last());
}

#[test]
fn a_service_account_signs_for_itself() {
    let google = google();
    reads_with(&google, &google.account_file());
    let seed = Caller::google().file("GCS_PATH_SERVICE_ACCOUNT", google.account_file().to_string());
    assert_eq!(Some(&seed.shows()), google.issued().last());
}

#[test]
fn a_key_that_google_does_not_know_is_refused() {
    let google = google();
    let mut file = google.account_file();
    file["private_key"] = AccountKey::generate().unwrap().pem().into();
    let error = Caller::google().file(FILE, file.to_string()).fails();
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
    assert_eq!(google.issued(), [""; 0]);
    file["private_key"] = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n".into();
    let error = Caller::google().file(FILE, file.to_string()).fails();
    assert_eq!(error.kind(), Kind::Config, "{error}");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[test]
fn a_person_who_has_logged_in_is_found_in_their_home() {
    let google = google();
    let person = google.person_file();
    let caller = Caller::google().gcloud(person.to_string());
    assert_eq!([caller.shows()], google.issued()[..]);
    // The file that is named counts before the one that is just there.
    let named = caller.file(FILE, google.account_file().to_string());
    assert_eq!(Some(&named.shows()), google.issued().last());
    assert!(String::from_utf8_lossy(&google.seen()[1].body).contains("jwt-bearer"));

    let mut stale = person;
    stale["refresh_token"] = "canary".into();
    let error = Caller::google().gcloud(stale.to_string()).fails();
    assert_eq!(error.kind(), Kind::Unauthenticated);
}

#[test]
fn a_person_of_another_provider_has_logged_in() {
    let google = google();
    let mut person = google.person_file();
    person["type"] = "external_account_authorized_user".into();
    person["token_url"] = person["token_uri"].take();
    reads_with(&google, &person);
    let seen = google.seen();
    assert!(seen[0].header("authorization").unwrap().starts_with("Basic "));
    assert!(!String::from_utf8_lossy(&seen[0].body).contains("client_secret"));
}

#[test]
fn a_workloads_token_is_read_from_a_file_each_time() {
    let google = google();
    let caller = Caller::google();
    let token = caller.home.file("token", "not yet");
    let caller = caller.file(FILE, google.workload_file(&json!({ "file": token })).to_string());
    let backend = caller.load().unwrap();
    assert_eq!(library::failure(&backend, "KEY").kind(), Kind::Unauthenticated);
    caller.home.file("token", google.subject() + "\n");
    assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"v");

    let format = json!({ "type": "json", "subject_token_field_name": "id_token" });
    let token = caller.home.file("token.json", json!({ "id_token": google.subject() }).to_string());
    reads_with(&google, &google.workload_file(&json!({ "file": token, "format": format })));
    caller.home.file("token.json", "{}");
    let source = json!({ "file": token, "format": format });
    let error = Caller::google().file(FILE, google.workload_file(&source).to_string()).fails();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[test]
fn a_workloads_token_is_asked_for_at_its_own_provider() {
    let google = google();
    for json in [false, true] {
        reads_with(&google, &google.workload_file(&google.subject_source(json)));
    }
    let mut source = google.subject_source(false);
    source["headers"] = json!({});
    let error = Caller::google().file(FILE, google.workload_file(&source).to_string()).fails();
    assert_eq!(error.kind(), Kind::Unauthenticated);
}

#[test]
fn a_workload_may_act_as_an_account() {
    let google = google();
    let mut file = google.workload_file(&google.subject_source(false));
    file["service_account_impersonation_url"] = google.impersonation_url().into();
    file["service_account_impersonation"] = json!({ "token_lifetime_seconds": 600 });
    reads_with(&google, &file);
    assert_eq!(google.issued().len(), 2, "one for the workload, one for the account");
    let body: Value = serde_json::from_slice(&google.seen()[2].body).unwrap();
    assert_eq!(body["lifetime"], "600s");
}

#[test]
fn anybody_may_act_as_an_account_that_lets_them() {
    let google = google();
    for source in [google.account_file(), google.person_file(), google.workload_file(&google.subject_source(true))] {
        reads_with(&google, &google.acting_file(&source));
    }
    let mut stranger = google.acting_file(&google.account_file());
    stranger["delegates"] = json!(["projects/-/serviceAccounts/stranger@test-project.iam.gserviceaccount.com"]);
    let error = Caller::google().file(FILE, stranger.to_string()).fails();
    assert_eq!(error.kind(), Kind::Unauthenticated);
}

#[test]
fn a_file_that_names_other_places_than_were_granted_is_not_followed() {
    let (google, other) = (google(), google());
    let caller = Caller::google().file(FILE, google.account_file().to_string());
    let backend = caller.load().unwrap();
    caller.home.file("credentials", other.account_file().to_string());
    assert_eq!(library::failure(&backend, "KEY").kind(), Kind::Untrusted);
    assert_eq!((google.seen(), other.seen(), caller.service.seen()), (vec![], vec![], vec![]));
}

#[test]
fn a_file_that_names_another_token_than_was_granted_is_not_followed() {
    let google = google();
    let caller = Caller::google();
    let (token, other) = (caller.home.file("token", google.subject()), caller.home.file("other", "canary"));
    let file = |token: &std::path::Path| google.workload_file(&json!({ "file": token })).to_string();
    let caller = caller.file(FILE, file(&token));
    let facts = caller.builder().candidate().unwrap().facts().clone();
    assert!(facts.credentials[0].from.to_string().contains(token.to_str().unwrap()), "{facts:?}");
    let backend = caller.load().unwrap();
    caller.home.file("credentials", file(&other));
    assert_eq!(library::failure(&backend, "KEY").kind(), Kind::Untrusted);
    assert_eq!(google.seen(), []);
}

/// A file whose program prints the other provider's token, and leaves a mark.
fn with_program(google: &GoogleIdentity, caller: &Caller) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let printed = json!({
        "version": 1,
        "success": true,
        "token_type": "urn:ietf:params:oauth:token-type:id_token",
        "id_token": google.subject(),
        "expiration_time": 9_999_999_999_u64,
    });
    let mark = caller.home.path().join("mark");
    let script = format!(
        "#!/bin/sh\necho \"$1 $GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE\" > {}\nprintf %s '{printed}'\n",
        mark.display()
    );
    let program = caller.home.file("program", script);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let command = format!("{} argument", program.display());
    google.workload_file(&json!({ "executable": { "command": command, "timeout_millis": 5000 } })).to_string()
}

#[test]
fn a_program_is_run_only_from_the_users_own_home_and_only_if_they_allow_it() {
    const ALLOW: &str = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";
    let google = google();
    let in_home = || {
        let caller = Caller::google();
        let file = with_program(&google, &caller);
        (caller.gcloud(&file), file)
    };
    for refused in [
        in_home().0,
        in_home().0.env(ALLOW, "0"),
        {
            let (caller, file) = in_home();
            caller.env(ALLOW, "1").file(FILE, file)
        },
        {
            let (caller, file) = in_home();
            let folder = caller.home.file("elsewhere/application_default_credentials.json", file);
            caller.env(ALLOW, "1").env("CLOUDSDK_CONFIG", folder.parent().unwrap().to_str().unwrap())
        },
    ] {
        let error = refused.fails();
        assert_eq!(error.kind(), Kind::Refused, "{error}");
        assert!(!refused.home.path().join("mark").exists(), "the program was run");
    }
    let (caller, _) = in_home();
    let caller = caller.env(ALLOW, "1");
    let facts = caller.builder().candidate().unwrap().facts().clone();
    assert!(facts.credentials[0].from.to_string().contains("program argument\" prints"), "{facts:?}");
    assert!(!caller.home.path().join("mark").exists(), "the program was run before the grant");
    assert_eq!([caller.shows()], google.issued()[..]);
    let mark = std::fs::read_to_string(caller.home.path().join("mark")).unwrap();
    assert_eq!(mark, "argument urn:ietf:params:oauth:token-type:id_token\n");
}
