//! Refusing, before anything is sent, what an upstream can't keep: dropped in silence, it would be missed too late.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{DeleteMode, Error, NewSecret, Result, WriteMode};

/// What a write can ask for apart from keeping the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To write only where there is no such secret yet.
    CreateOnly,
    /// To write only over a version that is named.
    IfVersion,
    /// To keep a description beside the value.
    Description,
    /// To keep tags beside it.
    Tags,
    /// To let it expire.
    Expiry,
}

impl Asked {
    /// Whether this write asks for it.
    fn is_in(self, secret: &NewSecret) -> bool {
        match self {
            Self::CreateOnly => secret.mode == WriteMode::CreateOnly,
            Self::IfVersion => matches!(secret.mode, WriteMode::IfVersion(_)),
            Self::Description => secret.description.is_some(),
            Self::Tags => !secret.tags.is_empty(),
            Self::Expiry => secret.expires_at.is_some(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::CreateOnly | Self::IfVersion => "under a condition",
            Self::Description => "with a description",
            Self::Tags => "with tags",
            Self::Expiry => "with an expiry",
        }
    }
}

impl NewSecret {
    /// Refuses what `upstream` can't do.
    ///
    /// ```
    /// # use secret_runtime_guest::{Asked, Error, NewSecret};
    /// let secret = NewSecret { expires_at: Some(1), ..NewSecret::new("KEY", "value") };
    /// let refused = secret.refuse("Keeper", &[Asked::IfVersion, Asked::Expiry]);
    /// assert_eq!(refused, Err(Error::unsupported("Keeper can't write a secret with an expiry")));
    /// ```
    ///
    /// # Errors
    /// [`Error::Unsupported`] if any of it is asked for.
    pub fn refuse(&self, upstream: &str, unsupported: &[Asked]) -> Result<()> {
        match unsupported.iter().find(|asked| asked.is_in(self)) {
            Some(asked) => Err(Error::unsupported(format!("{upstream} can't write a secret {}", asked.words()))),
            None => Ok(()),
        }
    }

    /// Refuses a value that is too large or too small for `upstream`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has not so many bytes.
    pub fn fits(&self, upstream: &str, bytes: RangeInclusive<usize>) -> Result<()> {
        if bytes.contains(&self.value.len()) {
            return Ok(());
        }
        let (least, most) = bytes.into_inner();
        Err(Error::invalid(format!("{upstream} keeps values of {least} to {most} bytes")))
    }

    /// The tags and the description, for an upstream that keeps pairs alone: there a description is the tag
    /// `description`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is such a tag already.
    pub fn described_tags(&self) -> Result<BTreeMap<&str, &str>> {
        let mut tags: BTreeMap<_, _> = self.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Some(description) = &self.description
            && tags.insert("description", description).is_some()
        {
            return Err(Error::invalid("a tag can't be called `description` beside a description"));
        }
        Ok(tags)
    }
}

impl DeleteMode {
    /// Refuses a number of days for which what is deleted could be recovered, where that can't be chosen; `why` says so.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there is such a number.
    pub fn refuse_days(&self, why: &str) -> Result<()> {
        if let Self::Recoverable(Some(_)) = self { Err(Error::unsupported(why)) } else { Ok(()) }
    }
}

/// Reads the number of a version, where an upstream counts them from 1.
///
/// # Errors
/// [`Error::Invalid`] for anything else, and for other notations of a number such as `01` and `+1`.
pub fn version_number(version: &str) -> Result<u64> {
    let canonical = version.bytes().all(|byte| byte.is_ascii_digit()) && !version.starts_with('0');
    let number = version.parse().ok().filter(|_| canonical);
    number.ok_or_else(|| Error::invalid("a version is a number from 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Asked; 5] = [Asked::CreateOnly, Asked::IfVersion, Asked::Description, Asked::Tags, Asked::Expiry];

    fn plain() -> NewSecret {
        NewSecret::new("KEY", "value")
    }

    #[test]
    fn what_is_asked_for_is_refused_by_its_own_word_and_no_other() {
        let cases = [
            (Asked::CreateOnly, NewSecret { mode: WriteMode::CreateOnly, ..plain() }),
            (Asked::IfVersion, NewSecret { mode: WriteMode::IfVersion("1".into()), ..plain() }),
            (Asked::Description, NewSecret { description: Some(String::new()), ..plain() }),
            (Asked::Tags, NewSecret { tags: vec![("a".into(), "b".into())], ..plain() }),
            (Asked::Expiry, NewSecret { expires_at: Some(0), ..plain() }),
        ];
        for (asked, secret) in cases {
            for one in ALL {
                assert_eq!(secret.refuse("X", &[one]).is_err(), one == asked, "{one:?} of {secret:?}");
            }
            assert!(matches!(secret.refuse("X", &ALL), Err(Error::Unsupported(_))));
        }
        assert_eq!(plain().refuse("X", &ALL), Ok(()));
    }

    #[test]
    fn a_value_has_to_fit() {
        assert_eq!(plain().fits("X", 1..=5), Ok(()));
        assert_eq!(plain().fits("X", 1..=4), Err(Error::invalid("X keeps values of 1 to 4 bytes")));
        assert!(NewSecret::new("KEY", "").fits("X", 1..=4).is_err());
    }

    #[test]
    fn a_description_is_a_tag_unless_there_is_one_of_its_name() {
        let tagged = |name: &str| NewSecret { tags: vec![(name.into(), "a".into())], ..plain() };
        let described = NewSecret { description: Some("d".into()), ..tagged("owner") };
        assert_eq!(described.described_tags(), Ok([("description", "d"), ("owner", "a")].into_iter().collect()));
        assert_eq!(tagged("description").described_tags(), Ok([("description", "a")].into_iter().collect()));
        let twice = NewSecret { description: Some("d".into()), ..tagged("description") };
        assert!(matches!(twice.described_tags(), Err(Error::Invalid(_))));
    }

    #[test]
    fn only_a_number_of_days_is_refused() {
        assert_eq!(DeleteMode::Recoverable(Some(7)).refuse_days("why"), Err(Error::unsupported("why")));
        assert_eq!(DeleteMode::Recoverable(None).refuse_days("why"), Ok(()));
        assert_eq!(DeleteMode::Permanent.refuse_days("why"), Ok(()));
    }

    #[test]
    fn a_version_is_a_number_from_1_in_one_notation() {
        assert_eq!(version_number("12"), Ok(12));
        for version in ["", "0", "01", "0x1", "1_0", "+1", "-1", " 1", "1.0", "latest", "99999999999999999999"] {
            assert!(matches!(version_number(version), Err(Error::Invalid(_))), "{version}");
        }
    }
}
