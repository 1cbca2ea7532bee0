//! What goes back to a client: a status, and JSON in the shape that its interface has.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WARNING, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::Full;
use secret_runtime::{Error, Kind, Source};
use serde::Serialize;
use zeroize::Zeroizing;

use super::traceless::Traceless;

/// A reply on its way.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    body: Body,
    retry_after: Option<Duration>,
    content_type: &'static str,
    stale: bool,
}

enum Body {
    Empty,
    Open(Vec<u8>),
    /// Overwritten once it has been handed to the connection.
    Secret(Zeroizing<Vec<u8>>),
}

const JSON: &str = "application/json";

/// What most replies fit in.
const USUAL_BYTES: usize = 1024;

/// What marks an old answer, in the words of HTTP caches.
const STALE: HeaderValue = HeaderValue::from_static("110 - \"Response is Stale\"");

impl Reply {
    /// A status alone.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, body: Body::Empty, retry_after: None, content_type: JSON, stale: false }
    }

    /// JSON that may hold secrets.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let mut bytes = Traceless::with_capacity(USUAL_BYTES);
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => Self { body: Body::Secret(bytes.into_bytes()), ..Self::empty(status) },
            Err(_) => Self::error(StatusCode::INTERNAL_SERVER_ERROR, "the reply can't be written"),
        }
    }

    /// The same, marked if it is an old answer.
    pub(crate) fn marked(self, source: Source) -> Self {
        Self { stale: source == Source::Stale, ..self }
    }

    /// A failure as our own interface has it: in words, and by kind.
    pub(crate) fn failure(error: &Error) -> Self {
        let status = if error.kind() == Kind::Conflict { StatusCode::CONFLICT } else { status(error.kind()) };
        let reply = Self::worded(status, error.kind(), &told(error));
        Self { retry_after: error.retry_after(), ..reply }
    }

    /// The same for a failure that is not a backend's.
    pub(crate) fn worded(status: StatusCode, kind: Kind, message: &str) -> Self {
        let body = serde_json::json!({ "errors": [message], "kind": kind.as_str() }).to_string().into_bytes();
        Self { body: Body::Open(body), ..Self::empty(status) }
    }

    /// Text of another type, which holds no secret.
    pub(crate) fn text(content_type: &'static str, text: String) -> Self {
        Self { body: Body::Open(text.into_bytes()), content_type, ..Self::empty(StatusCode::OK) }
    }

    /// An error as Vault's interface has it: `{"errors":["…"]}`.
    pub(crate) fn error(status: StatusCode, message: &str) -> Self {
        Self::errors(status, &[message])
    }

    /// That there is no such thing.
    pub(crate) fn not_found() -> Self {
        Self::errors(StatusCode::NOT_FOUND, &[])
    }

    /// That this caller may not; Vault's own words.
    pub(crate) fn forbidden() -> Self {
        Self::error(StatusCode::FORBIDDEN, "permission denied")
    }

    fn errors(status: StatusCode, errors: &[&str]) -> Self {
        let body = serde_json::json!({ "errors": errors }).to_string().into_bytes();
        Self { body: Body::Open(body), ..Self::empty(status) }
    }

    /// Makes it a response. Nothing of it is ever kept by those on the way.
    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let body = match self.body {
            Body::Empty => Bytes::new(),
            Body::Open(bytes) => bytes.into(),
            Body::Secret(bytes) => Bytes::from_owner(bytes),
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.stale {
            headers.insert(WARNING, STALE);
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        response
    }
}

/// Where a failure's kind is told: missing, denied and unavailable can be told apart.
pub(crate) const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Invalid | Kind::Conflict => StatusCode::BAD_REQUEST,
        Kind::Denied | Kind::Refused | Kind::ApprovalRequired => StatusCode::FORBIDDEN,
        Kind::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unauthenticated | Kind::Malformed => StatusCode::BAD_GATEWAY,
        Kind::Unavailable | Kind::Untrusted => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A failure as a client of Vault's interface is told it.
