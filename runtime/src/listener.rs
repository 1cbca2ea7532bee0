//! What a backend does and says during a call, on its way to whoever made the call.

use std::{fmt, time::Duration};

use crate::error::Error;

/// Hears what a backend does and says during a call. Only the person who made the call should see it.
pub trait Listener: fmt::Debug + Send + Sync {
    /// One line of its log, as the backend wrote it, capped.
    fn line(&self, level: Level, message: &str);

    /// One request, once it is over.
    fn request(&self, request: &Requested<'_>) {
        let _ = request;
    }
}

/// A request that a backend asked for, as it was before a credential was added to it. Untrusted, and may be secret.
#[derive(Clone, Copy, Debug)]
pub struct Requested<'a> {
    /// The method, as the backend wrote it.
    pub method: &'a str,
    /// The URL, as the backend wrote it.
    pub url: &'a str,
    /// The number of bytes of its body, where it has one.
    pub body: Option<usize>,
    /// The place of the rule that covers it, in the order of the manifest; none if it was refused.
    pub rule: Option<usize>,
    /// The status that came back, or why none did.
    pub outcome: Result<u16, &'a Error>,
    /// How long it took.
    pub took: Duration,
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
