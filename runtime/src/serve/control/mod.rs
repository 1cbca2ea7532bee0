//! What the daemon's own user asks of it over the socket: tokens, another configuration, the cache.

mod record;
mod tokens;

use http::{Method, StatusCode};

use super::{Daemon, Live, caller::Caller, reply::Reply, request::Asked};

/// Answers what is below `/runtime/v1`.
pub(crate) async fn answer(
    daemon: &Daemon,
    _live: &Live,
    caller: &Caller,
    asked: &Asked,
    rest: &[&str],
) -> Result<Reply, Reply> {
    if !caller.owner {
        return Err(Reply::forbidden());
    }
    match (rest, &asked.method) {
        (["tokens"], &Method::POST) => tokens::mint(daemon, caller, asked).await,
        (["tokens"], &Method::GET) => tokens::list(daemon, caller),
        (["tokens"], &Method::DELETE) => tokens::revoke(daemon, caller, None).await,
        (["tokens", accessor], &Method::DELETE) => tokens::revoke(daemon, caller, Some(accessor)).await,
        (["tokens"] | ["tokens", _], _) => Err(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation")),
        _ => Err(Reply::error(StatusCode::NOT_FOUND, "there is no such route")),
    }
}
