//! Vault's interface of its key/value store, version 2, as far as a backend can answer it.
//!
//! | | |
//! |---|---|
//! | `GET`, `POST`, `PUT`, `DELETE /v1/MOUNT/data/NAME` | [one secret](data) |
//! | `LIST /v1/MOUNT/metadata/FOLDER`, or `GET` with `list=true` | [what lies in a folder](metadata) |
//! | `GET`, `DELETE /v1/MOUNT/metadata/NAME` | what is known of a secret; delete it for good |
//! | `GET /v1/sys/internal/ui/mounts/…`, `sys/mounts` | [the mounts](sys) that the caller reaches |
//! | `/v1/auth/token/…-self` | [the caller's own token](auth) |
//! | `GET /v1/sys/health`, `seal-status`, `init`, `leader` | that a daemon is here |
//!
//! Statuses and bodies are those of Vault. What Vault has and a backend has not, such as older versions to undelete, is
//! answered with 405 and the reason, never with a pretence.

pub(crate) mod auth;
mod data;
mod envelope;
mod metadata;
pub(crate) mod sys;

use http::StatusCode;

use super::{Daemon, Live, caller::Caller, reply::Reply, request::Asked};

/// Answers what is below `/v1`.
pub(crate) async fn answer(
    daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked<'_>,
    rest: &[&str],
) -> Result<Reply, Reply> {
    match rest {
        ["sys", rest @ ..] => sys::answer(daemon, live, caller, asked, rest),
        [mount, area, name @ ..] => secret(daemon, live, caller, asked, mount, area, &name.join("/")).await,
        _ => Err(no_route()),
    }
}

async fn secret(
    daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked<'_>,
    mount: &str,
    area: &str,
    name: &str,
) -> Result<Reply, Reply> {
    let reach = daemon.reach(live, caller, mount)?;
    let is_list = asked.method.as_str() == "LIST" || wants_list(asked)?;
    if asked.path.folder && !name.is_empty() && !is_list {
        return Err(Reply::error(StatusCode::BAD_REQUEST, "the name of a secret does not end in a slash"));
    }
    match area {
        "metadata" => metadata::answer(reach, name, asked).await,
        _ if name.is_empty() => Err(Reply::not_found()),
        "data" => data::answer(reach, name, asked).await,
        "delete" | "undelete" | "destroy" => {
            Err(not_possible("versions can't be deleted one by one here: DELETE data/NAME, or metadata/NAME for good"))
        }
        _ => Err(no_route()),
    }
}

/// Whether a GET means a LIST, as Go's clients write it.
fn wants_list(asked: &Asked<'_>) -> Result<bool, Reply> {
    Ok(matches!(asked.parameter("list")?, Some("true" | "1" | "t" | "T" | "TRUE" | "True")))
}

/// That there is no such route. Not an empty list of errors: those say that there is no such secret.
fn no_route() -> Reply {
    Reply::error(StatusCode::NOT_FOUND, "unsupported path")
}

fn unsupported_operation() -> Reply {
    Reply::error(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation")
}

fn not_possible(why: &str) -> Reply {
    Reply::error(StatusCode::METHOD_NOT_ALLOWED, &format!("unsupported operation: {why}"))
}
