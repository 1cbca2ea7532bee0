//! `/runtime/v1/tokens`: tokens are minted, listed and revoked.

use std::time::SystemTime;

use http::StatusCode;
use secret_runtime::{AuditLog, Kind, Scope, Scopes, Shown, config};
use serde::{Deserialize, Serialize};

use super::record::{Done, record};
use crate::serve::{
    Daemon, Live,
    caller::{Caller, Ticket},
    reply::Reply,
    request::Asked,
    tokens::{NotMinted, Tokens, Wanted},
};

/// The most characters of a note: a line of text.
const NOTE_CHARACTERS: usize = 200;

/// What a token is asked to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    #[serde(default)]
    scopes: Vec<String>,
    ttl: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    metrics: bool,
}

/// A token as it is shown once.
#[derive(Serialize)]
struct Shows<'a> {
    token: &'a str,
    #[serde(flatten)]
    known: Known<'a>,
    /// Mounts that its scopes name and that are not there: a slip, or some that another configuration brings.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing_mounts: &'a [String],
}

/// What is shown of a token at any time.
#[derive(Serialize)]
struct Known<'a> {
    accessor: &'a str,
    scopes: Vec<String>,
    metrics: bool,
    created: String,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl<'a> Known<'a> {
    fn of(ticket: &'a Ticket) -> Self {
        Self {
            accessor: &ticket.accessor,
            scopes: ticket.scope_words(),
            metrics: ticket.metrics,
            created: moment(ticket.created),
            expires: moment(ticket.expires()),
            note: ticket.note.as_deref(),
        }
    }
}

/// Mints one.
pub(super) async fn mint(daemon: &Daemon, live: &Live, caller: &Caller, asked: &Asked<'_>) -> Result<Reply, Reply> {
    let wanted = wanted(asked.json()?).map_err(|why| Reply::error(StatusCode::BAD_REQUEST, &why))?;
    let is_there = |mount: &str| live.mounts.contains_key(mount) || live.withdrawn.contains_key(mount);
    let named = wanted.scopes.iter().filter_map(Scope::mount);
    let missing: Vec<_> = named.filter(|mount| !is_there(mount)).map(str::to_owned).collect();
    let (tokens, audit, caller) = (daemon.tokens.clone(), daemon.audit.clone(), caller.label.clone());
    in_background(move || mint_recorded(&tokens, audit.as_ref(), &caller, wanted, &missing)).await
}

fn mint_recorded(
    tokens: &Tokens,
    audit: Option<&AuditLog>,
    caller: &str,
    wanted: Wanted,
    missing_mounts: &[String],
) -> Result<Reply, Reply> {
    let done = Done { operation: "token-mint", ..Done::default() };
    let minted = match tokens.mint(wanted) {
        Ok(minted) => minted,
        Err(why) => {
            record(audit, caller, Done { failed: Some(Kind::Other), ..done }).map_err(|error| Reply::from(&error))?;
            let status = match why {
                NotMinted::Life => StatusCode::BAD_REQUEST,
                NotMinted::Many | NotMinted::Store(_) => StatusCode::INSUFFICIENT_STORAGE,
                NotMinted::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            return Err(Reply::error(status, &format!("no token was minted: {why}")));
        }
    };
    let known = Known::of(&minted.ticket);
    record(audit, caller, Done { name: Some(known.accessor), scopes: &known.scopes, ..done }).map_err(|error| {
        // Nobody has seen it. Should even this not be written, it is a token that nobody ever presents.
        let _ = tokens.revoke(Some(known.accessor));
        Reply::from(&error)
    })?;
    Ok(Reply::json(StatusCode::OK, &Shows { token: &minted.token, known, missing_mounts }))
}

/// Lists those that hold.
pub(super) fn list(daemon: &Daemon, caller: &Caller) -> Result<Reply, Reply> {
    let done = Done { operation: "token-list", ..Done::default() };
    record(daemon.audit.as_ref(), &caller.label, done).map_err(|error| Reply::from(&error))?;
    let tickets = daemon.tokens.list();
    let known: Vec<_> = tickets.iter().map(|ticket| Known::of(ticket)).collect();
    Ok(Reply::json(StatusCode::OK, &serde_json::json!({ "tokens": known })))
}

/// Revokes one, or all.
pub(super) async fn revoke(daemon: &Daemon, caller: &Caller, accessor: Option<&str>) -> Result<Reply, Reply> {
    let revoked = forget(daemon, caller, accessor).await?;
    if accessor.is_some() && revoked == 0 {
        return Err(Reply::error(StatusCode::NOT_FOUND, "there is no token of this accessor, or it holds no longer"));
    }
    Ok(Reply::json(StatusCode::OK, &serde_json::json!({ "revoked": revoked })))
}

/// Lets one token hold no longer, or all, with a line in the audit log. It is done even where that can't be written.
pub(crate) async fn forget(daemon: &Daemon, caller: &Caller, accessor: Option<&str>) -> Result<usize, Reply> {
    let (tokens, audit, caller) = (daemon.tokens.clone(), daemon.audit.clone(), caller.label.clone());
    let accessor = accessor.map(str::to_owned);
    in_background(move || {
        let revoked = tokens.revoke(accessor.as_deref());
        let name = Some(accessor.as_deref().unwrap_or("*"));
        let done = Done { operation: "token-revoke", name, failed: revoked.is_err().then_some(Kind::Other), ..Done::default() };
        record(audit.as_ref(), &caller, done).map_err(|error| Reply::from(&error))?;
        revoked.map_err(|cause| {
            let reason = format!(
                "revoked; but this can't be written down, and would be forgotten if the daemon were started anew: {cause}"
            );
            Reply::error(StatusCode::INSUFFICIENT_STORAGE, &reason)
        })
    })
    .await
}

fn wanted(wish: Wish) -> Result<Wanted, String> {
    let scopes = Scopes::parse(&wish.scopes).map_err(|bad| bad.to_string())?;
    if scopes.is_empty() && !wish.metrics {
        return Err("a token needs a scope, such as read:prod/team/*".to_owned());
    }
    let ttl = config::duration(&wish.ttl).map_err(|bad| format!("ttl: {bad}"))?;
    let unfit = |note: &String| note.chars().count() > NOTE_CHARACTERS || note.chars().any(Shown::escapes);
    if wish.note.as_ref().is_some_and(unfit) {
        return Err(format!("a note is one line of {NOTE_CHARACTERS} characters at most"));
    }
    Ok(Wanted { scopes, metrics: wish.metrics, ttl, note: wish.note })
}

/// What waits for a disk keeps no other caller waiting, and comes to its end even if its own caller goes.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Reply> + Send + 'static,
) -> Result<T, Reply> {
    let failed = |_| Err(Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "the daemon failed"));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}

fn moment(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map(|time| format!("{time:.0}")).unwrap_or_default()
}
