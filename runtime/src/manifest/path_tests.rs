//! Tests of path and URL templates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use super::*;

fn scope() -> BTreeMap<String, String> {
    [
        ("name", "team/a b"),
        ("mount", "/kv/x/"),
        ("empty", ""),
        ("key", "projects/p/cryptoKeys/k"),
        ("address", "https://vault.example:8200/base/"),
        ("region", "eu-west-1"),
        ("evil", "evil.example/"),
        ("up", "a/../b"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

fn segments(source: &str) -> Option<Vec<String>> {
    let path = PathTemplate::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    let Segments { segments, open } = path.segments(&scope())?;
    let shown = segments.into_iter().map(|segment| segment.text().unwrap_or_else(|| "*".into()));
    Some(shown.chain(open.then(|| "**".to_owned())).collect())
}

#[test]
fn a_path_becomes_segments() {
    let cases: [(&str, Option<&[&str]>); 12] = [
        ("/", Some(&[])),
        ("/v1{/mount*}/data{/name*}", Some(&["v1", "kv", "x", "data", "team", "a b"])),
        ("/v1{/empty*}/data{/unset}", Some(&["v1", "data"])),
        ("/secrets/{name}", Some(&["secrets", "team/a b"])),
        ("/secrets{/name}", Some(&["secrets", "team/a b"])),
        ("/secrets/{unset}", None),
        ("/v1{/key*}:decrypt", Some(&["v1", "projects", "p", "cryptoKeys", "k:decrypt"])),
        ("/v1{/unset*}:decrypt", None),
        ("/x/{unset|\"latest\"}:access", Some(&["x", "latest:access"])),
        ("/a/*/b", Some(&["a", "*", "b"])),
        ("/a{/mount*}/**", Some(&["a", "kv", "x", "**"])),
        ("/**", Some(&["**"])),
    ];
    for (source, wanted) in cases {
        let wanted = wanted.map(|all| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(segments(source), wanted, "{source}");
    }
}

#[test]
fn what_is_not_a_path_is_refused() {
    for bad in [
        "",
        "a",
        "{name}",
        "//",
        "/a//b",
        "/a/",
        "/a/{/b}",
        "/a?b",
        "/a#b",
        "/%41",
        "/a\\b",
        "/..",
        "/a/./b",
        "/**/a",
        "/a*",
        "/***",
        "/a/*b",
        "/{x:json}",
        "{/x:map}",
        "/a\u{1}",
    ] {
        assert!(PathTemplate::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_url_becomes_text_with_its_path_encoded() {
    for (source, url) in [
        ("{address}", Some("https://vault.example:8200/base/")),
        ("{address}/v1{/mount*}/login", Some("https://vault.example:8200/base/v1/kv/x/login")),
        ("{address}/authn/{name}/x", Some("https://vault.example:8200/base/authn/team%2Fa%20b/x")),
        ("{address}{/mount*}", Some("https://vault.example:8200/base/kv/x")),
        ("https://sm.{region}.example/v1/{region}", Some("https://sm.eu-west-1.example/v1/eu-west-1")),
        ("https://sm.{evil}.example", None),
        ("https://sm.example/{unset}", None),
        ("https://sm.example/{up}", None),
        ("https://sm.example{/up*}", None),
        ("{unset}/x", None),
    ] {
        let template = UrlTemplate::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(template.expand(&scope()).as_deref().map(String::as_str), url, "{source}");
    }
}

#[test]
fn what_is_not_a_url_is_refused() {
    for bad in ["", "/v1", "ftp://x", "vault.example", "{address}:8200", "{address}/*", "https://x/**", "https://x/?a"]
    {
        assert!(UrlTemplate::parse(bad).is_err(), "{bad}");
    }
}
