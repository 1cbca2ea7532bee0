#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant, SystemTime};

use insta::assert_snapshot;
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use secret_runtime::{Entry, Secret, SecretBytes};

use super::{
    state::{Action, Pane, SHOWN_FOR, Source, State},
    tail::Line,
    view,
};

const VALUE: &str = "canary-value";

fn dev() -> Source {
    Source::Backend("dev".to_owned())
}

fn entry(name: &str) -> Entry {
    Entry { name: name.to_owned(), version: None, expired: None, metadata: Vec::new() }
}

fn secret(value: impl Into<Vec<u8>>) -> Secret {
    let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
    Secret::new(SecretBytes::from(value.into()), Some("4".to_owned()), Some(expires), Vec::new())
}

fn press(state: &mut State, code: KeyCode) -> Option<Action> {
    state.key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn types(state: &mut State, text: &str) {
    text.chars().for_each(|c| assert_eq!(press(state, KeyCode::Char(c)), None));
}

/// With the names of a backend on the screen, the first of them marked.
fn opened() -> State {
    let mut state = State::new(vec![Source::Declared, dev(), Source::Backend("prod".to_owned())]);
    assert!(state.open(dev(), String::new()).is_some());
    let rich = Entry {
        version: Some("3".to_owned()),
        metadata: vec![("owner".to_owned(), "the team".to_owned()), ("note".to_owned(), "\u{1b}[31mred".to_owned())],
        ..entry("ALPHA_KEY")
    };
    let old = Entry { expired: Some(true), ..entry("OLD_TOKEN") };
    state.listed(vec![rich, entry("BETA_KEY"), old, entry("team/")], false);
    state
}

/// The same, with the value of the first name shown.
fn revealed(value: impl Into<Vec<u8>>, now: Instant) -> State {
    let mut state = opened();
    assert_eq!(press(&mut state, KeyCode::Enter), Some(Action::Read { source: dev(), name: "ALPHA_KEY".to_owned() }));
    state.read(&secret(value), now);
    assert!(state.revealed.is_some());
    state
}

fn drawn(state: &State, (width, height): (u16, u16), now: Instant) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, state, now)).unwrap();
    terminal.backend().to_string()
}

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

#[test]
fn a_value_is_hidden_after_its_time_and_not_before() {
    let now = Instant::now();
    let mut state = revealed(VALUE, now);
    state.tick(now + SHOWN_FOR - Duration::from_millis(1));
    assert!(drawn(&state, SMALL, now).contains(VALUE));
    state.tick(now + SHOWN_FOR);
    assert!(state.revealed.is_none());
    assert!(!drawn(&state, SMALL, now).contains(VALUE));
}

#[test]
fn whatever_leads_away_from_a_value_hides_it() {
    let now = Instant::now();
    for code in [
        KeyCode::Down,
        KeyCode::Char('j'),
        KeyCode::End,
        KeyCode::PageDown,
        KeyCode::Tab,
        KeyCode::Left,
        KeyCode::Enter,
        KeyCode::Char(' '),
        KeyCode::Char('r'),
        KeyCode::Char('/'),
        KeyCode::Char('?'),
    ] {
        let mut state = revealed(VALUE, now);
        press(&mut state, code);
        assert!(state.revealed.is_none(), "{code:?}");
    }
    let mut state = revealed(VALUE, now);
    state.failed("it broke".to_owned());
    assert!(state.revealed.is_none());
    // The row stays the same at the end of the list.
    let mut state = revealed(VALUE, now);
    press(&mut state, KeyCode::Up);
    assert!(state.revealed.is_some());
}

#[test]
fn a_value_that_comes_too_late_is_never_shown() {
    let now = Instant::now();
    let mut state = opened();
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Down);
    assert_eq!(state.waits_for, None);
    state.read(&secret(VALUE), now);
    assert!(state.revealed.is_none());
    // Nor is that of one name in place of another's.
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Enter);
    state.hide();
    state.read(&secret(VALUE), now);
    assert!(state.revealed.is_none());
}

#[test]
fn one_value_at_most_is_shown() {
    let now = Instant::now();
    let mut state = revealed("canary-first", now);
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Enter);
    assert!(!drawn(&state, LARGE, now).contains("canary"));
    state.read(&secret("canary-second"), now);
    let shown = drawn(&state, LARGE, now);
    assert!(shown.contains("canary-second") && !shown.contains("canary-first"), "{shown}");
}

#[test]
fn what_a_terminal_acts_on_is_escaped_and_bytes_are_hexadecimal() {
    let now = Instant::now();
    let shown = drawn(&revealed("a\u{1b}[2Jb\u{202e}c\r\td", now), LARGE, now);
    assert!(shown.contains(r"a\u{1b}[2Jb\u{202e}c\u{d}\u{9}d"), "{shown}");
    let shown = drawn(&revealed([0xff, 0x00, 0x1b], now), LARGE, now);
    assert!(shown.contains("ff 00 1b") && shown.contains("3 bytes that are no text"), "{shown}");
    let long = drawn(&revealed("x".repeat(100_000), now), SMALL, now);
    assert!(long.contains("100000 bytes") && long.contains("it goes on"), "{long}");
    let lines = drawn(&revealed("one\ntwo\n", now), SMALL, now);
    assert!(lines.contains("│one ") && lines.contains("│two ") && !lines.contains("it goes on"), "{lines}");
}

