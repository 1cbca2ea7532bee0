//! AWS's JSON protocol, version 1.1: every operation is a POST to the same place, named by a header, and every error has
//! a type.

mod failure;

use secret_runtime_guest::{
    Error, Readiness, config,
    http::{Request, Url},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::failure::Failure;

/// The media type of the protocol.
const JSON: &str = "application/x-amz-json-1.1";

/// A service of AWS: the part of `X-Amz-Target` before the operation. Its requests go to the manifest's origin `api`.
#[derive(Clone, Copy, Debug)]
pub struct Service(pub &'static str);

impl Service {
    /// Calls an operation. Members of the input that are null are left out.
    ///
    /// # Errors
    /// What the service answers instead of a result, or why it did not answer.
    pub fn call<T: DeserializeOwned>(&self, operation: &str, input: Value) -> Result<T, Failure> {
        let response = self.request(&config::require("api")?, operation, input).send()?;
        if response.status != 200 {
            return Err(Failure::of(&response));
        }
        Ok(response.json()?)
    }

    fn request(&self, address: &str, operation: &str, mut input: Value) -> Request {
        if let Value::Object(members) = &mut input {
            members.retain(|_, member| !member.is_null());
        }
        Request::post(Url::new(address).segment(""))
            .header("content-type", JSON)
            .header("x-amz-target", format!("{}.{operation}", self.0))
            .body(input.to_string())
    }
}

/// What an operation answers that has nothing to tell.
#[derive(Debug, serde::Deserialize)]
pub struct Done {}

/// What a check has found out by asking this. Who may not ask is at least known: then more can't be told.
///
/// # Errors
/// Any other failure.
pub fn readiness<T>(asked: Result<T, Failure>) -> Result<Readiness, Error> {
    match asked.map_err(Error::from) {
        Ok(_) => Ok(Readiness::Ready),
        Err(Error::Denied(detail)) => Ok(Readiness::Unknown(detail.message)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_is_a_post_with_its_name_in_a_header_and_no_nulls_in_its_body() {
        let input = json!({ "SecretId": "a/ü", "VersionId": null, "Tags": [null] });
        let request = Service("secretsmanager").request("https://aws.example.com/", "GetSecretValue", input);
        assert_eq!((request.method(), request.url()), ("POST", "https://aws.example.com/"));
        let headers = [("content-type", JSON), ("x-amz-target", "secretsmanager.GetSecretValue")];
        assert_eq!(request.headers(), headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(request.content(), Some(r#"{"SecretId":"a/ü","Tags":[null]}"#.as_bytes()));
    }

    #[test]
    fn who_may_not_ask_is_known_and_who_is_not_known_fails() {
        let denied = Failure::from(Error::denied("not authorized to perform: secretsmanager:ListSecrets"));
        let told = Readiness::Unknown("not authorized to perform: secretsmanager:ListSecrets".into());
        assert_eq!(readiness::<()>(Err(denied)), Ok(told));
        assert_eq!(readiness(Ok(Done {})), Ok(Readiness::Ready));
        let unknown = Error::unauthenticated("who is that");
        assert_eq!(readiness::<()>(Err(unknown.clone().into())), Err(unknown));
    }
}
