//! Access mode, hosted keys, write prefix, and the environment as a last resort.

use serde_json::json;
use test_support::{OpenBao, Reply, Upstream, layout};

use crate::common::{Home, READ_WRITE, cli::Run, digest};

#[test]
fn each_access_mode_opens_its_directions_in_either_spelling() {
    let home = Home::with_dotenv("KEY=v\n");
    let run = |mode: &str, arguments: &[&str]| home.dotenv(["--access-mode", mode]).args(arguments).input("v").run();
    for (mode, reads, writes) in [
        ("read-only", true, false),
        ("read_only", true, false),
        ("write-only", false, true),
        ("write_only", false, true),
        ("read-write", true, true),
        ("read_and_write", true, true),
    ] {
        for (allowed, command) in [
            (reads, &["get", "KEY"][..]),
            (reads, &["exists", "KEY"]),
            (reads, &["list"]),
            (writes, &["set", "KEY"]),
            (writes, &["delete", "KEY"]),
            (reads && writes, &["rotate", "KEY"]),
        ] {
            home.file(".env", "KEY=v\n");
            let run = run(mode, command);
            if allowed {
                run.exits(0);
            } else {
                run.is_refused("access-mode");
                assert_eq!(home.dotenv_text(), "KEY=v\n");
            }
        }
    }
}

#[test]
fn what_is_refused_reaches_no_server() {
    let (home, server) = (Home::new(), Upstream::start(|_| Reply::new(200, "v")).unwrap());
    home.example("c", &server, ["--hosted-keys", "OPENAI_*", "get", "GITHUB_TOKEN"]).run().is_refused("hosted-keys");
    home.example("c", &server, ["--access-mode", "write-only", "get", "KEY"]).run().is_refused("access-mode");
    assert_eq!(server.connections(), 0);
}

#[test]
fn hosted_keys_hold_for_reads_writes_and_listings() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    for name in ["OPENAI_KEY", "GITHUB_TOKEN", "team/a/KEY", "team/KEY", "teams/KEY", "OPENAI_X/KEY"] {
        server.put(name, &json!({ "value": "v" })).unwrap();
    }
    let run =
        |arguments: &[&str]| home.vault(&server, ["--hosted-keys", "OPENAI_*,team/**", READ_WRITE]).args(arguments);
    for name in ["OPENAI_KEY", "team/KEY", "team/a/KEY"] {
        run(&["get", name]).run().exits(0).prints("v");
    }
    for name in ["GITHUB_TOKEN", "teams/KEY", "OPENAI_X/KEY", "openai_key"] {
        run(&["get", name]).run().is_refused("hosted-keys");
        run(&["exists", name]).run().is_refused("hosted-keys");
        run(&["delete", name]).run().is_refused("hosted-keys");
        run(&["set", name]).input("new").run().is_refused("hosted-keys");
    }
    run(&["set", "OPENAI_NEW"]).input("new").run().exits(0);
    run(&["list"]).run().exits(0).prints("OPENAI_KEY\nOPENAI_NEW\nteam/\n");
    run(&["list", "team/"]).run().exits(0).prints("team/KEY\nteam/a/\n");
    assert_eq!(server.get("GITHUB_TOKEN").unwrap(), Some(json!({ "value": "v" })));
}

#[test]
fn an_option_that_says_where_is_refused_beside_hosted_keys() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("team/KEY", &json!({ "value": "v", "other": "w" })).unwrap();
    let get = |option: &str| home.vault(&server, ["--hosted-keys", "KEY", "get", "KEY", "--opt", option]).run();
    for option in ["path-prefix=team", "mount=secret/data/team", "namespace=ns"] {
        get(option).is_refused("allow-options");
    }
    home.vault(&server, ["get", "KEY", "--opt", "path-prefix=team"]).run().exits(0).prints("v");
    let what = home.vault(&server, ["--hosted-keys", "team/*", "get", "team/KEY", "--field", "other"]).run();
    what.exits(0).prints("w");

    let config = home.file(
        "runtime.toml",
        format!(
            "[backends.prod]\ncomponent = {:?}\nhosted-keys = [\"KEY\"]\nallow-options = [\"path-prefix\"]\n",
            layout::backend("vault")
        ),
    );
    let allowed = |option: &str| {
        let run = home.runtime(["--trust", "--backend", "prod", "get", "KEY", "--opt", option, "--config-file"]);
        run.arg(&config).env("VAULT_ADDR", server.address()).env("VAULT_TOKEN", server.token()).run()
    };
    allowed("path-prefix=team").exits(0).prints("v");
    allowed("mount=kv").is_refused("allow-options");
}

