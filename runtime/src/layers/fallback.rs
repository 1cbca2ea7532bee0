//! The environment as a last resort, where the operator asked for it.
//!
//! A variable answers only for a name that the backend does not answer for or does not have. It never covers up a
//! failure, never shows a credential of the runtime itself, and knows neither versions nor options.

use std::{collections::BTreeSet, fmt, sync::Arc};

use super::{AtHand, policy::HOSTED_KEYS};
use crate::{
    error::{Error, Kind, Result},
    store::{
        Answer, Call, Decision, Delete, Listing, Name, NewSecret, Options, Page, Read, Readiness, Secret, SecretBytes,
        SecretStore, Source,
    },
};

/// Looks up an environment variable by its name.
pub(crate) type Lookup = Arc<dyn Fn(&str) -> Option<SecretBytes> + Send + Sync>;

/// Where to look, and where never to.
#[derive(Clone)]
pub(crate) struct FallbackSettings {
    /// Looks up a variable. The library reads no environment by itself.
    pub lookup: Lookup,
    /// The variables that hold credentials: they are never an answer.
    pub credentials: BTreeSet<String>,
}

impl fmt::Debug for FallbackSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackSettings").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl FallbackSettings {
    fn find(&self, name: &Name) -> Option<SecretBytes> {
        if self.credentials.contains(name.as_str()) { None } else { (self.lookup)(name.as_str()) }
    }
}

/// Whether the backend has no such secret, or is not the one to ask.
fn leaves_the_name_open(error: &Error) -> bool {
    error.kind() == Kind::NotFound || (error.kind() == Kind::Refused && error.rule() == Some(HOSTED_KEYS))
}

/// Asks the environment where the backend has nothing; see the [module](self).
#[derive(Debug)]
pub(crate) struct Fallback<S> {
    inner: S,
    settings: Option<FallbackSettings>,
}

impl<S> Fallback<S> {
    /// Wraps a store; without settings the environment is never asked.
    pub(crate) fn new(inner: S, settings: Option<FallbackSettings>) -> Self {
        Self { inner, settings }
    }

    fn find(&self, name: &Name, options: &Options) -> Option<SecretBytes> {
        let settings = self.settings.as_ref().filter(|_| options.iter().next().is_none())?;
        settings.find(name)
    }

    /// Looks the name up, where that was asked for, and tells whoever listens.
    fn ask(&self, name: &Name, options: &Options, call: &Call) -> Option<SecretBytes> {
        let found = self.find(name, options);
        if self.settings.is_some() {
            call.tell(Decision::Environment { answers: found.is_some() });
        }
        found
    }
}

impl<S: AtHand> AtHand for Fallback<S> {
    fn at_hand(&self, read: &Read, call: &Call) -> Option<Answer> {
        self.inner.at_hand(read, call)
    }
}

