//! Failures: for programs as JSON, for people with what to type next.

use serde_json::json;
use test_support::{Reply, Upstream};

use crate::common::{Home, READ_WRITE};

#[test]
fn a_failure_is_json_on_standard_output_and_words_on_standard_error() {
    let home = Home::with_dotenv("KEY=v\n");
    for (arguments, code, kind) in [
        (&["list", "--opt", "x=y"][..], 2, "invalid"),
        (&[READ_WRITE, "delete", "KEY", "--recovery-days", "3"], 4, "unsupported"),
        (&["exists", "NO NAME"], 2, "invalid"),
        (&["delete", "KEY"], 3, "refused"),
        (&["rotate", "KEY"], 3, "refused"),
        (&["set", "KEY"], 3, "refused"),
        (&[READ_WRITE, "delete", "ABSENT"], 10, "not-found"),
        (&["get", "KEY", "--config-file", "missing.toml"], 2, "config"),
        (&["get", "KEY", "--verson", "1"], 2, "invalid"),
        (&["frobnicate"], 2, "invalid"),
    ] {
        let run = home.dotenv(["--output", "json"]).args(arguments).input("v").run().exits(code);
        let error = &run.json()["error"];
        assert_eq!(error["kind"], kind, "{arguments:?}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{run:?}");
        assert!(!run.stderr.is_empty(), "{run:?}");
    }
    let lacking = home.runtime(["--output=json", "get"]).run().exits(2).json();
    assert_eq!(lacking["error"]["message"], "the following required arguments were not provided: <KEY>...");
    let nothing = home.runtime(["--output=json", "list"]).run().exits(2).says(&["no backend is named"]);
    assert_eq!(nothing.json()["error"]["kind"], "invalid");
    // Without the word it stays with people.
    home.dotenv(["delete", "KEY"]).run().exits(3).prints("");
}

#[test]
fn a_value_among_the_arguments_is_not_in_the_json_either() {
    let home = Home::new();
    for arguments in [&["set", "KEY", "canary-value"][..], &["set", "KEY", "--tag", "canary-value"]] {
        let run = home.dotenv(["--output", "json"]).args(arguments).run().exits(2).never_shows("canary-value");
        assert_eq!(run.json()["error"]["kind"], "invalid");
    }
}

#[test]
fn what_helps_next_is_said_once() {
    let home = Home::with_dotenv("KEY=v\n");
    let absent = home.dotenv(["get", "ABSENT"]).run().exits(10);
    let next = format!("  next: runtime --backend {} list\n", test_support::layout::backend("dotenv").display());
    assert!(absent.stderr.ends_with(&next), "{absent:?}");
    let beyond = [READ_WRITE, "delete", "KEY", "--recovery-days", "3"];
    let check = home.dotenv(beyond).run().exits(4);
    assert!(check.stderr.contains("  next: runtime --backend ") && check.stderr.ends_with(" inspect\n"), "{check:?}");
    // It is said of the configuration that was named.
    let dotenv = test_support::layout::backend("dotenv");
    let text = format!("[backends.b]\ncomponent = \"{}\"\ngrant = {{ storage = \".env\" }}\n", dotenv.display());
    home.file("mine.toml", text);
    let named = ["--trust", "--config-file", "mine.toml", "--backend", "b", "get", "ABSENT"];
    let named = home.runtime(named).run().exits(10);
    assert!(named.stderr.ends_with("  next: runtime --config-file mine.toml --backend b list\n"), "{named:?}");
    // The message says it.
    let untrusted = home.untrusted_dotenv(["get", "KEY"]).run().exits(3);
    assert!(!untrusted.stderr.contains("next:"), "{untrusted:?}");
    let json = home.dotenv(["--output", "json"]).args(beyond).run().exits(4).json();
    assert!(json["error"]["next"].as_str().unwrap().ends_with(" inspect"), "{json}");
}

