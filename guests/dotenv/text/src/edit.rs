//! Changing one definition of a file: every other line stays as it is, byte for byte.

use std::{fmt, ops::Range};

use crate::grammar::{BOM, File, Style, is_key};

/// What no `.env` file can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A key that is none.
    Key,
    /// A value with a NUL byte.
    Value,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "a key in a .env file is a letter or _, then letters, digits, _, . and -",
            Self::Value => "a .env file can't hold a value with a NUL byte",
        })
    }
}

impl std::error::Error for Unfit {}

/// The file with this value for this key: in the place of the last definition, else in a line at the end.
///
/// The definition keeps its quotes where they can hold the value. What is written is one line, whatever the value.
///
/// # Errors
/// [`Unfit`] for a key or value that no `.env` file can hold.
pub fn set(file: &File<'_>, key: &str, value: &str) -> Result<String, Unfit> {
    fits(key, value)?;
    let text = file.text();
    Ok(match file.last(key) {
        Some(definition) => splice(text, definition.span.clone(), &quoted(value, definition.style)),
        None => {
            let line_end = line_end(text);
            let begun = if text.ends_with('\n') || text.trim_start_matches(BOM).is_empty() { "" } else { line_end };
            format!("{text}{begun}{key}={}{line_end}", quoted(value, Style::Unquoted))
        }
    })
}

/// A line that defines this key, its end included.
///
/// # Errors
/// [`Unfit`] for a key or value that no `.env` file can hold.
pub fn definition(key: &str, value: &str) -> Result<String, Unfit> {
    fits(key, value)?;
    Ok(format!("{key}={}\n", quoted(value, Style::Unquoted)))
}

fn fits(key: &str, value: &str) -> Result<(), Unfit> {
    if !is_key(key) {
        Err(Unfit::Key)
    } else if value.contains('\0') {
        Err(Unfit::Value)
    } else {
        Ok(())
    }
}

/// The file without any definition of this key; none if there was none.
pub fn remove(file: &File<'_>, key: &str) -> Option<String> {
    let doomed = file.definitions().iter().filter(|definition| definition.key == key);
    let mut text = None;
    for definition in doomed.rev() {
        text = Some(splice(text.as_deref().unwrap_or(file.text()), definition.lines.clone(), ""));
    }
    text
}

fn splice(text: &str, span: Range<usize>, new: &str) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    [before, new, after].concat()
}

/// The line end that most lines have.
fn line_end(text: &str) -> &'static str {
    let crlf = text.matches("\r\n").count();
    if crlf * 2 > text.matches('\n').count() { "\r\n" } else { "\n" }
}

/// The value as it is written: in this style if it can hold it, else in the plainest one that can.
///
/// What is written is read alike by other readers of such files and by a shell, wherever they agree at all. So unquoted
/// is only what needs no quotes anywhere, and a value with line breaks is one line with escapes.
fn quoted(value: &str, style: Style) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    let literal = |c: char| c != '\'' && !c.is_control();
    let style = match style {
        Style::Unquoted if value.chars().all(plain) => Style::Unquoted,
        Style::Unquoted | Style::Single if value.chars().all(literal) => Style::Single,
        _ => Style::Double,
    };
    match style {
        Style::Unquoted => value.to_owned(),
        Style::Single => format!("'{value}'"),
        Style::Double => format!("\"{}\"", escaped(value)),
    }
}

fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        let letter = match c {
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\\' | '"' | '$' => c,
            _ => {
                escaped.push(c);
                continue;
            }
        };
        escaped.extend(['\\', letter]);
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> File<'_> {
        File::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
    }

    fn after_set(text: &str, key: &str, value: &str) -> String {
        set(&parsed(text), key, value).unwrap()
    }

    #[test]
    fn a_write_changes_the_value_and_nothing_beside_it() {
        let cases = [
            ("A=1\n", "A=2\n"),
            ("A=1", "A=2"),
            ("\u{feff}A=1\r\n", "\u{feff}A=2\r\n"),
            ("# a\nexport  A = 1 # why\n\nB=3\n", "# a\nexport  A = 2 # why\n\nB=3\n"),
            ("A='1' #c\n", "A='2' #c\n"),
            ("A=\"1\"#c\n", "A=\"2\"#c\n"),
            ("A='1\n1\n1' # c\nB='x\ny'\n", "A='2' # c\nB='x\ny'\n"),
            ("A=\n", "A=2\n"),
            ("A= # c\n", "A=2 # c\n"),
            ("A=  \r\n", "A=2  \r\n"),
            ("A=0\nB=3\nA=1\nC=4\n", "A=0\nB=3\nA=2\nC=4\n"),
        ];
        for (before, after) in cases {
            assert_eq!(after_set(before, "A", "2"), after, "{before:?}");
        }
    }

    #[test]
    fn a_new_key_is_a_line_at_the_end() {
        let cases = [
            ("", "N=1\n"),
            ("\u{feff}", "\u{feff}N=1\n"),
            ("A=1\n", "A=1\nN=1\n"),
            ("A=1", "A=1\nN=1\n"),
            ("A=1\r\nB=2", "A=1\r\nB=2\r\nN=1\r\n"),
            ("A=1\r\nB=2\nC=3\n", "A=1\r\nB=2\nC=3\nN=1\n"),
            ("# end", "# end\nN=1\n"),
        ];
        for (before, after) in cases {
            assert_eq!(after_set(before, "N", "1"), after, "{before:?}");
        }
    }

    #[test]
    fn quotes_are_kept_where_they_can_hold_the_value() {
        let cases = [
            ("A=1", "", "A="),
            ("A=1", "sk-a/b+c=", "A=sk-a/b+c="),
            ("A=1", "a b", "A='a b'"),
            ("A=1", "#a", "A='#a'"),
            ("A=1", "it's", "A=\"it's\""),
            ("A='1'", "a", "A='a'"),
            ("A='1'", "a\"$\\n", "A='a\"$\\n'"),
            ("A='1'", "it's $5", "A=\"it's \\$5\""),
            ("A='1'", "a\nb\r\n\tc", "A=\"a\\nb\\r\\n\\tc\""),
            ("A=\"1\"", "a", "A=\"a\""),
            ("A=\"1\"", "a\\\"b$c", "A=\"a\\\\\\\"b\\$c\""),
            ("A=1", "é", "A='é'"),
        ];
        for (before, value, after) in cases {
            assert_eq!(after_set(before, "A", value), after, "{before:?} {value:?}");
        }
    }

    #[test]
    fn a_delete_removes_every_definition_of_the_key_and_nothing_else() {
        let cases = [
            ("A=1\n", Some("")),
            ("B=1\nA=1", Some("B=1\n")),
            ("\u{feff}A=1\r\nB=2\r\n", Some("\u{feff}B=2\r\n")),
            ("A=1\n# c\nexport A='x\ny' # d\nB=2", Some("# c\nB=2")),
            ("B=1\n#A=1\n", None),
            ("", None),
        ];
        for (before, after) in cases {
            assert_eq!(remove(&parsed(before), "A").as_deref(), after, "{before:?}");
        }
    }

    #[test]
    fn what_no_file_can_hold_is_invalid() {
        assert_eq!(set(&parsed(""), "A", "a\0b"), Err(Unfit::Value));
        assert_eq!(definition("A", "a\0b"), Err(Unfit::Value));
        for key in ["", "1A", "A B", "A=B", "A\nB", "é"] {
            assert_eq!(set(&parsed(""), key, "1"), Err(Unfit::Key), "{key:?}");
        }
    }

    /// A line of a file, not one that defines K.
    fn other_line() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ \t]{0,2}(#[ -~é]{0,9})?",
            "(export )?[A-J][A-Z]{0,2} ?= ?[a-z#é$ ]{0,9}",
            "[A-J]=\"([ -!#-\\[\\]-~\n]|\\\\[nrt\"\\\\$a]){0,9}\"( # [a-z]*)?",
            "[A-J]='[ -&(-~\n]{0,9}'",
        ]
    }

    /// A line that defines K.
    fn line_of_k() -> impl Strategy<Value = String> {
        prop_oneof!["K=[a-z ]{0,5}", "export K = '[a-z\n]{0,5}' # [a-z]{0,5}", "K=\"[a-z\n$]{0,5}\"#c"]
    }

    prop_compose! {
        fn file_text()(
            bom in any::<bool>(),
            lines in prop::collection::vec(prop_oneof![4 => other_line(), 1 => line_of_k()], 0..8),
            ends in prop::collection::vec(prop_oneof!["\n", "\r\n"], 8),
            closed in any::<bool>(),
        ) -> String {
            let mut text: String = lines.iter().zip(&ends).flat_map(|(line, end)| [line.as_str(), end]).collect();
            if !closed {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            format!("{}{text}", if bom { "\u{feff}" } else { "" })
        }
    }

    /// Texts with what matters to the grammar in them, and any other.
    fn any_value() -> impl Strategy<Value = String> {
        prop_oneof!["([a-z]|[ \t\r\n=#'\"\\\\$`]|é|\u{feff}|\u{2028}|\u{85}){0,12}", "[^\0]{0,12}"]
    }

    fn pairs(file: &File<'_>) -> Vec<(String, String)> {
        file.definitions().iter().map(|d| (d.key.to_owned(), d.value.to_string())).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_other_lines_stay(text in file_text(), value in any_value()) {
            let before = parsed(&text);
            let written = set(&before, "K", &value).unwrap();
            let after = parsed(&written);
            prop_assert_eq!(&after.last("K").unwrap().value, &value);

            let lines = before.last("K").map_or(text.len()..text.len(), |k| k.lines.clone());
            let (head, tail) = (&text[..lines.start], &text[lines.end..]);
            prop_assert!(written.starts_with(head) && written.ends_with(tail), "{text:?} became {written:?}");
            let others = |file: &File<'_>| {
                let mut pairs = pairs(file);
                if let Some(last) = pairs.iter().rposition(|(key, _)| key == "K") {
                    pairs.remove(last);
                }
                pairs
            };
            prop_assert_eq!(others(&before), others(&after));
        }

        #[test]
        fn a_deleted_key_is_gone_and_the_others_stay(text in file_text()) {
            let before = parsed(&text);
            let mut others = pairs(&before);
            others.retain(|(key, _)| key != "K");
            match remove(&before, "K") {
                None => prop_assert!(before.last("K").is_none()),
                Some(left) => {
                    prop_assert!(before.last("K").is_some() && parsed(&left).last("K").is_none());
                    prop_assert_eq!(pairs(&parsed(&left)), others);
                }
            }
        }
    }
}
