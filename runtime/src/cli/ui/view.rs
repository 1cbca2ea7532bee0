//! Draws the state. A frame's memory is cleared when the next one is drawn, so that a value that is hidden is in none.

use std::time::Instant;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, List, ListItem, ListState, Paragraph},
};
use secret_runtime::{Entry, Shown};

use super::state::{Action, Pane, Revealed, SHOWN_FOR, State};

/// What stands for a value that is not shown. It says nothing of its length.
const MASK: &str = "••••••••";

/// Room for the word before each thing that is known.
const LABEL: usize = 9;

const KEYS: &[(&str, &str)] = &[
    ("Up Down k j", "move; with PgUp PgDn by pages, with g G to either end"),
    ("Tab", "go to the other pane"),
    ("Enter Space", "open a backend or a folder; show or hide a value"),
    ("Left h", "out of a folder, or to the backends"),
    ("/", "filter names; Enter keeps the filter, Esc drops it"),
    ("r", "list again"),
    ("a", "show or hide the audit log"),
    ("Esc q", "quit"),
];

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, now: Instant) {
    let area = frame.area();
    let (note, style) = note(state);
    let note = rows(&note, usize::from(area.width).saturating_sub(2), 4);
    let audit = if state.audit.is_some() { 1 + area.height * 3 / 10 } else { 0 };
    let [title, body, log, said, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(audit),
        Constraint::Length(u16::try_from(note.len()).unwrap_or(1)),
        Constraint::Length(1),
    ])
    .areas(area);
    let [left, right] = Layout::horizontal([Constraint::Max(26), Constraint::Fill(1)]).areas(body);
    let [names, details] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length((body.height / 2).max(6))]).areas(right);
    frame.render_widget(Line::styled(" Secrets", Modifier::BOLD), title);
    draw_sources(frame, state, left);
    draw_names(frame, state, names);
    draw_details(frame, state, details, now);
    draw_audit(frame, state, log);
    frame.render_widget(Paragraph::new(lines(&note)).style(style), inset(said));
    frame
        .render_widget(Line::styled(" Enter show  Tab pane  / filter  r reload  a audit  ? help  q quit", dim()), keys);
    if state.help {
        draw_help(frame, area);
    }
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// What is going on, or went wrong.
fn note(state: &State) -> (String, Style) {
    if let Some(error) = &state.error {
        return (error.clone(), Style::new().fg(Color::Red));
    }
    let words = match &state.waits_for {
        Some(Action::List { source, .. }) => format!("Listing {} …", source.title()),
        Some(Action::Read { name, .. }) => format!("Reading {} …", Shown(name)),
        _ if state.typing => format!("Filter: {}_", Shown(&state.filter)),
        _ if state.sources.is_empty() => {
            "No backend is installed or configured. `runtime init` begins a configuration; --backend names a file."
                .to_owned()
        }
        _ => String::new(),
    };
    (words, Style::new())
}

fn pane(title: String, focused: bool) -> Block<'static> {
    let block = Block::bordered().border_type(BorderType::Rounded).title(format!(" {title} "));
    if focused {
        block.border_style(Style::new().fg(Color::Cyan)).title_style(Modifier::BOLD)
    } else {
        block.border_style(dim())
    }
}

fn draw_list(
    frame: &mut Frame<'_>,
    items: Vec<ListItem<'_>>,
    marked: usize,
    block: Block<'_>,
    focused: bool,
    at: Rect,
) {
    let mark = if focused { Modifier::REVERSED } else { Modifier::BOLD };
    let list = List::new(items).block(block).highlight_symbol("> ").highlight_style(mark);
    frame.render_stateful_widget(list, at, &mut ListState::default().with_selected(Some(marked)));
}

fn draw_sources(frame: &mut Frame<'_>, state: &State, at: Rect) {
    let focused = state.pane == Pane::Backends;
    let items = state.sources.iter().map(|source| ListItem::new(source.title())).collect();
    draw_list(frame, items, state.source, pane("Backends".to_owned(), focused), focused, at);
}

fn draw_names(frame: &mut Frame<'_>, state: &State, at: Rect) {
    let focused = state.pane == Pane::Names;
    let shown = state.shown();
    let title = match &state.opened {
        None => "Names".to_owned(),
        Some((source, prefix)) => {
            let more = if state.more { "+" } else { "" };
            let filter =
                if state.filter.is_empty() { String::new() } else { format!(", with \"{}\"", Shown(&state.filter)) };
            let folder = if prefix.is_empty() { String::new() } else { format!(" {}", Shown(prefix)) };
            let names = if shown.len() == 1 && !state.more { "name" } else { "names" };
            format!("{}{folder}: {}{more} {names}{filter}", source.title(), shown.len())
        }
    };
    let block = pane(title, focused);
    if shown.is_empty() {
        let why = match &state.opened {
            None => "Enter on a backend lists its names.",
            Some(_) if state.filter.is_empty() => "There are none.",
            Some(_) => "None passes the filter.",
        };
        frame.render_widget(Paragraph::new(why).style(dim()).block(block), at);
        return;
    }
    draw_list(frame, shown.into_iter().map(item).collect(), state.name, block, focused, at);
}

fn item(entry: &Entry) -> ListItem<'_> {
    let mut spans = vec![Span::raw(Shown(&entry.name).to_string())];
    if let Some(version) = &entry.version {
        spans.push(Span::styled(format!("  {}", Shown(version)), dim()));
    }
    if entry.expired == Some(true) {
        spans.push(Span::styled("  expired", Style::new().fg(Color::Red)));
    }
    ListItem::new(Line::from(spans))
}

