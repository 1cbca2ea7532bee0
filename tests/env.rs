//! The env backend through the binary: the variables that the operator names.

use test_support::layout;

use crate::common::{Attack, Home, Manifest, READ_WRITE, cli::Run};

/// `runtime … ARGUMENTS` with the env backend, and some variables.
fn env(home: &Home, storage: &str, arguments: &[&str]) -> Run {
    let run = home.runtime(["--trust", "--backend"]).arg(layout::backend("env")).args(["--storage", storage]);
    let run = run.args(arguments).env("APP_KEY", "one").env("APP_EMPTY", "").env("OTHER_KEY", "canary-other");
    run.env("APP_ODD", " \"quoted\" $HOME \u{1f511}\n")
}

#[test]
fn variables_are_read_as_they_are() {
    let home = Home::new();
    for (name, value) in [("APP_KEY", "one"), ("APP_EMPTY", ""), ("APP_ODD", " \"quoted\" $HOME \u{1f511}\n")] {
        env(&home, "env:APP_*", &["get", name]).run().exits(0).prints(value);
        env(&home, "env:APP_*", &["exists", name]).run().exits(0).prints("yes\n");
    }
    env(&home, "env:APP_*", &["get", "APP_NONE"]).run().exits(10).prints("");
    env(&home, "env:APP_*", &["exists", "APP_NONE"]).run().exits(10).prints("no\n");
    env(&home, "env:APP_*", &["get", "APP_KEY", "--version", "1"]).run().exits(4).prints("");
    env(&home, "env:APP_*", &["get", "APP=KEY"]).run().exits(2).prints("");
}

#[test]
fn only_what_the_operator_names_is_there() {
    let home = Home::new();
    let other = env(&home, "env:APP_*", &["get", "OTHER_KEY"]).run().exits(10).prints("");
    other.never_shows("canary-other");
    env(&home, "env:APP_*", &["list"]).run().exits(0).prints("APP_EMPTY\nAPP_KEY\nAPP_ODD\n");
    env(&home, "env:APP_KEY,OTHER_*", &["list"]).run().exits(0).prints("APP_KEY\nOTHER_KEY\n");
    env(&home, "env:APP_*", &["list", "APP_K"]).run().exits(0).prints("APP_KEY\n").never_shows("one");
    let nothing = home.runtime(["--trust", "get", "APP_KEY", "--backend"]).arg(layout::backend("env"));
    nothing.env("APP_KEY", "canary-own").run().exits(2).prints("").never_shows("canary-own");
}

#[test]
fn nothing_can_be_written() {
    let home = Home::new();
    env(&home, "env:APP_*", &[READ_WRITE, "set", "APP_KEY"]).input("new").run().exits(4);
    env(&home, "env:APP_*", &[READ_WRITE, "delete", "APP_KEY"]).run().exits(4);
    env(&home, "env:APP_*", &["check"]).run().exits(0).contains("unknown: env: ");
}

#[test]
fn a_component_gets_the_one_variable_that_it_is_asked_for() {
    let twin = Attack::with(Manifest::of_backend("env")).env("KEY", "one").env("OTHER", "canary-other");
    let twin = twin.option("--storage=env:KEY,OTHER").set("act", "storage-read");
    twin.clone().set("ask", "KEY").get().exits(0).prints("one");
    let other = twin.set("ask", "OTHER").get().prints("").never_shows("canary-other");
    assert!(matches!(other.status.code(), Some(3 | 10)), "{other:?}");
}
