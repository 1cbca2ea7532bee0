//! Requests to the upstream: one whole request, one whole response.
//!
//! ```no_run
//! # fn main() -> secret_runtime_guest::Result<()> {
//! use secret_runtime_guest::http::{Request, Url};
//!
//! let url = Url::new("https://keeper.example.com").segment("keys").path("team/OPENAI_API_KEY").query("version", "3");
//! let response = Request::get(url).header("accept", "application/json").send()?;
//! assert_eq!(response.status, 200);
//! # Ok(()) }
//! ```

mod problem;
mod response;
mod url;

use std::fmt;

use crate::{Error, Result, runtime::http};

#[cfg(feature = "json")]
pub use self::problem::Problem;
pub use self::{response::Response, url::Url};

/// A request to be sent. The runtime adds credentials and everything about framing.
#[derive(Clone, PartialEq)]
pub struct Request {
    pub(crate) inner: http::Request,
}

impl Request {
    /// A request with this method: GET, HEAD, POST, PUT, PATCH, DELETE or LIST.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self { inner: http::Request { method: method.into(), url: url.into(), headers: Vec::new(), body: None } }
    }

    /// A GET request.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A HEAD request.
    pub fn head(url: impl Into<String>) -> Self {
        Self::new("HEAD", url)
    }

    /// A POST request.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// A PUT request.
    pub fn put(url: impl Into<String>) -> Self {
        Self::new("PUT", url)
    }

    /// A PATCH request.
    pub fn patch(url: impl Into<String>) -> Self {
        Self::new("PATCH", url)
    }

    /// A DELETE request.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new("DELETE", url)
    }

    /// A LIST request, as Vault has it.
    pub fn list(url: impl Into<String>) -> Self {
        Self::new("LIST", url)
    }

    /// Adds a header. The manifest has to name it, apart from accept, content-type and the conditional ones.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.inner.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header if there is a value for it.
    #[must_use]
    pub fn maybe_header(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Sets the body: bytes, as they are.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.inner.body = Some(body.into());
        self
    }

    /// Sets the body to this value as JSON, and the content type with it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the value can't be JSON, such as a map whose keys are no text.
    #[cfg(feature = "json")]
    pub fn json(self, body: &(impl serde::Serialize + ?Sized)) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|_| Error::invalid("the request can't be written as JSON"))?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.inner.method
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The headers, in order.
    pub fn headers(&self) -> &[(String, String)] {
        &self.inner.headers
    }

    /// The body, if there is one.
    pub fn content(&self) -> Option<&[u8]> {
        self.inner.body.as_deref()
    }

    /// Sends the request and waits for the whole response, with whatever status. Redirects are not followed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Timeout`] if the upstream did not answer; [`Error::Other`] if the runtime
    /// refused, and then the call has failed whatever the backend returns.
    pub fn send(&self) -> Result<Response> {
        let http::Response { status, headers, body } = http::send(&self.inner)?;
        Ok(Response { status, headers, body })
    }
}

/// Shows method and URL alone: headers and body may hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method()).field("url", &self.url()).finish_non_exhaustive()
    }
}

impl From<http::Failure> for Error {
    fn from(failure: http::Failure) -> Self {
        match failure {
            http::Failure::Refused(message) => Self::other(message),
            http::Failure::Unavailable(message) => Self::unavailable(message),
            http::Failure::Timeout => Self::Timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_shows_neither_headers_nor_body() {
        let request = Request::post("https://a.example/x").header("x-key", "canary").body("canary");
        assert_eq!(format!("{request:?}"), r#"Request { method: "POST", url: "https://a.example/x", .. }"#);
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_json_body_brings_its_content_type() -> Result<()> {
        let request = Request::post("https://a.example/x").maybe_header("x-a", None).json(&["é"])?;
        assert_eq!(request.headers(), [("content-type".to_owned(), "application/json".to_owned())]);
        assert_eq!(request.content(), Some("[\"é\"]".as_bytes()));
        Ok(())
    }

    #[test]
    fn failures_become_errors_of_their_kind() {
        assert!(matches!(Error::from(http::Failure::Refused("no rule".into())), Error::Other(_)));
        assert!(matches!(Error::from(http::Failure::Unavailable("reset".into())), Error::Unavailable(_)));
        assert_eq!(Error::from(http::Failure::Timeout), Error::Timeout);
    }
}
