//! What may be asked: the access mode, the names this backend answers for, and the options that say where to look.
//!
//! Policy stands outside the cache, so a kept value never outlives a permission.

use std::str::FromStr;

use super::AtHand;
use crate::{
    error::{Error, Kind, Result},
    glob::Globs,
    store::{
        Answer, Call, Decision, Delete, Entry, Listing, Name, NewSecret, Operation, Options, Page, Read, Readiness,
        SecretStore,
    },
    text::{Shown, nearest},
};

/// The rule that an operation in the wrong direction breaks.
pub const ACCESS_MODE: &str = "access-mode";
/// The rule that a name breaks which this backend does not answer for.
pub const HOSTED_KEYS: &str = "hosted-keys";
/// The rule that an option breaks which would lead around the hosted keys.
pub const ALLOW_OPTIONS: &str = "allow-options";

/// The rule that an operation breaks which was left out of the grant.
pub const GRANT: &str = "grant";

/// In which direction secrets may travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessMode {
    /// Reads, existence and listings.
    #[default]
    ReadOnly,
    /// Writes and deletes.
    WriteOnly,
    /// Both.
    ReadWrite,
}

impl AccessMode {
    /// The mode as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::WriteOnly => "write-only",
            Self::ReadWrite => "read-write",
        }
    }

    /// Whether the operation goes in a direction that is open. A check touches no secret and always does.
    pub const fn allows(self, operation: Operation) -> bool {
        match operation {
            Operation::Read | Operation::Exists | Operation::List => !matches!(self, Self::WriteOnly),
            Operation::Write | Operation::Delete => !matches!(self, Self::ReadOnly),
            Operation::Check => true,
        }
    }

    /// The narrower mode that would allow what this one does not.
    const fn opposite(self) -> Self {
        match self {
            Self::ReadOnly => Self::WriteOnly,
            Self::WriteOnly | Self::ReadWrite => Self::ReadOnly,
        }
    }
}

/// A word that is no access mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown access mode `{}`{}; it is one of read-only, write-only and read-write", Shown(.word), hint(.nearest))]
pub struct UnknownAccessMode {
    word: String,
    nearest: Option<&'static str>,
}

fn hint(nearest: &Option<&'static str>) -> String {
    nearest.map(|word| format!(", did you mean `{word}`?")).unwrap_or_default()
}

impl FromStr for AccessMode {
    type Err = UnknownAccessMode;

    /// Reads a mode. `_` may stand for `-`, and `read-and-write` is known too: older tools spell them so.
    fn from_str(word: &str) -> Result<Self, UnknownAccessMode> {
        let known = [Self::ReadOnly, Self::WriteOnly, Self::ReadWrite];
        match word.replace('_', "-").as_str() {
            "read-and-write" => Ok(Self::ReadWrite),
            spelled => known.into_iter().find(|mode| mode.as_str() == spelled).ok_or_else(|| UnknownAccessMode {
                word: word.to_owned(),
                nearest: nearest(spelled, known.map(Self::as_str)),
            }),
        }
    }
}

/// What may be asked of one backend.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicySettings {
    /// In which direction secrets may travel.
    pub mode: AccessMode,
    /// The names this backend answers for, to read and to write; `None` for all.
    pub hosted_keys: Option<Globs>,
    /// The options of the backend that say *where* (mount, namespace, …). With them a hosted name could be looked for
    /// in another place, so they are refused where hosted keys are set.
    pub where_options: Vec<String>,
    /// Those of them that are allowed nonetheless.
    pub allow_options: Vec<String>,
    /// The operations that were left out of the grant.
    pub withheld: Vec<Operation>,
}

impl PolicySettings {
    /// Refuses the operation unless direction and options are allowed.
    fn permit(&self, operation: Operation, options: &Options) -> Result<()> {
        self.permit_at_all(operation)?;
        if !self.mode.allows(operation) {
            return Err(wrong_direction(self.mode, operation));
        }
        match options.iter().find(|(option, _)| self.steers_away(option)) {
            Some((option, _)) => Err(steered_away(option)),
            None => Ok(()),
        }
    }

    fn permit_at_all(&self, operation: Operation) -> Result<()> {
        if self.withheld.contains(&operation) { Err(left_out(operation)) } else { Ok(()) }
    }

    fn steers_away(&self, option: &str) -> bool {
        self.hosted_keys.is_some()
            && self.where_options.iter().any(|name| name == option)
            && !self.allow_options.iter().any(|name| name == option)
    }

