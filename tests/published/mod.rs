//! Components that were built for the contract when it was published, and are never built again: they load and answer.

mod contract;
mod growth;

use std::path::PathBuf;

use secret_runtime::Kind;
use serde_json::json;
use test_support::{OpenBao, Reply, Upstream, layout};

use crate::common::{Component, Home, Outcome, READ_WRITE, attack::TOKEN, block_on, library};

/// The version of the contract that they were built for.
const VERSION: &str = "0.1.0";

/// A file that was published with it.
fn published(name: &str) -> PathBuf {
    layout::root().join("tests/published").join(VERSION).join(name)
}

#[test]
fn the_examples_read() {
    let server = Upstream::start(|seen| match seen.target.as_str() {
        "/secret/KEY" => Reply::new(200, "value"),
        _ => Reply::new(404, ""),
    })
    .unwrap();
    let home = Home::new();
    for language in ["rust", "c", "js"] {
        let run = |key: &str| {
            let run = home.runtime(["--trust", "--backend"]).arg(published(&format!("example-{language}.wasm")));
            let run = run.args(["get", key]).env(&variable(language, "ADDR"), server.address());
            run.env(&variable(language, "TOKEN"), TOKEN).run().never_shows(TOKEN)
        };
        run("KEY").exits(0).prints("value");
        run("MISSING").exits(10).prints("");
        let expected = format!("Bearer {TOKEN}");
        assert_eq!(server.seen().last().unwrap().header("authorization"), Some(&*expected), "{language}");
    }
}

fn variable(language: &str, end: &str) -> String {
    format!("EXAMPLE_{}_{end}", language.to_ascii_uppercase())
}

#[test]
fn the_one_of_vault_does_all_that_there_is_to_do() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    let run = |arguments: &[&str]| -> Outcome {
        let run = home.runtime(["--trust", READ_WRITE, "--backend"]).arg(published("vault.wasm")).args(arguments);
        run.env("VAULT_ADDR", server.address()).env("VAULT_TOKEN", server.token()).input("new").run()
    };
    server.put("KEY", &json!({ "value": "old" })).unwrap();
    run(&["get", "KEY"]).exits(0).prints("old");
    run(&["set", "KEY"]).exits(0);
    run(&["get", "KEY"]).exits(0).prints("new");
    run(&["exists", "KEY"]).exits(0).prints("yes\n");
    run(&["list"]).exits(0).prints("KEY\n");
    run(&["check"]).exits(0).prints("ready\n");
    run(&["delete", "--force", "KEY"]).exits(0);
    run(&["get", "KEY"]).exits(10).prints("");
    run(&["exists", "KEY"]).exits(10).prints("no\n");
}

#[test]
fn the_one_of_files_reads_and_writes_what_it_is_granted() {
    let home = Home::with_dotenv("KEY=old\n");
    let run = |arguments: &[&str]| -> Outcome {
        let run = home.runtime(["--trust", READ_WRITE, "--backend"]).arg(published("dotenv.wasm"));
        run.arg("--storage").arg(home.dotenv_file()).args(arguments).input("new").run()
    };
    run(&["get", "KEY"]).exits(0).prints("old");
    run(&["set", "OTHER"]).exits(0);
    run(&["list"]).exits(0).prints("KEY\nOTHER\n");
    run(&["exists", "OTHER"]).exits(0).prints("yes\n");
    run(&["delete", "--force", "KEY"]).exits(0);
    assert_eq!(home.dotenv_text(), "OTHER=new\n");
}

/// A backend made for a later patch of the contract, whose `clock` has a function more. It calls this one.
fn later(function: &str, signature: &str) -> Component {
    let text = std::fs::read_to_string(published("backend.wit")).unwrap();
    let text = text.replace(&format!("backend@{VERSION};"), "backend@0.1.7;");
    let text = text.replace("  now: func()", "  zone: func() -> u64;\n  now: func()");
    let import = format!(r#"(import "secret-runtime:backend/clock@0.1.7" "{function}" (func $called {signature}))"#);
    Component::reading_of(&text, &import, "(drop (call $called)) i32.const 0")
}

#[test]
fn one_made_for_a_later_patch_that_calls_what_there_is_today_loads() {
    let component = later("now", "(result i64)");
    let backend = library::load(library::runtime().backend(component.parse().unwrap())).unwrap();
    assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"");

    let home = Home::new();
    let path = component.save(&home, "later.wasm");
    home.runtime(["--trust", "--backend"]).arg(&path).args(["get", "KEY"]).run().exits(0).prints("");
    home.runtime(["inspect"]).arg(&path).run().exits(0).contains("secret-runtime:backend/clock@0.1.7");
}

#[test]
fn one_that_calls_what_only_a_later_patch_has_is_told_so() {
    let component = later("zone", "(result i64)");
    let error = library::load(library::runtime().backend(component.parse().unwrap())).unwrap_err();
    assert_eq!(error.kind(), Kind::Component);
    let home = Home::new();
    let run = home.runtime(["--trust", "--backend"]).arg(component.save(&home, "later.wasm")).args(["get", "KEY"]);
    run.run().blames_the_component(&["it was made for 0.1.7 of the contract, and this runtime has 0.1.0", "zone"]);
}
