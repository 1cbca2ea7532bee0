//! The file that was found over the user's own, and profiles over both.

use super::dotenv;
use crate::common::{Home, READ_WRITE};

#[test]
fn the_users_own_counts_where_no_other_is_found() {
    let home = Home::new();
    let file = home.file("own.env", "KEY=own\n");
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &file, "")));
    let run = home.runtime(["get", "KEY"]).run().exits(0).prints("own");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_trusted_project_counts_more_and_the_users_own_fills_in() {
    let home = Home::new();
    let (own, project) = (home.file("own.env", "KEY=own\n"), home.file("project.env", "KEY=project\n"));
    home.own_configuration(&format!("default-backend = \"a\"\n{}{}", dotenv("a", &own, ""), dotenv("mine", &own, "")));
    home.trusted_configuration(&dotenv("a", &project, ""));
    let at = |name: &str| home.runtime(["get", "KEY", "--backend", name]).within(&home.project()).run();
    at("a").exits(0).prints("project");
    at("mine").exits(0).prints("own");
    home.runtime(["get", "KEY"]).within(&home.project()).run().exits(0).prints("project");
}

#[test]
fn a_strangers_project_changes_nothing() {
    let home = Home::new();
    let (own, evil) = (home.file("own.env", "KEY=own\n"), home.file("evil.env", "KEY=evil\n"));
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &own, "")));
    let text = format!("audit = \"evil.log\"\n{}\n[secrets]\nKEY = \"ref+a://OTHER\"\n", dotenv("a", &evil, ""));
    home.file("project/runtime.toml", text);
    let run = home.runtime(["get", "KEY"]).within(&home.project()).run();
    run.exits(0).prints("own").says(&["is not trusted and has no effect", "runtime trust"]);
    assert!(!home.project().join("evil.log").exists());
    let named = home.runtime(["-P", "evil", "get", "KEY"]).within(&home.project()).run();
    named.exits(2).says(&["no configuration that counts has a profile evil"]);
}

#[test]
fn a_named_file_counts_alone() {
    let home = Home::new();
    let (own, named) = (home.file("own.env", "KEY=own\n"), home.file("named.env", "KEY=named\n"));
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &own, "")));
    let file = home.file("named.toml", dotenv("b", &named, ""));
    let get = |backend: &str| home.runtime(["get", "KEY", "--backend", backend, "--config-file"]).arg(&file).run();
    get("b").exits(0).prints("named");
    get("a").exits(2).says(&["there is no backend a"]);
}

#[test]
fn a_profile_changes_what_it_says_and_leaves_the_rest() {
    let home = Home::new();
    let (dev, prod) = (home.file("dev.env", "KEY=dev\n"), home.file("prod.env", "KEY=prod\n"));
    let profile = format!(
        "[profiles.prod.backends.a]\ngrant = {{ storage = {prod:?} }}\n[profiles.writing.backends.a]\n\
         access-mode = \"read-write\"\n"
    );
    home.own_configuration(&format!("default-backend = \"a\"\n{}{profile}", dotenv("a", &dev, "")));
    home.runtime(["get", "KEY"]).run().exits(0).prints("dev");
    home.runtime(["-P", "prod", "get", "KEY"]).run().exits(0).prints("prod");
    home.runtime(["--profile", "prod", "set", "KEY"]).input("x").run().is_refused("access-mode");
    home.runtime(["-P", "writing", "set", "KEY"]).input("new").run().exits(0);
    home.runtime(["get", "KEY"]).run().exits(0).prints("new");
    let run = home.runtime(["-P", "prd", "get", "KEY"]).run().exits(2).prints("");
    run.says(&["has a profile prd", "prod, writing"]);
}

#[test]
fn a_mistake_in_a_profile_is_found_without_it() {
    let home = Home::new();
    let file = home.file("a.env", "KEY=v\n");
    home.own_configuration(&format!(
        "default-backend = \"a\"\n{}[profiles.x.backends.a]\ntimeuot = \"1s\"\n",
        dotenv("a", &file, "")
    ));
    let run = home.runtime(["get", "KEY"]).run().exits(2).prints("");
    run.says(&["profiles.x.backends.a: unknown key \"timeuot\"", "\"timeout\""]);
}

#[test]
fn names_lead_to_where_the_configuration_has_them() {
    let home = Home::new();
    let (one, two) = (home.file("one.env", "KEY=one\nOTHER=two\n"), home.file("two.env", "team_openai=three\n"));
    home.own_configuration(&format!(
        "default-backend = \"one\"\n{}{}[secrets.OPENAI_API_KEY]\nbackend = \"two\"\nname = \"team_openai\"\n\
         [secrets]\nSHORT = \"ref+one://OTHER\"\nKEY = {{}}\nPINNED = {{ version = \"3\" }}\n",
        dotenv("one", &one, ""),
        dotenv("two", &two, "access-mode = \"read-write\"")
    ));
    let run = home.runtime(["get", "OPENAI_API_KEY", "SHORT", "KEY", "GONE"]).run().exits(10);
    let answers = run.json();
    for (name, value) in [("OPENAI_API_KEY", "three"), ("SHORT", "two"), ("KEY", "one")] {
        assert_eq!(answers[name]["value"], value);
    }
    assert_eq!(answers["GONE"]["error"]["kind"], "not-found");
    home.runtime(["exists", "OPENAI_API_KEY"]).run().exits(0).prints("yes\n");
    // A backend that was named has its own names.
    home.runtime(["--backend", "one", "get", "OPENAI_API_KEY"]).run().exits(10);
    home.runtime(["set", "OPENAI_API_KEY"]).input("new").run().exits(0).says(&["stored team_openai"]);
    home.runtime(["get", "OPENAI_API_KEY"]).run().exits(0).prints("new");
    // What the command line says of policy holds for the backend it means, not for others.
    home.runtime([READ_WRITE, "set", "KEY"]).input("newer").run().exits(0);
    home.runtime(["set", "PINNED"]).input("x").run().exits(2).says(&["PINNED in version 3 alone"]);
}