    /// Refuses the operation unless direction, options and name are allowed.
    pub(super) fn permit_name(&self, operation: Operation, name: &Name, options: &Options) -> Result<()> {
        self.permit(operation, options).map_err(|error| error.for_key(name.shared()))?;
        if self.hosted_keys.as_ref().is_none_or(|hosted| hosted.matches(name.as_str())) {
            Ok(())
        } else {
            Err(not_hosted(name))
        }
    }
}

#[cold]
fn left_out(operation: Operation) -> Error {
    refused(GRANT, format!("{operation} was left out of the grant; `runtime trust` can grant it"))
}

#[cold]
fn wrong_direction(mode: AccessMode, operation: Operation) -> Error {
    let (mode, other) = (mode.as_str(), mode.opposite().as_str());
    refused(
        ACCESS_MODE,
        format!("{operation} is not allowed while the access mode is {mode}; set access-mode to {other} or read-write"),
    )
}

#[cold]
fn steered_away(option: &str) -> Error {
    let option = Shown(option);
    refused(
        ALLOW_OPTIONS,
        format!(
            "the option `{option}` says where to look, which could lead around hosted-keys; to allow it, name it in \
             allow-options"
        ),
    )
}

#[cold]
fn not_hosted(name: &Name) -> Error {
    let reason = "this backend does not answer for that name; to change it, add a pattern for it to hosted-keys";
    refused(HOSTED_KEYS, reason).for_key(name.shared())
}

fn refused(rule: &'static str, reason: impl Into<String>) -> Error {
    Error::new(Kind::Refused, reason).by_rule(rule)
}

/// Whether a listing may show this entry: a hosted name, or a folder that a hosted name could lie in.
fn is_shown(hosted: &Globs, entry: &Entry) -> bool {
    if entry.name.ends_with('/') { hosted.may_match_below(&entry.name) } else { hosted.matches(&entry.name) }
}

/// Refuses what its settings do not allow; see the [module](self).
#[derive(Debug)]
pub(crate) struct Policy<S> {
    inner: S,
    settings: Option<PolicySettings>,
}

impl<S> Policy<S> {
    /// Wraps a store; without settings everything is allowed.
    pub(crate) fn new(inner: S, settings: Option<PolicySettings>) -> Self {
        Self { inner, settings }
    }

    fn permit_name(&self, operation: Operation, name: &Name, options: &Options) -> Result<()> {
        self.settings.as_ref().map_or(Ok(()), |settings| settings.permit_name(operation, name, options))
    }

    /// The same, for a call that goes on from here: whoever listens to it is told.
    fn admit(&self, operation: Operation, name: &Name, options: &Options, call: &Call) -> Result<()> {
        let permitted = self.permit_name(operation, name, options);
        if call.listener.is_some() {
            let settings = self.settings.as_ref();
            let hosted = settings.and_then(|settings| settings.hosted_keys.as_ref());
            let (mode, shown) = (settings.map(|settings| settings.mode), name.as_str());
            call.tell(match &permitted {
                Ok(()) => {
                    let pattern = hosted.and_then(|hosted| hosted.covering(shown));
                    Decision::Allowed { operation, name: shown, mode, pattern }
                }
                Err(error) => Decision::Barred { operation, name: shown, rule: error.rule().unwrap_or(ACCESS_MODE) },
            });
        }
        permitted
    }
}

impl<S: AtHand> AtHand for Policy<S> {
    fn at_hand(&self, read: &Read, call: &Call) -> Option<Answer> {
        self.permit_name(Operation::Read, &read.name, &read.options).ok()?;
        self.inner.at_hand(read, call)
    }
}

impl<S: SecretStore> SecretStore for Policy<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        self.admit(Operation::Read, &read.name, &read.options, call)?;
        self.inner.read(read, call).await
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        self.admit(Operation::Exists, name, options, call)?;
        self.inner.exists(name, options, call).await
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        let Some(settings) = &self.settings else { return self.inner.list(listing, call).await };
        settings.permit(Operation::List, &listing.options)?;
        let Some(hosted) = &settings.hosted_keys else { return self.inner.list(listing, call).await };
        if !hosted.may_match_below(&listing.prefix) {
            return Ok(Page::default());
        }
        let mut page = self.inner.list(listing, call).await?;
        page.entries.retain(|entry| is_shown(hosted, entry));
        page.total = None;
        Ok(page)
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        self.admit(Operation::Write, &new.name, &new.options, call)?;
        self.inner.write(new, call).await
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        self.admit(Operation::Delete, &delete.name, &delete.options, call)?;
        self.inner.delete(delete, call).await
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        if let Some(settings) = &self.settings {
            settings.permit_at_all(Operation::Check)?;
        }
        self.inner.check(call).await
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
