//! References: text that stands for a secret, `ref+BACKEND://NAME?version=V#FIELD`.
//!
//! They count only in what the operator wrote: a trusted configuration and templates. In a manifest, an inherited
//! environment variable or a fetched value they are text like any other.

use std::{fmt, fmt::Write as _, ops::Range, str::FromStr};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::text::Shown;

/// What every reference begins with.
const START: &str = "ref+";

/// What is percent-encoded in a name: whatever could end it, or the reference in the text around it.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'+')
    .add(b',')
    .add(b';')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Where a secret is: in which backend, under which name, and which part or version of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The backend, by its name in the configuration; the default one if none is given.
    pub backend: Option<String>,
    /// The secret's name in that backend.
    pub name: String,
    /// A version in the upstream's own notation.
    pub version: Option<String>,
    /// The member of a secret that has several.
    pub field: Option<String>,
}

/// Why a text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}; a reference is written ref+BACKEND://NAME, ref+BACKEND://NAME#FIELD or ref+BACKEND://NAME?version=V#FIELD"
)]
pub struct BadReference(String);

impl Reference {
    /// The secret of this name in a backend.
    pub fn new(backend: Option<String>, name: impl Into<String>) -> Self {
        Self { backend, name: name.into(), version: None, field: None }
    }

    /// Whether a text is meant as a reference, rightly written or not.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(START)
    }

    /// The first reference in a text, and where it stands. It ends before a space, a quote, a bracket or a comma; a `+`
    /// ends it too and belongs to it, so that text can follow directly.
    pub fn find(text: &str) -> Option<(Range<usize>, std::result::Result<Self, BadReference>)> {
        let mut from = 0;
        while let Some(found) = text.get(from..)?.find(START) {
            let start = from + found;
            let after = start + START.len();
            let begins = text.get(..start)?.chars().next_back().is_none_or(|before| !before.is_ascii_alphanumeric());
            let rest = text.get(after..)?;
            let scheme = rest.find("://").and_then(|end| rest.get(..end));
            if begins && scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.chars().all(in_backend)) {
                let body = rest.find(|c: char| !in_reference(c)).unwrap_or(rest.len());
                let closed = rest.get(body..).is_some_and(|tail| tail.starts_with('+'));
                let parsed = text.get(start..after + body)?.parse();
                return Some((start..after + body + usize::from(closed), parsed));
            }
            from = after;
        }
        None
    }
}

/// Whether a word means a component's file, where commands take both: a name has no / and does not end so. A file would
/// be looked for wherever the command is typed, so nothing but the command line can name one.
pub fn is_file(backend: &str) -> bool {
    backend.contains('/') || backend.ends_with(".wasm")
}

/// Characters that a backend's name in a reference may have.
fn in_backend(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Characters that a reference goes on with.
fn in_reference(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '-' | '.' | '_' | '~' | '/' | '%' | ':' | '@' | '!' | '$' | '&' | '*' | '=' | '?' | '#')
}

impl FromStr for Reference {
    type Err = BadReference;

    fn from_str(text: &str) -> std::result::Result<Self, BadReference> {
        // What does not even begin like one may be a secret that was typed here.
        let rest = text.strip_prefix(START).ok_or_else(|| BadReference("it does not begin with ref+".to_owned()))?;
        let bad = |why: &str| BadReference(format!("{}: {why}", Shown(text)));
        let (backend, rest) = rest.split_once("://").ok_or_else(|| bad("it names no backend"))?;
        if backend.is_empty() || !backend.chars().all(in_backend) {
            return Err(bad("the backend's name is not right"));
        }
        if is_file(backend) {
            return Err(bad("it names a component's file, and not a backend"));
        }
        let (rest, field) = match rest.split_once('#') {
            Some((rest, field)) => (rest, Some(field)),
            None => (rest, None),
        };
        let (name, query) = match rest.split_once('?') {
            Some((name, query)) => (name, Some(query)),
            None => (rest, None),
        };
        let version = match query.map(|query| query.strip_prefix("version=")) {
            None => None,
            Some(Some(version)) if !version.contains('&') => Some(version),
            Some(_) => return Err(bad("only version=V can follow the ?")),
        };
        let decoded = |part: &str, what: &str| match percent_decode_str(part).decode_utf8() {
            Ok(text) if !text.is_empty() => Ok(text.into_owned()),
            Ok(_) => Err(bad(&format!("the {what} is empty"))),
            Err(_) => Err(bad(&format!("the {what} is not text"))),
        };
        Ok(Self {
            backend: Some(backend.to_owned()),
            name: decoded(name, "name")?,
            version: version.map(|version| decoded(version, "version")).transpose()?,
            field: field.map(|field| decoded(field, "field")).transpose()?,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        write!(f, "ref+{}://{}", self.backend.as_deref().unwrap_or("default"), encoded(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "?version={}", encoded(version))?;
        }
        if let Some(field) = &self.field {
            f.write_char('#')?;
            f.write_str(&encoded(field))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn its_parts_are_read_and_decoded() {
        let whole: Reference = "ref+prod://team/open%23ai?version=3#api%20key".parse().unwrap();
        assert_eq!(whole.backend.as_deref(), Some("prod"));
        assert_eq!(whole.name, "team/open#ai");
        assert_eq!((whole.version.as_deref(), whole.field.as_deref()), (Some("3"), Some("api key")));
    }

    #[test]
    fn what_is_none_is_refused_with_the_form_it_should_have() {
        for text in [
            "prod://a",
            "ref+://a",
            "ref+prod:a",
            "ref+prod://",
            "ref+prod://#f",
            "ref+prod://a?v=1",
            "ref+prod://a#",
            "ref+prod://a?version=",
            "ref+prod://a?version=1&x=2",
            "ref+pr od://a",
            "ref+prod://%ff",
            "ref+../x://a",
            "ref+evil.wasm://a",
        ] {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains("ref+BACKEND://NAME"), "{text}: {error}");
        }
    }

    #[test]
    fn it_is_found_in_text() {
        for (text, found) in [
            ("a: ref+p://x", Some("ref+p://x")),
            ("\"ref+p://x/y#f\", b", Some("ref+p://x/y#f")),
            ("ref+p://x+y", Some("ref+p://x+")),
            ("(ref+p://x)", Some("ref+p://x")),
            ("xref+p://x", None),
            ("ref+ p://x ref+q://y", Some("ref+q://y")),
            ("ref+p:/x", None),
            ("", None),
        ] {
            let range = Reference::find(text).map(|(range, parsed)| {
                assert!(parsed.is_ok(), "{text}");
                range
            });
            assert_eq!(range.and_then(|range| text.get(range)), found, "{text}");
        }
        assert!(Reference::find("ref+p://#f").unwrap().1.is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(name in "\\PC+", version in proptest::option::of("\\PC+"), field in proptest::option::of("\\PC+")) {
            let reference = Reference { backend: Some("a-1".to_owned()), name, version, field };
            let text = reference.to_string();
            prop_assert_eq!(text.parse::<Reference>(), Ok(reference.clone()));
            // Non-ASCII text is encoded, so it is found whole in any text.
            let around = format!("x {text} y");
            prop_assert_eq!(Reference::find(&around).unwrap().1.unwrap(), reference);
        }
    }
}
