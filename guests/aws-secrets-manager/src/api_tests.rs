#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn value(json: &str) -> Result<Vec<u8>> {
    serde_json::from_str::<Value>(json).unwrap().into_bytes()
}

#[test]
fn a_value_is_text_or_bytes_and_one_of_them() {
    let with = |member: &str| value(&format!(r#"{{"ARN":"a","Name":"n","VersionId":"v"{member}}}"#));
    assert_eq!(with(r#","SecretString":"a\u00e9\n""#).unwrap(), "aé\n".as_bytes());
    assert_eq!(with(r#","SecretBinary":"AP8=""#).unwrap(), b"\0\xff");
    assert_eq!(with(r#","SecretString":"","SecretBinary":null"#).unwrap(), b"");
    assert!(matches!(with(""), Err(Error::Malformed(_))));
    assert!(matches!(with(r#","SecretString":"x","SecretBinary":"AP8=""#), Err(Error::Malformed(_))));
}

#[test]
fn the_current_version_is_found_by_its_label_in_descriptions_and_listings() {
    for key in ["VersionIdsToStages", "SecretVersionsToStages"] {
        let json = format!(r#"{{"ARN":"a","Name":"n","{key}":{{"1":["AWSPREVIOUS"],"2":["x","AWSCURRENT"]}}}}"#);
        let found: Description = serde_json::from_str(&json).unwrap();
        assert_eq!((found.current(), found.is_deleted()), (Some("2"), false), "{key}");
    }
    let found: Description = serde_json::from_str(r#"{"ARN":"a","Name":"n","DeletedDate":1.7e9}"#).unwrap();
    assert_eq!((found.current(), found.is_deleted()), (None, true));
}

#[test]
fn random_bytes_become_a_uuid_of_version_4() {
    assert_eq!(uuid(&[0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(uuid(&[0; 16]), "00000000-0000-4000-8000-000000000000");
    assert!(is_uuid(&uuid(&(0..16).collect::<Vec<_>>())));
}

#[test]
fn a_label_is_not_taken_for_an_id() {
    for label in ["AWSCURRENT", "", "00000000-0000-4000-8000-00000000000g", "00000000-0000-4000-8000-0000000000000"] {
        assert!(!is_uuid(label), "{label}");
    }
}
