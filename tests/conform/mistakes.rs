//! A backend that makes one mistake fails the row for it, and no other.

use std::time::Duration;

use secret_runtime::{Limits, conform::Trial, stand_in::Script};
use test_support::layout;

use super::{failed, script, skipped, tried};
use crate::common::{Component, Manifest};

/// The rows that it fails with this mistake.
fn fails(mistake: &str) -> Vec<(String, String)> {
    let trial = Trial::with_script(script("careless.toml"));
    let report = tried(&Component::careless(), &trial, |builder| builder.set("mistake", mistake));
    failed(&report).into_iter().map(|(id, seen)| (id.to_owned(), seen.to_owned())).collect()
}

#[test]
fn without_a_mistake_it_passes_and_nothing_is_skipped() {
    let trial = Trial::with_script(script("careless.toml"));
    let report = tried(&Component::careless(), &trial, |builder| builder);
    assert_eq!(failed(&report), []);
    let pages = ["fault.html", "fault.empty"];
    assert!(
        skipped(&report).iter().all(|(id, _)| pages.contains(id) || *id == "fault.change"),
        "{:?}",
        skipped(&report)
    );
}

#[test]
fn each_mistake_fails_its_row_and_no_other() {
    for (mistake, row, seen) in [
        ("absent", "fault.500", "read: not-found"),
        ("trim", "value.newline", "31 bytes came back of 32; the first 31 are the same"),
        ("log", "values.untold", "a value was told in a log line during read.works, "),
        ("endless", "list.ends", "in pages of 1: no end after "),
        ("empty-page", "fault.500", "list: an empty page"),
        ("astray", "rules.covered", "exists.works: exists may not send GET /"),
        ("any-version", "version.unknown", "a value for version 987654321"),
        ("hurry", "fault.429", "read: rate-limited, without the 7 s of Retry-After"),
        ("unavailable", "fault.403", "read: unavailable: "),
        ("trap", "component.sound", "exists.works: the component trapped: "),
    ] {
        let failed = fails(mistake);
        // A mistake that shows in several ways fails each of them.
        let also = |id: &str| mistake == "empty-page" && id.starts_with("fault.");
        assert!(failed.iter().all(|(id, _)| id == row || also(id)), "{mistake}: {failed:?}");
        assert!(failed.iter().any(|(id, told)| id == row && told.starts_with(seen)), "{mistake}: {failed:?}");
    }
}

#[test]
fn a_name_that_is_sent_as_it_is_fails_the_rows_of_names() {
    let failed = fails("as-it-is");
    let names: Vec<_> = failed.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(names, ["name.space", "name.percent", "name.query", "name.slash", "name.escaped"], "{failed:?}");
}

#[test]
fn a_rule_that_nothing_needs_is_told_unless_it_is_said_to_be_untried() {
    let told = std::fs::read_to_string(layout::root().join("tests/conform/careless.toml")).unwrap();
    let report = |script: &str| {
        let trial = Trial::with_script(Script::parse(script).unwrap());
        tried(&Component::careless(), &trial, |builder| builder)
    };
    assert_eq!(failed(&report(&told)), []);
    let (untold, _) = told.split_once("[untried]").unwrap();
    assert_eq!(failed(&report(untold)), [("rules.used", "nothing needed POST /other/{name}")]);
    let wrong = told.replace("\"POST /other\"", "\"PUT /other\"");
    assert_eq!(failed(&report(&wrong)), [("rules.used", "what is said to be untried is no rule: PUT /other")]);
}

#[test]
fn a_component_that_never_ends_or_traps_is_told_as_such_and_only_once() {
    for (act, why) in [("loop", "its code ran for more than 0.2 s"), ("unreachable", "the component trapped: ")] {
        let trial = Trial::with_script(Script::parse("[set]\naddress = 'https://upstream.example'\n").unwrap());
        let limits = Limits { guest_time: Duration::from_millis(200), ..Limits::default() };
        let component = Component::hostile().manifest(Manifest::typed());
        let report = tried(&component, &trial, |builder| builder.set("act", act).limits(limits));
        let told = failed(&report);
        assert!(matches!(told.as_slice(), [("component.sound", seen)] if seen.contains(why)), "{told:?}");
        assert!(skipped(&report).contains(&("read.works", "the component broke; see component.sound")));
    }
}

#[test]
fn a_component_that_can_not_be_used_is_a_report_too() {
    let wit = "interface read { use common.{secret}; read: func(name: string) -> secret; } \
               world w { export read; }";
    let body = r#"(memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "secret-runtime:backend/read@0.1.0#read") (param i32 i32) (result i32) (i32.const 0))"#;
    let trial = Trial::with_script(Script::parse("").unwrap());
    let report = tried(&Component::of_world(wit, body), &trial, |builder| builder);
    assert!(
        matches!(failed(&report).as_slice(), [("component.sound", seen)] if seen.contains("does not fit the contract"))
    );
}
