//! Allowed and hostile requests against the manifests of real backends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod any_name;
mod backends;
mod bodies;
mod urls;

use std::collections::BTreeMap;

use super::*;
use crate::manifest::{
    Manifest, Value,
    settings::{Given, Resolved},
};

const VAULT: &str = include_str!("../../../manifest/testdata/vault.toml");
const CONJUR: &str = include_str!("../../../manifest/testdata/conjur.toml");
const AZURE: &str = include_str!("../../../manifest/testdata/azure-key-vault.toml");
const AWS: &str = include_str!("../../../manifest/testdata/aws-secrets-manager.toml");
const KMS: &str = include_str!("../../../manifest/testdata/aws-kms.toml");
const GOOGLE: &str = include_str!("../../../manifest/testdata/google-secret-manager.toml");

/// A backend at https://s.example, with settings as they come out of its manifest.
struct Backend {
    manifest: Manifest,
    resolved: Resolved,
}

/// What a call's templates see.
struct Words<'a> {
    resolved: &'a Resolved,
    words: &'a [(&'a str, &'a str)],
}

impl Scope for Words<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        match self.words.iter().find(|(word, _)| *word == name) {
            Some((_, flag @ ("true" | "false"))) => Some(Value::Boolean(*flag == "true")),
            Some((_, text)) => Some(text.parse().map_or(Value::from(*text), |days| match name {
                "days" => Value::Integer(days),
                _ => Value::from(*text),
            })),
            None => self.resolved.value(name),
        }
    }
}

impl Backend {
    fn new(manifest: &str, set: &[(&str, &str)]) -> Self {
        let manifest = Manifest::parse(manifest).unwrap();
        let place = if manifest.config.contains_key("address") { "address" } else { "endpoint" };
        let given: BTreeMap<String, String> =
            [&[(place, "https://s.example")], set].concat().iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let resolved = manifest.resolve(&Given { set: &given, env: &|_| None, identity: &|_| None }).unwrap();
        Self { manifest, resolved }
    }

    fn check(
        &self,
        phase: &str,
        words: &[(&str, &str)],
        line: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Checked, Refusal> {
        let (method, url) = line.split_once(' ').unwrap();
        let url = if url.starts_with('/') { format!("https://s.example{url}") } else { url.to_owned() };
        let headers: Vec<_> = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let body = (!body.is_empty()).then_some(body.as_bytes());
        let scope = Words { resolved: &self.resolved, words };
        let request = GuestRequest { method, url: &url, headers: &headers, body };
        self.manifest.rules.check(Phase::named(phase).unwrap()[0], &self.resolved.origins, &scope, &request)
    }
}

type Pairs<'a> = &'a [(&'a str, &'a str)];
const KEY: Pairs<'_> = &[("name", "KEY")];

/// One request: phase, words of the call, method and URL, headers, body, and what is sent or which rule refuses.
type Case<'a> = (&'a str, Pairs<'a>, &'a str, Pairs<'a>, &'a str, Result<&'a str, &'a str>);

fn run(backend: &Backend, cases: &[Case<'_>]) {
    for (phase, words, line, headers, body, wanted) in cases {
        let checked = backend.check(phase, words, line, headers, body);
        let sent = checked.as_ref().map(|checked| {
            let path = checked.url.as_str().split_once("//").unwrap().1.split_once('/').unwrap().1;
            let body = checked.body.as_ref().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
            format!("/{path}{}", body.map(|body| format!(" {body}")).unwrap_or_default())
        });
        let sent = sent.as_deref().map_err(|refusal| refusal.rule);
        assert_eq!(sent, *wanted, "{phase} {words:?} {line} {headers:?} {body}: {checked:?}");
    }
}

#[test]
fn a_refusal_names_what_differed_and_shows_nothing_the_backend_made_up() {
    let vault = Backend::new(VAULT, &[]);
    for (line, headers, body, reason) in [
        (
            "DELETE /v1/secret/data/KEY",
            &[] as Pairs<'_>,
            "",
            "read may not send DELETE /v1/secret/data/KEY: no request rule of the backend covers it",
        ),
        (
            "GET /v1/secret/data/hunter2",
            &[],
            "",
            "read may not send GET /v1/secret/data/…: no request rule of the backend covers it (the path of the nearest \
             rule differs in segment 4)",
        ),
        (
            "GET /v1/secret/data/KEY?hunter2=1",
            &[],
            "",
            "read may not send GET /v1/secret/data/KEY: no request rule of the backend covers it (in the query, there is \
             a key that the rule does not name)",
        ),
        (
            "GET /v1/secret/data/KEY?version=hunter2",
            &[],
            "",
            "read may not send GET /v1/secret/data/KEY: no request rule of the backend covers it (in the query, version \
             must be absent)",
        ),
        (
            "GET /v1/secret/data/KEY",
            &[("X-hunter2", "hunter2")],
            "",
            "read may not send GET /v1/secret/data/KEY: no request rule of the backend covers it (of the headers, there \
             is one that the rule does not name)",
        ),
        (
            "GET /v1/secret/data/KEY",
            &[],
            "hunter2",
            "read may not send GET /v1/secret/data/KEY: no request rule of the backend covers it (of the body, there \
             must be none)",
        ),
        (
            "GET /v1/secret/data/KEY",
            &[("Host", "hunter2")],
            "",
            "the backend sent a request that can't be: host is a header that only the host writes",
        ),
        ("GET https://hunter2.example/", &[], "", "read may not send a request to an origin that is not granted"),
        ("GET https://hunter2@s.example/", &[], "", "the backend sent a URL with a user or password in it"),
        ("hunter2 /", &[], "", "the backend sent a request whose method is not an allowed one"),
    ] {
        let refusal = vault.check("read", KEY, line, headers, body).unwrap_err();
        assert_eq!(refusal.to_string(), reason, "{line}");
        assert!(!format!("{refusal:?}").contains("hunter2"), "{refusal:?}");
    }
}