#[test]
fn keys_move_within_bounds_and_between_panes() {
    let mut state = opened();
    assert_eq!(state.pane, Pane::Names);
    for (code, place) in [
        (KeyCode::Up, 0),
        (KeyCode::Down, 1),
        (KeyCode::Char('j'), 2),
        (KeyCode::Char('k'), 1),
        (KeyCode::End, 3),
        (KeyCode::Down, 3),
        (KeyCode::PageUp, 0),
        (KeyCode::Char('G'), 3),
        (KeyCode::Char('g'), 0),
    ] {
        press(&mut state, code);
        assert_eq!(state.name, place, "{code:?}");
    }
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Down);
    assert_eq!((state.pane, state.source, state.name), (Pane::Backends, 2, 0));
    let prod = Source::Backend("prod".to_owned());
    assert_eq!(press(&mut state, KeyCode::Enter), Some(Action::List { source: prod, prefix: String::new() }));
    for code in [KeyCode::Esc, KeyCode::Char('q')] {
        assert_eq!(press(&mut state, code), Some(Action::Quit));
    }
    let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(state.key(key), Some(Action::Quit));
}

#[test]
fn a_folder_is_opened_and_left() {
    let mut state = opened();
    press(&mut state, KeyCode::End);
    let list = |prefix: &str| Some(Action::List { source: dev(), prefix: prefix.to_owned() });
    assert_eq!(press(&mut state, KeyCode::Enter), list("team/"));
    state.listed(vec![entry("team/db/")], false);
    assert_eq!(press(&mut state, KeyCode::Enter), list("team/db/"));
    state.listed(vec![entry("team/db/password")], false);
    assert_eq!(press(&mut state, KeyCode::Left), list("team/"));
    state.listed(vec![entry("team/db/")], false);
    assert_eq!(press(&mut state, KeyCode::Left), list(""));
    state.listed(vec![entry("team/")], false);
    assert_eq!(press(&mut state, KeyCode::Left), None);
    assert_eq!(state.pane, Pane::Backends);
}

#[test]
fn a_filter_narrows_names_whatever_their_case() {
    let mut state = opened();
    let names = |state: &State| state.shown().iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    types(&mut state, "/key");
    assert_eq!(names(&state), ["ALPHA_KEY", "BETA_KEY"]);
    // Keys that mean something elsewhere are text here.
    types(&mut state, "q");
    assert!(names(&state).is_empty());
    assert_eq!(press(&mut state, KeyCode::Backspace), None);
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Down);
    assert_eq!(state.selected().unwrap().name, "BETA_KEY");
    // The same names again keep the filter and the mark.
    press(&mut state, KeyCode::Char('r'));
    state.listed(vec![entry("A_KEY"), entry("ALPHA_KEY"), entry("BETA_KEY"), entry("C")], false);
    assert_eq!((names(&state).len(), state.selected().unwrap().name.as_str()), (3, "BETA_KEY"));
    types(&mut state, "/");
    press(&mut state, KeyCode::Esc);
    assert_eq!(names(&state).len(), 4);
}

#[test]
fn the_screen_before_and_after_a_value_is_shown() {
    let now = Instant::now();
    assert_snapshot!("masked_80x24", drawn(&opened(), SMALL, now));
    assert_snapshot!("masked_120x40", drawn(&opened(), LARGE, now));
    assert_snapshot!("revealed_80x24", drawn(&revealed(VALUE, now), SMALL, now + Duration::from_millis(2500)));
    assert_snapshot!("revealed_120x40", drawn(&revealed(VALUE, now), LARGE, now));
}

#[test]
fn the_screen_without_backends_with_an_error_with_help_and_with_the_audit_log() {
    let now = Instant::now();
    assert_snapshot!("empty_80x24", drawn(&State::new(Vec::new()), SMALL, now));
    assert_snapshot!("empty_120x40", drawn(&State::new(Vec::new()), LARGE, now));
    let mut state = opened();
    state.failed(format!(
        "dev: the component is not trusted yet; type `runtime trust --digest sha256:{} dev`",
        "0".repeat(64)
    ));
    assert_snapshot!("error_80x24", drawn(&state, SMALL, now));
    assert_snapshot!("error_120x40", drawn(&state, LARGE, now));
    let mut state = opened();
    types(&mut state, "a");
    let line = |name: &str, outcome: &str| Line {
        time: "01-31 12:34:56".to_owned(),
        operation: "read".to_owned(),
        backend: "dev".to_owned(),
        name: name.to_owned(),
        outcome: outcome.to_owned(),
    };
    let mut log = vec![line("LONG_AGO", "ok"); 20];
    log.extend([line("ALPHA_KEY", "ok"), line("NO_SUCH_KEY", "not-found")]);
    state.audit = Some(log);
    assert_snapshot!("audit_80x24", drawn(&state, SMALL, now));
    types(&mut state, "?");
    assert_snapshot!("help_80x24", drawn(&state, SMALL, now));
    // A terminal that is too small for all of it is no reason to fail.
    for size in [(1, 1), (10, 3), (20, 8), (300, 5)] {
        drawn(&state, size, now);
        drawn(&revealed(VALUE, now), size, now);
    }
}
