//! The dotenv backend through the binary: one file, changed line by line.

use std::{fs, os::unix::fs::PermissionsExt as _, thread};

use crate::common::{Home, READ_WRITE};

/// A file of the kind that people keep.
const FILE: &str = "# what the app needs
OPENAI_API_KEY=sk-1234  # rotate in June
export DB_URL=\"postgres://app:p%40ss@db/app?x=1#main\"

QUOTED='single $HOME \\n'
ESCAPED=\"tab\\there, line\\nthere, \\\"quoted\\\"\"
LINES=\"first
second\"
EMPTY=
";

#[test]
fn values_are_read_as_the_grammar_says() {
    let home = Home::with_dotenv(FILE);
    for (key, value) in [
        ("OPENAI_API_KEY", "sk-1234"),
        ("DB_URL", "postgres://app:p%40ss@db/app?x=1#main"),
        ("QUOTED", "single $HOME \\n"),
        ("ESCAPED", "tab\there, line\nthere, \"quoted\""),
        ("LINES", "first\nsecond"),
        ("EMPTY", ""),
    ] {
        home.dotenv(["get", key]).run().exits(0).prints(value);
    }
    assert_eq!(home.dotenv_text(), FILE);
}

#[test]
fn existence_and_names_need_no_value() {
    let home = Home::with_dotenv(FILE);
    home.dotenv(["exists", "DB_URL"]).run().exits(0).prints("yes\n");
    home.dotenv(["exists", "DB"]).run().exits(10).prints("no\n");
    home.dotenv(["get", "DB"]).run().exits(10).prints("");
    let all = "DB_URL\nEMPTY\nESCAPED\nLINES\nOPENAI_API_KEY\nQUOTED\n";
    home.dotenv(["list"]).run().exits(0).prints(all).never_shows("sk-1234");
    home.dotenv(["list", "E"]).run().exits(0).prints("EMPTY\nESCAPED\n");
    home.dotenv(["list", "--limit", "2"]).run().exits(0).prints("DB_URL\nEMPTY\n").says(&["there are more"]);
}

#[test]
fn a_change_touches_one_line() {
    let home = Home::with_dotenv(FILE);
    home.dotenv([READ_WRITE, "set", "OPENAI_API_KEY"]).input("sk-5678").run().exits(0).says(&["stored OPENAI_API_KEY"]);
    assert_eq!(home.dotenv_text(), FILE.replace("sk-1234", "sk-5678"));
    home.dotenv([READ_WRITE, "set", "NEW"]).input("v").run().exits(0);
    assert_eq!(home.dotenv_text(), FILE.replace("sk-1234", "sk-5678") + "NEW=v\n");
    home.dotenv([READ_WRITE, "delete", "NEW"]).run().exits(0).says(&["deleted NEW"]);
    home.dotenv([READ_WRITE, "delete", "LINES"]).run().exits(0);
    let rest = FILE.replace("sk-1234", "sk-5678").replace("LINES=\"first\nsecond\"\n", "");
    assert_eq!(home.dotenv_text(), rest);
    home.dotenv([READ_WRITE, "delete", "LINES"]).run().exits(10);
    assert_eq!(home.dotenv_text(), rest);
}

#[test]
fn line_ends_and_a_missing_last_one_are_kept() {
    let home = Home::with_dotenv("A=1\r\nB=2\r\n");
    home.dotenv([READ_WRITE, "set", "A"]).input("one").run().exits(0);
    home.dotenv([READ_WRITE, "set", "C"]).input("3").run().exits(0);
    assert_eq!(home.dotenv_text(), "A=one\r\nB=2\r\nC=3\r\n");

    let home = Home::with_dotenv("A=1\nB=2");
    home.dotenv([READ_WRITE, "set", "B"]).input("two").run().exits(0);
    assert_eq!(home.dotenv_text(), "A=1\nB=two");
}

#[test]
fn any_text_comes_back_as_it_was_stored() {
    let home = Home::with_dotenv("BEFORE=1\n");
    for value in [
        "",
        " ",
        "plain",
        " leading and trailing ",
        "#no comment",
        "a#b # c",
        "\"double\"",
        "'single'",
        "it's \"both\"",
        "back\\slash \\n",
        "$HOME ${HOME} `id`",
        "two\nlines\n",
        "\r\n",
        "tab\t",
        "K=V",
        "schl\u{fc}ssel \u{1f511}",
        "\\",
    ] {
        home.dotenv([READ_WRITE, "set", "KEY"]).input(value).run().exits(0);
        home.dotenv(["get", "KEY"]).run().exits(0).prints(value);
        home.dotenv(["get", "BEFORE"]).run().exits(0).prints("1");
    }
}

