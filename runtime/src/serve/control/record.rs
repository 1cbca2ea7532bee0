//! Lines of the audit log for what is not a call of a backend.

use secret_runtime::{
    AuditLog, Backend, Kind, Result,
    layers::audit::{Event, OK},
};

/// What is done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done<'a> {
    pub(crate) operation: &'static str,
    /// Whose cache, where it is one's.
    pub(crate) backend: Option<&'a Backend>,
    /// The accessor of the token, or the name of the secret.
    pub(crate) name: Option<&'a str>,
    /// What the token allows.
    pub(crate) scopes: &'a [String],
    /// Why it came to nothing, if it did.
    pub(crate) failed: Option<Kind>,
}

/// Writes a line.
///
/// # Errors
/// It can't be written, and nobody may have the result without it.
pub(crate) fn record(log: Option<&AuditLog>, caller: &str, done: Done<'_>) -> Result<()> {
    let Some(log) = log else { return Ok(()) };
    let digest = done.backend.map(|backend| backend.digest().to_string());
    log.record(&Event {
        operation: done.operation,
        backend: done.backend.map(Backend::name).unwrap_or_default(),
        digest: digest.as_deref().unwrap_or_default(),
        name: done.name,
        scopes: done.scopes,
        caller: Some(caller),
        outcome: done.failed.map_or(OK, Kind::as_str),
        ..Event::default()
    })
}
