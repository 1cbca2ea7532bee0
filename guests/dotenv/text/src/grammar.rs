//! The grammar of a `.env` file: where each definition stands, and what its value is.
//!
//! ```text
//! file       = [BOM] line*
//! line       = blank* ( comment | definition )? end                       a CRLF is a blank and an LF
//! definition = ("export" blank+)? key blank* "=" value
//! key        = [A-Za-z_] [A-Za-z0-9_.-]*
//! value      = blank* quoted blank* comment?  |  unquoted
//! quoted     = "'" not-"'"* "'"  |  '"' ( not-'"' | escape )* '"'        both may span lines
//! escape     = \n \r \t \\ \" \$                                          any other backslash is itself
//! unquoted   = up to the end of the line, or a # after a blank; blanks around it are not part of it
//! comment    = "#" up to the end of the line
//! blank      = space | tab | CR                                           end = LF | end of file
//! ```
//!
//! Everything else is an error, so that no line is taken for something it is not. Nothing is interpolated.

use std::{borrow::Cow, fmt, ops::Range};

/// Some editors begin a file with it. It is no part of the first line.
pub const BOM: char = '\u{feff}';

/// A file that has been read: its text, and where the definitions stand in it.
pub struct File<'a> {
    text: &'a str,
    definitions: Vec<Definition<'a>>,
}

/// One definition of a key.
pub struct Definition<'a> {
    /// The key.
    pub key: &'a str,
    /// The value, without quotes and with its escapes undone.
    pub value: Cow<'a, str>,
    /// How the value is quoted.
    pub style: Style,
    /// Where the value stands, quotes included. An empty unquoted one stands right after the `=`.
    pub span: Range<usize>,
    /// Where its lines stand, the line end included.
    pub lines: Range<usize>,
}

/// Shows the key alone: a value is secret.
impl std::fmt::Debug for Definition<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Definition").field("key", &self.key).finish_non_exhaustive()
    }
}

/// How a value is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Unquoted,
    /// In single quotes: every character is itself.
    Single,
    /// In double quotes: with escapes.
    Double,
}

/// A line that is neither blank nor a comment nor a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Which line, counted from 1. Of an open quote, the line on which it was opened.
    pub line: usize,
    /// What is wrong with it, in words that hold nothing of the line itself.
    pub problem: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for Malformed {}

impl<'a> File<'a> {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Malformed`] says which line is neither blank nor a comment nor a definition.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut cursor = Cursor { text, at: 0 };
        cursor.take(BOM);
        let mut definitions = Vec::new();
        while !cursor.rest().is_empty() {
            let start = cursor.at;
            cursor.skip_blanks();
            if matches!(cursor.peek(), None | Some('\n' | '#')) {
                cursor.skip_line();
            } else {
                let (key, (value, style, span)) = (cursor.key()?, cursor.value()?);
                cursor.skip_line();
                definitions.push(Definition { key, value, style, span, lines: start..cursor.at });
            }
        }
        Ok(Self { text, definitions })
    }

    /// The text it was read from.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// All definitions, in order.
    pub fn definitions(&self) -> &[Definition<'a>] {
        &self.definitions
    }

    /// The definition that counts: as for a shell, the last one.
    pub fn last(&self, key: &str) -> Option<&Definition<'a>> {
        self.definitions.iter().rfind(|definition| definition.key == key)
    }
}

/// A value, how it is quoted, and where it stands.
type Found<'a> = (Cow<'a, str>, Style, Range<usize>);

/// A place in the text, moving forward.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Steps over this character, if it is the next one.
    fn take(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let (taken, _) = rest.split_at_checked(rest.find(|c| !belongs(c)).unwrap_or(rest.len())).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(is_blank);
    }

    /// Steps behind the line's end, over whatever is left of it.
    fn skip_line(&mut self) {
        self.take_while(|c| c != '\n');
        self.take('\n');
    }

    fn malformed(&self, at: usize, problem: &'static str) -> Malformed {
        let before = self.text.get(..at).unwrap_or_default();
        Malformed { line: 1 + before.matches('\n').count(), problem }
    }

    /// The key and everything up to its `=`. A key may itself be called `export`.
    fn key(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        let mut key = self.take_while(is_in_key);
        self.skip_blanks();
        if key == "export" && self.at > start + key.len() && self.peek().is_some_and(is_in_key) {
            key = self.take_while(is_in_key);
            self.skip_blanks();
        }
        if is_key(key) && self.take('=') {
            Ok(key)
        } else {
            Err(self.malformed(start, "neither KEY=value nor a comment"))
        }
    }

    fn value(&mut self) -> Result<Found<'a>, Malformed> {
        let behind_equals = self.at;
        self.skip_blanks();
        let start = self.at;
        let (value, style) = if self.take('\'') {
            (self.single_quoted().ok_or(self.malformed(start, "the quote ' is never closed"))?, Style::Single)
        } else if self.take('"') {
            (self.double_quoted().ok_or(self.malformed(start, "the quote \" is never closed"))?, Style::Double)
        } else {
            return Ok(self.unquoted(behind_equals));
        };
        let span = start..self.at;
        self.skip_blanks();
        match self.peek() {
            None | Some('\n' | '#') => Ok((value, style, span)),
            Some(_) => Err(self.malformed(self.at, "something other than a comment follows the closing quote")),
        }
    }

    /// What stands up to the closing quote; none if there is none.
    fn single_quoted(&mut self) -> Option<Cow<'a, str>> {
        let value = self.take_while(|c| c != '\'');
        self.take('\'').then_some(Cow::Borrowed(value))
    }

    fn double_quoted(&mut self) -> Option<Cow<'a, str>> {
        let mut value = Cow::Borrowed(self.take_while(|c| !matches!(c, '"' | '\\')));
        while self.take('\\') {
            let escaped = match self.peek()? {
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                c @ ('\\' | '"' | '$') => Some(c),
                _ => None,
            };
            value.to_mut().push(escaped.unwrap_or('\\'));
            self.at += usize::from(escaped.is_some());
            value.to_mut().push_str(self.take_while(|c| !matches!(c, '"' | '\\')));
        }
        self.take('"').then_some(value)
    }

    fn unquoted(&mut self, behind_equals: usize) -> Found<'a> {
        let start = self.at;
        let mut behind_blank = start > behind_equals;
        let line = self.rest().split('\n').next().unwrap_or_default();
        let end = line.find(|c| {
            let comment = c == '#' && behind_blank;
            behind_blank = is_blank(c);
            comment
        });
        let value = line.get(..end.unwrap_or(line.len())).unwrap_or_default().trim_end_matches(is_blank);
        let start = if value.is_empty() { behind_equals } else { start };
        (Cow::Borrowed(value), Style::Unquoted, start..start + value.len())
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

fn is_in_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Whether a key of this name can stand in a file.
pub fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(is_in_key)
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
