//! Places that credentials of an identity go to: over TLS, or on this machine.

use url::{Host, Url};

use crate::egress::{
    address::Reach,
    origin::{Origin, has_userinfo},
};

/// A URL that the host itself asks, and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) reach: Reach,
}

/// Why a URL can't be one that a credential goes to. The URL is not part of the message: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadEndpoint {
    /// It does not parse, or has parts that have no business there.
    #[error("it is not a plain URL")]
    NotUrl,
    /// A credential would travel in the clear.
    #[error("a credential would go there in the clear; use https, or 127.0.0.1 for a server on this machine")]
    Clear,
}

impl Endpoint {
    /// An endpoint that credentials are sent to: https, or an address literal of this machine.
    pub(super) fn parse(text: &str, reach: Reach) -> Result<Self, BadEndpoint> {
        let url = plain(text)?;
        let local = match url.host() {
            Some(Host::Ipv4(v4)) => v4.is_loopback(),
            Some(Host::Ipv6(v6)) => v6.is_loopback(),
            _ => false,
        };
        if url.scheme() == "https" || local { Ok(Self { url, reach }) } else { Err(BadEndpoint::Clear) }
    }

    /// A service of the machine we run on: it may also be a link-local address, where the clouds put theirs, or
    /// `localhost`.
    pub(super) fn of_machine(text: &str) -> Result<Self, BadEndpoint> {
        let url = plain(text)?;
        let near = match url.host() {
            Some(Host::Ipv4(v4)) => v4.is_loopback() || v4.is_link_local(),
            Some(Host::Ipv6(v6)) => v6.is_loopback() || v6.is_unicast_link_local(),
            Some(Host::Domain(name)) => matches!(name, "localhost" | "metadata.google.internal"),
            None => false,
        };
        match url.scheme() {
            "https" => Ok(Self { url, reach: Reach::Private }),
            _ if near => Ok(Self { url, reach: Reach::Metadata }),
            _ => Err(BadEndpoint::Clear),
        }
    }

    /// A service that the operator named, where nothing of ours is sent: any host.
    pub(super) fn typed(text: &str) -> Result<Self, BadEndpoint> {
        Ok(Self { url: plain(text)?, reach: Reach::Metadata })
    }

    /// The same place with another path and query.
    pub(super) fn at(&self, path: &str, query: &[(&str, &str)]) -> Self {
        let mut url = self.url.clone();
        url.set_path(path);
        self.with_url(url, query)
    }

    /// The same URL with more in its query; pairs with an empty value are left out.
    pub(super) fn asking(&self, query: &[(&str, &str)]) -> Self {
        self.with_url(self.url.clone(), query)
    }

    fn with_url(&self, mut url: Url, query: &[(&str, &str)]) -> Self {
        let mut given = query.iter().filter(|(_, value)| !value.is_empty()).peekable();
        if given.peek().is_some() {
            url.query_pairs_mut().extend_pairs(given);
        }
        Self { url, reach: self.reach }
    }

    /// Scheme, host and port, as a grant shows them.
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The host, for messages.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

fn plain(text: &str) -> Result<Url, BadEndpoint> {
    let url = Url::parse(text).map_err(|_| BadEndpoint::NotUrl)?;
    // What an origin may not be, an endpoint may not be either: odd notations of hosts, a user, a dot at the end.
    let origin = text.split(['?', '#']).next().unwrap_or_default();
    let bare = url.fragment().is_none() && !has_userinfo(text);
    if bare && Origin::parse(origin).is_ok_and(|origin| origin.is_exact()) { Ok(url) } else { Err(BadEndpoint::NotUrl) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_credential_goes_over_tls_or_stays_on_this_machine() {
        for (url, allowed) in [
            ("https://login.example", true),
            ("https://login.example:8443/base", true),
            ("http://127.0.0.1:1/token", true),
            ("http://[::1]:1/token", true),
            ("http://localhost/token", false),
            ("http://login.example", false),
            ("http://169.254.169.254", false),
            ("http://10.0.0.1", false),
            ("https://user@login.example", false),
            ("https://login.example/#x", false),
            ("https://login.example.", false),
            ("https://2130706433", false),
            ("https://*.login.example", false),
            ("file:///etc/passwd", false),
            ("login.example", false),
            ("", false),
        ] {
            assert_eq!(Endpoint::parse(url, Reach::Public).is_ok(), allowed, "{url}");
        }
    }

    #[test]
    fn a_service_of_the_machine_may_be_at_a_link_local_address() {
        for (url, reach) in [
            ("http://169.254.169.254", Some(Reach::Metadata)),
            ("http://169.254.129.3:8081/msi/token", Some(Reach::Metadata)),
            ("http://127.0.0.1:41000/msi/token/", Some(Reach::Metadata)),
            ("http://localhost:40342/metadata/identity/oauth2/token", Some(Reach::Metadata)),
            ("http://metadata.google.internal", Some(Reach::Metadata)),
            ("https://tokens.example/path?audience=x", Some(Reach::Private)),
            ("http://tokens.example", None),
            ("http://10.0.0.1/token", None),
            ("http://user:password@127.0.0.1", None),
        ] {
            assert_eq!(Endpoint::of_machine(url).ok().map(|endpoint| endpoint.reach), reach, "{url}");
        }
    }

    #[test]
    fn a_query_holds_what_is_set_and_keeps_what_was_there() {
        let endpoint = Endpoint::of_machine("http://127.0.0.1:1/t?a=b").unwrap();
        let asked = endpoint.asking(&[("resource", "https://x/"), ("client_id", "")]);
        assert_eq!(asked.url.as_str(), "http://127.0.0.1:1/t?a=b&resource=https%3A%2F%2Fx%2F");
        assert_eq!(endpoint.asking(&[("client_id", "")]).url, endpoint.url);
    }
}