#[test]
fn an_upstream_that_denies_or_is_away_is_looked_into() {
    for (status, code, next) in [(403, 5, " check\n"), (503, 6, " doctor\n")] {
        let server = Upstream::start(move |_| Reply::new(status, r#"{"errors":["no"]}"#)).unwrap();
        let home = Home::new();
        let run = home.vault_at(&server.address(), ["--timeout", "2s", "get", "a/KEY"]).env("VAULT_TOKEN", "canary");
        let run = run.run().exits(code).never_shows("canary");
        assert!(run.stderr.contains("  next: runtime --backend") && run.stderr.ends_with(next), "{run:?}");
    }
    let server = Upstream::start(|_| Reply::new(404, r#"{"errors":[]}"#)).unwrap();
    let run = Home::new().vault_at(&server.address(), ["get", "team/it's/KEY"]).env("VAULT_TOKEN", "t").run();
    assert!(run.exits(10).stderr.ends_with(" list 'team/it'\\''s/'\n"));
}

#[test]
fn a_failure_that_was_told_already_is_not_told_twice() {
    let home = Home::with_dotenv("KEY=v\n");
    let run = home.dotenv(["--output", "json", "get", "ABSENT"]).run().exits(10);
    assert_eq!(run.json()["ABSENT"]["error"]["kind"], "not-found");
    let run = home.dotenv(["--output", "json", "exists", "ABSENT"]).run().exits(10);
    assert_eq!(run.json(), json!({ "exists": false }));
}

#[test]
fn a_reader_that_leaves_early_hears_no_complaint() {
    let home = Home::with_dotenv("KEY=v\n");
    let inspected = test_support::layout::backend("dotenv");
    let inspected = inspected.to_str().unwrap();
    for (arguments, code) in [
        (&["list"][..], 0),
        (&["list", "--output", "json"], 0),
        (&["exists", "KEY"], 0),
        (&["inspect", inspected], 0),
        (&["backends", "--output", "json"], 0),
        (&["--help"], 0),
        (&["-h"], 0),
        (&["help", "get"], 0),
        (&["get", "--help"], 0),
        (&["--version"], 0),
        (&["man"], 0),
        (&["completions", "bash"], 0),
        (&["check", "--output", "json"], 0),
        (&["get", "--output", "json", "--nonsense"], 2),
    ] {
        let run = home.dotenv(arguments).unheard().run().exits(code);
        for complaint in ["defect", "panic", "can't be written", "Broken pipe"] {
            assert!(!run.stderr.contains(complaint), "{run:?}");
        }
    }
}

const WRONG: &str = "# mine\n[backends.prod]\ncomponent = \"there.wasm\"\ncredentials = { token = \"canary-1\" }\n";

#[test]
fn a_mistake_in_a_configuration_is_underlined_and_a_secret_in_it_is_not_shown() {
    let home = Home::new();
    let file = home.file("wrong.toml", WRONG);
    let run = home.runtime(["get", "KEY", "--config-file", "wrong.toml"]).run().exits(2).never_shows("canary");
    let run = run.says(&["wrong.toml:4:", "\n 4 | credentials = { token = \"***\" }\n", "^"]).shows_plainly();
    assert!(run.stderr.lines().skip(1).all(str::is_ascii), "{run:?}");
    std::fs::write(&file, "[backends.prod]\ncomponnent = \"there.wasm\"\n").unwrap();
    let run = home.runtime(["get", "KEY", "--config-file", "wrong.toml"]).run().exits(2);
    insta::assert_snapshot!("underlined", run.stderr);
    std::fs::write(&file, "default-backend = \"prod\n").unwrap();
    home.runtime(["get", "KEY", "--config-file", "wrong.toml"]).run().exits(2).says(&[" 1 | default-backend = \"prod"]);
}

#[test]
fn colour_is_for_terminals_alone_and_only_where_it_is_wanted() {
    let home = Home::new();
    home.file("wrong.toml", WRONG);
    let get = || home.runtime(["get", "KEY", "--config-file", "wrong.toml"]).env("LC_ALL", "C.UTF-8");
    let screen = get().on_terminal().exits(2);
    assert!(screen.contains("\u{1b}[") && screen.contains("╭") && !screen.contains("canary"), "{screen}");
    let screen = get().env("NO_COLOR", "1").on_terminal().exits(2);
    assert!(!screen.contains("\u{1b}[") && screen.contains("╭"), "{screen}");
    let forced = get().env("CLICOLOR_FORCE", "1").run().exits(2);
    assert!(forced.stderr.contains("\u{1b}[") && forced.stderr.contains(",-["), "{forced:?}");
}
