//! Whatever a secret is called: the request for it passes, and the one for another does not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{AZURE, Backend, CONJUR, VAULT};
use crate::manifest::{NameRules, percent::encode_segment};

/// A name that passes the guard, with what could upset a URL, a JSON or a YAML text in it.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[A-Za-z0-9_-]{1,6}",
        "\\PC{1,3}",
        Just("%2F".to_owned()),
        Just("%".to_owned()),
        Just("..".to_owned()),
        Just("?a=b&c".to_owned()),
        Just("#;+ \"'{}:@".to_owned()),
        Just("\\".to_owned()),
        Just("/".to_owned()),
    ];
    let text = prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
    text.prop_filter("a name", |name| {
        NameRules::default().canonical(name, false).is_ok()
            && !name.contains('\\')
            && !name.split('/').any(str::is_empty)
    })
}

/// A name's segments, as a careful backend writes them.
fn segments(name: &str) -> String {
    name.split('/').map(encode_segment).collect::<Vec<_>>().join("/")
}

proptest! {
    #[test]
    fn vault(name in name(), other in name()) {
        let vault = Backend::new(VAULT, &[]);
        let line = format!("GET /v1/secret/data/{}", segments(&name));
        let sent = vault.check("read", &[("name", &name)], &line, &[], "").unwrap();
        prop_assert_eq!(sent.url.path(), &line[4..]);
        prop_assert_eq!(vault.check("read", &[("name", &other)], &line, &[], "").is_ok(), name == other);
    }

    #[test]
    fn conjur(name in name(), other in name()) {
        let conjur = Backend::new(CONJUR, &[]);
        let line = format!("GET /secrets/default/variable/{}", encode_segment(&name));
        let sent = conjur.check("read", &[("name", &name)], &line, &[], "").unwrap();
        prop_assert_eq!(sent.url.path(), &line[4..]);
        prop_assert_eq!(conjur.check("read", &[("name", &other)], &line, &[], "").is_ok(), name == other);
        let yaml = [("Content-Type", "application/x-yaml")];
        let policy = format!("- !variable {}\n", serde_json::to_string(&name).unwrap());
        let root = "POST /policies/default/policy/root";
        prop_assert!(conjur.check("write", &[("name", &name)], root, &yaml, &policy).is_ok());
        prop_assert_eq!(conjur.check("write", &[("name", &other)], root, &yaml, &policy).is_ok(), name == other);
    }

    #[test]
    fn azure(name in name(), other in name()) {
        let azure = Backend::new(AZURE, &[]);
        let line = format!("DELETE /secrets/{}?api-version=7.4", encode_segment(&name));
        prop_assert!(azure.check("delete", &[("name", &name)], &line, &[], "").is_ok());
        prop_assert_eq!(azure.check("delete", &[("name", &other)], &line, &[], "").is_ok(), name == other);
    }

    #[test]
    fn what_is_sent_passes_again_and_stays_as_it_is(name in name()) {
        let vault = Backend::new(VAULT, &[]);
        let line = format!("GET /v1/secret/data/{}", segments(&name));
        let sent = vault.check("read", &[("name", &name)], &line, &[], "").unwrap();
        let again = vault.check("read", &[("name", &name)], &format!("GET {}", sent.url), &[], "").unwrap();
        prop_assert_eq!(again.url, sent.url);
    }

    #[test]
    fn any_request_is_answered_without_panicking(
        line in "(GET|LIST|POST) (/|https://s.example)[%./a-zA-Z?=&;#@:{}\\[\\]]{0,30}",
        body in "[{}\\[\\]\",:a-z0-9/ ]{0,30}",
    ) {
        let _ = Backend::new(VAULT, &[]).check("write", &[("name", "x")], &line, &[], &body);
    }
}
