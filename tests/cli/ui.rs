//! `ui`: the whole screen, on a terminal.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use test_support::layout;

use crate::common::{Home, cli::Run};

const CANARY: &str = "canary-value";

/// What ends the screen that nothing stays of.
const GIVEN_BACK: &str = "\u{1b}[?1049l";

fn home() -> Home {
    Home::with_dotenv(format!("ALPHA_KEY={CANARY}\nBETA_KEY=other\n"))
}

/// On a terminal of a usual size, with the process's id in a file.
fn ui(home: &Home, options: &str) -> Run {
    let backend = layout::backend("dotenv");
    home.shell(&format!(
        "stty rows 24 cols 80; echo $$ > id; exec runtime --backend '{}' --storage .env {options} ui",
        backend.display()
    ))
}

/// What is still there when the terminal was given back.
#[track_caller]
fn left(screen: &str) -> &str {
    screen.rsplit_once(GIVEN_BACK).unwrap_or_else(|| panic!("it was not given back\n{screen}")).1
}

#[test]
fn a_value_is_shown_on_enter_and_gone_with_the_screen() {
    let home = home();
    let terminal = ui(&home, "--trust --audit audit.log").on_terminal().shows("ALPHA_KEY").shows("BETA_KEY");
    let screen = terminal.types("").shows(CANARY).types("q").exits(0);
    assert!(!left(&screen).contains(CANARY), "{screen}");
    let (before, _) = screen.split_once("\u{1b}[?1049h").unwrap();
    assert!(!before.contains(CANARY), "{screen}");
    let log = fs::read_to_string(home.path().join("audit.log")).unwrap();
    assert!(log.contains(r#""operation":"read""#) && log.contains("ALPHA_KEY") && !log.contains(CANARY), "{log}");
}

#[test]
fn the_audit_log_is_followed() {
    let home = home();
    let terminal = ui(&home, "--trust --audit audit.log").on_terminal().shows("ALPHA_KEY").types("a");
    let terminal = terminal.shows("Audit").shows("list");
    // The line feed behind the key was Enter.
    terminal.shows("read").types("q").exits(0);
}

#[test]
fn what_is_not_trusted_is_asked_about_on_the_terminal_as_it_was() {
    let home = home();
    let terminal = ui(&home, "").on_terminal().shows("Grant this, and record it? Type yes");
    let screen = terminal.types("yes").shows("ALPHA_KEY").types("q").exits(0);
    left(&screen);
    let home = self::home();
    let terminal = ui(&home, "").on_terminal().shows("Type yes").types("no");
    let screen = terminal.shows("Backends").types("q").exits(0);
    let (_, answered) = screen.rsplit_once("Type yes").unwrap();
    assert!(answered.contains("granted") && !answered.contains("ALPHA_KEY"), "{screen}");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let home = home();
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let terminal = ui(&home, "--trust").on_terminal().shows("ALPHA_KEY").types("").shows(CANARY);
        let id = fs::read_to_string(home.path().join("id")).unwrap();
        kill_process(Pid::from_raw(id.trim().parse().unwrap()).unwrap(), signal).unwrap();
        let screen = terminal.exits(code);
        assert!(!left(&screen).contains(CANARY), "{screen}");
    }
}

#[test]
fn without_a_terminal_it_says_what_works_without() {
    let home = home();
    home.dotenv(["ui"]).run().exits(2).prints("").says(&["needs a terminal", "runtime get"]).never_shows(CANARY);
    let screen = ui(&home, "--trust --audit -").on_terminal().exits(2);
    assert!(screen.contains("--audit FILE") && !screen.contains("\u{1b}[?1049h"), "{screen}");
}
