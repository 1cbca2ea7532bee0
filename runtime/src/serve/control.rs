//! What the daemon's own user asks of it over the socket: tokens, another configuration, the cache.

use http::StatusCode;

use super::{Daemon, Live, caller::Caller, reply::Reply, request::Asked};

/// Answers what is below `/runtime/v1`.
pub(crate) async fn answer(
    _daemon: &Daemon,
    _live: &Live,
    caller: &Caller,
    _asked: &Asked,
    _rest: &[&str],
) -> Result<Reply, Reply> {
    if !caller.owner {
        return Err(Reply::forbidden());
    }
    Err(Reply::error(StatusCode::NOT_FOUND, "there is no such route"))
}
