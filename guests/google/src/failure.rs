//! What Google's errors mean.

use secret_runtime_guest::{Error, http::Response};
use serde::Deserialize;

/// A request that failed: the word that Google has for it, and our error.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The word, such as `NOT_FOUND`; empty if Google did not answer, or not so.
    pub status: String,
    /// What it is to the caller.
    pub error: Error,
}

#[derive(Deserialize)]
struct Body {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    status: String,
    #[serde(default)]
    message: String,
}

impl Failure {
    /// Whether it is this one, such as `NOT_FOUND`.
    pub fn is(&self, status: &str) -> bool {
        self.status == status
    }

    /// The error of a request about one secret, where what is not found is the secret.
    pub fn about_secret(self) -> Error {
        if self.is("NOT_FOUND") { Error::NotFound } else { self.error }
    }

    /// Reads a reply that is no success.
    pub(crate) fn of(response: &Response) -> Self {
        // A front before the service answers in words of its own, or in HTML.
        let Ok(Body { error: Said { status, message } }) = response.json::<Body>() else {
            return response.error().into();
        };
        let said = if message.is_empty() { status.clone() } else { message };
        let error = match status.as_str() {
            "INVALID_ARGUMENT" | "OUT_OF_RANGE" => Error::Invalid(said),
            "ALREADY_EXISTS" | "ABORTED" => Error::conflict(said),
            // A version or key that somebody has switched off.
            "PERMISSION_DENIED" | "FAILED_PRECONDITION" => Error::denied(said),
            "UNAUTHENTICATED" => Error::unauthenticated(said),
            "RESOURCE_EXHAUSTED" => Error::RateLimited(response.retry_after()),
            "DEADLINE_EXCEEDED" => Error::Timeout,
            "UNAVAILABLE" | "INTERNAL" | "UNKNOWN" => Error::unavailable(said),
            _ => Error::other(said),
        };
        Self { error: error.with_code(&status), status }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { status: String::new(), error }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(http: u16, status: &str) -> Failure {
        let body = format!(r#"{{"error":{{"code":{http},"message":"said","status":"{status}","details":[]}}}}"#);
        Failure::of(&Response::new(http, body))
    }

    #[test]
    fn every_word_of_google_is_an_error_of_ours() {
        let coded = |error: Error, code: &str| error.with_code(code);
        for (http, status, expected) in [
            (400, "INVALID_ARGUMENT", Error::invalid("said")),
            (400, "FAILED_PRECONDITION", coded(Error::denied("said"), "FAILED_PRECONDITION")),
            (401, "UNAUTHENTICATED", coded(Error::unauthenticated("said"), "UNAUTHENTICATED")),
            (403, "PERMISSION_DENIED", coded(Error::denied("said"), "PERMISSION_DENIED")),
            (404, "NOT_FOUND", coded(Error::other("said"), "NOT_FOUND")),
            (409, "ALREADY_EXISTS", coded(Error::conflict("said"), "ALREADY_EXISTS")),
            (409, "ABORTED", coded(Error::conflict("said"), "ABORTED")),
            (429, "RESOURCE_EXHAUSTED", Error::RateLimited(None)),
            (500, "INTERNAL", coded(Error::unavailable("said"), "INTERNAL")),
            (503, "UNAVAILABLE", coded(Error::unavailable("said"), "UNAVAILABLE")),
            (504, "DEADLINE_EXCEEDED", Error::Timeout),
            (501, "UNIMPLEMENTED", coded(Error::other("said"), "UNIMPLEMENTED")),
        ] {
            assert_eq!(failure(http, status).error, expected, "{status}");
        }
    }

    #[test]
    fn only_what_google_calls_not_found_is_a_missing_secret() {
        assert_eq!(failure(404, "NOT_FOUND").about_secret(), Error::NotFound);
        assert!(matches!(Failure::of(&Response::new(404, "<html>Not Found")).about_secret(), Error::Malformed(_)));
        assert!(matches!(failure(403, "PERMISSION_DENIED").about_secret(), Error::Denied(_)));
    }

    #[test]
    fn a_reply_that_is_not_googles_is_read_by_its_status() {
        for body in ["", "<html>", "{}", r#"{"error":"busy"}"#, "[]"] {
            assert!(matches!(Failure::of(&Response::new(503, body)).error, Error::Unavailable(_)), "{body}");
            assert!(matches!(Failure::of(&Response::new(400, body)).error, Error::Malformed(_)), "{body}");
        }
    }
}
