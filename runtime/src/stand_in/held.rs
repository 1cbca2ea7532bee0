//! What a stand-in holds: secrets with all their versions, in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::SecretBytes;

/// Secrets by name; of each, its versions, of which the first is 1.
#[derive(Clone, Default)]
pub(super) struct Held(BTreeMap<String, Vec<SecretBytes>>);

impl Held {
    pub(super) fn new(secrets: impl IntoIterator<Item = (String, SecretBytes)>) -> Self {
        Self(secrets.into_iter().map(|(name, value)| (name, vec![value])).collect())
    }

    /// The value in this version, else the current one, and its number.
    pub(super) fn read(&self, name: &str, version: Option<&str>) -> Option<(usize, SecretBytes)> {
        let versions = self.0.get(name)?;
        let number = match version.filter(|version| !version.is_empty()) {
            None => versions.len(),
            Some(version) => version.parse().ok()?,
        };
        Some((number, versions.get(number.checked_sub(1)?)?.clone()))
    }

    /// The number of the current version; 0 where there is no such secret.
    pub(super) fn version(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, Vec::len)
    }

    /// Writes a new version, and answers its number.
    pub(super) fn write(&mut self, name: &str, value: &[u8]) -> usize {
        let versions = self.0.entry(name.to_owned()).or_default();
        versions.push(SecretBytes::from(value.to_vec()));
        versions.len()
    }

    /// Removes a secret; answers whether there was one.
    pub(super) fn delete(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The names that begin with this, in order.
    pub(super) fn beginning(&self, prefix: &str) -> Vec<String> {
        self.0.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// What is directly in a folder, in order: names without it, and folders that end in `/`.
    pub(super) fn inside(&self, folder: &str) -> Vec<String> {
        let within = |name: &String| match folder {
            "" => Some(name.clone()),
            folder => Some(name.strip_prefix(folder)?.strip_prefix('/')?.to_owned()),
        };
        let first = |name: String| match name.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => name,
        };
        self.0.keys().filter_map(within).map(first).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The ending of every cursor: it is a token that nobody else reads, and has in it what a query has to encode.
const CURSOR: &str = "/+=";

/// The cursor of the page that begins after so many entries.
pub(super) fn cursor_after(entries: usize) -> String {
    format!("{entries}{CURSOR}")
}

/// How many entries come before the page of this cursor; none if it is no cursor of ours.
pub(super) fn entries_before(cursor: &str) -> Option<usize> {
    cursor.strip_suffix(CURSOR)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> Held {
        Held::new(
            ["a", "b/c", "b/d/e", "bb"].map(|name| (name.to_owned(), SecretBytes::from(name.as_bytes().to_vec()))),
        )
    }

    #[test]
    fn each_write_makes_a_version_and_each_version_can_be_read() {
        let mut held = held();
        assert_eq!((held.version("a"), held.version("z")), (1, 0));
        assert_eq!(held.write("a", b"second"), 2);
        let read = |version| held.read("a", version).map(|(number, value)| (number, value.expose().to_vec()));
        assert_eq!(read(None), Some((2, b"second".to_vec())));
        assert_eq!(read(Some("1")), Some((1, b"a".to_vec())));
        for absent in ["0", "3", "latest", "-1"] {
            assert_eq!(read(Some(absent)), None, "{absent}");
        }
    }

    #[test]
    fn names_are_listed_by_prefix_or_folder_by_folder() {
        let held = held();
        assert_eq!(held.beginning("b"), ["b/c", "b/d/e", "bb"]);
        assert_eq!(held.inside(""), ["a", "b/", "bb"]);
        assert_eq!(held.inside("b"), ["c", "d/"]);
        assert!(held.inside("none").is_empty());
    }

    #[test]
    fn a_cursor_names_its_page_and_another_text_none() {
        assert_eq!(entries_before(&cursor_after(25)), Some(25));
        assert_eq!(entries_before("25"), None);
        assert_eq!(entries_before("x/+="), None);
    }
}
