//! Origins: where requests may go.

use std::{fmt, path::PathBuf};

use url::{Host, Url};

/// An exact place, or all places below a domain, that requests may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its name in the manifest.
    pub name: String,
    /// How to talk to it.
    pub scheme: Scheme,
    /// Its host.
    pub host: HostPattern,
    /// Its port; the scheme's own where the URL has none.
    pub port: u16,
    /// What all paths begin with: empty, or `/…` without a slash at its end, percent-encoded.
    pub base: String,
    /// A file with certificate authorities of its own.
    pub ca: Option<PathBuf>,
    /// Whether the operator wrote scheme and host, and not the backend's author.
    pub typed: bool,
}

/// How to talk to an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Without protection.
    Http,
    /// Over TLS.
    Https,
}

/// Which hosts an origin covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// This one alone.
    Exact(Host),
    /// Every host below this domain, at any depth, but not the domain itself.
    Below(String),
}

/// Why a text is not an origin. The text is not part of the message: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It does not parse.
    #[error("not a URL")]
    NotUrl,
    /// Only two schemes are spoken.
    #[error("its scheme must be https or http")]
    Scheme,
    /// Credentials belong into recipes.
    #[error("it may not hold a user or password")]
    Userinfo,
    /// An origin is a prefix of URLs.
    #[error("it may not have a query or fragment")]
    QueryOrFragment,
    /// Resolvers and certificates disagree on what a trailing dot means.
    #[error("its host may not end in a dot")]
    TrailingDot,
    /// `127.1`, `0x7f000001` and the like: what looks like a name is an address.
    #[error("its host is an IPv4 address in an odd notation; write it as a.b.c.d")]
    Notation,
    /// A wildcard is not of the form `*.domain.tld`.
    #[error("a wildcard host is written *.domain.tld")]
    Wildcard,
    /// Its path has empty segments, bad escapes or the like.
    #[error("its path has empty segments, dot segments, backslashes or bad escapes")]
    Path,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Origin {
    /// Reads an origin from a URL such as `https://vault.example.com:8200/base` or `https://*.example.com`.
    ///
    /// # Errors
    /// [`OriginError`] says what an origin can't have.
    pub fn parse(url: &str) -> Result<Self, OriginError> {
        if url.chars().any(|c| c.is_control() || c == ' ' || c == '\\') || authority(url).is_empty() {
            return Err(OriginError::NotUrl);
        }
        // A `*` is not a host to any URL parser: the wildcard is taken off first.
        let (plain, wildcard) = match url.split_once("://*.") {
            Some((scheme, domain)) => (format!("{scheme}://{domain}"), true),
            None => (url.to_owned(), false),
        };
        let parsed = Url::parse(&plain).map_err(|_| OriginError::NotUrl)?;
        let scheme = scheme(&parsed).ok_or(OriginError::Scheme)?;
        if has_userinfo(url) {
            return Err(OriginError::Userinfo);
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(OriginError::QueryOrFragment);
        }
        let host = match parsed.host().ok_or(OriginError::NotUrl)? {
            Host::Domain(domain) if domain.ends_with('.') => return Err(OriginError::TrailingDot),
            Host::Domain(domain) if domain.contains('*') => return Err(OriginError::Wildcard),
            Host::Domain(domain) if wildcard && domain.contains('.') => HostPattern::Below(domain.to_owned()),
            _ if wildcard => return Err(OriginError::Wildcard),
            host => HostPattern::Exact(host.to_owned()),
        };
        if has_odd_notation(&plain, &parsed) {
            return Err(OriginError::Notation);
        }
        let base = parsed.path().trim_end_matches('/').to_owned();
        let safe = |segment: &str| {
            crate::manifest::percent::decode(segment)
                .is_ok_and(|decoded| crate::manifest::percent::is_safe_segment(&decoded))
        };
        if !base.split('/').skip(1).all(safe) || has_dot_segments(url) {
            return Err(OriginError::Path);
        }
        let port = parsed.port_or_known_default().ok_or(OriginError::Scheme)?;
        Ok(Self { name: String::new(), scheme, host, port, base, ca: None, typed: false })
    }

    /// Whether a URL goes to this origin: scheme, host and port. The path is the request rules' business.
    pub fn matches(&self, url: &Url) -> bool {
        let host = match (&self.host, url.host()) {
            (HostPattern::Exact(exact), Some(host)) => *exact == host,
            (HostPattern::Below(domain), Some(Host::Domain(host))) => {
                host.strip_suffix(domain.as_str()).is_some_and(|left| left.len() > 1 && left.ends_with('.'))
            }
            _ => false,
        };
        host && scheme(url) == Some(self.scheme) && url.port_or_known_default() == Some(self.port)
    }

    /// Whether scheme, host and port are those of another.
    pub(crate) fn same_place(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// Whether it covers one host alone.
    pub fn is_exact(&self) -> bool {
        matches!(self.host, HostPattern::Exact(_))
    }

    /// The URL that the backend is told: the origin and its base path.
    pub fn url(&self) -> String {
        format!("{self}{}", self.base)
    }
}

/// Scheme, host in ASCII, and the port where it is not the scheme's own.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => host.fmt(f),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

/// The part of a URL, as it was written, between `://` and the path: empty where some parsers look further.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Whether a URL carries a user or a password, also an empty one.
pub(crate) fn has_userinfo(url: &str) -> bool {
    authority(url).contains('@')
}

/// Whether the host of a URL is an IPv4 address that was not written as one: a reader would take it for another.
pub(crate) fn has_odd_notation(text: &str, url: &Url) -> bool {
    let written = authority(text).split(':').next().unwrap_or_default();
    matches!(url.host(), Some(Host::Ipv4(address)) if written != address.to_string())
}

/// Whether the path of a URL, as it was written, has segments `.` or `..` that parsing would resolve silently.
pub(crate) fn has_dot_segments(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    path.split('/')
        .skip(1)
        .any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

fn scheme(url: &Url) -> Option<Scheme> {
    match url.scheme() {
        "http" => Some(Scheme::Http),
        "https" => Some(Scheme::Https),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn an_origin_is_shown_in_ascii_without_what_goes_without_saying() {
        for (typed, shown, base) in [
            ("https://Vault.Example.com", "https://vault.example.com", ""),
            ("https://vault.example.com:443/", "https://vault.example.com", ""),
            ("http://127.0.0.1:8200/a/b/", "http://127.0.0.1:8200", "/a/b"),
            ("http://127.0.0.1:8200", "http://127.0.0.1:8200", ""),
            ("https://bücher.example", "https://xn--bcher-kva.example", ""),
            ("https://[::1]:8200", "https://[::1]:8200", ""),
            ("https://*.vault.azure.net", "https://*.vault.azure.net", ""),
        ] {
            let origin = Origin::parse(typed).unwrap();
            assert_eq!((origin.to_string().as_str(), origin.base.as_str()), (shown, base), "{typed}");
            assert_eq!(Origin::parse(&origin.url()).unwrap(), origin);
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for (text, error) in [
            ("vault.example.com", OriginError::NotUrl),
            ("https://", OriginError::NotUrl),
            ("https://a b", OriginError::NotUrl),
            ("https://a\n.example", OriginError::NotUrl),
            ("https:\\\\a.example", OriginError::NotUrl),
            ("ftp://a.example", OriginError::Scheme),
            ("file:///etc/passwd", OriginError::NotUrl),
            ("file://a.example/x", OriginError::Scheme),
            ("https://user@a.example", OriginError::Userinfo),
            ("https://:pw@a.example", OriginError::Userinfo),
            ("https://@a.example", OriginError::Userinfo),
            ("https:///a.example", OriginError::NotUrl),
            ("https:a.example", OriginError::NotUrl),
            ("https://a.example?x", OriginError::QueryOrFragment),
            ("https://a.example/#", OriginError::QueryOrFragment),
            ("https://a.example.", OriginError::TrailingDot),
            ("https://*", OriginError::Wildcard),
            ("https://*.com", OriginError::Wildcard),
            ("https://a.*.example", OriginError::Wildcard),
            ("https://*.*.example.com", OriginError::Wildcard),
            ("https://*.127.0.0.1", OriginError::Wildcard),
            ("https://a.example/x//y", OriginError::Path),
            ("https://a.example/x/../y", OriginError::Path),
            ("https://a.example/x/%2e%2E/y", OriginError::Path),
            ("https://a.example/%zz", OriginError::Path),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_origin_covers_its_own_scheme_host_and_port() {
        for (origin, url, covered) in [
            ("https://a.example", "https://a.example/x", true),
            ("https://a.example", "https://A.EXAMPLE:443/", true),
            ("https://a.example", "http://a.example/", false),
            ("https://a.example", "https://a.example:8443/", false),
            ("https://a.example", "https://a.example./", false),
            ("https://a.example", "https://a.example.evil.example/", false),
            ("https://a.example", "https://\u{0430}.example/", false),
            ("http://127.0.0.1:1", "http://2130706433:1/", true),
            ("http://127.0.0.1:1", "http://[::ffff:127.0.0.1]:1/", false),
            ("http://127.0.0.1:1", "http://127.0.0.2:1/", false),
            ("https://*.a.example", "https://x.a.example/", true),
            ("https://*.a.example", "https://x.y.a.example/", true),
            ("https://*.a.example", "https://a.example/", false),
            ("https://*.a.example", "https://.a.example/", false),
            ("https://*.a.example", "https://xa.example/", false),
            ("https://*.a.example", "https://x.a.example./", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(Origin::parse(origin).unwrap().matches(&url), covered, "{origin} {url}");
        }
    }
}
