//! Request rules: which requests a backend may send while it does what.
//!
//! A request passes if one rule of the running operation matches it whole. What is sent is not what the backend
//! wrote but our own serialisation of what was checked, so that it can't mean one thing here and another upstream.

mod body;
pub(crate) mod header;
mod method;
mod pins;
mod read;
mod refusal;
mod target;

use std::fmt;

use url::Url;
use zeroize::Zeroizing;

pub(crate) use self::refusal::Refusal;
pub use self::{
    body::{Body, JsonPin},
    method::Method,
    pins::{Pin, Wanted},
};
use self::{
    refusal::{Difference, uncovered},
    target::Target,
};
use super::origin::Origin;
use crate::manifest::{
    Phase, Scope, Template,
    path::{PathTemplate, Segment},
};

/// All request rules of a backend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestRules(Vec<Rule>);

/// One kind of request that a backend may send.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// While it does what.
    pub phases: Vec<Phase>,
    /// Settings and words of a call that switch it off: it holds only while none of them is set.
    pub unless: Vec<String>,
    /// To which origin; none for the only one.
    pub origin: Option<String>,
    /// Its method.
    pub method: Method,
    /// Its path, below the origin's base.
    pub path: PathTemplate,
    /// Its query: these keys and no others.
    pub query: Vec<Pin>,
    /// Headers that are pinned; names in lower case.
    pub headers: Vec<Pin>,
    /// Its body.
    pub body: Body,
}

/// A request as the backend wants it sent.
#[derive(Clone, Copy)]
pub(crate) struct GuestRequest<'a> {
    /// The method, as it was written.
    pub method: &'a str,
    /// The URL, as it was written.
    pub url: &'a str,
    /// The headers, without those that the recipe injects.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: Option<&'a [u8]>,
}

/// A request that a rule covers, in our own writing.
pub(crate) struct Checked {
    /// The place of the rule that covers it, in the order of the manifest.
    pub rule: usize,
    /// The place of its origin among those that were given.
    pub origin: usize,
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: Url,
    /// Its headers; names in lower case, each once.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").field("origin", &self.origin).field("method", &self.method).finish_non_exhaustive()
    }
}

impl RequestRules {
    /// Whether the backend may send this request in this phase, and how it is written when it is sent.
    ///
    /// # Errors
    /// [`Refusal`] names the rule of egress that refused and, where no request rule covers the request, the part in
    /// which the nearest one differs.
    pub(crate) fn check(
        &self,
        phase: Phase,
        origins: &[Origin],
        scope: &dyn Scope,
        request: &GuestRequest<'_>,
    ) -> Result<Checked, Refusal> {
        let method = Method::named(request.method).ok_or_else(|| Refusal::method(request.method))?;
        let target = Target::parse(request.url)?;
        let headers = header::checked(request.headers)?;
        if !origins.iter().any(|origin| origin.matches(target.url())) {
            return Err(Refusal::origin(phase, target.url()));
        }
        let mut nearest: Option<Difference> = None;
        for (place, rule) in self.0.iter().enumerate().filter(|(_, rule)| rule.phases.contains(&phase)) {
            for (index, origin) in origins.iter().enumerate() {
                let matched = rule.check(origin, scope, method, &target, &headers, request.body);
                match matched {
                    Ok((url, headers, body)) => {
                        return Ok(Checked { rule: place, origin: index, method, url, headers, body });
                    }
                    Err(difference) => {
                        if nearest.as_ref().is_none_or(|other| other.part < difference.part) {
                            nearest = Some(difference);
                        }
                    }
                }
            }
        }
        Err(uncovered(phase, method, &target, nearest, &self.familiar(phase, scope)))
    }

    /// The rules, in the order of the manifest.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.iter()
    }

    /// Segments that may be shown in a refusal: those the rules themselves have in this phase. Anything else in a
    /// path may be a value that the backend has read.
    fn familiar(&self, phase: Phase, scope: &dyn Scope) -> Vec<String> {
        let literals = self.0.iter().flat_map(|rule| rule.path.literals()).map(str::to_owned);
        let holds_value = |rule: &Rule| rule.path.placeholders().any(|name| matches!(name, "value" | "stored"));
        let running = self.0.iter().filter(|rule| rule.phases.contains(&phase) && !holds_value(rule));
        let wanted = running.filter_map(|rule| rule.path.segments(scope)).flat_map(|path| path.segments);
        literals.chain(wanted.filter_map(Segment::text)).collect()
    }
}

/// What a rule lets through: the URL, the headers and the body, in our writing.
type Written = (Url, Vec<(String, String)>, Option<Zeroizing<Vec<u8>>>);

impl Rule {
    /// Whether the rule matches the request whole.
    fn check(
        &self,
        origin: &Origin,
        scope: &dyn Scope,
        method: Method,
        target: &Target,
        headers: &[(String, String)],
        body: Option<&[u8]>,
    ) -> Result<Written, Difference> {
        if self.origin.as_ref().is_some_and(|name| *name != origin.name) || !origin.matches(target.url()) {
            return Err(Difference::origin());
        }
        if self.method != method {
            return Err(Difference::method());
        }
        if self.is_off(scope) {
            return Err(Difference::unset());
        }
        let path = self.path.segments(scope).ok_or_else(Difference::unset)?;
        let segments = target.below(origin, &path)?;
        pins::check(&self.query, target.query(), scope).map_err(Difference::query)?;
        let mut headers = header::covered(&self.headers, headers, scope).map_err(Difference::header)?;
        let body = self.body.check(body, scope).map_err(Difference::body)?;
        if body.is_some()
            && let Some(media) = self.body.media_type()
        {
            header::settle_media_type(&self.headers, &mut headers, media).map_err(Difference::header)?;
        }
        let url = target.rewritten(origin, &segments)?;
        Ok((url, headers, body))
    }

    /// Whether something is set that switches it off.
    pub(crate) fn is_off(&self, scope: &dyn Scope) -> bool {
        self.unless.iter().any(|word| scope.value(word).is_some_and(|value| !value.is_empty()))
    }

    /// Its headers that are always the same, but for the body's type: where one path is for everything, they tell what
    /// is asked.
    pub fn fixed_headers(&self) -> impl Iterator<Item = (&str, &Template)> {
        self.headers.iter().filter(|pin| pin.key != header::CONTENT_TYPE).filter_map(|pin| match &pin.wanted {
            Wanted::Text(text) if text.placeholders().next().is_none() => Some((pin.key.as_str(), text)),
            _ => None,
        })
    }

    /// The names that its templates use.
    pub fn placeholders(&self) -> Vec<&str> {
        let pins = self.query.iter().chain(&self.headers).flat_map(Pin::placeholders);
        self.path.placeholders().chain(pins).chain(self.body.placeholders()).collect()
    }
}

/// Method and path, and the headers that tell what is asked.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        self.fixed_headers().try_for_each(|(name, value)| write!(f, " {name}: {value}"))
    }
}

#[cfg(test)]
mod tests;
