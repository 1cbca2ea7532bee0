//! Tests of templates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::*;

struct Words;

impl Scope for Words {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "x" => Value::from("a\"b"),
            "empty" => Value::from(""),
            "none" => Value::Bytes(&[]),
            "bytes" => Value::Bytes(&[0xff, 0x00]),
            "days" => Value::Integer(-7),
            "flag" => Value::Boolean(false),
            "at" => Value::Time(std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250)),
            _ => return None,
        })
    }
}

fn expand(source: &str) -> Option<String> {
    Template::parse(source).unwrap().expand(&Words).map(|text| text.to_string())
}

#[test]
fn placeholders_become_text() {
    for (source, text) in [
        ("", Some("")),
        ("plain", Some("plain")),
        ("<{x}>", Some("<a\"b>")),
        ("{x:json}", Some(r#""a\"b""#)),
        ("{x:base64}", Some("YSJi")),
        ("{bytes:base64}", Some("/wA=")),
        ("{\"a b/\u{e9}+%\":form}", Some("a+b%2F%C3%A9%2B%25")),
        ("{bytes}", None),
        ("{days}", Some("-7")),
        ("{flag}", Some("false")),
        ("{at}", Some("1700000000")),
        ("{at:rfc3339}", Some("2023-11-14T22:13:20.25Z")),
        ("{x:rfc3339}", None),
        ("{{{x}}}", Some("{a\"b}")),
        ("{{x}}", Some("{x}")),
    ] {
        assert_eq!(expand(source).as_deref(), text, "{source}");
    }
}

#[test]
fn empty_is_unset_and_the_first_that_is_set_counts() {
    for (source, text) in [
        ("a{empty}", None),
        ("a{none}", None),
        ("a{unknown}", None),
        ("{empty|x}", Some("a\"b")),
        ("{unknown|empty|\"}|:\"}", Some("}|:")),
        ("{unknown|\"l\":base64}", Some("bA==")),
        ("{x|\"l\"}", Some("a\"b")),
    ] {
        assert_eq!(expand(source).as_deref(), text, "{source}");
    }
}

#[test]
fn what_is_not_a_template_is_refused() {
    for bad in [
        "{",
        "}",
        "{}",
        "{x",
        "x}",
        "{X}",
        "{a b}",
        "{a|}",
        "{|a}",
        "{a:}",
        "{a:hex}",
        "{\"a}",
        "{a|\"b}",
        "{a:rows()}",
        "{a:rows(A,)}",
        "{a:rows(A,B,C)}",
        "{a:map}",
        "{a:rows(K,V)}",
        "{/a}",
        "{a*}",
        "{{a}",
    ] {
        assert!(Template::parse(bad).is_err(), "{bad}");
    }
    assert!(Template::parse_leaf("x{a:map}").is_err());
    assert!(Template::parse_leaf("{a:map}").is_ok());
}

#[test]
fn maps_and_rows_are_made_of_pairs_and_of_text() {
    let scope: BTreeMap<String, String> =
        [("two", "b=2, a=1"), ("one", "x,y"), ("none", " , ")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    for (source, json) in [
        ("{two:map}", Some(r#"{"a":"1","b":"2"}"#)),
        ("{two:rows(Key,Value)}", Some(r#"[{"Key":"b","Value":"2"},{"Key":"a","Value":"1"}]"#)),
        ("{one:rows(Region)}", Some(r#"[{"Region":"x"},{"Region":"y"}]"#)),
        ("{one:map}", None),
        ("{one:rows(K,V)}", None),
        ("{two:rows(K)}", None),
    ] {
        let template = Template::parse_leaf(source).unwrap();
        let placeholder = template.placeholder().unwrap();
        let made = placeholder.value(&scope).unwrap().to_json(placeholder.encoding.as_ref());
        assert_eq!(made.map(|json| json.to_text().unwrap().to_string()).as_deref(), json, "{source}");
    }
}

#[test]
fn the_names_it_uses_are_known() {
    let template = Template::parse("{a|b|\"c\"}{d:json}{{e}}").unwrap();
    assert_eq!(template.placeholders().collect::<Vec<_>>(), ["a", "b", "d"]);
}

proptest! {
    #[test]
    fn any_literal_can_be_written(text in any::<String>()) {
        let source = text.replace('{', "{{").replace('}', "}}");
        prop_assert_eq!(expand(&source), Some(text));
    }

    #[test]
    fn parsing_never_panics(source in "[{}|:\"a-z()/*,]{0,20}") {
        let _ = Template::parse(&source);
        let _ = super::super::path::PathTemplate::parse(&source);
        let _ = super::super::path::UrlTemplate::parse(&source);
    }
}
