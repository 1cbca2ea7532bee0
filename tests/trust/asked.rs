//! The question, and the answer to it.

use insta::assert_snapshot;
use test_support::{Reply, Upstream, layout};

use crate::common::{Home, cli::Run, digest};

const QUESTION: &str = "Grant this, and record it? ";
/// Where one key is enough.
const KEY: &str = "Grant this, and record it? [y/N] ";
/// Where it is not.
const WORD: &str = "Grant this, and record it? Type yes if so, since a ";
/// What Ctrl-C sends.
const CTRL_C: &str = "\u{3}";

fn server() -> Upstream {
    Upstream::start(|_| {
        Reply::new(200, r#"{"data":{"data":{"value":"v"},"metadata":{"created_time":"t","version":1}}}"#)
    })
    .unwrap()
}

/// `runtime get KEY` with the vault backend, which nobody has trusted yet.
fn get(home: &Home, address: &str) -> Run {
    let run = home.runtime(["get", "KEY", "--backend"]).arg(layout::backend("vault"));
    run.env("VAULT_ADDR", address).env("VAULT_TOKEN", "canary-token")
}

#[test]
fn a_yes_is_recorded_and_nobody_is_asked_again() {
    let (home, server) = (Home::new(), server());
    let screen = get(&home, &server.address()).on_terminal().shows(WORD).types("yes").exits(0);
    assert!(screen.ends_with("v\r\n") && !screen.contains("canary-token"), "{screen}");
    let again = get(&home, &server.address()).run().exits(0).prints("v");
    assert_eq!(again.stderr, "");
    assert_eq!(server.seen().len(), 2);
}

/// `runtime get KEY` with a backend on a public address, which nobody has trusted yet; a script answers for it.
fn public(home: &Home) -> Run {
    let script = "[set]\naddress = \"https://192.88.0.1\"\n[[route]]\nmethod = \"GET\"\npath = \"/{name*}\"\nreply = 200\nabsent = { status = 404, json = { errors = [] } }\n";
    let script = home.file("upstream.toml", script);
    let run = home.runtime(["get", "KEY", "--backend"]).arg(layout::backend("vault")).arg("--stand-in").arg(script);
    run.env("VAULT_TOKEN", "canary-token")
}

#[test]
fn one_key_answers_and_anything_but_y_is_no() {
    let home = Home::new();
    for key in ["n", "\n", " ", "\u{1b}[A", "é", "\u{4}", "ny"] {
        let screen = public(&home).on_terminal().shows(KEY).presses(key).exits(3);
        assert!(screen.contains("no\r\n") && screen.contains("not granted"), "{key:?} {screen}");
    }
    assert!(home.files().iter().all(|(path, _)| !path.ends_with("trust.toml")));
    let screen = public(&home).on_terminal().shows(KEY).presses("y").exits(10);
    assert!(screen.contains("yes\r\n"), "{screen}");
    public(&home).run().exits(10).prints("");
}

#[test]
fn a_private_address_or_a_file_takes_the_word() {
    let (home, server) = (Home::new(), server());
    for answer in ["n", "", "y", "yess", "sure"] {
        let screen = get(&home, &server.address()).on_terminal().shows(WORD).types(answer).exits(3);
        assert!(screen.contains("a private address is in it") && screen.contains("not granted"), "{screen}");
    }
    get(&home, &server.address()).on_terminal().shows(WORD).types("  YES ").exits(0);
    assert_eq!(server.seen().len(), 1, "it ran before it was trusted");

    let files = Home::with_dotenv("KEY=v\n");
    let screen = files.untrusted_dotenv(["get", "KEY"]).on_terminal().shows(WORD).types("y").exits(3);
    assert!(screen.contains("a file of yours is in it"), "{screen}");
    files.untrusted_dotenv(["get", "KEY"]).on_terminal().shows(WORD).types("yes").exits(0);
}

#[test]
fn an_identity_that_lies_in_a_file_takes_the_word_and_one_in_variables_does_not() {
    let home = Home::new();
    let trust = |home: &Home| {
        let run = home.runtime(["trust"]).arg(layout::backend("aws-secrets-manager")).env("AWS_REGION", "eu-west-1");
        run.env("AWS_ENDPOINT_URL", "https://192.88.0.1")
    };
    let keys = trust(&home).env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "canary-secret");
    keys.on_terminal().shows(KEY).presses("n").exits(3);
    home.file(
        ".aws/credentials",
        "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = canary-secret\n",
    );
    let screen = trust(&home).on_terminal().shows(WORD).types("y").exits(3);
    assert!(screen.contains("a file of yours is in it") && !screen.contains("canary"), "{screen}");
}

