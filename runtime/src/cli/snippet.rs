//! The line of a configuration that is at fault, with the place in it underlined.
//!
//! A configuration holds no secret; one that somebody typed there by mistake is masked all the same.

use std::{
    error::Error,
    fmt,
    io::{self, IsTerminal as _},
    ops::Range,
    path::Path,
};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use secret_runtime::Shown;

use super::colour;

/// The longest line that is shown, in bytes.
const LONGEST: usize = 400;

/// What stands where something is not shown.
const MASK: &str = "***";

/// The line of `text` in which `span` begins, underlined; none if there is no such line.
pub(crate) fn underlined(file: &Path, text: &str, span: &Range<usize>) -> Option<String> {
    let on_terminal = io::stderr().is_terminal();
    let styles = if colour::on_standard_error() { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let characters = if on_terminal { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let theme = GraphicalTheme { characters, styles };
    rendered(file, text, span, theme)
}

fn rendered(file: &Path, text: &str, span: &Range<usize>, theme: GraphicalTheme) -> Option<String> {
    let before = text.get(..span.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    if line.len() > LONGEST {
        return None;
    }
    let column = span.start - start;
    let within = column..span.end.saturating_sub(start).clamp(column, line.len().max(column));
    let (line, within) = masked(line, &Place::of(text.get(..start)?), &within);
    let source =
        Line { file: Shown(&file.to_string_lossy()).to_string(), number: before.matches('\n').count(), text: line };
    let pointing = Pointing { source, at: LabeledSpan::underline(within) };
    let mut text = String::new();
    GraphicalReportHandler::new_themed(theme)
        .with_context_lines(0)
        .with_links(false)
        .render_report(&mut text, &pointing)
        .ok()?;
    // What stands above the line with the file's name is the message, which was said already.
    let from = text.lines().position(|line| [",-[", "╭─["].iter().any(|corner| line.contains(corner)))?;
    Some(text.lines().skip(from).map(|line| format!("{}\n", line.trim_end())).collect())
}

/// What miette is asked to draw.
#[derive(Debug)]
struct Pointing {
    source: Line,
    at: LabeledSpan,
}

/// One line of a file.
#[derive(Debug)]
struct Line {
    file: String,
    /// Counted from 0.
    number: usize,
    text: String,
}

impl SourceCode for Line {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (text, whole) = (self.text.as_bytes(), SourceSpan::from(0..self.text.len()));
        let column = self.text.get(..span.offset()).map_or(0, |before| before.chars().count());
        Ok(Box::new(MietteSpanContents::new_named(self.file.clone(), text, whole, self.number, column, 1)))
    }
}

impl fmt::Display for Pointing {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl Error for Pointing {}

impl Diagnostic for Pointing {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.at.clone())))
    }
}

/// What the lines above say of a line.
#[derive(Debug, Default)]
struct Place {
    /// The keys of the section it is in.
    section: Vec<String>,
    /// Whether it is inside a text of several lines.
    in_text: bool,
}

impl Place {
    fn of(above: &str) -> Self {
        let in_text = ["\"\"\"", "'''"].iter().any(|quotes| above.matches(quotes).count() % 2 == 1);
        let header = above.lines().rev().map(str::trim).find(|line| line.starts_with('['));
        let header = header.and_then(|line| line.trim_start_matches('[').split(']').next()).unwrap_or_default();
        Self {
            section: header.split('.').map(|key| key.trim().trim_matches(['"', '\'']).to_owned()).collect(),
            in_text,
        }
    }

    /// Whether what stands behind the last of these keys could be a secret.
    fn hides(&self, keys: &[String]) -> bool {
        let Some((key, outer)) = keys.split_last() else { return true };
        let key = key.to_ascii_lowercase();
        let outer = || self.section.iter().chain(outer).map(String::as_str);
        const WORDS: [&str; 14] = [
            "token",
            "secret",
            "password",
            "passwd",
            "passphrase",
            "passcode",
            "credential",
            "private",
            "apikey",
            "api-key",
            "api_key",
            "access-key",
            "access_key",
            "bearer",
        ];
        let sources = ["env", "file", "env-file"].contains(&key.as_str());
        let listed = outer().eq(["secrets"]);
        let credential = outer().any(|key| key == "credentials");
        !sources && (credential || listed || ["value", "default"].contains(&key.as_str()))
            || WORDS.iter().any(|word| key.contains(word))
    }
}

