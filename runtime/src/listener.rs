//! What a backend does and says during a call, on its way to whoever made the call.

use std::{fmt, net::SocketAddr, time::Duration};

use crate::{
    error::{Error, Kind},
    layers::AccessMode,
    store::Operation,
};

/// Hears what a backend does and says during a call. Only the person who made the call should see it.
pub trait Listener: fmt::Debug + Send + Sync {
    /// One line of its log, as the backend wrote it, capped.
    fn line(&self, level: Level, message: &str);

    /// One request, once it is over.
    fn request(&self, request: &Requested<'_>) {
        let _ = request;
    }

    /// What a layer decided, on the way of a call to the backend and of a request to the upstream.
    fn decision(&self, decision: &Decision<'_>) {
        let _ = decision;
    }
}

/// What a layer decided: facts of the call, never a value.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Decision<'a> {
    /// Policy lets the call pass.
    Allowed {
        /// What is asked for.
        operation: Operation,
        /// The name it is asked for.
        name: &'a str,
        /// The access mode; none where there is no policy.
        mode: Option<AccessMode>,
        /// The pattern among the hosted keys that covers the name; none where all names are hosted.
        pattern: Option<&'a str>,
    },
    /// Policy does not let the call pass.
    Barred {
        /// What is asked for.
        operation: Operation,
        /// The name it is asked for.
        name: &'a str,
        /// The rule that refuses it.
        rule: &'static str,
    },
    /// What the cache has of the name.
    Cache(Cached),
    /// A read that failed is tried again.
    Again {
        /// Which try it will be; the first was 1.
        attempt: u32,
        /// How long it waits before.
        wait: Duration,
        /// Why the last one failed.
        because: Kind,
    },
    /// The backend does not have the name, and the environment is asked.
    Environment {
        /// Whether it has a variable of that name.
        answers: bool,
    },
    /// A request was looked up among the request rules.
    Rule {
        /// The place of the rule that covers it, in the order of the manifest; none if it is refused.
        covers: Option<usize>,
    },
    /// A request was sent and answered.
    Sent {
        /// Where to; of a wildcard the pattern.
        origin: &'a str,
        /// The address it was sent to; none if a stand-in answered.
        address: Option<SocketAddr>,
        /// The recipe that added credentials; none if none were added.
        recipe: Option<&'a str>,
    },
}

/// What the cache has of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cached {
    /// Nothing is kept.
    Off,
    /// It is there.
    Hit,
    /// It is not there, and the backend is asked.
    Miss,
    /// The caller wants no kept value.
    Passed,
    /// It is not there, and another caller has asked the backend already.
    Joined,
    /// It is there and too old, and served because the upstream is away.
    Stale,
}

impl Cached {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Stale as usize + 1;
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