#[test]
fn create_only_does_not_replace_and_versions_are_unknown() {
    let home = Home::with_dotenv("A=1\n");
    home.dotenv([READ_WRITE, "set", "A", "--create-only"]).input("2").run().exits(9);
    home.dotenv([READ_WRITE, "set", "B", "--create-only"]).input("2").run().exits(0);
    for arguments in
        [&["set", "A", "--if-version", "1"][..], &["set", "A", "--tag", "a=b"], &["get", "A", "--version", "1"]]
    {
        home.dotenv([READ_WRITE]).args(arguments).input("2").run().exits(4);
    }
    home.dotenv([READ_WRITE, "delete", "A", "--recovery-days", "3"]).run().exits(4);
    home.dotenv(["check"]).run().exits(0).contains("unknown: dotenv: ");
    assert_eq!(home.dotenv_text(), "A=1\nB=2\n");
}

#[test]
fn a_secret_is_rotated_in_place_or_to_a_new_name() {
    let home = Home::with_dotenv("# first\nOLD=one # note\nLAST=1\n");
    home.dotenv([READ_WRITE, "rotate", "OLD"]).input("two").run().exits(0).says(&["rotated OLD"]);
    assert_eq!(home.dotenv_text(), "# first\nOLD=two # note\nLAST=1\n");
    home.dotenv([READ_WRITE, "rotate", "OLD", "--to", "NEW"]).input("three").run().exits(0);
    assert_eq!(home.dotenv_text(), "# first\nLAST=1\nNEW=three\n");
    home.dotenv([READ_WRITE, "rotate", "GONE"]).input("v").run().exits(10);
    home.dotenv([READ_WRITE, "rotate", "NEW", "--to", "LAST"]).input("v").run().exits(9);
    assert_eq!(home.dotenv_text(), "# first\nLAST=1\nNEW=three\n");
}

#[test]
fn a_missing_file_is_empty_and_made_private_by_the_first_write() {
    let home = Home::new();
    home.dotenv(["get", "KEY"]).run().exits(10);
    home.dotenv(["list"]).run().exits(0).prints("");
    assert!(!home.dotenv_file().exists());
    home.dotenv([READ_WRITE, "set", "KEY"]).input("v").run().exits(0);
    assert_eq!(home.dotenv_text(), "KEY=v\n");
    assert_eq!(fs::metadata(home.dotenv_file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_mode_of_the_file_is_kept() {
    let home = Home::with_dotenv("A=1\n");
    fs::set_permissions(home.dotenv_file(), fs::Permissions::from_mode(0o640)).unwrap();
    home.dotenv([READ_WRITE, "set", "A"]).input("2").run().exits(0);
    assert_eq!(fs::metadata(home.dotenv_file()).unwrap().permissions().mode() & 0o777, 0o640);
    let beside: Vec<_> =
        home.files().into_iter().map(|(path, _)| path).filter(|path| *path != home.dotenv_file()).collect();
    assert_eq!(beside, Vec::<std::path::PathBuf>::new(), "something was left behind");
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let home = Home::with_dotenv("# kept\nFIRST=1\n");
    thread::scope(|scope| {
        for writer in 0..6 {
            let home = &home;
            scope.spawn(move || {
                for round in 0..4 {
                    let key = format!("KEY_{writer}_{round}");
                    home.dotenv([READ_WRITE, "set", &key]).input(&*key).run().exits(0);
                    // One key that all of them write.
                    home.dotenv([READ_WRITE, "set", "SHARED"]).input(&*key).run().exits(0);
                }
            });
        }
    });
    let text = home.dotenv_text();
    assert!(text.starts_with("# kept\nFIRST=1\n"), "{text}");
    let mut keys: Vec<_> = text.lines().skip(2).filter_map(|line| line.split_once('=')).collect();
    keys.retain(|(key, value)| *key != "SHARED" && key == value);
    assert_eq!(keys.len(), 24, "{text}");
    assert_eq!(text.matches("SHARED=").count(), 1, "{text}");
}

#[test]
fn a_file_elsewhere_is_out_of_reach() {
    let home = Home::with_dotenv("KEY=mine\n");
    home.file("other/.env", "KEY=theirs\n");
    for key in ["../other/.env", "/etc/passwd", "KEY=", "a b", ""] {
        home.dotenv(["get", key]).run().exits(2).prints("");
    }
}
