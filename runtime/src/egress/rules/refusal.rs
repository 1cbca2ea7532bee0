//! Why a request is refused, in words that hold nothing the backend made up.
//!
//! A backend that has read a secret can put it into a path, a query, a header name or a host. A refusal therefore
//! shows of the request only what the rules themselves name; the rest is kept apart, for the calling person alone.

use std::fmt;

use url::Url;

use super::{header::BadHeader, method::Method, target::Target};
use crate::{manifest::Phase, text::Shown};

/// Why a request is refused.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Refusal {
    /// The rule of egress that refused: `method`, `url`, `userinfo`, `origin`, `path`, `query`, `header` or
    /// `request-rule`.
    pub rule: &'static str,
    /// Why, in our own words. Safe to log.
    pub reason: String,
    /// The request as the backend wrote it. Untrusted and possibly secret: for the calling person alone.
    pub sent: Option<String>,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({}: {})", self.rule, self.reason)
    }
}

impl Refusal {
    pub(super) fn new(rule: &'static str, reason: impl Into<String>, sent: &str) -> Self {
        Self { rule, reason: reason.into(), sent: Some(Shown(sent).to_string()) }
    }

    pub(super) fn method(method: &str) -> Self {
        Self::new("method", "the backend sent a request whose method is not an allowed one", method)
    }

    pub(super) fn origin(phase: Phase, url: &Url) -> Self {
        let reason = format!("{phase} may not send a request to an origin that is not granted");
        Self::new("origin", reason, url.as_str())
    }
}

impl From<BadHeader> for Refusal {
    fn from(BadHeader(reason): BadHeader) -> Self {
        Self { rule: "header", reason: format!("the backend sent a request that can't be: {reason}"), sent: None }
    }
}

/// The part of a request in which a rule differs. The later a part, the nearer the rule was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Origin,
    Method,
    Path,
    Query,
    Header,
    Body,
}

/// How a rule differs from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) part: Part,
    detail: String,
}

impl Difference {
    pub(super) fn origin() -> Self {
        Self { part: Part::Origin, detail: String::new() }
    }

    pub(super) fn method() -> Self {
        Self { part: Part::Method, detail: String::new() }
    }

    pub(super) fn unset() -> Self {
        Self { part: Part::Path, detail: "is switched off by what is set or not set".into() }
    }

    pub(super) fn path(detail: impl Into<String>) -> Self {
        Self { part: Part::Path, detail: detail.into() }
    }

    pub(super) fn query(detail: String) -> Self {
        Self { part: Part::Query, detail }
    }

    pub(super) fn header(detail: String) -> Self {
        Self { part: Part::Header, detail }
    }

    pub(super) fn body(detail: String) -> Self {
        Self { part: Part::Body, detail }
    }
}

/// The refusal of a request that no rule covers. Of its path, only familiar segments are shown.
pub(super) fn uncovered(
    phase: Phase,
    method: Method,
    target: &Target,
    nearest: Option<Difference>,
    familiar: &[String],
) -> Refusal {
    let path = target.masked(familiar);
    let hint = match &nearest {
        Some(Difference { part: Part::Path, detail }) => format!(" (the path of the nearest rule {})", Shown(detail)),
        Some(Difference { part: Part::Query, detail }) => format!(" (in the query, {})", Shown(detail)),
        Some(Difference { part: Part::Header, detail }) => format!(" (of the headers, {})", Shown(detail)),
        Some(Difference { part: Part::Body, detail }) => format!(" (of the body, {})", Shown(detail)),
        _ => String::new(),
    };
    let reason =
        format!("{phase} may not send {method} {}: no request rule of the backend covers it{hint}", Shown(&path));
    Refusal::new("request-rule", reason, &format!("{method} {}", target.url()))
}
