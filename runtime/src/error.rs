//! Why something failed: one error type, with a [`Kind`] that is stable and safe to log.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is. The words are stable: scripts, logs, metrics and audit lines use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// There is no such secret. Only ever said by an upstream that was reached.
    NotFound,
    /// A name, value or option that can't be right.
    Invalid,
    /// Something the operator has to set or mend: a missing setting, a corrupt file, an unknown key.
    Config,
    /// The upstream knows us and says no.
    Denied,
    /// The upstream does not accept our credentials.
    Unauthenticated,
    /// The upstream asks us to come back later.
    RateLimited,
    /// The upstream could not be reached or could not answer.
    Unavailable,
    /// Time ran out while waiting for the upstream.
    Timeout,
    /// Somebody else changed it, or it exists already.
    Conflict,
    /// A person has to approve first; see [`Error::approval`].
    ApprovalRequired,
    /// The backend does not do this.
    Unsupported,
    /// What came back from upstream or was read from a file is not in the shape it should have.
    Malformed,
    /// The component is at fault: it does not load, trapped, or ran into a limit.
    Component,
    /// Refused by access mode, hosted keys, egress or storage rules.
    Refused,
    /// No grant covers this component as it is now.
    Untrusted,
    /// Anything else a backend reports.
    Other,
}

impl Kind {
    /// All of them, in the order in which they are declared.
    pub(crate) const ALL: [Self; 16] = [
        Self::NotFound,
        Self::Invalid,
        Self::Config,
        Self::Denied,
        Self::Unauthenticated,
        Self::RateLimited,
        Self::Unavailable,
        Self::Timeout,
        Self::Conflict,
        Self::ApprovalRequired,
        Self::Unsupported,
        Self::Malformed,
        Self::Component,
        Self::Refused,
        Self::Untrusted,
        Self::Other,
    ];

    /// The kind as a word for logs and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Invalid => "invalid",
            Self::Config => "config",
            Self::Denied => "denied",
            Self::Unauthenticated => "unauthenticated",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::ApprovalRequired => "approval-required",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Component => "component",
            Self::Refused => "refused",
            Self::Untrusted => "untrusted",
            Self::Other => "other",
        }
    }

    /// Whether the same call may well succeed a moment later.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Timeout)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: what was tried, why it failed, what to do. Names backends and keys, never values.
///
/// `Display` and `Debug` show the runtime's own words alone and are safe to log. What a component said about it
/// is untrusted and may hold a secret; only [`Error::guest_message`] gives it out.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    reason: String,
    backend: Option<Arc<str>>,
    key: Option<Arc<str>>,
    rule: Option<&'static str>,
    code: Option<Arc<str>>,
    guest: Option<Arc<str>>,
    frames: Option<Arc<str>>,
    retry_after: Option<Duration>,
    approval: Option<Arc<str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure of this kind, for this reason. The reason is one line, in our own words.
    pub fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            reason: reason.into(),
            backend: None,
            key: None,
            rule: None,
            code: None,
            guest: None,
            frames: None,
            retry_after: None,
            approval: None,
            source: None,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Names the backend it happened in, unless one is named already.
    #[must_use]
    pub fn in_backend(self, name: &Arc<str>) -> Self {
        self.with(|e| {
            e.backend.get_or_insert_with(|| name.clone());
        })
    }

    /// Names the key it happened for, unless one is named already.
    #[must_use]
    pub fn for_key(self, key: &Arc<str>) -> Self {
        self.with(|e| {
            e.key.get_or_insert_with(|| key.clone());
        })
    }

    /// The same failure, known better: another kind and reason.
    #[must_use]
    pub(crate) fn restated(self, kind: Kind, reason: &str) -> Self {
        self.with(|e| (e.kind, e.reason) = (kind, reason.to_owned()))
    }

    /// Names the rule that refused.
    #[must_use]
    pub fn by_rule(self, rule: &'static str) -> Self {
        self.with(|e| e.rule = Some(rule))
    }

    /// Adds the upstream's error code, one of those the manifest declares.
    #[must_use]
    pub fn with_code(self, code: Arc<str>) -> Self {
        self.with(|e| e.code = Some(code))
    }

    /// Adds what the component said. Untrusted: never logged.
    #[must_use]
    pub fn with_guest_message(self, message: &str) -> Self {
        self.with(|e| e.guest = (!message.is_empty()).then(|| message.into()))
    }

    /// Adds where in the component it happened. Untrusted: never logged.
    #[must_use]
    pub(crate) fn with_guest_frames(self, frames: String) -> Self {
        self.with(|e| e.frames = (!frames.is_empty()).then(|| frames.into()))
    }

    /// Adds how long the upstream asks us to wait.
    #[must_use]
    pub fn with_retry_after(self, wait: Option<Duration>) -> Self {
        self.with(|e| e.retry_after = wait)
    }

    /// Adds the id under which a person can approve.
    #[must_use]
    pub fn with_approval(self, id: &str) -> Self {
        self.with(|e| e.approval = Some(id.into()))
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|e| e.source = Some(Arc::new(source)))
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Why, in the runtime's own words, without the names of backend and key.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The backend it happened in.
    pub fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// The key it happened for.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The rule that refused, where one did.
    pub fn rule(&self) -> Option<&'static str> {
        self.0.rule
    }

    /// The upstream's own error code, where the manifest declares it.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How long the upstream asks us to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The id under which a person can approve, for [`Kind::ApprovalRequired`].
    pub fn approval(&self) -> Option<&str> {
        self.0.approval.as_deref()
    }

    /// Where in the component it happened, a line for each of its functions, innermost first; only of a trap, and only
    /// with [`RuntimeBuilder::backtraces`](crate::RuntimeBuilder::backtraces). Untrusted: show it to the calling person
    /// alone.
    pub fn guest_frames(&self) -> Option<&str> {
        self.0.frames.as_deref()
    }

    /// What the component said. Untrusted and possibly secret: show it to the calling person alone, escaped.
    pub fn guest_message(&self) -> Option<&str> {
        self.0.guest.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.backend, &self.0.key) {
            (Some(backend), Some(key)) => write!(f, "{backend}: {}: ", crate::text::Shown(key))?,
            (Some(backend), None) => write!(f, "{backend}: ")?,
            (None, Some(key)) => write!(f, "{}: ", crate::text::Shown(key))?,
            (None, None) => {}
        }
        f.write_str(&self.0.reason)?;
        if let Some(rule) = self.0.rule {
            write!(f, " (rule {rule})")?;
        }
        if let Some(code) = &self.0.code {
            write!(f, " [{code}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
