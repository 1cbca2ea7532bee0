//! What is refused before anybody asks who sends it: requests that a browser or a proxy was made to send, and those
//! that mean to be somewhere else.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, StatusCode, header};

use super::{peer::Peer, reply::Reply};

/// Headers that a proxy adds. Whoever is behind one is not the caller that the connection vouches for.
static FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
];

/// Vault's headers that ask for something which is not here. To pass over them would do something else than was asked.
static ELSEWHERE: [(HeaderName, &str); 2] = [
    (HeaderName::from_static("x-vault-namespace"), "there are no namespaces here"),
    (HeaderName::from_static("x-vault-wrap-ttl"), "replies can't be wrapped here"),
];

/// The names by which the daemon is called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// In `Host`, beside `localhost` and address literals of its own.
    pub(crate) hosts: Vec<String>,
    /// In `Origin`.
    pub(crate) origins: Vec<String>,
    /// The address that it listens on.
    pub(crate) address: Option<IpAddr>,
}

/// Refuses what nobody may send.
///
/// # Errors
/// The reply that says what was wrong.
pub(crate) fn check(headers: &HeaderMap, peer: Peer, names: &Names) -> Result<(), Reply> {
    if FORWARDED.iter().any(|name| headers.contains_key(name)) {
        return Err(Reply::error(StatusCode::FORBIDDEN, "requests that a proxy passes on are refused"));
    }
    if let Some(origin) = one(headers, &header::ORIGIN)?
        && !names.origins.iter().any(|known| known == origin)
    {
        let reason = "this web origin is not one of those in serve.origins";
        return Err(Reply::error(StatusCode::FORBIDDEN, reason));
    }
    // Over the socket, no name can be made to lead here.
    if peer == Peer::Network {
        let host = one(headers, &header::HOST)?;
        if !host.is_some_and(|host| names.know(host)) {
            let reason = "this host is not one of those in serve.hosts";
            return Err(Reply::error(StatusCode::FORBIDDEN, reason));
        }
    }
    for (name, reason) in &ELSEWHERE {
        if headers.get(name).is_some_and(|value| !matches!(value.as_bytes(), b"" | b"root" | b"/" | b"root/")) {
            return Err(Reply::error(StatusCode::BAD_REQUEST, reason));
        }
    }
    Ok(())
}

impl Names {
    /// Whether the daemon goes by what a `Host` says, with a port or without.
    fn know(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            // The colons of a bare address are not in front of a port.
            Some((name, port)) if !port.contains(']') && (!name.contains(':') || name.ends_with(']')) => (name, port),
            _ => (host, "0"),
        };
        if port.parse::<u16>().is_err() {
            return false;
        }
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback() || self.address == Some(address) || self.has(bare),
            Err(_) => name.eq_ignore_ascii_case("localhost") || self.has(name),
        }
    }

    fn has(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// The one value of a header that may be there once.
///
/// # Errors
/// A reply, if there are several or it is no text.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Reply> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match (first.map(|value| value.to_str()), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text)),
        _ => Err(Reply::error(StatusCode::BAD_REQUEST, &format!("the header {name} makes no sense"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn checked(peer: Peer, headers: &[(&'static str, &'static str)]) -> Option<u16> {
        let names = Names {
            hosts: vec!["secrets.internal".to_owned()],
            origins: vec!["https://ui.internal".to_owned()],
            address: Some([10, 0, 0, 7].into()),
        };
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        check(&headers, peer, &names).err().map(|reply| reply.status.as_u16())
    }

    #[test]
    fn a_host_that_is_not_configured_is_refused_over_the_network() {
        for (host, refused) in [
            ("localhost", None),
            ("LOCALHOST:8200", None),
            ("127.0.0.1:8200", None),
            ("[::1]:8200", None),
            ("[::1]", None),
            ("10.0.0.7:8200", None),
            ("secrets.internal:8200", None),
            ("Secrets.Internal", None),
            ("secrets.internal.evil.example", Some(403)),
            ("evil.example", Some(403)),
            ("10.0.0.8", Some(403)),
            ("localhost:x", Some(403)),
            ("localhost:80:80", Some(403)),
            ("", Some(403)),
        ] {
            assert_eq!(checked(Peer::Network, &[("host", host)]), refused, "{host}");
        }
        assert_eq!(checked(Peer::Network, &[]), Some(403));
        assert_eq!(checked(Peer::Network, &[("host", "localhost"), ("host", "localhost")]), Some(400));
        assert_eq!(checked(Peer::User(1), &[("host", "anything")]), None);
    }

    #[test]
    fn what_a_proxy_or_a_page_was_made_to_send_is_refused() {
        for (name, value, refused) in [
            ("x-forwarded-for", "10.0.0.1", Some(403)),
            ("forwarded", "for=10.0.0.1", Some(403)),
            ("origin", "https://evil.example", Some(403)),
            ("origin", "null", Some(403)),
            ("origin", "https://ui.internal", None),
            ("x-vault-namespace", "team", Some(400)),
            ("x-vault-namespace", "root", None),
            ("x-vault-namespace", "", None),
            ("x-vault-wrap-ttl", "60", Some(400)),
        ] {
            assert_eq!(checked(Peer::User(1), &[(name, value)]), refused, "{name}: {value}");
        }
    }
}
