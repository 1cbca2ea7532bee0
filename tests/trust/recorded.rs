//! `trust`: recording and revoking grants.

use std::{fs, os::unix::fs::PermissionsExt as _};

use test_support::layout;

use crate::common::{Component, Home, Manifest, READ_WRITE, cli::Run, digest};

fn trust(home: &Home, arguments: &[&str]) -> Run {
    home.runtime(["trust"]).arg(layout::backend("dotenv")).arg("--storage").arg(home.dotenv_file()).args(arguments)
}

#[test]
fn a_digest_is_recorded_without_a_question_if_it_is_the_files() {
    let home = Home::with_dotenv("KEY=v\n");
    let wrong = format!("sha256:{}", "0".repeat(64));
    trust(&home, &["--digest", &wrong]).run().exits(3).says(&[&wrong]);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(3);
    let right = digest(&layout::backend("dotenv"));
    trust(&home, &["--digest", &right]).run().exits(0).prints("").says(&["recorded"]);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(0).prints("v");
}

#[test]
fn the_trust_file_is_its_owners_alone() {
    let home = Home::new();
    trust(&home, &["--digest", &digest(&layout::backend("dotenv"))]).run().exits(0);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = home.find("trust.toml");
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn what_is_left_out_is_refused() {
    let home = Home::with_dotenv("KEY=v\n");
    let digest = digest(&layout::backend("dotenv"));
    let said = trust(&home, &["--digest", &digest, "--without", "write,delete,list"]).run().exits(0);
    said.says(&["Left out: "]);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(0).prints("v");
    home.untrusted_dotenv(["exists", "KEY"]).run().exits(0);
    home.untrusted_dotenv(["list"]).run().is_refused("grant");
    home.untrusted_dotenv([READ_WRITE, "set", "KEY"]).input("x").run().is_refused("grant");
    home.untrusted_dotenv([READ_WRITE, "delete", "KEY"]).run().is_refused("grant");
    home.untrusted_dotenv([READ_WRITE, "rotate", "KEY"]).input("x").run().is_refused("grant");
    assert_eq!(home.dotenv_text(), "KEY=v\n");

    trust(&home, &["--digest", &digest, "--without", "storage"]).run().exits(0);
    home.untrusted_dotenv(["get", "KEY"]).run().is_refused("storage");
    trust(&home, &["--digest", &digest]).run().exits(0);
    home.untrusted_dotenv(["list"]).run().exits(0).prints("KEY\n");
}

#[test]
fn a_grant_without_credentials_sends_none() {
    use test_support::{Reply, Upstream};
    let home = Home::new();
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    let component = layout::backend("example-c");
    let digest = digest(&component);
    let with = |run: Run| run.env("EXAMPLE_C_ADDR", server.address()).env("EXAMPLE_C_TOKEN", "canary-token");
    with(home.runtime(["trust", "--without", "credentials", "--digest", &digest]).arg(&component)).run().exits(0);
    with(home.runtime(["get", "KEY", "--backend"]).arg(&component)).run().exits(0).prints("v");
    let seen = &server.seen()[0];
    assert!(seen.headers.iter().all(|(_, value)| !value.contains("canary-token")), "{seen:?}");
    assert_eq!(seen.header("authorization"), None);
}

#[test]
fn a_revoked_component_is_asked_about_again() {
    let home = Home::with_dotenv("KEY=v\n");
    let digest = digest(&layout::backend("dotenv"));
    home.runtime(["trust", "revoke"]).arg(layout::backend("dotenv")).run().exits(3).says(&["no grant"]);
    trust(&home, &["--digest", &digest]).run().exits(0);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(0);
    home.runtime(["trust", "revoke"]).arg(layout::backend("dotenv")).run().exits(0).says(&["forgot 1 grant of "]);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(3).prints("");
}

#[test]
fn a_component_that_was_changed_is_not_the_one_that_was_trusted() {
    let home = Home::with_dotenv("KEY=v\n");
    let file = Component::backend("dotenv").save(&home, "mine.wasm");
    let with = |arguments: &[&str]| home.runtime(arguments).arg(&file).arg("--storage").arg(home.dotenv_file()).run();
    with(&["trust", "--digest", &digest(&file)]).exits(0);
    with(&["get", "KEY", "--backend"]).exits(0).prints("v");

    // As good as the old one, but nobody has looked at it.
    let replaced =
        "manifest = 1\nname = \"dotenv\"\nversion = \"0.1.1\"\n[storage]\nmode = \"read\"\nform = [\"file\"]\n";
    let other = Component::hostile().manifest(replaced);
    other.save(&home, "mine.wasm");
    with(&["get", "KEY", "--backend"]).exits(3).prints("");
    let elsewhere = other.save(&home, "elsewhere.wasm");
    let renamed = Component::hostile().manifest(replaced.replace("\"dotenv\"", "\"fresh\""));
    let same_path = with(&["--trust", "get", "KEY", "--backend"]).exits(3).prints("");
    same_path.says(&["another component", "--trust alone does not replace it"]);
    let same_name = home.runtime(["--trust", "--storage", ".env", "get", "KEY", "--backend"]).arg(&elsewhere).run();
    same_name.exits(3).prints("").says(&["another component"]);
    renamed.save(&home, "mine.wasm");
    with(&["--trust", "get", "KEY", "--backend"]).exits(3).says(&["another component"]);

    let free = renamed.save(&home, "fresh.wasm");
    let run = home.runtime(["--trust", "--storage", ".env", "get", "KEY", "--backend"]).arg(&free).run();
    assert_ne!(run.status.code(), Some(3), "{run:?}");
}

#[test]
fn a_manifest_that_asks_for_more_is_another_component() {
    let home = Home::new();
    let modest = Component::hostile().manifest(Manifest::literal("https://vault.example.com"));
    let greedy = Component::hostile().manifest(Manifest::literal("https://evil.example.com"));
    let file = modest.save(&home, "backend.wasm");
    home.runtime(["trust", "--digest", &digest(&file)]).arg(&file).run().exits(0);
    greedy.save(&home, "backend.wasm");
    let run = home.runtime(["get", "KEY", "--backend"]).arg(&file).run().exits(3).prints("");
    run.says(&["https://evil.example.com"]);
}

#[test]
fn a_grant_for_a_stand_in_says_nothing_of_the_network() {
    let (home, honest) = (Home::new(), Component::backend("vault"));
    let other = honest.clone().with_manifest_text("HashiCorp Vault", "HashiCorp VAULT");
    let script = home.file(
        "upstream.toml",
        "[set]\naddress = \"https://upstream.example\"\n[[route]]\nmethod = \"GET\"\npath = \"/{name*}\"\nreply = 200\n",
    );
    let trust = |options: &[&str]| {
        let path = home.path().join("vault.wasm");
        let run = home.runtime(["trust", "--digest", &digest(&path)]).args(options).arg(path);
        run.env("VAULT_ADDR", "http://127.0.0.1:9").env("VAULT_TOKEN", "of-no-server").run().exits(0)
    };
    honest.save(&home, "vault.wasm");
    trust(&[]);
    let path = other.save(&home, "vault.wasm");
    trust(&["--stand-in", script.to_str().unwrap()]);
    let run = home.runtime(["--trust", "--backend"]).arg(path).args(["get", "KEY"]);
    let run = run.env("VAULT_ADDR", "http://127.0.0.1:9").env("VAULT_TOKEN", "of-no-server").run();
    run.exits(3).says(&["another component"]);
}
