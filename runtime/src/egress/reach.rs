//! Whether an origin can be reached at all: a connection by the same rules as a backend's, without any credential.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    client::{Caps, Connector, Outgoing, Resolver},
    origin::Origin,
};
use crate::error::{Error, Kind, Result};

/// What an origin that was reached says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its clock, to the second, if it tells.
    pub date: Option<SystemTime>,
    /// How long the answer took, with the connection.
    pub took: Duration,
}

/// Connects to an origin as for a backend that is granted it (resolve, filter addresses, connect, TLS) and asks for the
/// head of `/`. No credential, client certificate or path of the backend's is part of it, and any status will do.
///
/// # Errors
/// [`Kind::Refused`] if an address may not be connected to, [`Kind::Unavailable`] or [`Kind::Timeout`] if there is no
/// answer, [`Kind::Unauthenticated`] if it speaks only to those who show a client certificate, [`Kind::Config`] if the
/// CA file can't be used, [`Kind::Invalid`] for a wildcard, which is no place.
pub async fn reach(origin: &Origin, resolver: &Arc<dyn Resolver>, timeout: Duration) -> Result<Reached> {
    let url = origin.is_exact().then(|| url::Url::parse(&format!("{origin}/")).ok()).flatten();
    let url = url.ok_or_else(|| Error::new(Kind::Invalid, format!("{origin} is not one host")))?;
    let connector = Connector::new(origin, resolver, Caps { timeout, ..Caps::default() });
    let begun = std::time::Instant::now();
    let reply = connector.send(Outgoing { method: "HEAD", url, headers: Vec::new(), body: None }).await?;
    let date = reply.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    Ok(Reached { date: date.map(|date| date.timestamp().into()), took: begun.elapsed() })
}