fn draw_details(frame: &mut Frame<'_>, state: &State, at: Rect, now: Instant) {
    let block = pane("Details".to_owned(), false);
    let inner = block.inner(at);
    frame.render_widget(block, at);
    let Some(entry) = state.selected() else { return };
    let width = usize::from(inner.width);
    let height = usize::from(inner.height);
    let revealed = state.revealed.as_ref();
    let name = Shown(&entry.name).to_string();
    let name = rows(&name, width.saturating_sub(LABEL), 3).into_iter().zip(["Name", "", ""]);
    let mut shown: Vec<_> = name.map(|(row, label)| fact(label, row.to_owned())).collect();
    let version = revealed.and_then(|revealed| revealed.version.clone());
    if let Some(version) = version.or_else(|| entry.version.as_deref().map(|version| Shown(version).to_string())) {
        shown.push(fact("Version", version));
    }
    let until = revealed.and_then(|revealed| jiff::Timestamp::try_from(revealed.expires_at?).ok());
    match (until, entry.expired) {
        (_, Some(true)) => shown.push(fact("Expires", "it has expired, or is deleted".to_owned())),
        (Some(moment), _) => shown.push(fact("Expires", format!("{moment:.0}"))),
        (None, _) => {}
    }
    match revealed {
        Some(revealed) => value(revealed, width, height.saturating_sub(shown.len()), now, &mut shown),
        None if entry.name.ends_with('/') => shown.push(fact("Folder", "Enter opens it".to_owned())),
        None => shown.push(fact("Value", format!("{MASK}  Enter shows it for {} s", SHOWN_FOR.as_secs()))),
    }
    // Metadata goes as far as there is room: a value is what was asked for.
    for (key, value) in &entry.metadata {
        let text = format!("{}: {}", Shown(key), Shown(value));
        shown.extend(rows(&text, width, height).into_iter().map(|row| Line::styled(row.to_owned(), dim())));
    }
    shown.truncate(height);
    frame.render_widget(Paragraph::new(shown), inner);
}

fn fact(label: &str, text: String) -> Line<'static> {
    Line::from(vec![Span::styled(format!("{label:<LABEL$}"), dim()), Span::raw(text)])
}

/// A value in as many rows as there are. It is borrowed, row by row: no copy of it is made that is not overwritten.
fn value<'s>(revealed: &'s Revealed, width: usize, height: usize, now: Instant, shown: &mut Vec<Line<'s>>) {
    let left = revealed.left(now).as_millis().div_ceil(1000);
    shown.push(fact("Value", format!("{}, hidden in {left} s", revealed.about)));
    let room = height.saturating_sub(1);
    let rows = rows(&revealed.text, width, room + 1);
    let whole = rows.len() <= room && !revealed.cut;
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let fitting = if whole { room } else { room.saturating_sub(1) };
    shown.extend(rows.into_iter().take(fitting).map(|row| Line::styled(row, bold)));
    if !whole {
        shown.push(Line::styled("… it goes on; `runtime get` prints all of it", dim()));
    }
}

fn draw_audit(frame: &mut Frame<'_>, state: &State, at: Rect) {
    let Some(log) = &state.audit else { return };
    let block = pane("Audit log".to_owned(), false);
    let room = usize::from(block.inner(at).height);
    let last = log.iter().skip(log.len().saturating_sub(room)).map(|line| {
        let start = format!("{:<14} {:<7} {:<16} {:<20} ", line.time, line.operation, line.backend, line.name);
        let style = if line.outcome == "ok" { Style::new() } else { Style::new().fg(Color::Red) };
        Line::from(vec![Span::raw(start), Span::styled(line.outcome.as_str(), style)])
    });
    frame.render_widget(Paragraph::new(last.collect::<Vec<_>>()).block(block), at);
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(KEYS.len() + 6).unwrap_or(u16::MAX);
    let at = area.centered(Constraint::Max(76), Constraint::Max(height));
    let mut text: Vec<_> = KEYS
        .iter()
        .map(|(key, what)| Line::from(vec![Span::styled(format!(" {key:<14}"), Modifier::BOLD), Span::raw(*what)]))
        .collect();
    text.push(Line::default());
    text.push(Line::raw(" One value at most is shown. It is hidden after seconds, when the mark"));
    text.push(Line::raw(" moves on, and when the window loses the focus."));
    text.push(Line::styled(" Any key goes back.", dim()));
    frame.render_widget(Clear, at);
    frame.render_widget(Paragraph::new(text).block(pane("Keys".to_owned(), true)), at);
}

fn inset(at: Rect) -> Rect {
    Rect { x: at.x.saturating_add(1), width: at.width.saturating_sub(2), ..at }
}

fn lines<'t>(rows: &[&'t str]) -> Vec<Line<'t>> {
    rows.iter().map(|row| Line::raw(*row)).collect()
}

/// A text in rows of this width, at most so many; at least one.
fn rows(text: &str, width: usize, most: usize) -> Vec<&str> {
    let width = width.max(1);
    let mut found = Vec::new();
    for mut line in text.split('\n') {
        loop {
            let (mut used, mut end) = (0, line.len());
            for (place, c) in line.char_indices() {
                let next = place + c.len_utf8();
                used += Span::raw(line.get(place..next).unwrap_or_default()).width();
                if used > width && place > 0 {
                    end = place;
                    break;
                }
            }
            let (row, rest) = line.split_at(end);
            found.push(row);
            if found.len() >= most {
                return found;
            }
            if rest.is_empty() {
                break;
            }
            line = rest;
        }
    }
    found
}
