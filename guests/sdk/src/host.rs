//! What a backend may ask of the runtime, apart from requests and storage.

/// The settings that the manifest declares.
pub mod config {
    use crate::{Error, Result, runtime::config};

    /// A declared setting that has a value; of an origin's name, its URL; of a credential, a placeholder.
    pub fn get(key: &str) -> Option<String> {
        config::get(key)
    }

    /// A setting that has to be there.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not set.
    pub fn require(key: &str) -> Result<String> {
        get(key).ok_or_else(|| Error::invalid(format!("the setting `{key}` is not set")))
    }

    /// The items of a setting such as `a, b`, as the manifest's `rows` reads them; none if it is not set.
    pub fn list(key: &str) -> Vec<String> {
        items(&get(key).unwrap_or_default()).map(str::to_owned).collect()
    }

    /// The pairs of a setting such as `a=b, c=d`, as the manifest's `map` and `rows` read them; none if it is not set.
    ///
    /// # Errors
    /// [`Error::Invalid`] if an item has no `=`.
    pub fn pairs(key: &str) -> Result<Vec<(String, String)>> {
        pairs_of(&get(key).unwrap_or_default())
            .ok_or_else(|| Error::invalid(format!("the setting `{key}` is not of the form a=b,c=d")))
    }

    fn items(text: &str) -> impl Iterator<Item = &str> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty())
    }

    fn pairs_of(text: &str) -> Option<Vec<(String, String)>> {
        let pair =
            |item: &str| item.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
        items(text).map(pair).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_list_is_read_as_the_manifest_reads_it() {
            assert_eq!(items(" a, b c ,,d=e,").collect::<Vec<_>>(), ["a", "b c", "d=e"]);
            assert_eq!(items(" , ").count(), 0);
        }

        #[test]
        fn pairs_are_split_at_their_first_equals_sign() {
            let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
            assert_eq!(pairs_of("a = b=c ,d="), Some(vec![pair("a", "b=c"), pair("d", "")]));
            assert_eq!(pairs_of(""), Some(Vec::new()));
            assert_eq!(pairs_of("a=b,c"), None);
        }
    }
}

/// Lines for the person who made the call. Values do not belong in them.
pub mod log {
    use crate::runtime::log;

    /// Something failed.
    pub fn error(message: &str) {
        log::write(log::Level::Error, message);
    }

    /// Something looks wrong.
    pub fn warn(message: &str) {
        log::write(log::Level::Warn, message);
    }

    /// Something happened.
    pub fn info(message: &str) {
        log::write(log::Level::Info, message);
    }

    /// For the backend's author.
    pub fn debug(message: &str) {
        log::write(log::Level::Debug, message);
    }

    /// For the backend's author, at length.
    pub fn trace(message: &str) {
        log::write(log::Level::Trace, message);
    }
}

/// Chance.
pub mod random {
    use crate::runtime::random;

    /// So many bytes from a cryptographically secure source.
    pub fn bytes(length: u32) -> Vec<u8> {
        random::bytes(length)
    }
}
