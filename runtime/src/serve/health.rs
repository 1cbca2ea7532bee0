//! Whether the daemon lives, and whether it is ready.

use http::{Method, StatusCode};

use super::{Daemon, Live, path::Path, reply::Reply};

/// Answers `/healthz` and `/readyz`, for anybody.
pub(crate) fn answer(daemon: &Daemon, live: &Live, method: &Method, path: &Path) -> Option<Reply> {
    let asked = match path.segments.as_slice() {
        [one] if one == "healthz" || one == "readyz" => one.as_str(),
        _ => return None,
    };
    if method != Method::GET && method != Method::HEAD {
        return Some(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "this is only read"));
    }
    let ready = !daemon.is_draining() && !live.mounts.is_empty();
    Some(if asked == "healthz" || ready {
        Reply::text("text/plain", "ok\n".to_owned())
    } else {
        Reply::error(StatusCode::SERVICE_UNAVAILABLE, "not ready")
    })
}
