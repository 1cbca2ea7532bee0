//! `runtime conform` and `--stand-in`.

use insta::assert_snapshot;
use test_support::layout;

use crate::common::{Component, Home, digest};

fn home() -> (Home, String) {
    let home = Home::new();
    home.file("upstream.toml", std::fs::read(layout::root().join("tests/conform/careless.toml")).unwrap());
    let component = Component::careless().save(&home, "careless.wasm");
    let digest = digest(&component);
    (home, digest)
}

#[test]
fn a_stand_in_answers_every_command_and_says_so() {
    let (home, _) = home();
    let run = |command: &[&str]| {
        home.runtime(["--trust", "--backend", "careless.wasm", "--stand-in", "upstream.toml"]).args(command).run()
    };
    let get = run(&["get", "GREETING"]).exits(0).prints("hello");
    get.says(&[
        "upstream.toml answers the backend's requests; nothing is sent",
        "It may ask a stand-in for https://upstream.example; nothing is sent:",
        "It can't read files, use the network",
    ]);
    run(&["get", "OTHER"]).exits(10).prints("");
    run(&["list"]).exits(0).prints("GREETING\n");
    let refused = home.runtime(["--backend", "careless.wasm", "--stand-in", "upstream.toml", "get", "GREETING"]);
    refused.run().exits(3).prints("").says(&["not trusted yet"]);
    home.file("other.toml", "[set]\naddress = \"https://upstream.example\"\n");
    let other = home.runtime(["--trust", "--backend", "careless.wasm", "--stand-in", "other.toml", "get", "GREETING"]);
    let other = other.run().exits(6).prints("").says(&["the stand-in has no answer to GET /secret/GREETING\n"]);
    assert!(!other.stderr.contains("next:"), "{other:?}");
    home.file("wrong.toml", "[[rout]]\n");
    let wrong = home.runtime(["--trust", "--backend", "careless.wasm", "--stand-in", "wrong.toml", "get", "GREETING"]);
    wrong.run().exits(2).prints("").says(&["wrong.toml: unknown key \"rout\"; did you mean \"route\"?"]);
}

#[test]
fn people_see_a_table_and_the_exit_says_whether_it_conforms() {
    let (home, digest) = home();
    let conform = |mistake: &str| {
        let run = home.runtime(["--trust", "--stand-in", "upstream.toml", "conform", "careless.wasm"]);
        run.arg("--set").arg(format!("mistake={mistake}")).run()
    };
    let shown =
        |run: &crate::common::Outcome| String::from_utf8(run.stdout.clone()).unwrap().replace(&digest, "sha256:…");
    assert_snapshot!("conform", shown(&conform("none").exits(0)));
    assert_snapshot!("conform-any-version", shown(&conform("any-version").exits(7)));
}

#[test]
fn programs_get_the_same_in_json() {
    let (home, digest) = home();
    let run = home.runtime(["--trust", "--output", "json", "--stand-in", "upstream.toml", "conform", "careless.wasm"]);
    let facts = run.run().exits(0).json();
    assert_eq!((&facts["conforms"], &facts["failed"], &facts["digest"]), (&true.into(), &0.into(), &digest.into()));
    assert_eq!(facts["checks"][1]["id"], "read.works");
    crate::common::schema::holds("conform", &facts);
}

#[test]
fn nothing_is_tried_without_a_grant() {
    let (home, _) = home();
    home.runtime(["--stand-in", "upstream.toml", "conform", "careless.wasm"]).run().exits(3).prints("");
}
