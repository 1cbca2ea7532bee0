//! What a backend writes to its log, on its way to whoever made the call.

use std::fmt;

/// Hears what a backend writes to its log during a call. Only the person who made the call should see it.
pub trait Listener: fmt::Debug + Send + Sync {
    /// One line, as the backend wrote it, capped.
    fn line(&self, level: Level, message: &str);
}

/// How important a backend thinks a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something looks wrong.
    Warn,
    /// Something happened.
    Info,
    /// For the backend's author.
    Debug,
    /// For the backend's author, at length.
    Trace,
}
