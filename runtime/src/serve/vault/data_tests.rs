#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use secret_runtime::SecretBytes;
use serde_json::{Value, json};

use super::*;

fn secret(version: Option<&str>, expires_at: Option<SystemTime>, pairs: &[(&str, &str)]) -> Secret {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Secret::new(SecretBytes::from(b"v".to_vec()), version.map(str::to_owned), expires_at, pairs)
}

fn metadata(objects: bool, secret: &Secret) -> Value {
    serde_json::to_value(Metadata::of(objects, secret)).unwrap()
}

#[test]
fn what_a_vault_backend_tells_is_told_as_vault_does() {
    let secret = secret(Some("3"), None, &[("created_time", "2026-01-02T03:04:05.678Z"), ("owner", "a")]);
    let expected = json!({
        "created_time": "2026-01-02T03:04:05.678Z",
        "custom_metadata": { "owner": "a" },
        "deletion_time": "",
        "destroyed": false,
        "version": 3,
    });
    assert_eq!(metadata(true, &secret), expected);
}

#[test]
fn a_version_that_is_no_number_is_none_to_clients_and_is_told_beside() {
    let told = metadata(false, &secret(Some("a1b2"), None, &[("version", "a lie")]));
    assert_eq!((&told["version"], &told["custom_metadata"]), (&json!(0), &json!({ "version": "a1b2" })));
    let told = metadata(false, &secret(None, None, &[]));
    assert_eq!((&told["version"], &told["custom_metadata"]), (&json!(0), &Value::Null));
}

#[test]
fn what_is_no_time_is_never_told_as_one() {
    for word in ["yesterday", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05+01:00", ""] {
        let told = metadata(true, &secret(None, None, &[("created_time", word)]));
        assert_eq!((&told["created_time"], &told["custom_metadata"]["created_time"]), (&json!(NO_TIME), &json!(word)));
    }
}

#[test]
fn an_end_is_a_deletion_only_where_vaults_objects_pass() {
    let (past, future) = (SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(3600));
    let ending = |objects, end| {
        let told = metadata(objects, &secret(None, Some(end), &[]));
        (told["deletion_time"] == "", told["custom_metadata"].is_null())
    };
    assert_eq!(ending(true, future), (false, true));
    assert_eq!(ending(true, past), (true, true));
    assert_eq!(ending(false, future), (true, false));
    assert_eq!(ending(false, past), (true, false));
}

#[test]
fn check_and_set_is_a_number_or_a_refusal() {
    let mode = |json: &str| serde_json::from_str::<Cas>(json).unwrap().mode().map_err(|reply| reply.status.as_u16());
    assert_eq!(mode("0").ok().unwrap(), WriteMode::CreateOnly);
    assert_eq!(mode("7").ok().unwrap(), WriteMode::IfVersion("7".into()));
    assert_eq!(mode("\"7\"").ok().unwrap(), WriteMode::IfVersion("7".into()));
    for json in ["-1", "1.5", "\"x\"", "true", "[]", "{}", "99999999999999999999"] {
        assert_eq!(mode(json).err(), Some(400), "{json}");
    }
}
