//! `inspect`, `backends` and `pack`: nothing runs.

use insta::assert_snapshot;
use serde_json::json;
use test_support::layout;

use crate::common::{Component, Home, Outcome, digest};

/// The text with what changes from build to build left out.
#[track_caller]
fn steady(run: &Outcome, backend: &str) -> String {
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    let digest = digest(&layout::backend(backend));
    assert!(text.contains(&digest), "{text}");
    text.replace(&digest, "sha256:…")
}

#[test]
fn people_are_told_what_a_backend_declares() {
    let backends = [
        "agent-secret-store",
        "aws-kms",
        "aws-secrets-manager",
        "azure-key-vault",
        "conjur",
        "dotenv",
        "env",
        "example-c",
        "google-kms",
        "google-secret-manager",
        "vault",
    ];
    for backend in backends {
        let run = Home::new().runtime(["inspect"]).arg(layout::backend(backend)).run().exits(0);
        assert_snapshot!(format!("inspect-{backend}"), steady(&run, backend));
    }
}

#[test]
fn programs_are_told_the_same_in_json() {
    let run = Home::new().runtime(["--output", "json", "inspect"]).arg(layout::backend("vault")).run().exits(0);
    assert_snapshot!("inspect-vault-json", steady(&run, "vault"));
    let facts = run.json();
    assert_eq!(facts["operations"], json!(["read", "exists", "list", "write", "delete", "check"]));
    assert_eq!(facts["recipes"], json!(["approle", "cert", "token", "jwt", "kubernetes"]));
}

#[test]
fn a_component_without_a_manifest_is_shown_as_such() {
    let home = Home::new();
    let file = Component::hostile().save(&home, "bare.wasm");
    home.runtime(["inspect"]).arg(&file).run().exits(0).contains("none: it can be given nothing but settings");
    let facts = home.runtime(["--output", "json", "inspect"]).arg(&file).run().exits(0).json();
    assert_eq!((&facts["manifest"], &facts["origins"]), (&json!(false), &json!([])));
}

#[test]
fn a_component_is_packed_with_its_manifest() {
    let home = Home::new();
    let bare = Component::hostile().save(&home, "bare.wasm");
    let manifest = home.file("backend.toml", "manifest = 1\nname = \"mine\"\nversion = \"1.2.3\"\n");
    let pack = |input: &std::path::Path, manifest: &std::path::Path, out: &str| {
        home.runtime(["pack"]).arg(input).arg("--manifest").arg(manifest).args(["-o", out]).run()
    };
    pack(&bare, &manifest, "mine.wasm").exits(0).prints("").says(&["mine.wasm"]);
    let facts = home.runtime(["--output", "json", "inspect", "mine.wasm"]).run().exits(0).json();
    assert_eq!((&facts["name"], &facts["version"]), (&json!("mine"), &json!("1.2.3")));

    pack(&home.path().join("mine.wasm"), &manifest, "twice.wasm").exits(7);
    let wrong = home.file("wrong.toml", "manifest = 1\nname = \"mine\"\nversoin = \"1\"\n");
    pack(&bare, &wrong, "wrong.wasm").exits(7).says(&["versoin", "did you mean \"version\"?"]);
    pack(&home.path().join("absent.wasm"), &manifest, "none.wasm").exits(1).says(&["absent.wasm"]);
    for unwritten in ["twice.wasm", "wrong.wasm", "none.wasm"] {
        assert!(!home.path().join(unwritten).exists(), "{unwritten}");
    }
}

#[test]
fn backends_are_those_installed_and_those_configured() {
    let home = Home::new();
    home.runtime(["backends"]).run().exits(0).prints("").says(&["no backend is installed or configured"]);
    let Component(dotenv) = Component::backend("dotenv");
    home.file("data/secret-runtime/backends/dotenv.wasm", &dotenv);
    home.file("data/secret-runtime/backends/broken.wasm", "nothing");
    home.file("data/secret-runtime/backends/README", "not one");
    let config = home.file("runtime.toml", "[backends.prod]\ncomponent = \"there.wasm\"\n");
    let list = home.runtime(["--output", "json", "backends", "--config-file"]).arg(&config).run().exits(0).json();
    let rows: Vec<_> = list.as_array().unwrap().iter().map(|row| (row["name"].clone(), row["from"].clone())).collect();
    let expected = [("broken", "installed"), ("dotenv", "installed"), ("prod", "configured")];
    assert_eq!(rows, expected.map(|(name, from)| (json!(name), json!(from))));
    home.runtime(["backends"]).run().exits(0).contains("Secrets in one .env file");
    let unknown = home.runtime(["--backend", "dotnev", "list"]).run().exits(2);
    unknown.says(&["there is no backend dotnev", "did you mean dotenv?", "`runtime backends`"]);
    let broken = home.runtime(["--backend", "broken", "list"]).run();
    broken.says(&["broken.wasm: the component can't be used"]);
}

#[test]
fn an_installed_backend_is_asked_by_its_name() {
    let home = Home::with_dotenv("KEY=v\n");
    home.file("data/secret-runtime/backends/dotenv.wasm", Component::backend("dotenv").0);
    let get = home.runtime(["--trust", "--backend", "dotenv", "--storage", ".env", "get", "KEY"]);
    get.run().exits(0).prints("v");
    home.runtime(["inspect", "dotenv"]).run().exits(0).contains("Secrets in one .env file");
}

#[test]
fn a_name_is_never_a_file_beside_us() {
    let home = Home::with_dotenv("KEY=v\n");
    for name in ["dotenv", "dotenv.wasm"] {
        home.file(name, Component::backend("dotenv").0);
    }
    let get = |backend: &str| home.runtime(["--trust", "--storage", ".env", "get", "KEY", "--backend", backend]).run();
    get("dotenv").exits(2).prints("").says(&["there is no backend dotenv"]);
    get("dotenv.wasm").exits(0).prints("v");
    get("./dotenv").exits(0).prints("v");
    get("./absent").exits(2).says(&["absent"]);
}
