//! Signatures over what is sent, judged by botocore.

use std::{fmt::Write as _, process::Command};

use serde_json::json;
use test_support::{Judge, Reply, Signed, Upstream, Venv};

use super::{User, manifest, places::written};
use crate::common::{
    block_on,
    library::{load, runtime},
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "a/session+token==";

/// Names with the characters that encoders treat each in its own way.
const AWKWARD: [&str; 14] = [
    "plain",
    "a b",
    "a+b",
    "a%20b",
    "a=b&c=d",
    "team/prod/KEY",
    "~._-",
    "!*'()",
    ":@$,;",
    "\"<>^`{|}[]#?",
    "ünïcode/ключ/鍵",
    "🔑",
    "a\u{a0}b",
    "%",
];

fn botocore() -> Judge {
    let python = Venv::aws().unwrap().program("python");
    Judge::start(Command::new(python).args(["-c", include_str!("botocore.py")])).unwrap()
}

fn encoded(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => write!(encoded, "%{byte:02x}").unwrap(),
        }
        encoded
    })
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let bits = chunk.iter().chain([&0; 2]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        (0..4).map(move |at| ALPHABET[bits >> (18 - 6 * at) & 63]).collect::<Vec<_>>()
    };
    let text = bytes.chunks(3).flat_map(|chunk| {
        let mut four = digits(chunk);
        four.iter_mut().skip(chunk.len() + 1).for_each(|digit| *digit = b'=');
        four
    });
    text.map(char::from).collect()
}

#[test]
fn what_is_sent_has_the_signature_that_botocore_would_give_it() {
    let posting = manifest().replace("method = \"GET\"", "method = \"POST\"").replace(
        "path = \"/v1/secret{/name*}\"",
        "path = \"/v1/secret{/name*}\"\nquery = { \"q b\" = \"{name}\", a = \"*\" }\n\
         header = { Content-Type = \"*\", X-Amz-Target = \"*\" }\ntext = \"{name}\"",
    );
    let user = User::of(Upstream::start(|_| Reply::new(200, "the value")).unwrap()).manifest(posting);
    let user =
        user.env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_SESSION_TOKEN", TOKEN);
    let (runtime, mut botocore) = (runtime(), botocore());
    for name in AWKWARD {
        let (path, query) = (encoded(name, b"/"), encoded(name, b""));
        let url = format!("{}/v1/secret/{path}?q%20b={query}&a=%2B%20%26%2f~", user.service.address());
        let builder = user.builder(&runtime).set("method", "POST").set("url", url).set("body", name);
        let headers = "content-type=application/x-amz-json-1.1|x-amz-target=  Demo.Get   It ";
        block_on(load(builder.set("headers", headers)).unwrap().get(name)).unwrap();

        let seen = user.service.seen().pop().unwrap();
        let signed = Signed::of(&seen).unwrap();
        let added = ["host", "x-amz-date", "x-amz-security-token"];
        let own = signed.headers.iter().filter(|header| !added.contains(&header.as_str()));
        let judged = botocore.ask(&json!({
            "method": seen.method, "url": format!("{}{}", user.service.address(), seen.target),
            "headers": own.map(|header| (header, seen.header(header).unwrap())).collect::<Vec<_>>(),
            "body": base64(&seen.body), "time": seen.header("x-amz-date"), "service": "demo", "region": "eu-west-1",
            "key": "AKENV", "secret": SECRET, "token": TOKEN,
        }));
        let judged = judged.unwrap();
        assert_eq!(judged["headers"], signed.headers.join(";"), "{name}");
        assert_eq!(judged["signature"], signed.signature, "{name}");
        for header in ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"] {
            assert!(signed.headers.contains(&header.to_owned()), "{header} of {name}");
        }
    }
}

#[test]
fn a_backend_can_not_bring_signing_headers_of_its_own() {
    let named = manifest().replace(
        "path = \"/v1/secret{/name*}\"",
        "path = \"/v1/secret{/name*}\"\nheader = { \"X-Amz-Date?\" = \"*\", \"X-Amz-Security-Token?\" = \"*\" }",
    );
    let user = User::new().manifest(named);
    let user = user.env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", SECRET);
    let builder = user.builder(&runtime()).set("headers", "x-amz-date=20000101T000000Z|x-amz-security-token=mine");
    block_on(load(builder).unwrap().get("KEY")).unwrap();
    let seen = user.service.seen().pop().unwrap();
    assert_eq!(seen.header("x-amz-security-token"), None);
    assert!(Signed::of(&seen).unwrap().is_by(SECRET, &seen));
    assert!(!seen.header("x-amz-date").unwrap().starts_with("2000"));
}

#[test]
fn every_region_that_botocore_knows_has_the_domain_it_says() {
    let known = botocore().ask(&json!("partitions")).unwrap();
    let mut partitions = 0;
    for pair in known.as_array().unwrap() {
        let (region, domain) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        let user = User::new().env("AWS_ACCESS_KEY_ID", "A").env("AWS_SECRET_ACCESS_KEY", "B");
        let user = user.manifest(written("https://demo.{region}.{aws.suffix}")).env("AWS_REGION", region);
        // What is no region but stands for all of a partition has no endpoints of this form.
        if region.ends_with("-global") {
            partitions += 1;
            continue;
        }
        assert_eq!(user.facts().unwrap().origins[0].url, format!("https://demo.{region}.{domain}"));
    }
    assert!(partitions >= 7, "{known}");
}
