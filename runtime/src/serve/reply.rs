//! What goes back to a client: a status, and JSON in the shape that its interface has.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::Full;
use secret_runtime::{Error, Kind};
use serde::Serialize;
use zeroize::Zeroizing;

/// A reply on its way.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    body: Body,
    retry_after: Option<Duration>,
    content_type: &'static str,
}

enum Body {
    Empty,
    Open(Vec<u8>),
    /// Overwritten once it has been handed to the connection.
    Secret(Zeroizing<Vec<u8>>),
}

const JSON: &str = "application/json";

impl Reply {
    /// A status alone.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, body: Body::Empty, retry_after: None, content_type: JSON }
    }

    /// JSON that may hold secrets.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
        match serde_json::to_writer(&mut *bytes, body) {
            Ok(()) => Self { body: Body::Secret(bytes), ..Self::empty(status) },
            Err(_) => Self::error(StatusCode::INTERNAL_SERVER_ERROR, "the reply can't be written"),
        }
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

/// A failure as a client of Vault's interface is told it: by kind, in our own words, without where the upstream is.
impl From<&Error> for Reply {
    fn from(error: &Error) -> Self {
        let told = match error.kind() {
            Kind::NotFound => return Self::not_found(),
            Kind::Conflict => "check-and-set parameter did not match the current version".to_owned(),
            // The caller's own words came to nothing, or the operator's rules say no: it is told why.
            Kind::Invalid | Kind::Unsupported => error.reason().to_owned(),
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
        Self { retry_after: error.retry_after(), ..Self::error(status(error.kind()), &format!("{told}{code}")) }
    }
}
