//! URLs and headers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::{Backend, GOOGLE, KEY, Pairs, VAULT, run};

#[test]
fn a_url_that_can_be_read_in_two_ways_is_refused() {
    run(
        &Backend::new(VAULT, &[]),
        &[
            ("read", KEY, "GET /v1/secret/data/x/../KEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/x/%2e%2E/KEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/./KEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret//data/KEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/KEY/", &[], "", Err("path")),
            ("read", KEY, "GET //v1/secret/data/KEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/x%2F..%2FKEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data%5CKEY", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret\\data\\KEY", &[], "", Err("url")),
            ("read", KEY, "GET /v1/secret/data/KE%00Y", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/KEY%", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/KEY%FF", &[], "", Err("path")),
            ("read", KEY, "GET /v1/secret/data/%254BEY", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/secret/data/K\tEY", &[], "", Err("url")),
            ("read", KEY, "GET /v1/secret/data/KEY\r\nHost: x", &[], "", Err("url")),
            ("read", KEY, "GET /v1/secret/data/KEY#x", &[], "", Err("url")),
            ("read", KEY, "GET https:s.example/v1/secret/data/KEY", &[], "", Err("url")),
            ("read", KEY, "GET https:///s.example/v1/secret/data/KEY", &[], "", Err("url")),
            ("read", KEY, "GET file://s.example/v1/secret/data/KEY", &[], "", Err("url")),
            ("read", KEY, "GET not-a-url", &[], "", Err("url")),
            ("read", KEY, &format!("GET /v1/secret/data/{}", "x".repeat(20_000)), &[], "", Err("url")),
        ],
    );
}

#[test]
fn only_granted_origins_are_reached() {
    run(
        &Backend::new(VAULT, &[]),
        &[
            ("read", KEY, "GET http://s.example/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://s.example:8200/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://evil.example/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://s.example.evil.example/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://s.example./v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://\u{0455}.example/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://[::1]/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://2130706433/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://0x7f000001/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://127.1/v1/secret/data/KEY", &[], "", Err("origin")),
            ("read", KEY, "GET https://s.example@evil.example/v1/secret/data/KEY", &[], "", Err("userinfo")),
            ("read", KEY, "GET https://user:pw@s.example/v1/secret/data/KEY", &[], "", Err("userinfo")),
            ("read", KEY, "GET https://@s.example/v1/secret/data/KEY", &[], "", Err("userinfo")),
        ],
    );
}

#[test]
fn headers_are_those_that_are_allowed_and_pinned() {
    let team = Backend::new(VAULT, &[("namespace", "team")]);
    const LINE: &str = "GET /v1/secret/data/KEY";
    const SENT: Result<&str, &str> = Ok("/v1/secret/data/KEY");
    let with = |headers: Pairs<'static>, wanted| ("read", KEY, LINE, headers, "", wanted);
    run(
        &team,
        &[
            with(&[("x-vault-namespace", "team")], SENT),
            with(&[("X-Vault-Namespace", " team\t"), ("Accept", "application/json")], SENT),
            with(&[], Err("request-rule")),
            with(&[("X-Vault-Namespace", "other")], Err("request-rule")),
            with(&[("X-Vault-Namespace", "")], Err("request-rule")),
            with(&[("X-Vault-Namespace", "team"), ("x-vault-namespace", "team")], Err("header")),
            with(&[("X-Vault-Namespace", "team\r\nX-Vault-Token: x")], Err("header")),
            with(&[("X-Vault-Namespace", "te\0am")], Err("header")),
            with(&[("X-Vault-Namespace", "t\u{e9}am")], Err("header")),
        ],
    );
    let plain = Backend::new(VAULT, &[]);
    run(&plain, &[with(&[], SENT), with(&[("X-Vault-Namespace", "team")], Err("request-rule"))]);
    for (name, rule) in [
        ("Host", "header"),
        ("Content-Length", "header"),
        ("Transfer-Encoding", "header"),
        ("Connection", "header"),
        ("Proxy-Authorization", "header"),
        ("Authorization", "header"),
        ("Cookie", "header"),
        ("X-Forwarded-For", "header"),
        ("Forwarded", "header"),
        ("X-HTTP-Method-Override", "header"),
        ("Accept-Encoding", "header"),
        ("Bad Name", "header"),
        ("", "header"),
        ("X-Vault-Wrap-TTL", "request-rule"),
        ("X-Vault-Token", "request-rule"),
        ("X-Anything", "request-rule"),
    ] {
        let refusal = plain.check("read", KEY, LINE, &[(name, "60s")], "").unwrap_err();
        assert_eq!(refusal.rule, rule, "{name}: {refusal}");
    }
}

#[test]
fn paths_below_a_base_are_those_of_the_rule() {
    let latest: Pairs<'_> = &[("name", "KEY")];
    let google = Backend::new(GOOGLE, &[("project", "p"), ("endpoint", "https://s.example/base/")]);
    run(
        &google,
        &[
            (
                "read",
                latest,
                "GET /base/v1/projects/p/secrets/KEY/versions/latest:access",
                &[],
                "",
                Ok("/base/v1/projects/p/secrets/KEY/versions/latest:access"),
            ),
            (
                "read",
                latest,
                "GET /base/v1/projects/q/secrets/KEY/versions/latest:access",
                &[],
                "",
                Err("request-rule"),
            ),
            ("read", latest, "GET /v1/projects/p/secrets/KEY/versions/latest:access", &[], "", Err("request-rule")),
            ("read", latest, "GET /base/v1/projects/p/secrets/KEY/versions/1:access", &[], "", Err("request-rule")),
            ("read", latest, "GET /base/v1/projects/p", &[], "", Err("request-rule")),
        ],
    );
}
