//! What was tried, and what came of it.

use crate::sandbox::digest::Digest;

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be. The text says what is worth knowing, and is mostly empty.
    Passed(String),
    /// What was seen instead.
    Failed(String),
    /// Why it was not tried.
    Skipped(String),
}

impl Verdict {
    /// The verdict as a word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Passed(_) => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    /// What was seen, or why it was not tried.
    pub fn detail(&self) -> &str {
        match self {
            Self::Passed(text) | Self::Failed(text) | Self::Skipped(text) => text,
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its stable name, such as `absent.read`.
    pub id: &'static str,
    /// What was tried.
    pub tried: &'static str,
    /// What came of it. The text holds the backend's words at most where they are names, and is shown escaped.
    pub verdict: Verdict,
}

/// All checks of one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The backend's name.
    pub backend: String,
    /// Which component it is.
    pub digest: Digest,
    /// The checks, in the order in which they were made.
    pub rows: Vec<Row>,
}

/// How many checks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As they should.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not at all.
    pub skipped: usize,
}

impl Report {
    /// How many checks ended how.
    pub fn counts(&self) -> Counts {
        let count = |word: &str| self.rows.iter().filter(|row| row.verdict.as_str() == word).count();
        Counts { passed: count("passed"), failed: count("failed"), skipped: count("skipped") }
    }

    /// Whether nothing failed.
    pub fn conforms(&self) -> bool {
        self.counts().failed == 0
    }

    /// The whole in a line, for a README or a release.
    pub fn badge(&self) -> String {
        let Counts { passed, failed, skipped } = self.counts();
        let does = if self.conforms() { "conforms" } else { "does not conform" };
        let contract = super::CONTRACT;
        format!("{does} to {contract}: {passed} passed, {failed} failed, {skipped} skipped ({})", self.digest)
    }
}

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// What was seen instead.
    Failed(String),
    /// Why it was not tried.
    Skipped(String),
}

/// How a check ends: with what is worth knowing, mostly nothing.
pub(super) type Outcome = Result<String, Not>;

impl Not {
    pub(super) fn failed<T>(seen: impl Into<String>) -> Result<T, Self> {
        Err(Self::Failed(seen.into()))
    }

    pub(super) fn skipped<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self::Skipped(why.into()))
    }
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(note) => Self::Passed(note),
            Err(Not::Failed(seen)) => Self::Failed(seen),
            Err(Not::Skipped(why)) => Self::Skipped(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_enough_not_to_conform() {
        let row = |verdict| Row { id: "a.b", tried: "it", verdict };
        let digest = Digest::of(b"");
        let mut report = Report { backend: "b".into(), digest, rows: vec![row(Verdict::Passed(String::new()))] };
        report.rows.push(row(Verdict::Skipped("why".into())));
        let line = format!("conforms to secret-runtime:backend@0.1.0: 1 passed, 0 failed, 1 skipped ({digest})");
        assert_eq!(report.badge(), line);
        report.rows.push(row(Verdict::Failed("seen".into())));
        assert!(!report.conforms() && report.badge().starts_with("does not conform to "), "{}", report.badge());
    }
}
