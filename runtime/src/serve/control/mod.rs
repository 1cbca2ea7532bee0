//! What the daemon's own user asks of it over the socket: tokens, another configuration, the cache.

mod cache;
pub(crate) mod record;
pub(crate) mod tokens;

use http::{Method, StatusCode};
use tokio::sync::oneshot;

use super::{Daemon, Live, Reload, caller::Caller, reply::Reply, request::Asked};

/// Answers what is below `/runtime/v1`.
pub(crate) async fn answer(
    daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked<'_>,
    rest: &[&str],
) -> Result<Reply, Reply> {
    if !caller.owner {
        return Err(Reply::forbidden());
    }
    match (rest, &asked.method) {
        (["tokens"], &Method::POST) => tokens::mint(daemon, live, caller, asked).await,
        (["tokens"], &Method::GET) => tokens::list(daemon, caller),
        (["tokens"], &Method::DELETE) => tokens::revoke(daemon, caller, None).await,
        (["tokens", accessor], &Method::DELETE) => tokens::revoke(daemon, caller, Some(accessor)).await,
        (["cache"], &Method::GET) => cache::list(daemon, live, caller, asked),
        (["cache"], &Method::DELETE) => cache::clear(daemon, live, caller, asked),
        (["reload"], &Method::POST) => reload(daemon, caller).await,
        (["cache" | "reload" | "tokens"] | ["tokens", _], _) => {
            Err(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation"))
        }
        _ => Err(Reply::error(StatusCode::NOT_FOUND, "there is no such route")),
    }
}

/// Has the configuration read again.
async fn reload(daemon: &Daemon, caller: &Caller) -> Result<Reply, Reply> {
    let gone = || Reply::error(StatusCode::SERVICE_UNAVAILABLE, "the daemon is ending");
    let (answer, answered) = oneshot::channel();
    daemon.reloads.send(Reload { caller: caller.label.clone(), answer }).await.map_err(|_| gone())?;
    match answered.await.map_err(|_| gone())? {
        Ok(told) => Ok(Reply::json(StatusCode::OK, &serde_json::json!({ "told": told }))),
        Err(told) => Err(Reply::error(StatusCode::BAD_REQUEST, &told)),
    }
}
