//! `/v1/auth/token`: what a caller may know of its own token, and that it may give it up.
//!
//! Who comes over the socket without a token is answered as Vault answers those without one: permission denied. Clients
//! that ask would otherwise take themselves for logged in with a token that is nobody's.

use std::time::SystemTime;

use http::{Method, StatusCode};
use serde::Serialize;

use super::envelope::Envelope;
use crate::serve::{
    Daemon,
    caller::{Caller, Ticket},
    control,
    reply::Reply,
    request::Asked,
};

/// What is known of a token; the same as Vault says of one that can't be renewed.
#[derive(Serialize)]
struct Known<'a> {
    accessor: &'a str,
    creation_time: u64,
    creation_ttl: u64,
    display_name: &'static str,
    entity_id: &'static str,
    expire_time: String,
    explicit_max_ttl: u64,
    id: &'a str,
    issue_time: String,
    meta: (),
    num_uses: u64,
    orphan: bool,
    path: &'static str,
    /// The scopes.
    policies: Vec<String>,
    renewable: bool,
    ttl: u64,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'a> Known<'a> {
    fn of(token: &'a str, ticket: &'a Ticket, now: SystemTime) -> Self {
        let life = ticket.ttl.as_secs();
        Self {
            accessor: &ticket.accessor,
            creation_time: ticket.created.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
            creation_ttl: life,
            display_name: "token",
            entity_id: "",
            expire_time: moment(ticket.expires()),
            explicit_max_ttl: life,
            id: token,
            issue_time: moment(ticket.created),
            meta: (),
            num_uses: 0,
            orphan: true,
            path: "auth/token/create",
            policies: ticket.scope_words(),
            renewable: false,
            ttl: ticket.expires().duration_since(now).unwrap_or_default().as_secs(),
            kind: "service",
        }
    }
}

/// Answers what is below `/v1/auth/token` for the caller who presents this token.
pub(crate) async fn answer(
    daemon: &Daemon,
    caller: &Caller,
    token: Option<&str>,
    asked: &Asked<'_>,
    rest: &[&str],
) -> Result<Reply, Reply> {
    let (Some(token), Some(ticket)) = (token, &caller.token) else { return Err(Reply::forbidden()) };
    let writes = matches!(asked.method, Method::POST | Method::PUT);
    match rest {
        ["lookup-self"] if asked.method == Method::GET => {
            Ok(Reply::json(StatusCode::OK, &Envelope::new(Known::of(token, ticket, daemon.tokens.now()))))
        }
        ["renew-self"] if writes => Err(Reply::error(StatusCode::BAD_REQUEST, "lease is not renewable")),
        ["revoke-self"] if writes => {
            control::tokens::forget(daemon, caller, Some(&ticket.accessor)).await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ["lookup-self" | "renew-self" | "revoke-self"] => {
            Err(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation"))
        }
        // All else that Vault has here is about tokens of others.
        _ => Err(Reply::forbidden()),
    }
}

fn moment(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map(|time| format!("{time:.3}")).unwrap_or_default()
}
