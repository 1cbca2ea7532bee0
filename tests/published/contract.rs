//! The contract only grows.

use std::fs;

use test_support::layout;

use super::{VERSION, growth::Contract, published};

fn text() -> String {
    fs::read_to_string(published("backend.wit")).unwrap()
}

fn today() -> String {
    fs::read_to_string(layout::root().join("wit/backend.wit")).unwrap()
}

/// What is said of a change to the published text.
#[track_caller]
fn changed(old: &str, new: &str) -> Result<(), String> {
    let text = text();
    assert_eq!(text.matches(old).count(), 1, "{old:?}");
    Contract::parse(&text)?.grows_into(&Contract::parse(&text.replace(old, new))?)
}

#[test]
fn todays_contract_takes_the_place_of_the_published_one() {
    let (published, today) = (Contract::parse(&text()).unwrap(), Contract::parse(&today()).unwrap());
    published.grows_into(&today).unwrap();
}

#[test]
fn what_would_break_a_published_component_is_noticed() {
    for (old, new, words) in [
        // Functions that are exported.
        (
            "check: func() -> result<readiness, error>;",
            "check: func() -> result<readiness, error>;\n again: func();",
            "check.again is new",
        ),
        ("check: func() -> result<readiness, error>;", "", "check.check is gone"),
        (
            "exists: func(name: string, options: list<pair>)",
            "exists: func(name: string)",
            "exists.exists was func(name: string, options: list<exists.pair>)",
        ),
        (
            "exists: func(name: string, options: list<pair>)",
            "exists: func(key: string, options: list<pair>)",
            "exists.exists was",
        ),
        ("-> result<bool, error>;", "-> result<option<bool>, error>;", "exists.exists was"),
        (
            "check: func() -> result<readiness, error>;",
            "check: async func() -> result<readiness, error>;",
            "check.check was",
        ),
        // Functions that are imported.
        ("sleep: func(milliseconds: u32);", "", "clock.sleep is gone"),
        (
            "sleep: func(milliseconds: u32);",
            "sleep: func(milliseconds: u64);",
            "clock.sleep was func(milliseconds: u32) and is",
        ),
        ("get: func(key: string) -> option<string>;", "get: func(key: string) -> result<string>;", "config.get was"),
        // Types.
        ("    other(detail),\n", "    other(detail),\n    gone,\n", "common.error was variant"),
        ("    timeout,\n    /// It exists", "    timeout(u32),\n    /// It exists", "common.error was variant"),
        ("    invalid(string),\n", "", "common.error was variant"),
        (
            "    value: list<u8>,\n    /// The version that was read",
            "    value: list<u8>,\n    owner: string,\n    /// The version that was read",
            "common.secret was record",
        ),
        ("    total: option<u64>,\n", "", "common.page was record"),
        ("    status: u16,", "    status: u32,", "http.response was record { status: u16"),
        ("    etag: string,", "    tag: string,", "storage.blob was record"),
        ("    changed,\n", "", "storage.failure was variant"),
        ("    trace,\n", "    trace,\n    fatal,\n", "log.level was enum"),
        ("type timestamp = u64;", "type timestamp = u32;", "common.timestamp was u64"),
        (
            "type pair = tuple<string, string>;",
            "record pair { name: string, value: string }",
            "common.pair was tuple<string, string>",
        ),
        // Interfaces and worlds.
        ("  import clock;\n", "", "lost secret-runtime:backend/clock"),
        ("world with-check {\n  export check;\n}", "world with-check {\n}", "lost secret-runtime:backend/check"),
        (
            "world with-check {\n  export check;\n}",
            "world with-check {\n  export check;\n  export exists;\n}",
            "the world with-check asks for secret-runtime:backend/exists",
        ),
        ("world with-read {", "world with-reading {", "does not parse"),
        ("backend@0.1.0;", "backend@0.2.0;", "is another contract"),
        ("backend@0.1.0;", "vault@0.1.0;", "is another contract"),
    ] {
        let said = changed(old, new).expect_err(new);
        assert!(said.contains(words), "{new:?}: {said}");
    }
}

#[test]
fn what_breaks_nothing_may_come() {
    for (old, new) in [
        ("/// Chance.\n", "/// Chance, and words about it.\n"),
        ("  sleep: func(milliseconds: u32);", "  sleep: func(milliseconds: u32);\n  zone: func() -> string;"),
        (
            "/// Time.\ninterface clock {",
            "interface rename { use common.{error}; rename: func(to: string) -> result<_, error>; }\ninterface clock {",
        ),
        (
            "/// What a backend may call.\n",
            "interface rename { rename: func(); }\nworld with-rename { export rename; }\n",
        ),
        ("  import log;\n", "  import log;\n  import metrics;\n}\ninterface metrics {\n  count: func();\n"),
        ("  /// What a check found.\n", "  record owner { name: string }\n  /// What a check found.\n"),
        (
            "  include with-check;\n}",
            "  include with-check;\n  export rename;\n}\ninterface rename { rename: func(); }",
        ),
    ] {
        changed(old, new).unwrap_or_else(|said| panic!("{new:?}: {said}"));
    }
    let later = text().replace(&format!("backend@{VERSION};"), "backend@0.1.7;");
    Contract::parse(&text()).unwrap().grows_into(&Contract::parse(&later).unwrap()).unwrap();
}