impl<S: SecretStore> SecretStore for Fallback<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        match self.inner.read(read, call).await {
            Err(error) if read.version.is_none() && leaves_the_name_open(&error) => {
                let value = self.ask(&read.name, &read.options, call).ok_or(error)?;
                Ok(Answer { secret: Secret::new(value, None, None, Vec::new()), source: Source::Environment })
            }
            outcome => outcome,
        }
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        match self.inner.exists(name, options, call).await {
            Ok(false) => Ok(self.ask(name, options, call).is_some()),
            Err(error) if leaves_the_name_open(&error) => self.ask(name, options, call).map(|_| true).ok_or(error),
            outcome => outcome,
        }
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.inner.list(listing, call).await
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        self.inner.write(new, call).await
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        self.inner.delete(delete, call).await
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        self.inner.check(call).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::{
        glob::Globs,
        layers::{
            fake::{self, Fake},
            policy::{AccessMode, Policy, PolicySettings},
        },
    };

    /// An environment in which `KEY` and the credential `VAULT_TOKEN` are set.
    fn environment() -> FallbackSettings {
        let lookup = |name: &str| ["KEY", "VAULT_TOKEN"].contains(&name).then(|| b"from env".to_vec().into());
        FallbackSettings { lookup: Arc::new(lookup), credentials: ["VAULT_TOKEN".to_owned()].into() }
    }

    fn over(fake: &Arc<Fake>) -> Fallback<Arc<Fake>> {
        Fallback::new(fake.clone(), Some(environment()))
    }

    fn absent() -> Arc<Fake> {
        Fake::failing(Error::new(Kind::NotFound, "there is no such secret"))
    }

    #[tokio::test]
    async fn an_absent_name_is_answered_by_its_variable() {
        let (store, call) = (over(&absent()), Call::default());
        let answer = store.read(&fake::read("KEY"), &call).await.unwrap();
        assert_eq!((answer.secret.expose(), answer.source), (b"from env".as_slice(), Source::Environment));
        assert!(store.exists(&fake::name("KEY"), &Options::default(), &call).await.unwrap());
        assert_eq!(store.read(&fake::read("OTHER"), &call).await.unwrap_err().kind(), Kind::NotFound);
    }

    #[tokio::test]
    async fn a_name_that_is_not_hosted_is_answered_by_its_variable_and_a_wrong_direction_is_not() {
        let call = Call::default();
        let policy = |mode| {
            let hosted_keys = Some(Globs::new(["HOSTED"]).unwrap());
            let settings = PolicySettings { mode, hosted_keys, ..PolicySettings::default() };
            Fallback::new(Policy::new(Fake::answering("value"), Some(settings)), Some(environment()))
        };
        let answer = policy(AccessMode::ReadOnly).read(&fake::read("KEY"), &call).await.unwrap();
        assert_eq!(answer.source, Source::Environment);
        assert!(policy(AccessMode::ReadOnly).exists(&fake::name("KEY"), &Options::default(), &call).await.unwrap());
        let error = policy(AccessMode::ReadOnly).read(&fake::read("OTHER"), &call).await.unwrap_err();
        assert_eq!(error.rule(), Some(HOSTED_KEYS));
        let error = policy(AccessMode::WriteOnly).read(&fake::read("KEY"), &call).await.unwrap_err();
        assert_eq!(error.rule(), Some("access-mode"));
    }

    #[tokio::test]
    async fn no_other_failure_is_covered_up() {
        let kinds = [Kind::Denied, Kind::Unauthenticated, Kind::Unavailable, Kind::Timeout, Kind::Component];
        for error in kinds.map(|kind| Error::new(kind, "no")).into_iter().chain([
            Error::new(Kind::Refused, "no").by_rule("request-rule"),
            Error::new(Kind::Refused, "no"),
            Error::new(Kind::Untrusted, "no"),
        ]) {
            let (store, call) = (over(&Fake::failing(error.clone())), Call::default());
            assert_eq!(store.read(&fake::read("KEY"), &call).await.unwrap_err().kind(), error.kind());
            store.exists(&fake::name("KEY"), &Options::default(), &call).await.unwrap_err();
        }
    }

    #[tokio::test]
    async fn a_credential_is_never_an_answer() {
        let (store, call) = (over(&absent()), Call::default());
        assert_eq!(store.read(&fake::read("VAULT_TOKEN"), &call).await.unwrap_err().kind(), Kind::NotFound);
        let no = over(&Fake::answering("value"));
        assert!(no.exists(&fake::name("KEY"), &Options::default(), &call).await.unwrap());
        assert!(!no.exists(&fake::name("VAULT_TOKEN"), &Options::default(), &call).await.unwrap());
    }

    #[tokio::test]
    async fn a_version_or_an_option_is_not_found_in_the_environment() {
        let (store, call) = (over(&absent()), Call::default());
        let plain = fake::read("KEY");
        let versioned = Read { version: Some("1".into()), ..plain.clone() };
        let field = Read { options: [("field", "password")].into_iter().collect(), ..plain };
        for read in [versioned, field] {
            assert_eq!(store.read(&read, &call).await.unwrap_err().kind(), Kind::NotFound);
        }
    }

    #[tokio::test]
    async fn the_backends_own_answer_comes_first_and_without_settings_it_is_the_only_one() {
        let call = Call::default();
        let answer = over(&Fake::answering("value")).read(&fake::read("KEY"), &call).await.unwrap();
        assert_eq!(answer.source, Source::Backend);
        let off = Fallback::new(absent(), None);
        assert_eq!(off.read(&fake::read("KEY"), &call).await.unwrap_err().kind(), Kind::NotFound);
    }
}
