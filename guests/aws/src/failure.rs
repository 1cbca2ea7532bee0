//! What AWS's errors mean.

use secret_runtime_guest::{Error, http::Response};
use serde::Deserialize;

/// An operation that failed: the type that AWS gives its error, and our error for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The type without its name space, such as `ResourceNotFoundException`; empty if AWS did not answer, or not so.
    pub code: String,
    /// What it is to the caller.
    pub error: Error,
}

/// The body of an error. The services differ in how they spell the message.
#[derive(Deserialize)]
struct Body {
    #[serde(rename = "__type")]
    kind: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    capital: Option<String>,
}

impl Failure {
    /// Whether it is an error of this type.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Reads a reply that is no success.
    pub(crate) fn of(response: &Response) -> Self {
        let body = response.json::<Body>().ok();
        let kind = body.as_ref().and_then(|body| body.kind.as_deref()).or_else(|| response.header("x-amzn-errortype"));
        let Some(code) = kind.map(plain).filter(|code| !code.is_empty()) else {
            return response.error().into();
        };
        let said = body.as_ref().and_then(|body| body.message.as_deref().or(body.capital.as_deref()));
        let said = said.filter(|said| !said.is_empty()).unwrap_or(code);
        Self { code: code.to_owned(), error: meaning(code, said, response).with_code(code) }
    }
}

/// The type without what stands around it: `com.amazonaws.service#Type:http://…` is `Type`.
fn plain(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or(kind);
    kind.rsplit('#').next().unwrap_or(kind)
}

fn meaning(code: &str, said: &str, response: &Response) -> Error {
    match code {
        "ResourceNotFoundException" => Error::NotFound,
        "ResourceExistsException" => Error::conflict(said),
        "AccessDeniedException" | "AccessDenied" | "OptInRequired" => Error::denied(said),
        "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Error::unauthenticated(said),
        "RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
            Error::RateLimited(response.retry_after())
        }
        "InvalidArnException" | "InvalidParameterException" | "ValidationException" => Error::invalid(said),
        "DependencyTimeoutException" => Error::Timeout,
        "InternalFailure"
        | "InternalServiceError"
        | "KMSInternalException"
        | "KeyUnavailableException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Error::unavailable(said),
        _ => match response.status {
            401 => Error::unauthenticated(said),
            403 => Error::denied(said),
            429 => Error::RateLimited(response.retry_after()),
            500..=599 => Error::unavailable(said),
            _ => Error::other(said),
        },
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: String::new(), error }
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

    fn failure(status: u16, body: &str) -> Failure {
        Failure::of(&Response::new(status, body))
    }

    #[test]
    fn a_type_is_read_in_every_notation() {
        for body in [
            r#"{"__type":"DecryptionFailure","message":"m"}"#,
            r#"{"__type":"com.amazonaws.secretsmanager#DecryptionFailure","Message":"m"}"#,
            r#"{"__type":"DecryptionFailure:http://internal.example.com/coral#x","Message":"m"}"#,
        ] {
            let found = failure(400, body);
            assert!(found.is("DecryptionFailure"), "{body}");
            assert_eq!(found.error, Error::other("m").with_code("DecryptionFailure"));
        }
        let header = ("x-amzn-errortype".to_owned(), "DecryptionFailure:http://x/".to_owned());
        let found = Failure::of(&Response { headers: vec![header], ..Response::new(400, "") });
        assert_eq!(found.error, Error::other("DecryptionFailure").with_code("DecryptionFailure"));
    }

    #[test]
    fn the_type_counts_and_not_the_status() {
        for status in [400, 404] {
            let body = r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find it."}"#;
            assert_eq!(failure(status, body).error, Error::NotFound);
        }
        let kind = |code: &str| failure(400, &format!(r#"{{"__type":"{code}"}}"#)).error;
        assert!(matches!(kind("ResourceExistsException"), Error::Conflict(_)));
        assert!(matches!(kind("AccessDeniedException"), Error::Denied(_)));
        assert!(matches!(kind("UnrecognizedClientException"), Error::Unauthenticated(_)));
        assert!(matches!(kind("InvalidSignatureException"), Error::Unauthenticated(_)));
        assert!(matches!(kind("ThrottlingException"), Error::RateLimited(None)));
        assert!(matches!(kind("InvalidParameterException"), Error::Invalid(_)));
        assert!(matches!(kind("InternalServiceError"), Error::Unavailable(_)));
        assert!(matches!(kind("LimitExceededException"), Error::Other(_)));
        assert!(matches!(kind("NotFoundException"), Error::Other(_)), "a missing key is no missing secret");
    }

    #[test]
    fn an_unknown_type_means_what_its_status_means() {
        let kind = |status| failure(status, r#"{"__type":"New"}"#).error;
        assert!(matches!(kind(400), Error::Other(_)));
        assert!(matches!(kind(403), Error::Denied(_)));
        assert!(matches!(kind(429), Error::RateLimited(_)));
        assert!(matches!(kind(503), Error::Unavailable(_)));
    }

    #[test]
    fn what_is_not_of_aws_means_what_its_status_means_and_a_404_is_no_missing_secret() {
        assert!(matches!(failure(404, "<html>").error, Error::Malformed(_)));
        assert!(matches!(failure(400, "{}").error, Error::Malformed(_)));
        assert!(matches!(failure(502, "").error, Error::Unavailable(_)));
        assert!(matches!(failure(302, "").error, Error::Malformed(_)));
    }
}
