//! What is on the screen, and what a key does to it: no terminal, no backend and no clock of its own.

use std::{
    fmt::Write as _,
    time::{Duration, Instant, SystemTime},
};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use secret_runtime::{Entry, Secret, Shown};
use zeroize::Zeroizing;

use super::tail::Line;

/// How long a value stays on the screen.
pub(super) const SHOWN_FOR: Duration = Duration::from_secs(10);

/// Bytes of a value that are shown: more than any screen holds.
const VALUE_BYTES: usize = 16 << 10;

/// How far a page is.
const PAGE: isize = 10;

/// Where names come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The names that the configuration declares, wherever they lead.
    Declared,
    /// A backend, by its name or file.
    Backend(String),
}

impl Source {
    /// How it is called on the screen: of a file, the folder takes more room than there is.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Declared => "declared".to_owned(),
            Self::Backend(name) => Shown(name.rsplit('/').next().unwrap_or(name)).to_string(),
        }
    }
}

/// What a key asks for that the state can't do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    /// List the names that begin with this.
    List {
        source: Source,
        prefix: String,
    },
    /// Read one value.
    Read {
        source: Source,
        name: String,
    },
}

/// What keys move in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Backends,
    Names,
}

/// The one value that is on the screen. It has no `Debug`.
pub(super) struct Revealed {
    /// With everything escaped that a terminal acts on, but for the ends of lines.
    pub(super) text: Zeroizing<String>,
    /// Whether the text is only the beginning.
    pub(super) cut: bool,
    /// How long it is, and in what notation.
    pub(super) about: String,
    pub(super) version: Option<String>,
    pub(super) expires_at: Option<SystemTime>,
    until: Instant,
}

impl Revealed {
    /// How long it is still shown.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }
}

/// Everything that is on the screen.
pub(super) struct State {
    pub(super) sources: Vec<Source>,
    /// Which of them is marked.
    pub(super) source: usize,
    /// Whose names these are, and how they begin; none before the first listing.
    pub(super) opened: Option<(Source, String)>,
    names: Vec<Entry>,
    /// Whether the backend has more names than are kept.
    pub(super) more: bool,
    /// Which of the names that pass the filter is marked.
    pub(super) name: usize,
    pub(super) filter: String,
    /// Whether keys go into the filter.
    pub(super) typing: bool,
    pub(super) pane: Pane,
    pub(super) help: bool,
    /// The last lines of the audit log, while they are shown.
    pub(super) audit: Option<Vec<Line>>,
    /// Why the last thing that was asked for did not work.
    pub(super) error: Option<String>,
    /// What is being waited for. When it is gone, an answer is no longer wanted.
    pub(super) waits_for: Option<Action>,
    pub(super) revealed: Option<Revealed>,
}

impl State {
    pub(super) fn new(sources: Vec<Source>) -> Self {
        Self {
            sources,
            source: 0,
            opened: None,
            names: Vec::new(),
            more: false,
            name: 0,
            filter: String::new(),
            typing: false,
            pane: Pane::Backends,
            help: false,
            audit: None,
            error: None,
            waits_for: None,
            revealed: None,
        }
    }

    /// The names that pass the filter.
    pub(super) fn shown(&self) -> Vec<&Entry> {
        let wanted = self.filter.to_lowercase();
        self.names.iter().filter(|entry| entry.name.to_lowercase().contains(&wanted)).collect()
    }

    /// The name that is marked.
    pub(super) fn selected(&self) -> Option<&Entry> {
        self.shown().get(self.name).copied()
    }

    /// Takes the value off the screen, and no longer waits for one.
    pub(super) fn hide(&mut self) {
        self.revealed = None;
        if matches!(self.waits_for, Some(Action::Read { .. })) {
            self.waits_for = None;
        }
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.revealed.as_ref().is_some_and(|revealed| revealed.left(now).is_zero()) {
            self.hide();
        }
    }

    /// Asks for the names of a source.
    pub(super) fn open(&mut self, source: Source, prefix: String) -> Option<Action> {
        self.hide();
        if let Some(place) = self.sources.iter().position(|known| *known == source) {
            self.source = place;
        }
        self.wait(Action::List { source, prefix })
    }

    fn wait(&mut self, action: Action) -> Option<Action> {
        self.waits_for = Some(action.clone());
        Some(action)
    }

    /// The names that were waited for.
    pub(super) fn listed(&mut self, names: Vec<Entry>, more: bool) {
        let Some(Action::List { source, prefix }) = self.waits_for.take() else { return };
        self.hide();
        let opened = Some((source, prefix));
        // The same list again keeps its place, by name.
        let marked = self.selected().filter(|_| self.opened == opened).map(|entry| entry.name.clone());
        if self.opened != opened {
            self.filter.clear();
        }
        (self.opened, self.names, self.more) = (opened, names, more);
        let place = marked.and_then(|marked| self.shown().iter().position(|entry| entry.name == marked));
        self.name = place.unwrap_or(0);
        self.pane = Pane::Names;
    }

    /// The value that was waited for. One that no longer is, is dropped.
    pub(super) fn read(&mut self, secret: &Secret, now: Instant) {
        let waited = self.waits_for.take();
        self.hide();
        let Some(Action::Read { name, .. }) = waited else { return };
        if self.selected().is_none_or(|entry| entry.name != name) {
            return;
        }
        let (text, about) = written(secret.expose());
        self.revealed = Some(Revealed {
            text,
            cut: secret.expose().len() > VALUE_BYTES,
            about,
            version: secret.version().map(|version| Shown(version).to_string()),
            expires_at: secret.expires_at(),
            until: now + SHOWN_FOR,
        });
    }

