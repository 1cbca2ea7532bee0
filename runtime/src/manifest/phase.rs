//! What a call is doing, finely enough for request rules and scopes.

use std::fmt;

use crate::store::{DeleteMode, Operation, WriteMode};

/// An operation and, where it has one, its mode.
///
/// Writes and deletes are told apart by mode because what they need on the wire differs: a rule for a permanent
/// delete must not let a recoverable one purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Reading a secret.
    Read,
    /// Asking whether there is one.
    Exists,
    /// Listing names.
    List,
    /// Creating a secret or writing a new version.
    WriteUpsert,
    /// Writing only if there is none.
    WriteCreateOnly,
    /// Writing only over a given version.
    WriteIfVersion,
    /// Deleting in the upstream's recoverable way.
    DeleteRecoverable,
    /// Deleting for good.
    DeletePermanent,
    /// Asking whether the upstream is ready.
    Check,
}

impl Phase {
    /// All words of a manifest's `for` and of `scopes`.
    pub const WORDS: [&'static str; 11] = [
        "read",
        "exists",
        "list",
        "write",
        "write.upsert",
        "write.create-only",
        "write.if-version",
        "delete",
        "delete.recoverable",
        "delete.permanent",
        "check",
    ];

    /// The phases that a word of a manifest stands for: `write` for all kinds of it, `delete` too.
    pub fn named(word: &str) -> Option<&'static [Self]> {
        Some(match word {
            "read" => &[Self::Read],
            "exists" => &[Self::Exists],
            "list" => &[Self::List],
            "write" => &[Self::WriteUpsert, Self::WriteCreateOnly, Self::WriteIfVersion],
            "write.upsert" => &[Self::WriteUpsert],
            "write.create-only" => &[Self::WriteCreateOnly],
            "write.if-version" => &[Self::WriteIfVersion],
            "delete" => &[Self::DeleteRecoverable, Self::DeletePermanent],
            "delete.recoverable" => &[Self::DeleteRecoverable],
            "delete.permanent" => &[Self::DeletePermanent],
            "check" => &[Self::Check],
            _ => return None,
        })
    }

    /// The operation this is a phase of.
    pub const fn operation(self) -> Operation {
        match self {
            Self::Read => Operation::Read,
            Self::Exists => Operation::Exists,
            Self::List => Operation::List,
            Self::WriteUpsert | Self::WriteCreateOnly | Self::WriteIfVersion => Operation::Write,
            Self::DeleteRecoverable | Self::DeletePermanent => Operation::Delete,
            Self::Check => Operation::Check,
        }
    }

    /// The phase as a word of the manifest language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Exists => "exists",
            Self::List => "list",
            Self::WriteUpsert => "write.upsert",
            Self::WriteCreateOnly => "write.create-only",
            Self::WriteIfVersion => "write.if-version",
            Self::DeleteRecoverable => "delete.recoverable",
            Self::DeletePermanent => "delete.permanent",
            Self::Check => "check",
        }
    }

    /// The words about a call that templates may use in this phase.
    pub const fn call_words(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["name", "version", "stored"],
            Self::Exists => &["name", "stored"],
            Self::List => &["prefix", "folder", "limit", "cursor"],
            Self::WriteUpsert | Self::WriteCreateOnly => {
                &["name", "value", "description", "tags", "expires-at", "stored"]
            }
            Self::WriteIfVersion => &["name", "value", "version", "description", "tags", "expires-at", "stored"],
            Self::DeleteRecoverable | Self::DeletePermanent => &["name", "days", "permanent", "stored"],
            Self::Check => &[],
        }
    }
}

impl From<&WriteMode> for Phase {
    fn from(mode: &WriteMode) -> Self {
        match mode {
            WriteMode::Upsert => Self::WriteUpsert,
            WriteMode::CreateOnly => Self::WriteCreateOnly,
            WriteMode::IfVersion(_) => Self::WriteIfVersion,
        }
    }
}

impl From<DeleteMode> for Phase {
    fn from(mode: DeleteMode) -> Self {
        match mode {
            DeleteMode::Recoverable(_) => Self::DeleteRecoverable,
            DeleteMode::Permanent => Self::DeletePermanent,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_for_phases_that_begin_with_it() {
        for word in Phase::WORDS {
            let phases = Phase::named(word).unwrap_or_default();
            assert!(!phases.is_empty(), "{word}");
            assert!(phases.iter().all(|phase| phase.as_str().starts_with(word)), "{word}");
        }
        assert_eq!(Phase::named("writes"), None);
    }

    #[test]
    fn every_phase_is_a_word_of_its_operation() {
        for word in Phase::WORDS {
            for phase in Phase::named(word).unwrap_or_default() {
                assert!(word.starts_with(phase.operation().as_str()), "{word}");
            }
        }
    }
}
