//! How Google says no.

use serde_json::json;

use crate::Reply;

/// An error as Google's REST replies have it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: u16,
    status: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn reply(&self) -> Reply {
        let Self { code, status, message } = self;
        Reply::json(*code, &json!({ "error": { "code": code, "message": message, "status": status } }))
    }
}

/// The request is wrong in itself.
pub(super) fn invalid<T>(message: impl Into<String>) -> Result<T, Refusal> {
    refuse(400, "INVALID_ARGUMENT", message)
}

/// Something is not in the state that the request needs.
pub(super) fn not_now<T>(message: impl Into<String>) -> Result<T, Refusal> {
    refuse(400, "FAILED_PRECONDITION", message)
}

pub(super) fn refuse<T>(code: u16, status: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, status, message: message.into() })
}
