//! Where new values come from: standard input, a hidden prompt or a file, never the argument list.

use std::fs;

use crate::common::{Home, READ_WRITE, cli::Run};

fn set(home: &Home, arguments: &[&str]) -> Run {
    home.dotenv([READ_WRITE, "set", "KEY"]).args(arguments)
}

#[track_caller]
fn stored(home: &Home) -> Vec<u8> {
    home.dotenv(["get", "KEY"]).run().exits(0).stdout
}

#[test]
fn a_newline_at_the_end_of_a_pipe_is_kept_and_warned_about() {
    let home = Home::new();
    set(&home, &[]).input("v\n").run().exits(0).prints("").says(&["ends in a newline", "--trim-newline"]);
    assert_eq!(stored(&home), b"v\n");
    let quiet = set(&home, &[]).input("v").run().exits(0);
    assert!(!quiet.stderr.contains("newline"), "{quiet:?}");
    assert_eq!(stored(&home), b"v");
}

#[test]
fn one_newline_is_trimmed_when_asked() {
    let home = Home::new();
    for (input, value) in [("v\n", "v"), ("v\r\n", "v"), ("v\n\n", "v\n"), ("v", "v"), ("\n", "")] {
        let run = set(&home, &["--trim-newline"]).input(input).run().exits(0);
        assert!(!run.stderr.contains("newline"), "{run:?}");
        assert_eq!(stored(&home), value.as_bytes(), "{input:?}");
    }
}

#[test]
fn a_file_gives_its_bytes() {
    let home = Home::new();
    let file = home.file("value", "line 1\nline 2\n");
    set(&home, &["--from-file"]).arg(&file).run().exits(0);
    assert_eq!(stored(&home), b"line 1\nline 2\n");
    set(&home, &["--trim-newline", "--from-file"]).arg(&file).run().exits(0);
    assert_eq!(stored(&home), b"line 1\nline 2");
    set(&home, &["--from-file", "missing"]).run().exits(2).says(&["missing"]);
    set(&home, &["--from-file", "."]).run().exits(2);
    assert_eq!(stored(&home), b"line 1\nline 2");
}

#[test]
fn a_person_is_prompted_and_does_not_see_what_is_typed() {
    let home = Home::new();
    let terminal = set(&home, &[]).on_terminal().shows("Value of KEY: ");
    let screen = terminal.types_unseen("canary typed").exits(0);
    assert!(!screen.contains("canary"), "{screen}");
    assert_eq!(stored(&home), b"canary typed");

    let terminal = home.dotenv([READ_WRITE, "rotate", "KEY"]).on_terminal().shows("Value of KEY: ");
    let screen = terminal.types_unseen("canary rotated").exits(0);
    assert!(!screen.contains("canary"), "{screen}");
    assert_eq!(stored(&home), b"canary rotated");
}

#[test]
fn a_name_that_cannot_be_is_told_before_anybody_is_prompted() {
    let home = Home::new();
    let screen = home.dotenv([READ_WRITE, "set", "NO NAME"]).on_terminal().exits(2);
    assert!(!screen.contains("Value of"), "{screen}");
}

#[test]
fn a_value_among_the_arguments_is_refused_and_not_repeated() {
    let home = Home::new();
    for arguments in [
        &["set", "KEY", "canary-value"][..],
        &["set", "KEY", "--value", "canary-value"],
        &["set", "KEY", "--value=canary-value"],
        &["set", "KEY", "--tag", "canary-value"],
        &["set", "KEY=canary-value"],
        &["rotate", "KEY", "canary-value"],
        &["rotate", "KEY=canary-value"],
        &["get", "KEY", "--opt", "canary-value"],
        &["get", "KEY", "--set", "canary-value"],
    ] {
        home.dotenv([READ_WRITE]).args(arguments).run().exits(2).prints("").never_shows("canary-value");
    }
    assert!(!home.dotenv_file().exists());
}

#[test]
fn a_name_with_a_value_behind_it_is_no_name_unless_its_value_comes_from_a_file() {
    let home = Home::new();
    let typed = home.dotenv([READ_WRITE, "set", "KEY=canary-value"]).input("v").run().exits(2);
    typed.says(&["a value is never an argument", "`runtime set NAME`", "--from-file"]).never_shows("canary-value");
    let file = home.file("value", "v");
    let meant = home.dotenv([READ_WRITE, "set", "A=B", "--from-file"]).arg(&file).run().exits(2);
    meant.says(&["A=B: the name does not fit"]);
}

#[test]
fn nobody_is_asked_for_a_value_that_may_not_be_written() {
    let home = Home::with_dotenv("KEY=old\n");
    for command in ["set", "rotate"] {
        let screen = home.dotenv([command, "KEY", "--audit", "audit.jsonl"]).on_terminal().exits(3);
        assert!(!screen.contains("Value of") && screen.contains("--access-mode read-write"), "{screen}");
        let screen = home.dotenv([READ_WRITE, "--hosted-keys", "A", command, "KEY"]).on_terminal().exits(3);
        assert!(!screen.contains("Value of"), "{screen}");
    }
    let lines = fs::read_to_string(home.path().join("audit.jsonl")).unwrap();
    assert_eq!(lines.matches("\"outcome\":\"refused\"").count(), 2, "{lines}");
}

#[test]
fn a_value_is_never_among_the_arguments_of_a_running_process() {
    let home = Home::new();
    let fifo = home.path().join("value");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let running = set(&home, &["--from-file"]).arg(&fifo).start();
    // Opening the other end waits until it reads.
    let writer = fs::File::options().write(true).open(&fifo).unwrap();
    for part in ["cmdline", "environ"] {
        let process = fs::read(format!("/proc/{}/{part}", running.id()));
        assert!(process.is_err() || !String::from_utf8_lossy(&process.unwrap()).contains("canary-value"));
    }
    std::io::Write::write_all(&mut &writer, b"canary-value").unwrap();
    drop(writer);
    running.wait().exits(0).never_shows("canary-value");
    assert_eq!(stored(&home), b"canary-value");
}

#[test]
fn writing_needs_an_access_mode_that_allows_it() {
    let home = Home::with_dotenv("KEY=old\n");
    home.dotenv(["set", "KEY"]).input("v").run().is_refused("access-mode");
    home.dotenv(["delete", "KEY"]).run().is_refused("access-mode");
    home.dotenv(["rotate", "KEY"]).input("v").run().is_refused("access-mode");
    assert_eq!(home.dotenv_text(), "KEY=old\n");
}
