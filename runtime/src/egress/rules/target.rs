//! The URL of a request: read once, compared as decoded text, and written by us.

use url::Url;

use super::{
    pins,
    refusal::{Difference, Refusal},
};
use crate::{
    egress::origin::{Origin, authority, has_dot_segments, has_odd_notation, has_userinfo},
    manifest::{
        path::{Segment, Segments},
        percent::{decode, encode_segment, is_safe_segment},
    },
};

/// The most bytes a URL may have. Common servers stop at half of it.
const URL_BYTES: usize = 16 * 1024;

/// A URL that a backend wants to reach, taken apart.
pub(super) struct Target {
    url: Url,
    segments: Vec<String>,
    query: Vec<(String, String)>,
}

impl Target {
    /// Takes a URL apart and refuses what can be read in more than one way.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |rule, reason: &str| Err(Refusal::new(rule, format!("the backend sent a URL {reason}"), text));
        if text.len() > URL_BYTES {
            return refuse("url", &format!("of {} bytes; at most {URL_BYTES} are allowed", text.len()));
        }
        // The parser drops tabs and line ends and turns \ into /: what it would mend is refused.
        if text.chars().any(|c| c.is_control() || c == ' ' || c == '\\') {
            return refuse("url", "with a space, a backslash or a control character in it");
        }
        let Ok(url) = Url::parse(text) else {
            return refuse("url", "that does not parse");
        };
        if !matches!(url.scheme(), "http" | "https") || authority(text).is_empty() {
            return refuse("url", "that does not begin with http:// or https:// and a host");
        }
        if has_userinfo(text) {
            return refuse("userinfo", "with a user or password in it");
        }
        if url.fragment().is_some() {
            return refuse("url", "with a fragment");
        }
        if url.domain().is_some_and(|domain| domain.ends_with('.')) {
            return refuse("origin", "whose host ends in a dot");
        }
        if has_odd_notation(text, &url) {
            return refuse("origin", "whose host is an IPv4 address in an odd notation");
        }
        if has_dot_segments(text) {
            return refuse("path", "with a path segment . or ..");
        }
        let mut segments = Vec::new();
        for segment in url.path().split('/').skip(1).filter(|_| url.path() != "/") {
            match decode(segment) {
                Ok(decoded) if is_safe_segment(&decoded) => segments.push(decoded),
                Ok(decoded) if decoded.is_empty() => return refuse("path", "with an empty path segment"),
                Ok(_) => return refuse("path", "with a control character, a backslash or a dot segment in its path"),
                Err(error) => return refuse("path", &format!("whose path can't be decoded: {error}")),
            }
        }
        let query = match pins::decode_pairs(url.query().unwrap_or_default()) {
            Ok(query) => query,
            Err(reason) => return refuse("query", &format!("whose query can't be read: {reason}")),
        };
        Ok(Self { url, segments, query })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// The segments below an origin's base, if they are those that a rule wants.
    pub(super) fn below(&self, origin: &Origin, wanted: &Segments) -> Result<Vec<String>, Difference> {
        let mut segments = self.segments.iter();
        for base in origin.base.split('/').skip(1) {
            if segments.next().map(String::as_str) != decode(base).ok().as_deref() {
                return Err(Difference::path("begins with the origin's own path"));
            }
        }
        let below: Vec<String> = segments.cloned().collect();
        let fits = |(segment, wanted): (&String, &Segment)| match wanted {
            Segment::Is(text) => segment == text,
            Segment::Any => is_plain(segment),
        };
        if let Some(at) = below.iter().zip(&wanted.segments).position(|pair| !fits(pair)) {
            return Err(Difference::path(format!("differs in segment {}", at + 1)));
        }
        match below.get(wanted.segments.len()..) {
            None => Err(Difference::path("has more segments")),
            Some([]) => Ok(below),
            Some(_) if !wanted.open => Err(Difference::path("has fewer segments")),
            Some(rest) if rest.iter().all(|segment| is_plain(segment)) => Ok(below),
            Some(_) => Err(Difference::path("allows no / and no % in its last segments")),
        }
    }

    /// The URL as we write it.
    pub(super) fn rewritten(&self, origin: &Origin, segments: &[String]) -> Result<Url, Difference> {
        let mut path = origin.base.clone();
        for segment in segments {
            path.push('/');
            path.push_str(&encode_segment(segment));
        }
        if path.is_empty() {
            path.push('/');
        }
        let query = pins::encode_pairs(&self.query);
        let mut url = self.url.clone();
        url.set_path(&path);
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        // What the URL library makes of our text must be our text, or something else would be sent than was checked.
        if url.path() == path && url.query().unwrap_or_default() == *query {
            Ok(url)
        } else {
            Err(Difference::path("can't be written unambiguously"))
        }
    }

    /// The path with every segment replaced that is not a familiar one.
    pub(super) fn masked(&self, familiar: &[String]) -> String {
        let shown = |segment: &String| match familiar.contains(segment) {
            true => encode_segment(segment),
            false => "…".to_owned(),
        };
        format!("/{}", self.segments.iter().map(shown).collect::<Vec<_>>().join("/"))
    }
}

/// A segment that a wildcard covers: nothing in it that an upstream could decode once more.
fn is_plain(segment: &str) -> bool {
    !segment.contains(['/', '%'])
}
