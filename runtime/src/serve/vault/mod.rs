//! Vault's interface of its key/value store, version 2, as far as a backend can answer it.

pub(crate) mod auth;
mod data;
mod envelope;

use http::{Method, StatusCode};

use super::{Daemon, Live, caller::Caller, reply::Reply, request::Asked};

/// Answers what is below `/v1`.
pub(crate) async fn answer(
    _daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked,
    rest: &[&str],
) -> Result<Reply, Reply> {
    let (mount, area, name) = match rest {
        [mount, area, name @ ..] => (mount, *area, name.join("/")),
        _ => return Err(Reply::not_found()),
    };
    let reach = live.mount(mount, caller)?.for_caller(caller);
    match (area, &asked.method) {
        ("data", &Method::GET) => data::read(reach, &name, asked).await,
        ("data", _) => Err(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation")),
        _ => Err(Reply::not_found()),
    }
}
