//! Options and mistakes in them.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;
use test_support::{Gate, Reply, Upstream};

use crate::common::{Home, READ_WRITE};

#[test]
fn mistakes_in_what_is_typed_end_with_2() {
    let home = Home::with_dotenv("KEY=v\n");
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["get"],
        &["get", "KEY", "--verson", "1"],
        &["exists"],
        &["exists", "A", "B"],
        &["list", "--limit", "0"],
        &["list", "--limit", "many"],
        &["get", "KEY", "--opt", "field"],
        &["get", "KEY", "--opt", "filed=x"],
        &["get", "KEY", "--set", "=x"],
        &["get", "KEY", "--set", "unknown=x"],
        &["get", "KEY", "--auth", "token"],
        &["get", "KEY", "--timeout", "soon"],
        &["get", "KEY", "--timeout", "0s"],
        &["get", "KEY", "--output", "yaml"],
        &["get", "KEY", "--access-mode", "both"],
        &["get", "KEY", "--hosted-keys", "A,,B"],
        &["delete", "KEY", "--recovery-days", "-1"],
        &["get", "KEY", "--trust=md5:00"],
        &["get", "KEY", "--config-file", "missing.toml"],
        &["trust", "--without", "everything"],
    ] {
        home.dotenv(arguments).run().exits(2).prints("");
    }
    home.runtime(["get", "KEY"]).run().exits(2).says(&["no backend is named", "--backend"]);
    home.runtime(["--trust", "--backend", "./missing.wasm", "get", "KEY"]).run().exits(2).says(&["missing.wasm"]);
    home.dotenv(["get", "KEY"]).run().exits(0).prints("v");
}

#[test]
fn a_near_miss_is_told_what_was_meant() {
    let home = Home::with_dotenv("KEY=v\n");
    for (arguments, hint) in [
        (&["get", "KEY", "--access-mode", "read-onyl"][..], "read-only"),
        (&["exsits", "KEY"], "exists"),
        (&["get", "KEY", "--outptu", "json"], "--output"),
        (&["run", "npm", "start"], "runtime run -- npm start"),
    ] {
        home.dotenv(arguments).run().exits(2).says(&[hint]);
    }
}

#[test]
fn options_may_stand_before_and_after_the_command() {
    let home = Home::with_dotenv("KEY=v\n");
    let before = home.dotenv(["--output", "json", "--timeout", "10s", "get", "KEY"]).run().exits(0);
    let after = home.dotenv(["get", "KEY", "--output", "json", "--timeout", "10s"]).run().exits(0);
    assert_eq!(before.json(), after.json());
}

#[test]
fn help_and_version_are_no_failures() {
    let home = Home::new();
    let shown = |arguments: &[&str]| {
        let help = home.runtime(arguments).env("COLUMNS", "80").run().exits(0);
        assert_eq!(help.stderr, "");
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        help
    };
    let brief = shown(&["-h"]);
    assert!(brief.lines().count() <= 24, "{brief}");
    assert_snapshot!("help-brief", brief);
    assert_snapshot!("help", shown(&["--help"]));
    assert_eq!(shown(&["help"]), shown(&["--help"]));
    assert_snapshot!("help-get", shown(&["help", "get"]));
    assert_snapshot!("help-set", shown(&["set", "-h"]));
    home.runtime(["--version"]).run().exits(0).prints(concat!("runtime ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn every_command_speaks_json() {
    let home = Home::with_dotenv("A=1\nB=2\n");
    for (arguments, expected) in [
        (&["get", "A"][..], r#"{"A":{"value":"1"}}"#),
        (&["exists", "A"], r#"{"exists":true}"#),
        (&["list"], r#"{"entries":[{"name":"A"},{"name":"B"}],"more":false,"total":2}"#),
        (&["list", "--limit", "1"], r#"{"entries":[{"name":"A"}],"more":true,"total":2}"#),
        (&["set", "C"], r#"{"name":"C","version":null}"#),
        (&["rotate", "C"], r#"{"name":"C","version":null}"#),
        (&["delete", "C"], r#"{"name":"C","permanent":false}"#),
    ] {
        let run = home.dotenv(["--output", "json", READ_WRITE]).args(arguments).input("v").run().exits(0);
        assert_eq!(run.json(), serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{arguments:?}");
    }
    let no = home.dotenv(["--output", "json", "exists", "Z"]).run().exits(10);
    assert_eq!(no.json(), serde_json::json!({ "exists": false }));
}

#[test]
fn a_call_ends_when_its_time_is_over() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Upstream::start(move |_| Reply::new(200, "late").after(&held)).unwrap();
    let home = Home::new();
    let get = home.example("c", &server, ["get", "KEY", "--timeout", "1s"]).run().exits(6).prints("");
    drop(get);
    gate.open();
    home.example("c", &server, ["get", "KEY", "--timeout", "10s"]).run().exits(0).prints("late");
}

#[test]
fn a_person_is_told_that_a_component_is_compiled_for_the_first_time() {
    let home = Home::with_dotenv("KEY=v\n");
    let get = || home.dotenv(["get", "KEY"]).env("XDG_CACHE_HOME", home.path().join("cache"));
    let compiling = "compiling the component for the first time";
    assert!(get().on_terminal().exits(0).contains(compiling));
    assert!(!get().on_terminal().exits(0).contains(compiling));
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let piped = get().run().exits(0).prints("v");
    assert!(!piped.stderr.contains(compiling), "{piped:?}");
}

#[test]
fn what_can_not_be_kept_is_not_said_to_be_compiled_for_the_first_time() {
    let home = Home::with_dotenv("KEY=v\n");
    let cache = home.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o777)).unwrap();
    for _ in 0..2 {
        let screen = home.dotenv(["get", "KEY"]).env("XDG_CACHE_HOME", &cache).on_terminal().exits(0);
        assert!(screen.contains("compiling the component, which can't be kept"), "{screen}");
    }
}

#[test]
fn the_log_says_more_when_asked_and_never_a_value() {
    let home = Home::with_dotenv("KEY=canary-value\n");
    for verbose in ["-v", "-vv", "-vvv"] {
        let run = home.dotenv([verbose, "get", "KEY"]).run().exits(0).prints("canary-value");
        assert!(!run.stderr.contains("canary-value"), "{run:?}");
    }
}
