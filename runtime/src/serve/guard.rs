//! What is refused before anybody asks who sends it: requests that a browser or a proxy was made to send, and those
//! that mean to be somewhere else.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, StatusCode, header, uri::Authority};

use super::{peer::Peer, reply::Reply};

/// Headers that a proxy adds, beside those of [`FORWARDED`]. Whoever is behind one is not the caller that the connection
/// vouches for.
static PASSED_ON: [HeaderName; 2] = [header::FORWARDED, HeaderName::from_static("x-real-ip")];

/// What the names of the others begin with.
const FORWARDED: &str = "x-forwarded-";

/// Vault's headers that ask for something which is not here, and the values with which they ask for nothing. To pass over
/// them would do something else than was asked.
static ELSEWHERE: [(HeaderName, &[&[u8]], &str); 2] = [
    (HeaderName::from_static("x-vault-namespace"), &[b"", b"root", b"/", b"root/"], "there are no namespaces here"),
    (HeaderName::from_static("x-vault-wrap-ttl"), &[b"", b"0", b"0s"], "replies can't be wrapped here"),
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

/// Refuses what nobody may send. The authority is the one that the target of the request names, where it names one.
///
/// # Errors
/// The reply that says what was wrong.
pub(crate) fn check(
    headers: &HeaderMap,
    authority: Option<&Authority>,
    peer: Peer,
    names: &Names,
) -> Result<(), Reply> {
    if headers.keys().any(|name| PASSED_ON.contains(name) || name.as_str().starts_with(FORWARDED)) {
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
        // A target with an authority is meant for that one, whatever the header says.
        let meant = authority.map(Authority::as_str);
        if !host.is_some_and(|host| names.know(host) && meant.is_none_or(|meant| names.know(meant))) {
            let reason = "this host is not one of those in serve.hosts";
            return Err(Reply::error(StatusCode::FORBIDDEN, reason));
        }
    }
    for (name, nothing, reason) in &ELSEWHERE {
        if headers.get_all(name).iter().any(|value| !nothing.contains(&value.as_bytes())) {
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
        check(&headers, None, peer, &names).err().map(|reply| reply.status.as_u16())
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
            ("x-forwarded-proto", "https", Some(403)),
            ("forwarded", "for=10.0.0.1", Some(403)),
            ("origin", "https://evil.example", Some(403)),
            ("origin", "null", Some(403)),
            ("origin", "https://ui.internal", None),
            ("x-vault-namespace", "team", Some(400)),
            ("x-vault-namespace", "root", None),
            ("x-vault-namespace", "", None),
            ("x-vault-wrap-ttl", "60", Some(400)),
            ("x-vault-wrap-ttl", "0", None),
        ] {
            assert_eq!(checked(Peer::User(1), &[(name, value)]), refused, "{name}: {value}");
        }
    }

    #[test]
    fn a_second_namespace_does_not_hide_behind_the_first() {
        let both =
            |first, second| checked(Peer::User(1), &[("x-vault-namespace", first), ("x-vault-namespace", second)]);
        assert_eq!([both("root", "team"), both("team", "root"), both("root", "")], [Some(400), Some(400), None]);
    }

    #[test]
    fn a_target_that_names_another_host_is_refused_over_the_network() {
        let headers = [("host".parse().unwrap(), "localhost".parse().unwrap())].into_iter().collect();
        for (authority, refused) in [("localhost:8200", None), ("evil.example", Some(403)), ("a@localhost", Some(403))]
        {
            let authority = authority.parse().unwrap();
            let checked = check(&headers, Some(&authority), Peer::Network, &Names::default());
            assert_eq!(checked.err().map(|reply| reply.status.as_u16()), refused, "{authority}");
        }
    }
}