impl From<&Error> for Reply {
    fn from(error: &Error) -> Self {
        if error.kind() == Kind::NotFound {
            return Self::not_found();
        }
        Self { retry_after: error.retry_after(), ..Self::error(status(error.kind()), &told(error)) }
    }
}

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// A failure in our own words, by kind, without where the upstream is.
pub(crate) fn told(error: &Error) -> String {
    let told = match error.kind() {
        // The caller's own words came to nothing: it is told why.
        Kind::NotFound | Kind::Invalid | Kind::Unsupported | Kind::Conflict => error.reason().to_owned(),
        Kind::Refused => format!("permission denied (rule {})", error.rule().unwrap_or("policy")),
        Kind::Denied => "permission denied by the upstream".to_owned(),
        Kind::ApprovalRequired => match error.approval() {
            Some(id) => format!("approval is required: {}", secret_runtime::Shown(id)),
            None => "approval is required".to_owned(),
        },
        Kind::Unauthenticated => "the upstream does not accept the daemon's credentials".to_owned(),
        Kind::RateLimited => "the upstream is limiting requests".to_owned(),
        Kind::Unavailable => "the upstream can't be reached or can't answer".to_owned(),
        Kind::Timeout => "the upstream did not answer in time".to_owned(),
        Kind::Malformed => "the upstream's answer makes no sense".to_owned(),
        Kind::Untrusted => "the backend is not trusted any more".to_owned(),
        kind => format!("the backend failed ({kind})"),
    };
    let code = error.code().map(|code| format!(" ({code})")).unwrap_or_default();
    format!("{told}{code}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use http_body_util::BodyExt as _;
    use secret_runtime::Error;
    use serde_json::{Value, json};

    use super::*;

    async fn sent(reply: Reply) -> (u16, Value, Response<()>) {
        let (head, body) = reply.into_response().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default(), Response::from_parts(head, ()))
    }

    #[tokio::test]
    async fn missing_denied_and_unavailable_can_be_told_apart() {
        for (kind, status, ours) in [
            (Kind::NotFound, 404, 404),
            (Kind::Invalid, 400, 400),
            (Kind::Conflict, 400, 409),
            (Kind::Refused, 403, 403),
            (Kind::Denied, 403, 403),
            (Kind::Unsupported, 405, 405),
            (Kind::RateLimited, 429, 429),
            (Kind::Unauthenticated, 502, 502),
            (Kind::Malformed, 502, 502),
            (Kind::Unavailable, 503, 503),
            (Kind::Timeout, 504, 504),
            (Kind::Component, 500, 500),
        ] {
            let error = Error::new(kind, "why").with_retry_after(Some(Duration::from_millis(1)));
            let (sent_status, body, head) = sent(Reply::failure(&error)).await;
            assert_eq!((sent_status, &body["kind"]), (ours, &json!(kind.as_str())));
            let (sent_status, body, _) = sent(error.into()).await;
            assert_eq!((sent_status, body["errors"] == json!([])), (status, kind == Kind::NotFound), "{kind}");
            assert_eq!(
                (&head.headers()[RETRY_AFTER], &head.headers()[CACHE_CONTROL]),
                (&"1".parse().unwrap(), &"no-store".parse().unwrap())
            );
        }
    }

    #[tokio::test]
    async fn an_old_answer_is_marked() {
        for (source, marked) in [(Source::Stale, true), (Source::Cache, false), (Source::Backend, false)] {
            let (_, _, head) = sent(Reply::json(StatusCode::OK, &json!({})).marked(source)).await;
            assert_eq!(head.headers().contains_key(WARNING), marked);
        }
    }

    #[tokio::test]
    async fn a_long_reply_is_written_whole() {
        let long = json!({ "value": "x".repeat(100_000) });
        assert_eq!(sent(Reply::json(StatusCode::OK, &long)).await.1, long);
    }
}
