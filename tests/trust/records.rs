//! `trust list`, `show` and `revoke`: what is on record.

use std::fs;

use insta::assert_snapshot;
use serde_json::json;
use test_support::layout;

use crate::common::{Component, Home, digest};

/// A home in which two components and a configuration are trusted.
fn trusting() -> Home {
    let home = Home::with_dotenv("KEY=canary-value\n");
    let dotenv = Component::backend("dotenv").save(&home, "dotenv.wasm");
    let vault = Component::backend("vault").save(&home, "vault.wasm");
    home.runtime(["trust", "--storage", ".env", "--without", "write,delete", "--digest", &digest(&dotenv)])
        .arg(&dotenv)
        .run()
        .exits(0);
    home.runtime(["trust", "--digest", &digest(&vault)])
        .arg(&vault)
        .env("VAULT_ADDR", "https://vault.example.com")
        .env("VAULT_TOKEN", "canary-token")
        .run()
        .exits(0);
    let file = home.file("project/runtime.toml", "[backends.files]\ncomponent = \"../dotenv.wasm\"\n");
    home.runtime(["trust", "--digest", &digest(&file)]).arg(&file).run().exits(0);
    home
}

fn plain(text: &[u8], home: &Home) -> String {
    let text = String::from_utf8_lossy(text).replace(home.path().to_str().unwrap(), "/home/me");
    let digests = regex_lite::Regex::new("sha256:[0-9a-f]+").unwrap();
    let moments = regex_lite::Regex::new(r"\d{4}-\d\d-\d\d(T[0-9:.]+Z)?").unwrap();
    moments.replace_all(&digests.replace_all(&text, "sha256:…"), "2026-01-01").into_owned()
}

#[test]
fn the_list_has_everything_that_is_trusted() {
    let home = Home::new();
    home.runtime(["trust", "list"]).run().exits(0).prints("").says(&["nothing is trusted"]);
    let empty = home.runtime(["trust", "list", "--output", "json"]).run().exits(0).json();
    assert_eq!(empty, json!({ "components": [], "configurations": [] }));

    let home = trusting();
    let list = home.runtime(["trust", "list"]).run().exits(0).never_shows("canary");
    assert_snapshot!("list", plain(&list.stdout, &home));
    let json = home.runtime(["trust", "list", "--output", "json"]).run().exits(0).never_shows("canary").json();
    assert_eq!(json["components"][0]["name"], "dotenv");
    assert_eq!(json["components"][0]["without"], json!(["write", "delete"]));
    assert_eq!(
        json["components"][1]["facts"]["origins"],
        json!([{ "url": "https://vault.example.com", "private": true }])
    );
    assert_eq!(json["configurations"][0]["path"], json!(home.path().join("project/runtime.toml")));
}

#[test]
fn one_record_is_shown_whole_by_any_of_its_names() {
    let home = trusting();
    let vault = digest(&home.path().join("vault.wasm"));
    let shown = home.runtime(["trust", "show", "vault"]).run().exits(0).never_shows("canary");
    assert_snapshot!("show-component", plain(&shown.stdout, &home));
    for word in ["./vault.wasm", "vault.wasm", &vault, &vault[..19]] {
        home.runtime(["trust", "show", word]).run().exits(0).prints(&shown.stdout);
    }
    let shown = home.runtime(["trust", "show", "project/runtime.toml"]).run().exits(0);
    assert_snapshot!("show-configuration", plain(&shown.stdout, &home));
    for (word, code) in
        [("nobody", 3), ("./missing.wasm", 3), ("sha256:0000000000", 3), ("sha256:00", 2), ("x.toml", 3)]
    {
        home.runtime(["trust", "show", word]).run().exits(code).prints("");
    }
    home.runtime(["trust", "show"]).run().exits(2).says(&["nothing is named"]);
}

#[test]
fn what_is_revoked_has_no_effect_whether_its_file_is_there_or_not() {
    for by in ["dotenv", "./dotenv.wasm", "digest"] {
        let home = trusting();
        let file = home.path().join("dotenv.wasm");
        let digest = digest(&file);
        let gone = home.path().join("gone.wasm");
        fs::rename(&file, &gone).unwrap();
        let audit = home.path().join("audit.jsonl");
        let word = if by == "digest" { &digest[..19] } else { by };
        let revoke = || home.runtime(["trust", "revoke", word, "--audit"]).arg(&audit).run();
        revoke().exits(0).prints("").says(&["forgot 1 grant of dotenv, ", &digest]);
        revoke().exits(3).says(&["no grant of ", "runtime trust list"]);
        let line: serde_json::Value = serde_json::from_str(fs::read_to_string(&audit).unwrap().trim()).unwrap();
        assert_eq!((&line["operation"], &line["digest"]), (&json!("revoke"), &json!(digest)));
        fs::rename(&gone, &file).unwrap();
        home.runtime(["--storage", ".env", "get", "KEY", "--backend"]).arg(&file).run().exits(3).prints("");
        // Nothing else is forgotten.
        home.runtime(["trust", "show", "vault"]).run().exits(0);
    }
}

#[test]
fn a_revoked_configuration_is_a_strangers_again() {
    let home = trusting();
    let project = home.path().join("project");
    home.runtime(["inspect", "files"]).within(&project).run().exits(0);
    home.runtime(["trust", "revoke", "runtime.toml"]).within(&project).run().exits(0).says(&["is no longer trusted"]);
    home.runtime(["inspect", "files"]).within(&project).run().exits(2).says(&["is not trusted and has no effect"]);
    home.runtime(["trust", "revoke", "runtime.toml"]).within(&project).run().exits(3);
    home.runtime(["trust", "show", "dotenv"]).run().exits(0);
}

#[test]
fn a_trust_file_of_before_is_still_read() {
    let home = Home::with_dotenv("KEY=v\n");
    let component = layout::backend("dotenv");
    let text = format!(
        "version = 1\n\n[[component]]\nname = \"dotenv\"\ngranted-at = \"2026-01-01T00:00:00Z\"\n\n[component.grant]\n\
         digest = \"{digest}\"\n\n[component.grant.facts.storage]\nread-write = \"{}\"\n\n[[config]]\n\
         path = \"/nowhere/runtime.toml\"\ndigest = \"{digest}\"\n",
        home.dotenv_file().display(),
        digest = digest(&component),
    );
    home.file("config/secret-runtime/trust.toml", text);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(0).prints("v");
    let list = home.runtime(["trust", "list"]).run().exits(0);
    list.contains("dotenv").contains("/nowhere/runtime.toml");
}
