#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

fn errors_body(words: &[&str]) -> String {
    serde_json::json!({ "errors": words }).to_string()
}

fn present(body: &str) -> Response {
    Response::new(200, body)
}

const READ: &str = r#"{"request_id":"1","data":{"data":{"value":"v","n":1.0},"metadata":{"created_time":"2026-11-22T10:28:15.1Z",
    "custom_metadata":{"owner":"a","created_time":"never"},"deletion_time":"2026-11-22T11:28:15Z","destroyed":false,"version":3}}}"#;

#[test]
fn a_secret_is_read_with_its_version_and_what_lies_beside_it() {
    let response = present(READ);
    let Current::Present { data, version } = Current::of(&response).unwrap() else { panic!("there is one") };
    assert_eq!((data.get(), version.number), (r#"{"value":"v","n":1.0}"#, 3));
    assert_eq!(version.deletion_time(), Ok(Some(1_795_346_895_000)));
    let pairs = [("created_time", "2026-11-22T10:28:15.1Z"), ("owner", "a")];
    assert_eq!(version.pairs(), pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_missing_secret_is_absent_and_a_deleted_one_is_known_as_such() {
    let missing = Response::new(404, errors_body(&[]));
    assert!(matches!(Current::of(&missing), Ok(Current::Absent)));
    let deleted = r#"{"data":{"data":null,"metadata":{"created_time":"t","custom_metadata":null,"deletion_time":"t","destroyed":false,"version":2}}}"#;
    let deleted = Response::new(404, deleted);
    assert!(matches!(Current::of(&deleted), Ok(Current::Deleted { version }) if version.number == 2));
}

#[test]
fn nothing_but_vaults_own_words_means_absent() {
    for body in ["", "<html>404</html>", "{}", "[]", r#"{"errors":null}"#, r#"{"data":{"data":{"value":"v"}}}"#] {
        let response = Response::new(404, body);
        assert!(matches!(Current::of(&response), Err(Error::Malformed(_))), "{body}");
        assert!(matches!(Metadata::of(&response), Err(Error::Malformed(_))), "{body}");
        assert!(matches!(keys(&response), Err(Error::Malformed(_))), "{body}");
    }
    let no_mount = Response::new(404, errors_body(&["no handler for route \"nope/data/a\""]));
    for outcome in
        [Current::of(&no_mount).map(|_| ()), Metadata::of(&no_mount).map(|_| ()), keys(&no_mount).map(|_| ())]
    {
        assert!(matches!(outcome, Err(Error::Other(detail)) if detail.code == code::NOT_KV_V2));
    }
}

#[test]
fn a_success_of_another_shape_is_malformed() {
    let version_1 = r#"{"data":{"value":"v"}}"#;
    let without_data = r#"{"data":{"data":null,"metadata":{"created_time":"t","version":2}}}"#;
    for body in ["", "{}", "null", version_1, without_data, r#"{"data":{"data":{},"metadata":{}}}"#] {
        assert!(matches!(Current::of(&present(body)), Err(Error::Malformed(_))), "{body}");
    }
    let contradicting = Response::new(404, READ);
    assert!(matches!(Current::of(&contradicting), Err(Error::Malformed(_))));
    assert!(matches!(written(&Response::new(204, "")), Err(Error::Malformed(_))));
}

#[test]
fn each_status_becomes_its_kind_of_error() {
    let coded = |error: &Error| match error {
        Error::Denied(d) | Error::Unavailable(d) | Error::Conflict(d) | Error::Other(d) => d.code.clone(),
        _ => String::new(),
    };
    let mismatch = ["check-and-set parameter did not match the current version"];
    type Is = fn(&Error) -> bool;
    let cases: [(u16, &[&str], Is, &str); 14] = [
        (400, &mismatch, |e| matches!(e, Error::Conflict(_)), "cas-mismatch"),
        (400, &["no data provided"], |e| matches!(e, Error::Invalid(_)), ""),
        (403, &["permission denied"], |e| matches!(e, Error::Denied(d) if d.message == "permission denied"), ""),
        (405, &["unsupported operation"], |e| matches!(e, Error::Other(_)), "not-kv-v2"),
        (307, &[], |e| matches!(e, Error::Unavailable(_)), "standby"),
        (408, &[], |e| matches!(e, Error::Timeout), ""),
        (412, &["required index state not present"], |e| matches!(e, Error::Unavailable(_)), ""),
        (418, &[], |e| matches!(e, Error::Malformed(_)), ""),
        (429, &[], |e| matches!(e, Error::RateLimited(None)), ""),
        (472, &[], |e| matches!(e, Error::Unavailable(_)), "standby"),
        (473, &[], |e| matches!(e, Error::Unavailable(_)), "standby"),
        (500, &["internal error"], |e| matches!(e, Error::Unavailable(_)), ""),
        (502, &[], |e| matches!(e, Error::Unavailable(_)), ""),
        (503, &["Vault is sealed"], |e| matches!(e, Error::Unavailable(_)), "sealed"),
    ];
    for (status, words, is, code) in cases {
        let error = failure(&Response::new(status, errors_body(words)));
        assert!(is(&error) && coded(&error) == code, "{status}: {error:?}");
    }
    let from_a_proxy = failure(&Response::new(503, "no upstream"));
    assert!(matches!(&from_a_proxy, Error::Unavailable(_)) && coded(&from_a_proxy).is_empty());
}

#[test]
fn a_wait_that_vault_asks_for_is_passed_on() {
    let headers = vec![("retry-after".to_owned(), "3".to_owned())];
    let response =
        Response { headers, ..Response::new(429, errors_body(&["request path \"kv\": rate limit quota exceeded"])) };
    assert_eq!(failure(&response), Error::RateLimited(Some(3)));
}

#[test]
fn a_secret_exists_while_its_current_version_can_be_read() {
    let now = 1_795_343_295_000; // 2026-11-22T10:28:15Z
    let cases = [
        (r#"{"current_version":1,"versions":{"1":{"created_time":"t","deletion_time":"","destroyed":false}}}"#, true),
        (r#"{"current_version":1,"versions":{"1":{"deletion_time":"2026-11-22T10:28:16Z","destroyed":false}}}"#, true),
        (r#"{"current_version":1,"versions":{"1":{"deletion_time":"2026-11-22T10:28:15Z","destroyed":false}}}"#, false),
        (r#"{"current_version":1,"versions":{"1":{"deletion_time":"","destroyed":true}}}"#, false),
        (
            r#"{"current_version":2,"versions":{"1":{"deletion_time":"","destroyed":false},"2":{"destroyed":true}}}"#,
            false,
        ),
        (r#"{"current_version":0,"versions":{}}"#, false),
    ];
    for (data, expected) in cases {
        let metadata = Metadata::of(&present(&format!("{{\"data\":{data}}}"))).unwrap().unwrap();
        assert_eq!(metadata.is_readable(now), Ok(expected), "{data}");
    }
    assert!(Metadata::of(&Response::new(404, errors_body(&[]))).unwrap().is_none());
    let odd = r#"{"data":{"current_version":1,"versions":{"1":{"deletion_time":"soon"}}}}"#;
    assert!(matches!(Metadata::of(&present(odd)).unwrap().unwrap().is_readable(now), Err(Error::Malformed(_))));
}

#[test]
fn a_folder_lists_its_keys_and_a_missing_one_nothing() {
    assert_eq!(keys(&present(r#"{"data":{"keys":["a","b/"]}}"#)), Ok(vec!["a".to_owned(), "b/".to_owned()]));
    assert_eq!(keys(&Response::new(404, errors_body(&[]))), Ok(vec![]));
}

#[test]
fn a_server_serves_unless_it_is_sealed_new_or_a_recovery_standby() {
    let health = |status, initialized, sealed| {
        let body = format!(r#"{{"initialized":{initialized},"sealed":{sealed},"standby":true,"version":"2"}}"#);
        Health::of(&Response::new(status, body)).unwrap().is_serving()
    };
    for status in [200, 429, 473] {
        assert_eq!(health(status, true, false), Ok(()), "{status}");
    }
    let code = |outcome: Result<()>| match outcome {
        Err(Error::Unavailable(detail)) => detail.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(health(501, false, true)), "");
    assert_eq!(code(health(503, true, true)), "sealed");
    assert_eq!(code(health(472, true, false)), "standby");
    assert!(matches!(Health::of(&present("<html>")).map(|_| ()), Err(Error::Malformed(_))));
    for status in [502, 503] {
        let from_a_proxy = Response::new(status, "no upstream");
        assert!(matches!(Health::of(&from_a_proxy).map(|_| ()), Err(Error::Unavailable(_))), "{status}");
    }
    let limited = Response::new(429, errors_body(&["rate limit quota exceeded"]));
    assert_eq!(Health::of(&limited).map(|_| ()), Err(Error::RateLimited(None)));
}

#[test]
fn a_mount_is_checked_for_its_kind_and_version() {
    assert_eq!(is_kv_v2(&present(r#"{"data":{"type":"kv","options":{"version":"2"},"path":"secret/"}}"#)), Ok(()));
    for data in [
        r#"{"type":"kv","options":{"version":"1"}}"#,
        r#"{"type":"kv","options":null}"#,
        r#"{"type":"transit","options":{}}"#,
    ] {
        let outcome = is_kv_v2(&present(&format!("{{\"data\":{data}}}")));
        assert!(matches!(outcome, Err(Error::Other(detail)) if detail.code == code::NOT_KV_V2), "{data}");
    }
    assert!(matches!(is_kv_v2(&Response::new(403, errors_body(&["denied"]))), Err(Error::Denied(_))));
}
