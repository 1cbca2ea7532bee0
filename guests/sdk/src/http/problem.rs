//! What a reply means where upstreams agree: which is a success, and how errors are written in JSON.

use super::Response;
use crate::{Error, Result};

/// An error in the widespread form `{"error": {"code": "…", "message": "…"}}`.
#[cfg(feature = "json")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The upstream's code for it. Where there is an `innererror`, as in OData, its code, which is finer.
    pub code: String,
    /// The upstream's words for it.
    pub message: Option<String>,
}

impl Response {
    /// The reply if it is a success: 200, 201 or 204. The other statuses of 2xx say that something is still to come, and
    /// are failures like all the rest: `failure` says what each means.
    ///
    /// # Errors
    /// That of `failure`.
    pub fn success(self, failure: impl FnOnce(&Self) -> Error) -> Result<Self> {
        if matches!(self.status, 200 | 201 | 204) { Ok(self) } else { Err(failure(&self)) }
    }

    /// The error that the upstream itself has written; none if the body is anything else, such as the page of a proxy.
    #[cfg(feature = "json")]
    pub fn problem(&self) -> Option<Problem> {
        #[derive(serde::Deserialize)]
        struct Body {
            error: Outer,
        }
        #[derive(serde::Deserialize)]
        struct Outer {
            code: String,
            message: Option<String>,
            innererror: Option<Inner>,
        }
        #[derive(serde::Deserialize)]
        struct Inner {
            code: Option<String>,
        }
        let Body { error: Outer { code, message, innererror } } = self.json().ok()?;
        Some(Problem { code: innererror.and_then(|inner| inner.code).unwrap_or(code), message })
    }

    /// Whether the upstream itself says this: a proxy's 404 says nothing of a secret.
    #[cfg(feature = "json")]
    pub fn is_problem(&self, status: u16, code: &str) -> bool {
        self.status == status && self.problem().is_some_and(|problem| problem.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_is_complete_and_anything_else_fails_as_the_backend_says() {
        let outcome = |status| Response::new(status, "").success(|_| Error::NotFound).map(|reply| reply.status);
        for status in [200, 201, 204] {
            assert_eq!(outcome(status), Ok(status));
        }
        for status in [202, 206, 302, 404, 500] {
            assert_eq!(outcome(status), Err(Error::NotFound));
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_problem_is_read_with_its_finest_code() {
        let problem = |body: &str| Response::new(404, body).problem();
        let found = |code: &str, message: Option<&str>| {
            Some(Problem { code: code.to_owned(), message: message.map(str::to_owned) })
        };
        assert_eq!(problem(r#"{"error":{"code":"gone","message":"m","target":"x"}}"#), found("gone", Some("m")));
        assert_eq!(problem(r#"{"error":{"code":"gone"}}"#), found("gone", None));
        assert_eq!(problem(r#"{"error":{"code":"a","innererror":{"code":"b"}}}"#), found("b", None));
        assert_eq!(problem(r#"{"error":{"code":"a","innererror":{}}}"#), found("a", None));
        for other in ["", "<html>", "{}", "[]", r#"{"error":"gone"}"#, r#"{"error":{}}"#, r#"{"error":{"code":404}}"#] {
            assert_eq!(problem(other), None, "{other}");
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn only_the_status_and_the_code_together_are_the_problem() {
        let reply = |status| Response::new(status, r#"{"error":{"code":"gone"}}"#);
        assert!(reply(404).is_problem(404, "gone"));
        assert!(!reply(403).is_problem(404, "gone") && !reply(404).is_problem(404, "not_found"));
    }
}
