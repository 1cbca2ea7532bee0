//! `config show` and `config schema`.

use insta::assert_snapshot;
use serde_json::Value;

use super::dotenv;
use crate::common::Home;

#[test]
fn every_value_is_shown_with_where_it_comes_from() {
    let home = Home::new();
    let file = home.file("own.env", "KEY=canary\n");
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &file, "timeout = \"5s\"")));
    home.trusted_configuration(
        "[secrets.OPENAI_API_KEY]\nbackend = \"a\"\nname = \"KEY\"\n[profiles.x.secrets]\nOTHER = {}\n",
    );
    let show = ["-P", "x", "--access-mode", "read-write", "config", "show"];
    let run = home.runtime(show).within(&home.project()).run().exits(0).never_shows("canary");
    let text = String::from_utf8(run.stdout).unwrap();
    let text = text
        .replace(home.path().to_str().unwrap(), "HOME")
        .replace(test_support::layout::backend("dotenv").to_str().unwrap(), "dotenv.wasm");
    let digest = text.find("sha256:").and_then(|at| text.get(at..at + 71)).unwrap().to_owned();
    let text: String = text
        .replace(&digest, "sha256:…")
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    assert_snapshot!(text);
    let json = home.runtime(show).args(["--output", "json"]).within(&home.project()).run().exits(0).json();
    let row = json.as_array().unwrap().iter().find(|row| row["key"] == "secrets.OTHER").unwrap();
    assert_eq!((row["from"]["profile"].as_str(), row["from"]["line"].as_u64()), (Some("x"), Some(5)));
}

#[test]
fn what_looks_like_a_credential_is_hidden() {
    let home = Home::new();
    let file = home.file("own.env", "KEY=v\n");
    let set = "set = { api-key = \"canary-1\", url = \"https://user:canary-2@upstream.example\" }";
    home.own_configuration(&dotenv("a", &file, set));
    home.runtime(["config", "show"]).run().exits(0).contains("hidden").never_shows("canary");
}

#[test]
fn nothing_is_shown_of_a_strangers_file() {
    let home = Home::new();
    home.file("project/runtime.toml", "default-backend = \"canary\"\n");
    let run = home.runtime(["config", "show"]).within(&home.project()).run().exits(0).prints("");
    run.says(&["not trusted", "runtime init"]).never_shows("canary");
}

#[test]
fn the_schema_is_json_and_knows_every_key_of_the_documentation() {
    let home = Home::new();
    let schema: Value = home.runtime(["config", "schema"]).run().exits(0).json();
    let backend = &schema["$defs"]["backends"]["additionalProperties"]["properties"];
    for key in ["component", "digest", "credentials", "grant", "hosted-keys", "cache", "limits", "requests"] {
        assert!(backend[key]["description"].is_string(), "{key}");
    }
}
