//! The JSON of every command is as its schema says.

use serde_json::json;
use test_support::{Reply, Upstream, layout};

use crate::common::{Component, Home, READ_WRITE, schema};

#[test]
fn real_output_is_as_the_schemas_say() {
    let home = Home::with_dotenv("A=1\nB=2\n");
    for (name, arguments, code) in [
        ("get", &["get", "A", "B", "ABSENT"][..], 10),
        ("exists", &["exists", "A"], 0),
        ("exists", &["exists", "ABSENT"], 10),
        ("list", &["list"], 0),
        ("list", &["list", "--limit", "1", "--long"], 0),
        ("set", &["set", "C"], 0),
        ("rotate", &["rotate", "C"], 0),
        ("delete", &["delete", "C"], 0),
        ("check", &["check"], 0),
        ("error", &["delete", "A", "--recovery-days", "3"], 4),
        ("error", &["list", "--opt", "a=b"], 2),
        ("error", &["delete", "ABSENT"], 10),
        ("error", &["list", "--nonsense"], 2),
    ] {
        let run = home.dotenv(["--output", "json", READ_WRITE]).args(arguments).input("v").run().exits(code);
        schema::holds(name, &run.json());
    }
}

#[test]
fn what_an_upstream_adds_is_in_the_schemas_too() {
    let server = Upstream::start(|seen| match seen.target.as_str() {
        target if target.ends_with("/KEY") => {
            Reply::new(200, r#"{"data":{"data":{"value":"v"},"metadata":{"created_time":"t","version":3}}}"#)
        }
        _ => Reply::new(429, r#"{"errors":["slow"]}"#),
    })
    .unwrap();
    let home = Home::new();
    let run = |words: &[&str]| {
        let run = home.vault_at(&server.address(), ["--output", "json", "--timeout", "2s"]);
        run.env("VAULT_TOKEN", "t").args(words).run()
    };
    schema::holds("get", &run(&["get", "KEY", "OTHER"]).exits(6).json());
    schema::holds("error", &run(&["list"]).json());
    schema::holds("check", &run(&["check"]).json());
    let denied = Upstream::start(|_| Reply::new(403, r#"{"errors":["no"]}"#)).unwrap();
    let check = home.vault_at(&denied.address(), ["--output", "json", "check"]).env("VAULT_TOKEN", "t").run().exits(5);
    schema::holds("check", &check.json());
}

#[test]
fn what_is_known_of_components_is_too() {
    let home = Home::new();
    for backend in ["vault", "dotenv", "env", "aws-kms", "google-kms", "example-c"] {
        let run = home.runtime(["--output", "json", "inspect"]).arg(layout::backend(backend)).run().exits(0);
        schema::holds("inspect", &run.json());
    }
    home.file("data/secret-runtime/backends/dotenv.wasm", Component::backend("dotenv").0);
    home.file("data/secret-runtime/backends/broken.wasm", "nothing");
    schema::holds("backends", &home.runtime(["--output", "json", "backends"]).run().exits(0).json());
}

#[test]
fn what_is_done_with_many_secrets_is_too() {
    let home = Home::with_dotenv("A=1\nB=2\n");
    home.file("in.env", "A=9\nC=3\n");
    home.file("empty.env", "A=\nZ=\n");
    for (name, arguments) in [
        ("plan", &["import", "in.env", "--dry-run"][..]),
        ("import", &["import", "in.env"]),
        ("fill", &["fill", "empty.env", "--dry-run"]),
    ] {
        let run = home.dotenv(["--output", "json", READ_WRITE]).args(arguments).run().exits(0);
        schema::holds(name, &run.json());
    }
}

#[test]
fn what_is_trusted_configured_and_found_is_too() {
    let home = Home::with_dotenv("A=1\n");
    let component = Component::backend("dotenv").save(&home, "dotenv.wasm");
    let trust = |words: &[&str]| home.untrusted_dotenv(["--output", "json", "trust"]).args(words).run();
    trust(&["--digest", &crate::common::digest(&component), "dotenv.wasm"]).exits(0);
    schema::holds("trust-list", &trust(&["list"]).exits(0).json());
    schema::holds("trust-list", &trust(&["show", "dotenv"]).exits(0).json());
    schema::holds("trust-diff", &trust(&["diff", "dotenv.wasm"]).exits(0).json());
    let own = "audit = \"audit.jsonl\"\n[backends.a]\ncomponent = \"a.wasm\"\n[profiles.p]\naudit = \"-\"\n";
    home.file("config/secret-runtime/runtime.toml", own);
    let show = home.runtime(["--output", "json", "--timeout", "5s", "-P", "p", "config", "show"]).run().exits(0);
    schema::holds("config-show", &show.json());
    schema::holds("doctor", &home.runtime(["--output", "json", "doctor", "--offline"]).run().json());
}

#[test]
fn a_schema_refuses_what_is_not_in_it() {
    assert_eq!(schema::all().len(), 24, "a new schema needs a test here: {:?}", schema::all());
    let refused = |schema: serde_json::Value, value: serde_json::Value| {
        assert!(schema::check(&schema, &value, "$").is_err(), "{schema} {value}");
    };
    refused(json!({ "type": "object", "additionalProperties": false }), json!({ "a": 1 }));
    refused(json!({ "type": "object", "required": ["a"] }), json!({}));
    refused(json!({ "type": "array", "items": { "type": "string" } }), json!([1]));
    refused(json!({ "properties": { "a": { "enum": ["x"] } } }), json!({ "a": "y" }));
    refused(json!({ "oneOf": [{ "type": "string" }, { "enum": ["x"] }] }), json!("x"));
    refused(json!({ "unheardOf": 1 }), json!("x"));
}
