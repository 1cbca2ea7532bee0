//! Where in a configuration something is wrong.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{manifest::ManifestError, text::Shown};

/// A mistake in a configuration, and where it stands. The source of the [`Error`](crate::Error) that reading one ends
/// with.
#[derive(Clone, thiserror::Error)]
#[error("{cause}")]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// What is in it.
    pub text: Arc<str>,
    /// The bytes of the text that are wrong, or that what is wrong begins with.
    pub span: Range<usize>,
    #[source]
    cause: ManifestError,
}

// A configuration holds no secrets, and what is shown of one should not depend on that.
impl fmt::Debug for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mistake").field("file", &self.file).field("span", &self.span).finish_non_exhaustive()
    }
}

impl Mistake {
    pub(super) fn new(file: PathBuf, text: &str, cause: ManifestError) -> Self {
        let span = match &cause {
            ManifestError::Toml { .. } => DeTable::parse(text).err().and_then(|error| error.span()),
            ManifestError::UnknownKey { path, key, .. } => {
                let whole = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                locate(text, &whole).map(|found| found.key)
            }
            ManifestError::Value { path, .. } => locate(text, path).map(|found| found.value),
            _ => None,
        };
        Self { file, text: text.into(), span: span.unwrap_or(0..0), cause }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        line(&self.text, self.span.start)
    }
}

/// The line in which a byte stands, counted from 1.
pub(super) fn line(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

/// Where something stands.
pub(super) struct Located {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

/// Finds what a path such as `backends.prod.cache` or `request[2]` leads to.
pub(super) fn locate(text: &str, path: &str) -> Option<Located> {
    in_table(DeTable::parse(text).ok()?.get_ref(), path)
}

fn in_table(table: &DeTable<'_>, path: &str) -> Option<Located> {
    // Keys may have dots of their own, so the longest one that fits is meant.
    let fitting = table.iter().filter_map(|(key, value)| {
        let shown = Shown(key.get_ref()).to_string();
        let rest = path.strip_prefix(shown.as_str())?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some((shown.len(), key, value))
    });
    let (length, key, value) = fitting.max_by_key(|(length, ..)| *length)?;
    below(key.span(), value, path.get(length..)?)
}

fn below(key: Range<usize>, value: &Spanned<DeValue<'_>>, rest: &str) -> Option<Located> {
    // A value may be deeper than the text has it: a table's heading is the best there is then.
    let here = || Located { key: key.clone(), value: value.span() };
    match value.get_ref() {
        _ if rest.is_empty() => Some(here()),
        DeValue::Table(table) => rest.strip_prefix('.').and_then(|rest| in_table(table, rest)).or_else(|| Some(here())),
        DeValue::Array(items) => {
            let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let item = items.get(index.parse::<usize>().ok()?.checked_sub(1)?)?;
            below(item.span(), item, rest)
        }
        _ => Some(here()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_path_leads_to_the_text_it_stands_for() {
        let text = "a = 1\n[b.\"x.y\"]\nlist = [1, { z = 2 }]\n";
        for (path, key, value) in [
            ("a", "a", "1"),
            ("b.x.y.list", "list", "[1, { z = 2 }]"),
            ("b.x.y.list[2].z", "z", "2"),
            ("b.x.y.list[1]", "1", "1"),
        ] {
            let found = locate(text, path).unwrap();
            assert_eq!((&text[found.key], &text[found.value]), (key, value), "{path}");
        }
        assert!(locate(text, "gone").is_none());
        assert_eq!(line(text, locate(text, "b.x.y.list").unwrap().key.start), 3);
    }
}
