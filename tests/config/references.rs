//! References: resolved once, where the operator wrote them, and nowhere else.

use std::fs;

use test_support::{Reply, Upstream, layout};

use super::dotenv;
use crate::common::{Home, digest};

/// A backend that asks a server, with a credential that is somewhere else.
fn asking(name: &str, server: &Upstream, credential: &str) -> String {
    let (component, address) = (layout::backend("example-c"), server.address());
    format!(
        "[backends.{name}]\ncomponent = {component:?}\ndigest = \"{}\"\nset = {{ address = \"{address}\" }}\n\
         credentials = {{ token = \"{credential}\" }}\ngrant = {{ origins = [\"{address}\"] }}\n",
        digest(&component)
    )
}

fn server() -> Upstream {
    Upstream::start(|_| Reply::new(200, "ref+a://LEAK")).unwrap()
}

#[test]
fn a_credential_may_be_a_secret_of_another_backend() {
    let (home, server) = (Home::new(), server());
    let file = home.file("a.env", "TOKEN=canary-token\nLEAK=canary-leak\n");
    let text = format!("default-backend = \"b\"\n{}{}", dotenv("a", &file, ""), asking("b", &server, "ref+a://TOKEN"));
    home.own_configuration(&text);
    // What was fetched looks like a reference, and stays what it is.
    let run = home.runtime(["get", "KEY"]).run().exits(0).prints("ref+a://LEAK").never_shows("canary-token");
    assert_eq!(run.stderr, "");
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer canary-token"));
    let trust = home.runtime(["inspect", "--backend", "b"]).run().exits(0);
    trust.never_shows("canary-token");
}

#[test]
fn one_that_is_absent_is_told_by_name_and_nothing_is_sent() {
    let (home, server) = (Home::new(), server());
    let file = home.file("a.env", "X=1\n");
    home.own_configuration(&format!(
        "default-backend = \"b\"\n{}{}",
        dotenv("a", &file, ""),
        asking("b", &server, "ref+a://TOKEN")
    ));
    home.runtime(["get", "KEY"]).run().exits(10).says(&["TOKEN", "a"]).prints("");
    assert!(server.seen().is_empty());
}

#[test]
fn credentials_that_need_each_other_are_refused() {
    let (home, server) = (Home::new(), server());
    home.own_configuration(&format!(
        "default-backend = \"a\"\n{}{}",
        asking("a", &server, "ref+b://T"),
        asking("b", &server, "ref+a://T")
    ));
    let run = home.runtime(["get", "KEY"]).run().exits(2).prints("");
    run.says(&["credentials that need each other: a needs b needs a"]);
    home.own_configuration(&format!("default-backend = \"a\"\n{}", asking("a", &server, "ref+a://T")));
    home.runtime(["get", "KEY"]).run().exits(2).says(&["a needs a"]);
    assert!(server.seen().is_empty());
}

#[test]
fn a_setting_is_never_a_reference() {
    let home = Home::new();
    let file = home.file("a.env", "TOKEN=canary-token\n");
    let set = "set = { file = \"ref+a://TOKEN\" }";
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &file, set)));
    let run = home.runtime(["get", "KEY"]).run().exits(2).prints("");
    run.says(&["backends.a.set.file", "the backend would see the secret"]).never_shows("canary-token");
}

#[test]
fn what_the_environment_and_the_command_line_say_is_text() {
    let (home, server) = (Home::new(), server());
    let file = home.file("a.env", "TOKEN=canary-token\n");
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &file, "")));
    home.example("c", &server, ["get", "KEY"]).env("EXAMPLE_C_TOKEN", "ref+a://TOKEN").run().exits(0);
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer ref+a://TOKEN"));
    home.runtime(["get", "ref+a://TOKEN"]).run().exits(2).prints("").never_shows("canary-token");
}

#[test]
fn a_credential_that_was_typed_into_the_configuration_is_refused_and_not_repeated() {
    let (home, server) = (Home::new(), server());
    home.own_configuration(&asking("b", &server, "canary-token"));
    let run = home.runtime(["--backend", "b", "get", "KEY"]).run().exits(2).prints("").never_shows("canary-token");
    run.says(&["backends.b.credentials.token", "only where it is"]);
    home.own_configuration("[secrets]\nKEY = \"canary-value\"\n");
    let run = home.runtime(["get", "KEY"]).run().exits(2).prints("").never_shows("canary-value");
    run.says(&["secrets.KEY", "ref+BACKEND://NAME"]);
}

#[test]
fn a_reference_leads_to_no_file_that_lies_where_the_command_is_typed() {
    let home = Home::with_dotenv("A=1\n");
    home.file("evil.wasm", fs::read(layout::backend("env")).unwrap());
    let run = home.dotenv(["inject"]).input("ref+evil.wasm://HOME").run().exits(2).prints("");
    run.says(&["names a component's file"]).never_shows("Granted");
    for text in ["default-backend = \"evil.wasm\"\n", "[secrets.A]\nbackend = \"./evil.wasm\"\n"] {
        let file = home.file("mine.toml", text);
        let run = home.runtime(["--trust", "--config-file"]).arg(file).args(["get", "A"]).run().exits(2).prints("");
        run.says(&["a component's file is named by [backends.NAME]"]).never_shows("Granted");
    }
}
