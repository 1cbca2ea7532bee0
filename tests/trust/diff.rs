//! `trust diff`, and the same in the question: what a version newly asks for, and what no longer.

use std::fs;

use insta::assert_snapshot;
use serde_json::json;
use test_support::{Reply, Upstream, layout};

use crate::common::{Component, Home, cli::Run, digest};

const MODEST: &str = r#"manifest = 1
name = "keeper"
version = "0.1.0"
[[origin]]
name = "main"
url = "https://keeper.example.com"
[[request]]
for = ["read"]
method = "GET"
path = "/v1/{name}"
"#;

const GREEDY: &str = r#"manifest = 1
name = "keeper"
version = "0.2.0"
[[origin]]
name = "main"
url = "https://keeper.example.com"
[[origin]]
name = "other"
url = "https://elsewhere.example.com"
[[request]]
for = ["read"]
origin = "main"
method = "GET"
path = "/v2/{name}"
[[request]]
for = ["write"]
origin = "other"
method = "POST"
path = "/collect"
body = "*"
"#;

fn plain(text: &str, home: &Home) -> String {
    let text = text.replace("\r\n", "\n").replace(home.path().to_str().unwrap(), "/home/me");
    let digests = regex_lite::Regex::new("sha256:[0-9a-f]+").unwrap();
    let dates = regex_lite::Regex::new(r"\d{4}-\d\d-\d\d").unwrap();
    dates.replace_all(&digests.replace_all(&text, "sha256:…"), "2026-01-01").into_owned()
}

#[test]
fn a_new_version_says_what_it_newly_asks_for() {
    let home = Home::new();
    let file = Component::hostile().manifest(MODEST).save(&home, "keeper.wasm");
    let diff = |code: i32| home.runtime(["trust", "diff"]).arg(&file).run().exits(code);
    diff(3).prints("").says(&["no version of ", "runtime trust "]);
    home.runtime(["trust", "--digest", &digest(&file)]).arg(&file).run().exits(0);
    diff(0).contains("It is trusted as it is, since ");

    Component::hostile().manifest(GREEDY).save(&home, "keeper.wasm");
    let changed = String::from_utf8(diff(1).stdout).unwrap();
    assert_snapshot!("diff-component", plain(&changed, &home));
    let json = home.runtime(["--output", "json", "trust", "diff"]).arg(&file).run().exits(1).json();
    assert_eq!((&json["same"], &json["compared"]), (&json!(false), &json!("all")));
    assert!(json["new"].as_array().unwrap().contains(&json!("origin https://elsewhere.example.com")), "{json}");

    // The question shows the same.
    let refused = home.runtime(["get", "KEY", "--backend"]).arg(&file).run().exits(3).prints("");
    refused.says(&["another version of it is; `runtime trust diff "]);
    let terminal = home.runtime(["trust"]).arg(&file).on_terminal().shows("Grant this, and record it? ");
    let screen = terminal.presses("n").exits(3);
    assert!(screen.replace("\r\n", "\n").contains(&changed), "{screen}\n{changed}");
}

#[test]
fn other_facts_of_the_same_component_are_a_difference() {
    let home = Home::with_dotenv("KEY=v\n");
    let component = layout::backend("dotenv");
    let on = |command: &[&str], file: &str| {
        home.runtime(["trust"]).args(command).arg(&component).args(["--storage", file]).run()
    };
    on(&["--digest", &digest(&component), "--without", "write"], ".env").exits(0);
    let same = on(&["diff"], ".env").exits(0);
    same.contains("Left out then: write.");
    let changed = on(&["diff"], "other.env").exits(1);
    assert_snapshot!("diff-facts", plain(&String::from_utf8_lossy(&changed.stdout), &home));
}

#[test]
fn a_record_without_what_was_declared_is_compared_by_facts_and_says_so() {
    let home = Home::new();
    let file = Component::hostile().manifest(MODEST).save(&home, "keeper.wasm");
    home.runtime(["trust", "--digest", &digest(&file)]).arg(&file).run().exits(0);
    let store = home.find("trust.toml");
    let text = fs::read_to_string(&store).unwrap();
    let (before, _) = text.split_once("[component.declared]").unwrap();
    home.file(store.strip_prefix(home.path()).unwrap().to_str().unwrap(), before);
    home.runtime(["trust", "diff"]).arg(&file).run().exits(0);

    Component::hostile().manifest(GREEDY).save(&home, "keeper.wasm");
    let run = home.runtime(["trust", "diff"]).arg(&file).run().exits(1);
    let run = run.contains("origin https://elsewhere.example.com");
    run.contains("only what it was granted is compared");
}

#[test]
fn a_changed_configuration_says_what_it_newly_grants() {
    let home = Home::new();
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    let text = |origins: &str| {
        format!(
            "[backends.prod]\ncomponent = \"{}\"\ndigest = \"{}\"\ngrant = {{ origins = [{origins}] }}\n",
            layout::backend("example-c").display(),
            digest(&layout::backend("example-c")),
        )
    };
    let file = home.file("project/runtime.toml", text("\"https://a.example\""));
    let diff = || -> Run { home.runtime(["trust", "diff"]).arg(&file) };
    diff().run().exits(3).prints("");
    home.runtime(["trust"]).arg(&file).on_terminal().shows("Type yes").types("yes").exits(0);
    diff().run().exits(0);
    home.file("project/runtime.toml", text(&format!("\"https://b.example\", \"{}\"", server.address())));
    let changed = diff().run().exits(1);
    let shown = plain(&String::from_utf8_lossy(&changed.stdout), &home).replace(&server.address(), "http://SERVER");
    assert_snapshot!("diff-configuration", shown);
    assert_eq!(server.connections(), 0);
}
