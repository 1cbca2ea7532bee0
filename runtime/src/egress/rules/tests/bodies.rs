//! Bodies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::{AWS, Backend, KEY, KMS, Pairs, VAULT, run};

#[test]
fn a_json_body_is_closed_and_written_by_us() {
    const LINE: &str = "POST /v1/secret/data/KEY";
    let body = |body: &'static str, wanted| ("write", KEY, LINE, &[] as Pairs<'static>, body, wanted);
    run(
        &Backend::new(VAULT, &[]),
        &[
            body(
                r#"{ "options": {"cas": 0}, "data": {"b": 1, "a": "\u0078"} }"#,
                Ok(r#"/v1/secret/data/KEY {"data":{"a":"x","b":1},"options":{"cas":0}}"#),
            ),
            body(r#"{"data":{}}"#, Ok(r#"/v1/secret/data/KEY {"data":{}}"#)),
            body(r#"{"data":{},"options":{}}"#, Ok(r#"/v1/secret/data/KEY {"data":{},"options":{}}"#)),
            body("", Err("request-rule")),
            body("{}", Err("request-rule")),
            body("[]", Err("request-rule")),
            body(r#"{"options":{"cas":0}}"#, Err("request-rule")),
            body(r#"{"data":{},"options":{"ttl":0}}"#, Err("request-rule")),
            body(r#"{"data":{},"options":7}"#, Err("request-rule")),
            body(r#"{"data":{},"more":1}"#, Err("request-rule")),
            body(r#"{"data":{},"data":{}}"#, Err("request-rule")),
            body(r#"{"data":{"a":1,"a":2}}"#, Err("request-rule")),
            body(r#"{"data":{}} {}"#, Err("request-rule")),
            body(r#"{"data":"#, Err("request-rule")),
            ("write", KEY, LINE, &[("Content-Type", "text/xml")], r#"{"data":{}}"#, Err("request-rule")),
            (
                "write",
                KEY,
                LINE,
                &[("Content-Type", "application/json; charset=utf-16")],
                r#"{"data":{}}"#,
                Err("request-rule"),
            ),
        ],
    );
    let sent = Backend::new(VAULT, &[])
        .check("write", KEY, LINE, &[("Content-Type", "Application/JSON; charset=UTF-8")], r#"{"data":{}}"#)
        .unwrap();
    assert_eq!(sent.headers, [("content-type".to_owned(), "application/json".to_owned())]);
}

#[test]
fn typed_pins_compare_type_and_value() {
    const TARGET: &str = "secretsmanager.DeleteSecret";
    let headers: Pairs<'_> = &[("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", TARGET)];
    let days: Pairs<'_> = &[("name", "KEY"), ("days", "7")];
    let force: Pairs<'_> = &[("name", "KEY"), ("permanent", "true")];
    let one = |words, body, wanted| ("delete", words, "POST /", headers, body, wanted);
    run(
        &Backend::new(AWS, &[("region", "eu-west-1")]),
        &[
            one(
                days,
                r#"{"SecretId":"KEY","RecoveryWindowInDays":7}"#,
                Ok(r#"/ {"RecoveryWindowInDays":7,"SecretId":"KEY"}"#),
            ),
            one(days, r#"{"SecretId":"KEY"}"#, Ok(r#"/ {"SecretId":"KEY"}"#)),
            one(days, r#"{"SecretId":"KEY","RecoveryWindowInDays":"7"}"#, Err("request-rule")),
            one(days, r#"{"SecretId":"KEY","RecoveryWindowInDays":8}"#, Err("request-rule")),
            one(days, r#"{"SecretId":"KEY","RecoveryWindowInDays":7.0}"#, Err("request-rule")),
            one(days, r#"{"SecretId":"KEY","ForceDeleteWithoutRecovery":true}"#, Err("request-rule")),
            one(
                force,
                r#"{"SecretId":"KEY","ForceDeleteWithoutRecovery":true}"#,
                Ok(r#"/ {"ForceDeleteWithoutRecovery":true,"SecretId":"KEY"}"#),
            ),
            one(force, r#"{"SecretId":"KEY","ForceDeleteWithoutRecovery":"true"}"#, Err("request-rule")),
            one(days, r#"{"SecretId":"other","SecretId":"KEY"}"#, Err("request-rule")),
            one(days, r#"{"SecretId":["KEY"]}"#, Err("request-rule")),
        ],
    );
}

#[test]
fn a_map_pins_each_of_its_pairs() {
    let headers: Pairs<'_> =
        &[("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "TrentService.Decrypt")];
    let words: Pairs<'_> = &[("name", "KEY"), ("stored", "ab")];
    let one = |body, wanted| ("read", words, "POST /", headers, body, wanted);
    let set: &[(&str, &str)] = &[("region", "r"), ("context", "a=1,b=2"), ("bind-name", "secret")];
    run(
        &Backend::new(KMS, set),
        &[
            one(
                r#"{"CiphertextBlob":"YWI=","EncryptionContext":{"a":"1","b":"2","secret":"KEY"}}"#,
                Ok(r#"/ {"CiphertextBlob":"YWI=","EncryptionContext":{"a":"1","b":"2","secret":"KEY"}}"#),
            ),
            one(r#"{"CiphertextBlob":"YWI=","EncryptionContext":{"a":"1","b":"2"}}"#, Err("request-rule")),
            one(r#"{"CiphertextBlob":"YWI=","EncryptionContext":{"a":"1","secret":"KEY"}}"#, Err("request-rule")),
            one(
                r#"{"CiphertextBlob":"YWI=","EncryptionContext":{"a":"1","b":"2","secret":"OTHER"}}"#,
                Err("request-rule"),
            ),
            one(
                r#"{"CiphertextBlob":"YWI=","EncryptionContext":{"a":"1","b":"2","c":"3","secret":"KEY"}}"#,
                Err("request-rule"),
            ),
        ],
    );
    run(
        &Backend::new(KMS, &[("region", "r")]),
        &[
            one(r#"{"CiphertextBlob":"YWI="}"#, Ok(r#"/ {"CiphertextBlob":"YWI="}"#)),
            one(r#"{"CiphertextBlob":"YWI=","EncryptionContext":{}}"#, Err("request-rule")),
        ],
    );
}

#[test]
fn debug_of_what_is_sent_shows_no_body() {
    let body = r#"{"data":{"value":"hunter2"}}"#;
    let sent = Backend::new(VAULT, &[]).check("write", KEY, "POST /v1/secret/data/KEY", &[], body).unwrap();
    assert!(!format!("{sent:?}").contains("hunter2"));
}

#[test]
fn a_rule_is_off_while_something_it_excludes_is_set() {
    let one_json = r#"
        manifest = 1
        name = "x"
        version = "0.1.0"
        [config]
        address = { required = true }
        shared = {}
        [[origin]]
        name = "x"
        url = "{address}"
        [[request]]
        for = ["read"]
        unless = ["shared", "version"]
        method = "GET"
        path = "/{name}"
    "#;
    let off = Backend::new(one_json, &[("shared", "all")]);
    run(&off, &[("read", KEY, "GET /KEY", &[], "", Err("request-rule"))]);
    let versioned: Pairs<'_> = &[("name", "KEY"), ("version", "v1")];
    run(
        &Backend::new(one_json, &[]),
        &[
            ("read", KEY, "GET /KEY", &[], "", Ok("/KEY")),
            ("read", versioned, "GET /KEY", &[], "", Err("request-rule")),
        ],
    );
    let unknown = one_json.replace("\"version\"]", "\"versions\"]");
    assert!(crate::manifest::Manifest::parse(&unknown).unwrap_err().to_string().contains("did you mean {version}?"));
}
