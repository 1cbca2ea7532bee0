//! What has to be stored: what was acknowledged, and what may have happened because nobody said that it did not.

use std::collections::BTreeMap;

/// The secrets of one owner, whom nobody else changes.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<String, Entry>);

/// `None` stands for a secret that is not there.
#[derive(Debug, Default)]
struct Entry {
    sure: Option<String>,
    maybe: Vec<Option<String>>,
}

impl Ledger {
    /// A change was acknowledged.
    pub(crate) fn done(&mut self, key: &str, value: Option<String>) {
        self.0.insert(key.to_owned(), Entry { sure: value, maybe: Vec::new() });
    }

    /// A change failed, or its answer did not come: it may be there or not.
    pub(crate) fn tried(&mut self, key: &str, value: Option<String>) {
        self.0.entry(key.to_owned()).or_default().maybe.push(value);
    }

    /// Whether this may be what is there.
    pub(crate) fn fits(&self, key: &str, found: Option<&str>) -> bool {
        match self.0.get(key) {
            Some(entry) => entry.sure.as_deref() == found || entry.maybe.iter().any(|maybe| maybe.as_deref() == found),
            None => found.is_none(),
        }
    }

    /// All keys that were ever changed.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The keys that are there beyond doubt.
    pub(crate) fn present(&self) -> impl Iterator<Item = &str> {
        let sure = self.0.iter().filter(|(_, entry)| entry.sure.is_some() && !entry.maybe.contains(&None));
        sure.map(|(key, _)| key.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_is_there_and_what_failed_may_be() {
        let mut ledger = Ledger::default();
        assert!(ledger.fits("a", None) && !ledger.fits("a", Some("1")));
        ledger.done("a", Some("1".to_owned()));
        assert!(ledger.fits("a", Some("1")) && !ledger.fits("a", None));
        ledger.tried("a", Some("2".to_owned()));
        assert!(ledger.fits("a", Some("1")) && ledger.fits("a", Some("2")) && !ledger.fits("a", Some("3")));
        assert_eq!(ledger.present().collect::<Vec<_>>(), ["a"]);
        ledger.tried("a", None);
        assert!(ledger.fits("a", None) && ledger.present().next().is_none());
        ledger.done("a", Some("3".to_owned()));
        assert!(ledger.fits("a", Some("3")) && !ledger.fits("a", Some("1")) && !ledger.fits("a", Some("2")));
    }
}
