//! Secrets, options and pages, as a backend handles them.

use std::fmt;

use crate::{Entry, Error, Page, Result, Timestamp, WriteMode, bindings::imports::secret_runtime::backend::common};

/// A secret as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The value: bytes, exactly as the upstream keeps them.
    pub value: Vec<u8>,
    /// The version that was read, in the upstream's own notation; none if it has no versions.
    pub version: Option<String>,
    /// When it stops being valid; none for never, or if the upstream does not tell.
    pub expires_at: Option<Timestamp>,
    /// What else the upstream tells of it, each name once. Never part of the value.
    pub metadata: Vec<(String, String)>,
}

impl Secret {
    /// A secret of which only the value is known.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self { value: value.into(), version: None, expires_at: None, metadata: Vec::new() }
    }
}

/// Shows the version alone: values don't belong in logs, and metadata may hold anything.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("version", &self.version).finish_non_exhaustive()
    }
}

impl From<Secret> for common::Secret {
    fn from(secret: Secret) -> Self {
        let Secret { value, version, expires_at, metadata } = secret;
        Self { value, version, expires_at, metadata }
    }
}

/// A secret to write.
#[derive(Clone, PartialEq)]
pub struct NewSecret {
    /// Its name, checked and made canonical by the runtime.
    pub name: String,
    /// The value: bytes to keep exactly as they are.
    pub value: Vec<u8>,
    /// What must hold for the write to happen.
    pub mode: WriteMode,
    /// A description to keep beside the secret.
    pub description: Option<String>,
    /// Tags to keep beside the secret, each name once.
    pub tags: Vec<(String, String)>,
    /// When it shall stop being valid.
    pub expires_at: Option<Timestamp>,
}

impl NewSecret {
    /// A value to create or to write anew, with nothing beside it.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            mode: WriteMode::Upsert,
            description: None,
            tags: Vec::new(),
            expires_at: None,
        }
    }

    /// The value as text, for an upstream that keeps nothing else.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.value).map_err(|_| Error::invalid("the value is not UTF-8 text"))
    }
}

/// Shows name and mode alone.
impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSecret").field("name", &self.name).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl From<common::NewSecret> for NewSecret {
    fn from(secret: common::NewSecret) -> Self {
        let common::NewSecret { name, value, mode, description, tags, expires_at } = secret;
        Self { name, value, mode, description, tags, expires_at }
    }
}

/// The options of a call: every declared one that has a value, whether the caller, the settings or the manifest's
/// default gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(Vec<(String, String)>);

impl Options {
    /// The value of an option; none if it has none or an empty one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

impl From<Vec<(String, String)>> for Options {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Options {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl Entry {
    /// An entry of which only the name is known.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None, expired: None, metadata: Vec::new() }
    }
}

impl Page {
    /// Cuts a page out of all entries, for an upstream that gives them all at once.
    ///
    /// Pages are in order of names, and a cursor is the last name of the page before: so a page stays right when names
    /// are added or deleted in between. Each name appears once. A limit of 0 counts as 1, for a cursor has to move.
    pub fn of_all(mut entries: Vec<Entry>, cursor: Option<&str>, limit: u32) -> Self {
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|a, b| a.name == b.name);
        let total = u64::try_from(entries.len()).ok();
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let start = cursor.map_or(0, |last| entries.partition_point(|entry| entry.name.as_str() <= last));
        let mut page = entries.split_off(start);
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|entry| entry.name.clone());
        Self { entries: page, next, total }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn page(names: &[&str], cursor: Option<&str>, limit: u32) -> (Vec<String>, Option<String>, Option<u64>) {
        let page = Page::of_all(names.iter().copied().map(Entry::new).collect(), cursor, limit);
        (page.entries.into_iter().map(|entry| entry.name).collect(), page.next, page.total)
    }

    #[test]
    fn pages_are_sorted_and_follow_each_other_to_the_end() {
        let names = ["c", "a", "e", "b", "d", "b"];
        let (first, next, total) = page(&names, None, 2);
        assert_eq!((first, next.as_deref(), total), (vec!["a".into(), "b".into()], Some("b"), Some(5)));
        let (second, next, _) = page(&names, next.as_deref(), 2);
        assert_eq!((second, next.as_deref()), (vec!["c".into(), "d".into()], Some("d")));
        assert_eq!(page(&names, next.as_deref(), 2), (vec!["e".into()], None, Some(5)));
    }

    #[test]
    fn a_cursor_survives_the_deletion_of_its_name() {
        assert_eq!(page(&["a", "c", "d"], Some("b"), 1), (vec!["c".into()], Some("c".into()), Some(3)));
    }

    #[test]
    fn a_last_page_that_is_just_full_has_no_next() {
        assert_eq!(page(&["a", "b"], None, 2), (vec!["a".into(), "b".into()], None, Some(2)));
    }

    #[test]
    fn a_limit_of_nothing_and_a_cursor_past_the_end_come_to_an_end() {
        assert_eq!(page(&["a", "b"], None, 0), (vec!["a".into()], Some("a".into()), Some(2)));
        assert_eq!(page(&["a", "b"], Some("z"), 5), (vec![], None, Some(2)));
    }

    #[test]
    fn an_empty_option_counts_as_unset() {
        let options: Options = [("mount", "kv"), ("namespace", "")].into_iter().collect();
        assert_eq!(options.get("mount"), Some("kv"));
        assert_eq!(options.get("namespace"), None);
        assert_eq!(options.get("other"), None);
    }

    #[test]
    fn values_are_not_in_debug_output() {
        let secret = Secret { metadata: vec![("k".into(), "canary".into())], ..Secret::new("canary") };
        let new = NewSecret { description: Some("canary".into()), ..NewSecret::new("KEY", "canary") };
        let shown = format!("{secret:?} {new:?}");
        assert!(!shown.contains("canary") && shown.contains("KEY"), "{shown}");
    }

    #[test]
    fn a_value_that_is_not_text_is_invalid_as_text() {
        assert_eq!(NewSecret::new("KEY", "ü").text().unwrap(), "ü");
        assert!(matches!(NewSecret::new("KEY", [0xff]).text(), Err(Error::Invalid(_))));
    }
}
