//! What the backends of Google have in common: requests, errors and checksums.

mod checksum;
mod failure;

use secret_runtime_guest::{Error, Readiness, Result, http::Request};
use serde::de::DeserializeOwned;

pub use crate::{checksum::Checksum, failure::Failure};

/// Sends a request and reads the reply, which has to be a success of this shape.
///
/// # Errors
/// Why there is no such reply.
pub fn send<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    let response = request.send().map_err(Failure::from)?;
    if response.status == 200 { Ok(response.json()?) } else { Err(Failure::of(&response)) }
}

/// A reply of which nothing is of interest.
#[derive(serde::Deserialize)]
pub struct Done {}

/// What a check found when it asked for something that not everybody who may read may ask for.
///
/// # Errors
/// Whatever is not about permission.
pub fn readiness<T>(asked: Result<T, Failure>) -> Result<Readiness> {
    match asked {
        Ok(_) => Ok(Readiness::Ready),
        Err(Failure { status, error: Error::Denied(detail) }) if status == "PERMISSION_DENIED" => {
            Ok(Readiness::Unknown(detail.message))
        }
        Err(failure) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_ask_is_known_and_who_is_not_known_fails() {
        let failure = |status: &str, error: Error| Failure { status: status.into(), error };
        let denied = failure("PERMISSION_DENIED", Error::denied("may not list"));
        assert_eq!(readiness::<()>(Err(denied)), Ok(Readiness::Unknown("may not list".into())));
        assert_eq!(readiness(Ok(Done {})), Ok(Readiness::Ready));
        let disabled = Error::denied("the key is disabled");
        assert_eq!(readiness::<()>(Err(failure("FAILED_PRECONDITION", disabled.clone()))), Err(disabled));
        let unknown = Error::unauthenticated("who is that");
        assert_eq!(readiness::<()>(Err(failure("UNAUTHENTICATED", unknown.clone()))), Err(unknown));
    }
}
