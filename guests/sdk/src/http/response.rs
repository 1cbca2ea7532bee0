//! What came back.

use std::fmt;

use crate::{Error, Result};

/// A response, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// In order, names in lower case, may repeat.
    pub headers: Vec<(String, String)>,
    /// The body, complete; empty where there was none.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without headers, as a test may want it.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The first header of this name, to be given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body).map_err(|_| Error::malformed("the reply is not UTF-8 text"))
    }

    /// The body, read as JSON of this shape.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not UTF-8, not JSON or of another shape. The error says where, not what stood there.
    #[cfg(feature = "json")]
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(self.text()?).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::malformed(format!("the reply is not the JSON it should be (line {line}, column {column})"))
        })
    }

    /// How many seconds the upstream asks us to wait, where it says so in seconds.
    pub fn retry_after(&self) -> Option<u32> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// The error for a status that the backend does not read otherwise: 401, 403, 408, 429 and 5xx mean what they mean
    /// everywhere, and anything else is not what this upstream should send. 404 too, for only the backend can tell a
    /// missing secret from a wrong address.
    pub fn error(&self) -> Error {
        let message = format!("the upstream answered with status {}", self.status);
        match self.status {
            401 => Error::unauthenticated(message),
            403 => Error::denied(message),
            429 => Error::RateLimited(self.retry_after()),
            408 | 504 => Error::Timeout,
            500..=599 => Error::unavailable(message),
            _ => Error::Malformed(message),
        }
    }
}

/// Shows the status alone: headers and body may hold secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_that_mean_the_same_everywhere_become_errors_of_their_kind() {
        assert!(matches!(Response::new(401, "").error(), Error::Unauthenticated(_)));
        assert!(matches!(Response::new(403, "").error(), Error::Denied(_)));
        assert_eq!(Response::new(429, "").error(), Error::RateLimited(None));
        assert_eq!(Response::new(504, "").error(), Error::Timeout);
        assert!(matches!(Response::new(503, "").error(), Error::Unavailable(_)));
        for status in [204, 302, 404, 418] {
            assert!(matches!(Response::new(status, "").error(), Error::Malformed(_)), "{status}");
        }
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_a_date_is_not_guessed_at() {
        let with =
            |value: &str| Response { headers: vec![("retry-after".into(), value.into())], ..Response::new(429, "") };
        assert_eq!(with("7").error(), Error::RateLimited(Some(7)));
        assert_eq!(with("Sun, 22 Nov 2026 10:28:15 GMT").retry_after(), None);
        assert_eq!(with("-1").retry_after(), None);
    }

    #[cfg(feature = "json")]
    #[test]
    fn an_error_about_json_does_not_show_it() {
        let response = Response::new(200, "{\"value\": \"canary\"");
        let error = response.json::<Vec<u8>>().err().map(|error| format!("{error:?}")).unwrap_or_default();
        assert!(error.contains("line 1") && !error.contains("canary"), "{error}");
    }

    #[test]
    fn a_response_shows_its_status_alone() {
        assert_eq!(format!("{:?}", Response::new(200, "canary")), "Response { status: 200, .. }");
    }
}