#[test]
fn ctrl_c_ends_it_with_nothing_recorded_and_the_terminal_as_it_was() {
    let (home, server) = (Home::with_dotenv("KEY=v\n"), server());
    let ended = [
        public(&home).on_terminal().shows(KEY).presses(CTRL_C).exits(130),
        get(&home, &server.address()).on_terminal().shows(WORD).presses(CTRL_C).exits(130),
        get(&home, &server.address()).on_terminal().shows(WORD).presses("ye").presses(CTRL_C).exits(130),
        home.runtime(["trust"])
            .arg(layout::backend("dotenv"))
            .arg("--storage")
            .arg(home.dotenv_file())
            .on_terminal()
            .shows(WORD)
            .presses(CTRL_C)
            .exits(130),
    ];
    for screen in ended {
        assert!(!screen.contains("not granted") && !screen.contains("defect"), "{screen}");
    }
    assert!(home.files().iter().all(|(path, _)| !path.ends_with("trust.toml")));
    assert_eq!(server.connections(), 0);

    // A shell on the same terminal sees its modes before and after.
    for (asked, keys) in [(public(&home), CTRL_C), (public(&home), "n"), (get(&home, &server.address()), CTRL_C)] {
        let screen = asked.between_modes().on_terminal().shows(QUESTION).presses(keys).exits(0);
        let modes: Vec<_> = screen.lines().filter(|line| line.starts_with("modes ")).collect();
        assert!(modes.len() == 2 && modes[0] == modes[1], "{screen}");
    }
}

#[test]
fn keys_that_were_pressed_before_the_question_do_not_answer_it() {
    let home = Home::new();
    let early = public(&home).after_a_line().on_terminal().shows("ready").presses("go\nyyyy");
    early.shows(KEY).presses("n").exits(3);
}

#[test]
fn the_question_is_asked_on_the_terminal_even_if_input_is_piped() {
    let home = Home::new();
    let set = home.untrusted_dotenv(["--access-mode=read-write", "set", "KEY"]).input("y\n");
    let screen = set.on_terminal().shows(WORD).types("yes").exits(0);
    assert!(screen.contains("stored KEY"), "{screen}");
    assert_eq!(home.dotenv_text(), "KEY=\"y\\n\"\n");
}

#[test]
fn what_is_asked_is_in_plain_words_with_the_authors_first() {
    let (home, server) = (Home::new(), server());
    let screen = get(&home, &server.address()).on_terminal().shows(WORD).types("n").exits(3);
    let vault = layout::backend("vault");
    let screen = screen.replace(&digest(&vault), "sha256:…").replace(&server.address(), "http://127.0.0.1:PORT");
    assert_snapshot!("question-vault", screen.replace("\r\n", "\n"));

    let screen = home.untrusted_dotenv(["get", "KEY"]).on_terminal().shows(WORD).types("n").exits(3);
    let dotenv = layout::backend("dotenv");
    let screen = screen.replace(&digest(&dotenv), "sha256:…").replace(home.path().to_str().unwrap(), "/home/me");
    assert_snapshot!("question-dotenv", screen.replace("\r\n", "\n"));
}

#[test]
fn without_a_terminal_the_command_to_type_is_told_and_works() {
    let (home, server) = (Home::new(), server());
    // A folder whose name a shell would take apart.
    let component = home.file("my backends/it's vault.wasm", std::fs::read(layout::backend("vault")).unwrap());
    let with = |run: Run| run.env("VAULT_ADDR", server.address()).env("VAULT_TOKEN", "canary-token");
    let get = || with(home.runtime(["get", "KEY", "--backend"]).arg(&component)).run();
    let refused = get().exits(3).prints("").says(&["is not trusted yet"]).never_shows("canary-token");
    let line = refused.stderr.split('`').find(|part| part.starts_with("runtime trust --digest ")).unwrap();
    with(home.shell(line)).run().exits(0).says(&["recorded"]).never_shows("canary-token");
    get().exits(0).prints("v");
}

#[test]
fn a_changed_address_is_another_question_and_the_difference_is_shown() {
    let (home, first, second) = (Home::new(), server(), server());
    get(&home, &first.address()).on_terminal().shows(WORD).types("yes").exits(0);
    let changed = get(&home, &second.address()).run().exits(3).prints("");
    changed.says(&["not with these facts", &first.address(), &second.address()]);
    assert_eq!(second.connections(), 0);

    let terminal = get(&home, &second.address()).on_terminal().shows(", with other facts:");
    let screen = terminal.shows(WORD).types("yes").exits(0);
    assert!(screen.contains(&first.address()), "{screen}");
    // Several answers stand side by side.
    for address in [first.address(), second.address()] {
        get(&home, &address).run().exits(0);
    }
}

#[test]
fn another_credential_another_variable_or_another_file_is_another_question() {
    let (home, server) = (Home::with_dotenv("KEY=v\n"), server());
    get(&home, &server.address()).on_terminal().shows(WORD).types("yes").exits(0);
    let from_elsewhere = get(&home, &server.address()).env("VAULT_TOKEN", "").env("HCP_VAULT_TOKEN", "other");
    from_elsewhere.run().exits(3).says(&["HCP_VAULT_TOKEN"]);
    get(&home, &server.address()).env("VAULT_NAMESPACE", "ns").run().exits(3).says(&["VAULT_NAMESPACE"]);
    assert_eq!(server.seen().len(), 1);

    home.untrusted_dotenv(["get", "KEY"]).on_terminal().shows(WORD).types("yes").exits(0);
    home.file("other.env", "KEY=theirs\n");
    let other = home.runtime(["--storage", "other.env", "get", "KEY", "--backend"]).arg(layout::backend("dotenv"));
    other.run().exits(3).prints("").says(&["other.env"]);
}