/// The line with what could be a secret left out and what a terminal acts on escaped, and where the span is in it.
fn masked(line: &str, place: &Place, span: &Range<usize>) -> (String, Range<usize>) {
    let mut shown = Showing { text: String::new(), span: span.clone(), at: 0..0 };
    // A list that goes on over several lines has elements that look like the name of a section.
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let header = line.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start_matches('[').starts_with(bare));
    if place.in_text || (!header && !line.contains('=')) {
        shown.mask(0, line);
        return (shown.text, shown.at);
    }
    let mut keys: Vec<String> = Vec::new();
    // The tables that are open, each with the keys and lists outside of it.
    let mut depth: Vec<(usize, usize)> = Vec::new();
    let (mut value, mut from, mut lists) = (false, 0, 0_usize);
    let mut rest = line.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '#' => {
                shown.plain(at, "#");
                shown.mask(at + 1, line.get(at + 1..).unwrap_or_default());
                break;
            }
            '=' if !value => {
                let key = line.get(from..at).unwrap_or_default();
                keys.extend(key.split('.').map(|key| key.trim().trim_matches(['"', '\'']).to_owned()));
                value = true;
                shown.plain(at, "=");
            }
            '{' if value => {
                depth.push((keys.len(), lists));
                (value, from, lists) = (false, at + 1, 0);
                shown.plain(at, "{");
            }
            '}' => {
                let outer;
                (outer, lists) = depth.pop().unwrap_or_default();
                keys.truncate(outer);
                (value, from) = (true, at + 1);
                shown.plain(at, "}");
            }
            ',' => {
                // In a list the next element belongs to the same key.
                if lists == 0
                    && let Some((outer, _)) = depth.last()
                {
                    keys.truncate(*outer);
                    (value, from) = (false, at + 1);
                }
                shown.plain(at, ",");
            }
            '[' | ']' => {
                lists = if c == '[' { lists + usize::from(value) } else { lists.saturating_sub(1) };
                shown.plain(at, if c == '[' { "[" } else { "]" });
            }
            '"' | '\'' => {
                let inner = line.get(at + 1..).unwrap_or_default();
                let length = text_length(inner, c);
                let text = inner.get(..length).unwrap_or_default();
                shown.plain(at, if c == '"' { "\"" } else { "'" });
                if value && place.hides(&keys) {
                    shown.mask(at + 1, text)
                } else {
                    shown.plain(at + 1, text)
                }
                if inner.len() > length {
                    shown.plain(at + 1 + length, if c == '"' { "\"" } else { "'" });
                }
                while rest.clone().next().is_some_and(|(next, _)| next <= at + 1 + length) {
                    rest.next();
                }
            }
            c if value && !c.is_whitespace() => {
                let word = line.get(at..).unwrap_or_default();
                let length = word.find([',', '}', ']', '#', '{', '[']).unwrap_or(word.len());
                let text = word.get(..length).unwrap_or_default();
                if place.hides(&keys) {
                    shown.mask(at, text)
                } else {
                    shown.plain(at, text)
                }
                while rest.clone().next().is_some_and(|(next, _)| next < at + length) {
                    rest.next();
                }
            }
            c => shown.plain(at, c.encode_utf8(&mut [0; 4])),
        }
    }
    shown.end(line.len());
    (shown.text, shown.at)
}

/// How long a text is, up to its closing quote or the end of the line.
fn text_length(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return at,
            _ => {}
        }
    }
    inner.len()
}

/// A line as it is shown, and where in it the span came to be.
struct Showing {
    text: String,
    span: Range<usize>,
    at: Range<usize>,
}

impl Showing {
    fn plain(&mut self, from: usize, text: &str) {
        for (at, c) in text.char_indices() {
            self.reached(from + at);
            if Shown::escapes(c) {
                self.text.push_str(&Shown(c.encode_utf8(&mut [0; 4])).to_string());
            } else {
                self.text.push(c);
            }
        }
        self.reached(from + text.len());
    }

