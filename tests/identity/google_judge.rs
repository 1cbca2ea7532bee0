//! Google's own client gets its tokens from our stand-in too, with the same files and variables.

use std::process::Command;

use serde_json::{Value, json};
use test_support::{GoogleIdentity, Venv};

use super::caller::Caller;

const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// The token that Google's client gets.
fn judge(google: &GoogleIdentity, caller: &Caller, variables: &[(&str, String)]) -> Result<String, String> {
    let program = Venv::google().unwrap().program("python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/identity/google_judge.py");
    let mut command = Command::new(program);
    command
        .arg(script)
        .arg(google.impersonation_url())
        .env_clear()
        .env("HOME", caller.home.path())
        .env("NO_PROXY", "*");
    let output = command.envs(variables.iter().map(|(name, value)| (*name, value))).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Both get a token with this file.
#[track_caller]
fn both_read_with(google: &GoogleIdentity, file: &Value) {
    let caller = Caller::google().file(FILE, file.to_string());
    let path = caller.home.find("credentials").display().to_string();
    let theirs = judge(google, &caller, &[(FILE, path), ("NO_GCE_CHECK", "true".to_owned())]);
    assert_eq!(theirs.as_ref(), Ok(google.issued().last().unwrap_or(&String::new())));
    assert_eq!(Some(&caller.shows()), google.issued().last());
}

#[test]
fn both_get_a_token_with_the_same_file() {
    let google = GoogleIdentity::start().unwrap();
    let home = Caller::google().home;
    let token = home.file("token", google.subject());
    let of_file = google.workload_file(&json!({ "file": token }));
    let of_url = google.workload_file(&google.subject_source(true));
    let mut acting = of_url.clone();
    acting["service_account_impersonation_url"] = google.impersonation_url().into();
    let account = google.account_file();
    for file in [&account, &of_file, &of_url, &acting, &google.acting_file(&account)] {
        both_read_with(&google, file);
    }
}

#[test]
fn both_get_a_token_from_the_machine() {
    let google = GoogleIdentity::start().unwrap();
    let caller = Caller::google().env("GCE_METADATA_HOST", google.host());
    let theirs = judge(&google, &caller, &[("GCE_METADATA_HOST", google.host()), ("GCE_METADATA_IP", google.host())]);
    assert_eq!(theirs.as_ref(), Ok(google.issued().last().unwrap_or(&String::new())));
    assert_eq!(Some(&caller.shows()), google.issued().last());
}

#[test]
fn both_are_refused_with_the_wrong_proof() {
    let google = GoogleIdentity::start().unwrap();
    let mut unknown = google.account_file();
    unknown["private_key_id"] = "another".into();
    let mut source = google.subject_source(false);
    source["headers"] = json!({});
    for file in [unknown, google.workload_file(&source)] {
        let caller = Caller::google().file(FILE, file.to_string());
        let path = caller.home.find("credentials").display().to_string();
        assert!(judge(&google, &caller, &[(FILE, path)]).is_err());
        caller.fails();
    }
    assert_eq!(google.issued(), [""; 0]);
}
