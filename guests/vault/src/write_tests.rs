#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use secret_runtime_guest::http::Response;

use super::*;

fn present() -> Response {
    Response::new(
        200,
        r#"{"data":{"data":{"value":"old","user":"u"},"metadata":{"version":3,"created_time":"t","custom_metadata":{"owner":"a","team":"x"}}}}"#,
    )
}

fn deleted() -> Response {
    Response::new(
        404,
        r#"{"data":{"data":null,"metadata":{"version":2,"created_time":"t","custom_metadata":{"owner":"a"}}}}"#,
    )
}

fn absent() -> Response {
    Response::new(404, r#"{"errors":[]}"#)
}

/// The body of a write of `v` over what this reply says is there.
fn over(reply: &Response, mode: &WriteMode, field: Option<&str>, value: &str) -> Result<String> {
    let current = Current::of(reply)?;
    Ok(serde_json::to_string(&body(mode, field, value, Some(&current))?).unwrap())
}

#[test]
fn one_field_is_written_over_exactly_the_version_that_was_seen() {
    let version = |number: &str| WriteMode::IfVersion(number.into());
    let merged = r#"{"data":{"user":"u","value":"v"},"options":{"cas":3}}"#;
    let cases = [
        (present(), WriteMode::Upsert, merged),
        (present(), version("3"), merged),
        (deleted(), WriteMode::Upsert, r#"{"data":{"value":"v"},"options":{"cas":2}}"#),
        (deleted(), WriteMode::CreateOnly, r#"{"data":{"value":"v"},"options":{"cas":2}}"#),
        (absent(), WriteMode::Upsert, r#"{"data":{"value":"v"},"options":{"cas":0}}"#),
        (absent(), WriteMode::CreateOnly, r#"{"data":{"value":"v"},"options":{"cas":0}}"#),
    ];
    for (reply, mode, expected) in cases {
        assert_eq!(over(&reply, &mode, Some("value"), "v").as_deref(), Ok(expected), "{mode:?}");
    }
}

#[test]
fn a_mode_that_does_not_hold_is_a_conflict() {
    let cases = [
        (present(), WriteMode::CreateOnly),
        (present(), WriteMode::IfVersion("2".into())),
        (absent(), WriteMode::IfVersion("1".into())),
    ];
    for (reply, mode) in cases {
        let outcome = over(&reply, &mode, Some("value"), "v");
        assert!(matches!(outcome, Err(Error::Conflict(detail)) if detail.code == code::CAS_MISMATCH), "{mode:?}");
    }
    assert!(matches!(over(&present(), &WriteMode::IfVersion("x".into()), None, "{}"), Err(Error::Invalid(_))));
}

#[test]
fn a_whole_object_replaces_what_was_there() {
    let expected = r#"{"data":{"a":1},"options":{"cas":3}}"#;
    assert_eq!(over(&present(), &WriteMode::IfVersion("3".into()), None, r#"{"a":1}"#).as_deref(), Ok(expected));
    let blind = body(&WriteMode::Upsert, None, r#"{"a":1}"#, None).unwrap();
    assert_eq!(serde_json::to_string(&blind).unwrap(), r#"{"data":{"a":1}}"#);
}

#[test]
fn a_description_and_tags_are_added_to_what_lies_beside_the_secret() {
    let new = NewSecret {
        description: Some("d".into()),
        tags: vec![("team".into(), "y".into())],
        ..NewSecret::new("KEY", "v")
    };
    let reply = present();
    let all = beside(Some(Current::of(&reply).unwrap()), pairs(&new).unwrap());
    let expected = [("description", "d"), ("owner", "a"), ("team", "y")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(all, CustomMetadata::from(expected));
}

#[test]
fn what_vault_would_refuse_to_keep_is_refused_before_the_value_is_written() {
    let tagged = |tags: Vec<(String, String)>| NewSecret { tags, ..NewSecret::new("KEY", "v") };
    let many = (0..65).map(|i| (i.to_string(), "x".to_owned())).collect();
    let cases = [
        tagged(many),
        tagged(vec![(String::new(), "x".into())]),
        tagged(vec![("x".repeat(129), "x".into())]),
        tagged(vec![("x".into(), "x".repeat(513))]),
        tagged(vec![("x".into(), String::new())]),
        tagged(vec![("x".into(), "two\nlines".into())]),
        NewSecret { description: Some("d".repeat(513)), ..NewSecret::new("KEY", "v") },
        NewSecret { description: Some("d".into()), ..tagged(vec![("description".into(), "e".into())]) },
    ];
    for secret in cases {
        assert!(matches!(pairs(&secret), Err(Error::Invalid(_))));
    }
    assert_eq!(pairs(&NewSecret::new("KEY", "v")), Ok(CustomMetadata::new()));
}