    fn mask(&mut self, from: usize, text: &str) {
        self.reached(from);
        if !text.is_empty() {
            let inside = |at: usize| at > from && at < from + text.len();
            let (start, end) = (self.text.len(), self.text.len() + MASK.len());
            self.text.push_str(MASK);
            // A place inside the mask is the whole of it.
            if inside(self.span.start) {
                self.at.start = start;
            }
            if inside(self.span.end) {
                self.at.end = end;
            }
        }
        self.reached(from + text.len());
    }

    fn reached(&mut self, at: usize) {
        if at == self.span.start {
            self.at.start = self.text.len();
        }
        if at == self.span.end {
            self.at.end = self.text.len();
        }
    }

    fn end(&mut self, at: usize) {
        self.reached(at);
        self.at.end = self.at.end.max(self.at.start);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The snippet as it is in a pipe, for the place where `part` stands.
    fn shown(text: &str, part: &str) -> String {
        let start = text.find(part).unwrap();
        rendered(Path::new("/p/runtime.toml"), text, &(start..start + part.len()), GraphicalTheme::none()).unwrap()
    }

    #[test]
    fn the_line_is_shown_and_the_place_in_it_underlined() {
        let text = "# mine\naudit = \"-\"\n\n[backends.prod]\ncomponent = 7\nrecipee = \"approle\" # why\n";
        insta::assert_snapshot!(shown(text, "recipee"), @r#"
           ,-[/p/runtime.toml:6:1]
         6 | recipee = "approle" #***
           : ^^^^^^^
           `----
        "#);
        insta::assert_snapshot!(shown(text, "7"), @r"
           ,-[/p/runtime.toml:5:13]
         5 | component = 7
           :             ^
           `----
        ");
    }

    #[test]
    fn what_could_be_a_secret_is_masked_wherever_it_stands() {
        for (text, part) in [
            ("token = \"canary\"", "token"),
            ("token = canary", "canary"),
            ("token = \"canary", "\"canary"),
            ("set = { address = \"https://a\", token = \"canary\" }", "address"),
            ("set = { client-secret = \"canary\" }", "\"canary\""),
            ("credentials = { role-id = \"canary\" }", "role-id"),
            ("credentials = { role-id = { value = 'canary' } }", "role-id"),
            ("credentials.role-id = \"canary\"", "credentials"),
            ("[backends.a.credentials]\nrole-id = \"canary\"", "role-id"),
            ("[secrets]\nOPENAI = \"canary\"", "OPENAI"),
            ("[secrets.OPENAI]\nvalue = \"canary\"", "value"),
            ("[secrets.OPENAI]\n\"value\" = \"canary\"", "value"),
            ("canary", "canary"),
            ("audit = \"-\" # canary", "audit"),
            ("audit = \"\"\"\nx = canary\n\"\"\"", "x ="),
            ("tokens = [\"a\", \"canary\"]", "tokens"),
            ("hosted-keys = [\n  \"canary\",\n]", "\"canary\""),
            ("a = { password = \"x\\\"canary\" }", "a"),
        ] {
            let shown = shown(text, part);
            assert!(!shown.contains("canary") && shown.contains("***"), "{text}\n{shown}");
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for (text, part) in [
            ("set = { address = \"https://shown\" }", "address"),
            ("hosted-keys = [\"A\", \"shown\"]", "hosted-keys"),
            ("credentials = { role-id = { env = \"shown\" } }", "role-id"),
            ("[backends.shown]", "backends"),
            ("default-backend = \"shown\"", "shown"),
        ] {
            let shown = shown(text, part);
            assert!(shown.contains("shown") && !shown.contains("***"), "{text}\n{shown}");
        }
    }

    #[test]
    fn what_a_terminal_acts_on_is_escaped_and_no_place_is_too_far() {
        let text = "audit = \"\u{1b}[2Jx\"";
        assert!(shown(text, "audit").contains("\\u{1b}[2Jx"));
        for (start, end) in [(0, 1000), (5, 2), (18, 18), (1000, 1001)] {
            if let Some(shown) = rendered(Path::new("x"), text, &(start..end), GraphicalTheme::none()) {
                assert!(!shown.contains('\u{1b}'), "{shown}");
            }
        }
    }
}