    /// What was waited for did not come.
    pub(super) fn failed(&mut self, why: String) {
        self.hide();
        self.waits_for = None;
        self.error = Some(why);
    }

    /// What a key does.
    pub(super) fn key(&mut self, key: KeyEvent) -> Option<Action> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let code = match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Some(Action::Quit),
            // The end of a line, where a program types.
            KeyCode::Char('j') if key.modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Enter,
            KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::CONTROL) => return None,
            code => code,
        };
        self.error = None;
        if self.help {
            self.help = false;
            return None;
        }
        if self.typing {
            self.type_into_filter(code);
            return None;
        }
        match code {
            KeyCode::Esc | KeyCode::Char('q') => return Some(Action::Quit),
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::PageUp => self.step(-PAGE),
            KeyCode::PageDown => self.step(PAGE),
            KeyCode::Home | KeyCode::Char('g') => self.step(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.step(isize::MAX),
            KeyCode::Tab | KeyCode::BackTab => self.turn(),
            KeyCode::Enter | KeyCode::Char(' ') => return self.enter(),
            KeyCode::Right | KeyCode::Char('l') if self.pane == Pane::Backends => return self.enter(),
            KeyCode::Left | KeyCode::Backspace | KeyCode::Char('h') => return self.back(),
            KeyCode::Char('r') => return self.reload(),
            KeyCode::Char('/') if self.opened.is_some() => {
                self.hide();
                (self.pane, self.typing) = (Pane::Names, true);
            }
            KeyCode::Char('?') => {
                self.hide();
                self.help = true;
            }
            KeyCode::Char('a') => {
                self.audit = if self.audit.is_some() { None } else { Some(Vec::new()) };
            }
            _ => {}
        }
        None
    }

    fn type_into_filter(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter | KeyCode::Tab => self.typing = false,
            KeyCode::Esc => {
                self.filter.clear();
                self.typing = false;
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char(c) => self.filter.push(c),
            KeyCode::Up => return self.step(-1),
            KeyCode::Down => return self.step(1),
            _ => return,
        }
        if !matches!(code, KeyCode::Enter | KeyCode::Tab) {
            self.hide();
            self.name = 0;
        }
    }

    /// Moves the mark. Where it stays on its row, so does the value.
    fn step(&mut self, by: isize) {
        let rows = match self.pane {
            Pane::Backends => self.sources.len(),
            Pane::Names => self.shown().len(),
        };
        let mark = match self.pane {
            Pane::Backends => &mut self.source,
            Pane::Names => &mut self.name,
        };
        let next = mark.saturating_add_signed(by).min(rows.saturating_sub(1));
        if next != *mark {
            *mark = next;
            self.hide();
        }
    }

    fn turn(&mut self) {
        self.hide();
        self.pane = match self.pane {
            Pane::Backends => Pane::Names,
            Pane::Names => Pane::Backends,
        };
    }

    fn enter(&mut self) -> Option<Action> {
        match self.pane {
            Pane::Backends => {
                let source = self.sources.get(self.source)?.clone();
                self.open(source, String::new())
            }
            Pane::Names if self.revealed.is_some() => {
                self.hide();
                None
            }
            Pane::Names => {
                let name = self.selected()?.name.clone();
                let (source, _) = self.opened.clone()?;
                if name.ends_with('/') { self.open(source, name) } else { self.wait(Action::Read { source, name }) }
            }
        }
    }

    /// Out of a folder, and from there to the backends.
    fn back(&mut self) -> Option<Action> {
        match self.opened.clone() {
            Some((source, prefix)) if self.pane == Pane::Names && !prefix.is_empty() => {
                let above = prefix.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
                self.open(source, prefix.get(..above).unwrap_or_default().to_owned())
            }
            _ => {
                if self.pane == Pane::Names {
                    self.turn();
                }
                None
            }
        }
    }

    fn reload(&mut self) -> Option<Action> {
        match self.opened.clone() {
            Some((source, prefix)) => self.open(source, prefix),
            None => {
                let source = self.sources.get(self.source)?.clone();
                self.open(source, String::new())
            }
        }
    }
}

/// A value as it is shown, and what is said of it. Room for all of it is made at once: text that grows leaves copies.
fn written(value: &[u8]) -> (Zeroizing<String>, String) {
    let bytes = value.len();
    let bytes = if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") };
    let part = value.get(..VALUE_BYTES).unwrap_or(value);
    match std::str::from_utf8(value) {
        Ok(whole) => {
            let part = whole.get(..whole.floor_char_boundary(VALUE_BYTES)).unwrap_or(whole);
            // The longest escape has ten characters, for a character of at least one byte.
            let mut text = Zeroizing::new(String::with_capacity(part.len() * 10));
            for c in part.chars() {
                if c != '\n' && Shown::escapes(c) {
                    let _ = write!(text, "{}", c.escape_unicode());
                } else {
                    text.push(c);
                }
            }
            (text, bytes)
        }
        Err(_) => {
            let mut text = Zeroizing::new(String::with_capacity(part.len() * 3));
            for byte in part {
                let _ = write!(text, "{byte:02x} ");
            }
            (text, format!("{bytes} that are no text, in hexadecimal"))
        }
    }
}
