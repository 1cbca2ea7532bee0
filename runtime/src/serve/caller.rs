//! Who asks, and what that caller may do.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use secret_runtime::Scopes;

/// Who asks. What it may do does not change while its request is answered.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What audit lines call it: a token's accessor, or a user's number.
    pub(crate) label: Arc<str>,
    pub(crate) scopes: Arc<Scopes>,
    /// Whether it may mint tokens, reload and clear: the daemon's own user over the socket, without a token.
    pub(crate) owner: bool,
    /// Whether it may see all figures.
    pub(crate) metrics: bool,
    /// The token it came with.
    pub(crate) token: Option<Arc<Ticket>>,
}

/// What is known of a token; the token itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// By what it is listed and revoked.
    pub(crate) accessor: String,
    /// What audit lines call whoever presents it.
    pub(crate) label: Arc<str>,
    pub(crate) scopes: Arc<Scopes>,
    pub(crate) metrics: bool,
    pub(crate) created: SystemTime,
    /// For how long it holds.
    pub(crate) ttl: Duration,
    /// What it is for, in the operator's words.
    pub(crate) note: Option<String>,
}

impl Ticket {
    /// What audit lines call whoever presents the token of this accessor.
    pub(crate) fn label(accessor: &str) -> Arc<str> {
        format!("token:{accessor}").into()
    }

    /// When it ends.
    pub(crate) fn expires(&self) -> SystemTime {
        self.created + self.ttl
    }

    /// Its scopes as they are written.
    pub(crate) fn scope_words(&self) -> Vec<String> {
        self.scopes.iter().map(ToString::to_string).collect()
    }
}
