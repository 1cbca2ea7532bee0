//! Making errors. The type itself is the contract's.

use crate::{Detail, Error};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was found, or none if the upstream says that it is not there. Any other failure stays one.
///
/// # Errors
/// All but [`Error::NotFound`].
pub fn found<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(Error::NotFound) => Ok(None),
        outcome => outcome.map(Some),
    }
}

impl Error {
    /// A name, value, version or option that can't be right, and why.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// The upstream knows us and says no.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::Denied(uncoded(message))
    }

    /// The upstream does not accept our credentials.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::Unauthenticated(uncoded(message))
    }

    /// The upstream can't be reached or can't answer now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable(uncoded(message))
    }

    /// It exists already, or somebody else changed it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(uncoded(message))
    }

    /// What this backend does not do.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::Unsupported(message.into())
    }

    /// What came back is not what this upstream should send.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed(message.into())
    }

    /// Anything else.
    pub fn other(message: impl Into<String>) -> Self {
        Self::Other(uncoded(message))
    }

    /// Adds a code, one that the manifest declares. An error without detail stays as it is.
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        if let Some(detail) = self.detail_mut() {
            detail.code = code.into();
        }
        self
    }

    /// Adds to what is said, such as what was done before it failed. An error without detail stays as it is.
    #[must_use]
    pub fn with_note(mut self, note: &str) -> Self {
        if let Some(detail) = self.detail_mut() {
            detail.message = format!("{} ({note})", detail.message);
        }
        self
    }

    fn detail_mut(&mut self) -> Option<&mut Detail> {
        match self {
            Self::Denied(detail)
            | Self::Unauthenticated(detail)
            | Self::Unavailable(detail)
            | Self::Conflict(detail)
            | Self::Other(detail) => Some(detail),
            _ => None,
        }
    }
}

fn uncoded(message: impl Into<String>) -> Detail {
    Detail { code: String::new(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_added_where_an_error_can_hold_one() {
        let detail = |code: &str| Detail { code: code.into(), message: "m".into() };
        assert_eq!(Error::unavailable("m").with_code("sealed"), Error::Unavailable(detail("sealed")));
        assert_eq!(Error::conflict("m"), Error::Conflict(detail("")));
        assert_eq!(Error::NotFound.with_code("sealed"), Error::NotFound);
    }

    #[test]
    fn only_what_is_not_there_is_not_found() {
        assert_eq!(found(Ok(1)), Ok(Some(1)));
        assert_eq!(found::<()>(Err(Error::NotFound)), Ok(None));
        assert_eq!(found::<()>(Err(Error::Timeout)), Err(Error::Timeout));
    }

    #[test]
    fn a_note_is_added_to_what_is_said() {
        let denied = Error::denied("no").with_code("c").with_note("half of it is done");
        assert_eq!(denied, Error::Denied(Detail { code: "c".into(), message: "no (half of it is done)".into() }));
        assert_eq!(Error::Timeout.with_note("half of it is done"), Error::Timeout);
    }
}