/// The dotenv backend as a configuration has it, with these keys besides.
fn configured(home: &Home, keys: &str, arguments: &[&str]) -> Run {
    let component = layout::backend("dotenv");
    let text = format!(
        "default-backend = \"files\"\n[backends.files]\ncomponent = {component:?}\ndigest = \"{}\"\n\
         grant = {{ storage = \".env\" }}\n{keys}\n",
        digest(&component)
    );
    let config = home.file("runtime.toml", text);
    home.runtime(["--config-file"]).arg(config).args(arguments)
}

#[test]
fn a_write_prefix_is_put_before_written_names_once() {
    let home = Home::with_dotenv("");
    let keys = "access-mode = \"read-write\"\nwrite-prefix = \"app_\"";
    let run = |arguments: &[&str]| configured(&home, keys, arguments);
    run(&["set", "KEY"]).input("v").run().exits(0).says(&["stored app_KEY"]);
    run(&["set", "app_KEY"]).input("w").run().exits(0).says(&["stored app_KEY"]);
    assert_eq!(home.dotenv_text(), "app_KEY=w\n");
    run(&["get", "app_KEY"]).run().exits(0).prints("w");
    run(&["get", "KEY"]).run().exits(10);
    run(&["rotate", "KEY"]).input("x").run().exits(0).says(&["rotated app_KEY"]);
    run(&["rotate", "KEY", "--to", "NEW"]).input("y").run().exits(0).says(&["rotated app_NEW"]);
    assert_eq!(home.dotenv_text(), "app_NEW=y\n");
    let json = run(&["--output", "json", "delete", "NEW"]).run().exits(0).json();
    assert_eq!(json["name"], "app_NEW");
    assert_eq!(home.dotenv_text(), "");
}

#[test]
fn hosted_keys_are_asked_about_the_name_that_is_written() {
    let home = Home::with_dotenv("");
    let keys = "access-mode = \"read-write\"\nwrite-prefix = \"app_\"\nhosted-keys = [\"app_*\"]";
    configured(&home, keys, &["set", "KEY"]).input("v").run().exits(0);
    let keys = "access-mode = \"read-write\"\nwrite-prefix = \"app_\"\nhosted-keys = [\"KEY\"]";
    configured(&home, keys, &["set", "KEY"]).input("v").run().is_refused("hosted-keys");
}

#[test]
fn what_the_command_line_says_counts_more_than_the_configuration() {
    let home = Home::with_dotenv("KEY=v\n");
    let keys = "access-mode = \"read-only\"";
    configured(&home, keys, &["set", "KEY"]).input("w").run().is_refused("access-mode");
    configured(&home, keys, &[READ_WRITE, "set", "KEY"]).input("w").run().exits(0);
    assert_eq!(home.dotenv_text(), "KEY=w\n");
}

#[test]
fn the_environment_answers_only_when_asked_and_only_for_what_is_absent() {
    let home = Home::with_dotenv("KEY=from the file\n");
    let get = |arguments: &[&str]| {
        home.dotenv(arguments).env("KEY", "from the environment").env("OTHER", "from the environment").run()
    };
    get(&["get", "OTHER"]).exits(10).prints("");
    get(&["--env-fallback", "get", "OTHER"]).exits(0).prints("from the environment");
    get(&["--env-fallback", "get", "KEY"]).exits(0).prints("from the file");
    get(&["--env-fallback", "--hosted-keys", "OTHER", "get", "KEY"]).exits(0).prints("from the environment");
    get(&["--env-fallback", "get", "NEITHER"]).exits(10);
    let file = home.path().join("audit.jsonl");
    home.dotenv(["--env-fallback", "get", "OTHER", "--audit"]).arg(&file).env("OTHER", "x").run().exits(0);
    assert!(std::fs::read_to_string(file).unwrap().contains(r#""source":"environment""#));
}

#[test]
fn the_environment_never_answers_with_a_credential_or_for_a_failure() {
    let home = Home::new();
    let absent = Upstream::start(|_| Reply::new(404, "")).unwrap();
    let run = home.example("c", &absent, ["--env-fallback", "get", "EXAMPLE_C_TOKEN"]).run().exits(10);
    run.never_shows(crate::common::attack::TOKEN);
    let broken = Upstream::start(|_| Reply::new(500, "")).unwrap();
    home.example("c", &broken, ["--env-fallback", "get", "KEY"]).env("KEY", "x").run().exits(6).prints("");
}
