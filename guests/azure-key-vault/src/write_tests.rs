#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn json(secret: &NewSecret, content_type: Option<&str>) -> String {
    serde_json::to_string(&body(secret, content_type).unwrap()).unwrap()
}

#[test]
fn a_version_is_written_with_what_the_caller_gave_and_nothing_else() {
    assert_eq!(json(&NewSecret::new("key", "ö\"\n"), None), r#"{"value":"ö\"\n"}"#);
    let full = NewSecret {
        description: Some("d".into()),
        tags: vec![("b".into(), String::new()), ("a".into(), "1".into())],
        expires_at: Some(1999),
        ..NewSecret::new("key", "")
    };
    assert_eq!(
        json(&full, Some("text/plain")),
        r#"{"value":"","contentType":"text/plain","tags":{"a":"1","b":"","description":"d"},"attributes":{"exp":1}}"#
    );
    assert_eq!(
        json(&NewSecret { description: Some(String::new()), ..NewSecret::new("key", "v") }, None),
        r#"{"value":"v"}"#
    );
}

#[test]
fn what_the_vault_can_not_keep_is_refused_before_it_is_sent() {
    let tags = vec![("description".to_owned(), "x".to_owned())];
    let cases = [
        NewSecret::new("key", [0xff]),
        NewSecret::new("key", "x".repeat(VALUE_BYTES + 1)),
        NewSecret { description: Some("d".into()), tags, ..NewSecret::new("key", "v") },
    ];
    for secret in cases {
        assert!(matches!(body(&secret, None), Err(Error::Invalid(_))));
    }
    assert!(body(&NewSecret::new("key", "x".repeat(VALUE_BYTES)), None).is_ok());
}
