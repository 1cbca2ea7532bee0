//! What a backend may ask of the runtime, apart from requests and storage.

/// The settings that the manifest declares.
pub mod config {
    use crate::{Error, Result, bindings::imports::secret_runtime::backend::config};

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
}

/// Lines for the person who made the call. Values do not belong in them.
pub mod log {
    use crate::bindings::imports::secret_runtime::backend::log;

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
    use crate::bindings::imports::secret_runtime::backend::random;

    /// So many bytes from a cryptographically secure source.
    pub fn bytes(length: u32) -> Vec<u8> {
        random::bytes(length)
    }
}
