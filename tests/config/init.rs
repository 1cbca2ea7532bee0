//! `init`: a first configuration.

use std::fs;

use insta::assert_snapshot;
use test_support::layout;

use crate::common::Home;

fn home() -> Home {
    let home = Home::with_dotenv("OPENAI_API_KEY=v\n");
    let backend = home.path().join("data/secret-runtime/backends/dotenv.wasm");
    fs::create_dir_all(backend.parent().unwrap()).unwrap();
    fs::copy(layout::backend("dotenv"), backend).unwrap();
    home
}

#[test]
fn three_answers_make_a_configuration_that_works() {
    let home = home();
    let screen = home.runtime(["init"]).on_terminal().shows("Where are your secrets?").types("");
    let screen = screen.shows("Which file are they in?").types("");
    let screen = screen.shows("Which secrets").types("OPENAI_API_KEY, DB  URL").exits(0);
    assert!(screen.contains("Where are your secrets? dotenv\r\n"), "{screen}");
    assert!(screen.contains("wrote runtime.toml") && screen.contains("runtime run -- your-app"), "{screen}");
    let text = fs::read_to_string(home.path().join("runtime.toml")).unwrap();
    assert_snapshot!(text.replace(home.path().to_str().unwrap(), "HOME"));
    // The configuration is trusted as it was written; the backend is not, before its question is answered.
    home.runtime(["get", "OPENAI_API_KEY"]).run().exits(3).says(&["the component is not trusted yet"]);
    home.runtime(["--trust", "get", "OPENAI_API_KEY"]).run().exits(0).prints("v");
    home.runtime(["trust"]).run().exits(3).says(&["type `runtime trust --digest sha256:", " dotenv`"]);
}

#[test]
fn what_is_given_is_not_asked_for() {
    let home = home();
    let init = ["init", "--backend", "dotenv", "--storage", ".env", "--secrets", "A,B"];
    home.runtime(init).run().exits(0).prints("").says(&["next: runtime get A"]);
    home.runtime(init).run().exits(2).says(&["runtime.toml is there already"]);
}

#[test]
fn without_a_terminal_it_says_which_option_answers() {
    let home = home();
    home.runtime(["init"]).run().exits(2).says(&["no terminal", "--backend NAME"]);
    home.runtime(["init", "--backend", "dotenv"]).run().exits(2).says(&["--storage FILE"]);
    home.runtime(["init", "--backend", "dotenv", "--storage", ".env"]).run().exits(2).says(&["--secrets"]);
    assert!(!home.path().join("runtime.toml").exists());
}
