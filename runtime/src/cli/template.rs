//! Templates: text with secrets named in it.

use std::fmt;

use secret_runtime::{Shown, config::Reference};
use zeroize::Zeroizing;

use super::formats::{shell, yaml};

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// Text, as it is.
    Text(&'t str),
    /// The secret of this name.
    Name { name: String, filter: Filter },
    /// The secret that a reference leads to.
    Reference { reference: Reference, filter: Filter },
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// As it is.
    Raw,
    /// As a JSON string, with its quotes.
    Json,
    /// As a YAML scalar in double quotes.
    Yaml,
    /// As one word of a shell, in single quotes.
    Shell,
}

/// What is wrong with a template, and on which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    line: usize,
    reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Takes a template apart, once. What the parts stand for is never taken apart again.
pub(crate) fn parse(text: &str) -> Result<Vec<Part<'_>>, Mistake> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let braces = rest.find("{{");
        let reference = Reference::find(rest).filter(|(range, _)| braces.is_none_or(|braces| range.start < braces));
        let start = reference.as_ref().map(|(range, _)| range.start).or(braces);
        let Some(start) = start else {
            parts.push(Part::Text(rest));
            break;
        };
        let (before, after) = rest.split_at(start);
        parts.push(Part::Text(before));
        rest = after;
        let line = text.get(..text.len() - after.len()).unwrap_or_default().matches('\n').count() + 1;
        let mistake = |reason: String| Mistake { line, reason };
        match reference {
            Some((range, parsed)) => {
                let reference = parsed.map_err(|why| mistake(why.to_string()))?;
                parts.push(Part::Reference { reference, filter: Filter::Raw });
                rest = rest.get(range.len()..).unwrap_or_default();
            }
            None => {
                let (part, length) = expression(rest).map_err(mistake)?;
                parts.push(part);
                rest = rest.get(length..).unwrap_or_default();
            }
        }
    }
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

/// `{{ secret "NAME" | filter }}`, `{{ "text" }}`: the part, and its length.
fn expression(text: &str) -> Result<(Part<'_>, usize), String> {
    const FORM: &str =
        "it is written {{ secret \"NAME\" }} or {{ secret \"NAME\" | json }}; {{ \"{{\" }} writes braces";
    let inner = text.strip_prefix("{{").unwrap_or(text);
    let mut left = inner.trim_start();
    let secret = left.strip_prefix("secret").map(str::trim_start);
    left = secret.unwrap_or(left);
    let quoted = left.strip_prefix('"').ok_or_else(|| format!("{{{{ begins nothing known; {FORM}"))?;
    let end = quoted.find(['"', '\n']).filter(|end| quoted.get(*end..).is_some_and(|rest| rest.starts_with('"')));
    let end = end.ok_or_else(|| format!("a quote is not closed; {FORM}"))?;
    let (word, rest) = (quoted.get(..end).unwrap_or_default(), quoted.get(end + 1..).unwrap_or_default());
    left = rest.trim_start();
    let mut filter = Filter::Raw;
    if let Some(piped) = left.strip_prefix('|') {
        let piped = piped.trim_start();
        let end = piped.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piped.len());
        let name = piped.get(..end).unwrap_or_default();
        filter = match name {
            "json" => Filter::Json,
            "yaml" => Filter::Yaml,
            "shell" => Filter::Shell,
            _ => {
                return Err(format!(
                    "there is no filter {:?}; there are json, yaml and shell",
                    Shown(name).to_string()
                ));
            }
        };
        left = piped.get(end..).unwrap_or_default().trim_start();
    }
    let rest = left.strip_prefix("}}").ok_or_else(|| format!("}}}} is missing; {FORM}"))?;
    let length = text.len() - rest.len();
    let part = match secret {
        None => Part::Text(word),
        Some(_) if word.is_empty() => return Err("a secret has a name".to_owned()),
        Some(_) if Reference::is_meant(word) => {
            Part::Reference { reference: word.parse().map_err(|why| format!("{why}"))?, filter }
        }
        Some(_) => Part::Name { name: word.to_owned(), filter },
    };
    Ok((part, length))
}

impl Filter {
    /// Writes a value.
    ///
    /// # Errors
    /// Says why this value can't be written so.
    pub(crate) fn write(self, value: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        let text = || std::str::from_utf8(value).map_err(|_| "it is not text, which json and yaml are");
        match self {
            Self::Raw => out.extend_from_slice(value),
            Self::Json => {
                let quoted = serde_json::to_string(text()?).map(Zeroizing::new);
                out.extend_from_slice(quoted.map_err(|_| "it can't be written as JSON")?.as_bytes());
            }
            Self::Yaml => yaml::quote(out, text()?),
            Self::Shell if value.contains(&0) => return Err("it has a NUL byte, which no shell can hold"),
            Self::Shell => shell::quote(out, value),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn name(name: &str, filter: Filter) -> Part<'static> {
        Part::Name { name: name.to_owned(), filter }
    }

    #[test]
    fn a_template_is_taken_apart() {
        let text =
            "a {{ secret \"X\" }}{{secret \"y z\"|json}} {{ \"{{\" }} ref+p://n#f, {{ secret \"ref+p://m\" | shell }}";
        assert_eq!(
            parse(text).unwrap(),
            [
                Part::Text("a "),
                name("X", Filter::Raw),
                name("y z", Filter::Json),
                Part::Text(" "),
                Part::Text("{{"),
                Part::Text(" "),
                Part::Reference { reference: "ref+p://n#f".parse().unwrap(), filter: Filter::Raw },
                Part::Text(", "),
                Part::Reference { reference: "ref+p://m".parse().unwrap(), filter: Filter::Shell },
            ]
        );
        assert_eq!(parse("no secrets }} here").unwrap(), [Part::Text("no secrets }} here")]);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line, words) in [
            ("a\n{{ secrt \"X\" }}", 2, "nothing known"),
            ("{{ secret X }}", 1, "nothing known"),
            ("{{ secret \"X }}\n\"", 1, "not closed"),
            ("{{ secret \"X\" }", 1, "}} is missing"),
            ("\n\n{{ secret \"X\" | upper }}", 3, "no filter"),
            ("{{ secret \"\" }}", 1, "has a name"),
            ("{{", 1, "nothing known"),
            ("ref+p://#f", 1, "name is empty"),
            ("{{ secret \"ref+p\" }}", 1, "names no backend"),
        ] {
            let mistake = parse(text).unwrap_err();
            assert!(mistake.line == line && mistake.reason.contains(words), "{text}: {mistake}");
        }
    }

    fn written(filter: Filter, value: &[u8]) -> Result<String, &'static str> {
        let mut out = Vec::new();
        filter.write(value, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn filters_refuse_what_they_cannot_write() {
        assert!(written(Filter::Json, b"\xff").is_err());
        assert!(written(Filter::Yaml, b"\xff").is_err());
        assert!(written(Filter::Shell, b"a\0b").is_err());
        assert_eq!(written(Filter::Yaml, "a\u{85}\u{0}\"".as_bytes()).unwrap(), r#""a\u0085\u0000\"""#);
        assert_eq!(written(Filter::Shell, b"it's $(x)\n").unwrap(), "'it'\\''s $(x)\n'");
    }

    proptest! {
        #[test]
        fn json_is_read_back(value: String) {
            prop_assert_eq!(serde_json::from_str::<String>(&written(Filter::Json, value.as_bytes()).unwrap()).unwrap(), value);
        }

        #[test]
        fn no_text_stops_the_parser(text in "([{}\" |a-z\n]|ref\\+p://|secret)*") {
            let _ = parse(&text);
        }
    }
}
