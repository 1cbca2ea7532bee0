//! What stands between a caller and a backend, one file for each concern.
//!
//! ```text
//! Audit ─▶ Fallback ─▶ Policy ─▶ Cache ─▶ Retry ─▶ a backend
//! ```
//!
//! Every layer wraps a store, is one itself, and passes straight through when its settings are `None`. The
//! order matters: what policy refuses never reaches the cache, and one load of the cache is retried once for all who
//! wait for it.

pub mod audit;
pub mod cache;
mod fallback;
pub mod policy;
mod retry;

#[cfg(test)]
mod fake;

use std::{pin::Pin, sync::Arc};

use crate::{
    error::{Error, Result},
    measure::Meter,
    span,
    store::{Answer, Call, Delete, Listing, Name, NewSecret, Operation, Options, Page, Read, Readiness, SecretStore},
};

pub(crate) use self::{
    audit::{Audit, AuditSettings},
    cache::{Cache, Shelf},
    fallback::{Fallback, FallbackSettings},
    policy::{Policy, PolicySettings},
    retry::{Retry, RetrySettings},
};
pub use self::{
    cache::{CacheSettings, CachedEntry},
    policy::AccessMode,
};

/// The settings of all layers; a layer whose settings are `None` is off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    /// A line for every operation.
    pub audit: Option<AuditSettings>,
    /// The environment, for names that this backend does not have.
    pub fallback: Option<FallbackSettings>,
    /// Which operations and names are allowed. Off means everything is.
    pub policy: Option<PolicySettings>,
    /// Values kept for a while, and one load for all who want the same.
    pub cache: Option<CacheSettings>,
    /// Reads tried again.
    pub retry: Option<RetrySettings>,
    /// Where it is counted what becomes of it all.
    pub meter: Arc<Meter>,
}

impl Layers {
    /// Puts the layers over a store.
    pub(crate) fn over<S: SecretStore>(self, store: S) -> Stack<S> {
        let retry = Retry::new(store, self.retry, self.meter.clone());
        let cache = Cache::new(retry, self.cache, self.meter.clone());
        let shelf = cache.shelf().cloned();
        let policy = Policy::new(cache, self.policy.clone());
        let fallback = Fallback::new(policy, self.fallback);
        Stack { layers: Audit::new(fallback, self.audit), policy: self.policy, shelf, meter: self.meter }
    }
}

/// A layer that may have a kept secret at hand.
///
/// Going down through the layers as futures costs a hit as much again as finding it. So the layers are first asked in
/// plain calls, from the outermost on; whatever is not simply a hit takes the ordinary way.
trait AtHand {
    /// The secret, if this layer and all below can answer now, with nothing to record, refuse or wait for.
    fn at_hand(&self, read: &Read, call: &Call) -> Option<Answer>;
}

/// All layers over a store, in their fixed order.
#[derive(Debug)]
pub(crate) struct Stack<S> {
    layers: Audit<Fallback<Policy<Cache<Retry<S>>>>>,
    policy: Option<PolicySettings>,
    shelf: Option<Arc<Shelf>>,
    meter: Arc<Meter>,
}

impl<S> Stack<S> {
    /// What the cache keeps; none if it keeps nothing at all.
    pub(crate) fn shelf(&self) -> Option<&Shelf> {
        self.shelf.as_deref()
    }

    /// Counts how an operation ends. It is boxed: the layers below make a future too deep for the compiler.
    async fn counted<T>(&self, operation: Operation, asked: Pin<Box<impl Future<Output = Result<T>>>>) -> Result<T> {
        let under_way = self.meter.begin(operation);
        under_way.end(span::within(span::call(operation), asked).await)
    }

    /// Whether policy lets the operation through.
    pub(crate) fn permit(&self, operation: Operation, name: &Name, options: &Options) -> Result<()> {
        self.policy.as_ref().map_or(Ok(()), |policy| policy.permit_name(operation, name, options))
    }

    /// Records that a call is refused before it is made. Answers why it is refused, or that this can't be recorded.
    pub(crate) fn refused(&self, operation: Operation, name: Option<&str>, why: Error, call: &Call) -> Error {
        let refused = self.layers.refused(operation, name, why, call);
        let _ = self.meter.begin(operation).end::<()>(Err(refused.clone()));
        refused
    }
}

impl<S: SecretStore> SecretStore for Stack<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        // Who listens hears of every layer, also of those that a hit does not pass.
        let at_hand = if call.listener.is_none() { self.layers.at_hand(read, call) } else { None };
        match at_hand {
            Some(answer) => {
                self.meter.at_hand();
                Ok(answer)
            }
            // Boxed, so that a hit does not carry the space for it.
            None => Box::pin(self.counted(Operation::Read, Box::pin(self.layers.read(read, call)))).await,
        }
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        self.counted(Operation::Exists, Box::pin(self.layers.exists(name, options, call))).await
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.counted(Operation::List, Box::pin(self.layers.list(listing, call))).await
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        self.counted(Operation::Write, Box::pin(self.layers.write(new, call))).await
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        self.counted(Operation::Delete, Box::pin(self.layers.delete(delete, call))).await
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        self.counted(Operation::Check, Box::pin(self.layers.check(call))).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{
        pin::pin,
        sync::Arc,
        task::{Context, Poll, Waker},
    };

    use super::{fake::Fake, *};
    use crate::{
        error::Kind,
        glob::Globs,
        store::{Decision, Level, Listener, Source},
    };

    fn settings(hosted: &str) -> Layers {
        Layers {
            policy: Some(PolicySettings { hosted_keys: Some(Globs::new([hosted]).unwrap()), ..Default::default() }),
            cache: Some(CacheSettings::default()),
            retry: Some(RetrySettings::default()),
            ..Layers::default()
        }
    }

    /// The answer, if it is there at the first poll.
    fn at_once<S: SecretStore>(stack: &Stack<S>, read: &Read, call: &Call) -> Option<Result<Answer>> {
        match pin!(stack.read(read, call)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_hit_is_answered_without_waiting_and_a_fresh_call_is_not_a_hit() {
        let stack = settings("KEY").over(Fake::answering("value"));
        let (read, call) = (fake::read("KEY"), Call::default());
        assert!(at_once(&stack, &read, &call).is_none());
        stack.read(&read, &call).await.unwrap();
        assert_eq!(at_once(&stack, &read, &call).unwrap().unwrap().source, Source::Cache);
        assert!(at_once(&stack, &read, &Call { fresh: true, ..call }).is_none());
    }

    /// Keeps what it is told, in a short form.
    #[derive(Debug, Default)]
    struct Told(std::sync::Mutex<Vec<String>>);

    impl Listener for Told {
        fn line(&self, _: Level, _: &str) {}

        fn decision(&self, decision: &Decision<'_>) {
            self.0.lock().unwrap().push(match decision {
                Decision::Allowed { name, pattern, .. } => format!("allowed {name} {}", pattern.unwrap_or("-")),
                Decision::Barred { name, rule, .. } => format!("barred {name} {rule}"),
                Decision::Cache(cached) => format!("{cached:?}"),
                Decision::Again { attempt, because, .. } => format!("again {attempt} {because}"),
                other => format!("{other:?}"),
            });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_listens_hears_of_every_layer_also_of_a_hit_and_never_a_value() {
        let fake = Fake::answering("canary");
        fake.fail_next(Error::new(Kind::Unavailable, "away"));
        let stack = settings("K*").over(fake);
        let told = Arc::new(Told::default());
        let call = Call { listener: Some(told.clone()), ..Call::default() };
        for call in [call.clone(), call.clone(), Call { fresh: true, ..call.clone() }] {
            stack.read(&fake::read("KEY"), &call).await.unwrap();
        }
        stack.read(&fake::read("OTHER"), &call).await.unwrap_err();
        let told = told.0.lock().unwrap();
        let expected = [
            "allowed KEY K*",
            "Miss",
            "again 2 unavailable",
            "allowed KEY K*",
            "Hit",
            "allowed KEY K*",
            "Passed",
            "barred OTHER hosted-keys",
        ];
        assert_eq!(*told, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_becomes_of_reads_is_counted() {
        let fake = Fake::answering("value");
        fake.fail_next(Error::new(Kind::Unavailable, "away"));
        let layers = settings("KEY");
        let meter = layers.meter.clone();
        let (stack, call) = (layers.over(fake), Call::default());
        for call in [call.clone(), call.clone(), call.clone(), Call { fresh: true, ..call.clone() }] {
            stack.read(&fake::read("KEY"), &call).await.unwrap();
        }
        stack.read(&fake::read("OTHER"), &call).await.unwrap_err();
        stack.check(&call).await.unwrap();
        let measures = meter.measures();
        let expected = [(Operation::Read, "ok", 4), (Operation::Read, "refused", 1), (Operation::Check, "ok", 1)];
        assert_eq!((measures.outcomes.as_slice(), measures.retries), (expected.as_slice(), 1));
        let cache = measures.cache;
        assert_eq!((cache.misses, cache.hits, cache.passed, cache.joined), (1, 2, 1, 0));
    }

    #[tokio::test]
    async fn a_kept_value_does_not_outlive_a_permission() {
        let (read, call) = (fake::read("KEY"), Call::default());
        let cache = Cache::new(Fake::answering("value"), Some(CacheSettings::default()), Arc::default());
        cache.read(&read, &call).await.unwrap();
        assert!(cache.at_hand(&read, &call).is_some());
        let policy = Policy::new(cache, settings("OTHER").policy);
        assert!(policy.at_hand(&read, &call).is_none());
        assert_eq!(policy.read(&read, &call).await.unwrap_err().rule(), Some(policy::HOSTED_KEYS));
    }

    #[tokio::test]
    async fn a_hit_is_recorded_where_an_audit_log_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit =
            AuditSettings { log: audit::AuditLog::open(&path).unwrap(), backend: "b".into(), digest: "d".into() };
        let stack = Layers { audit: Some(audit), ..settings("**") }.over(Fake::answering("value"));
        for _ in 0..2 {
            stack.read(&fake::read("KEY"), &Call::default()).await.unwrap();
        }
        let lines = std::fs::read_to_string(&path).unwrap();
        assert!(lines.lines().count() == 2 && lines.contains(r#""source":"cache""#), "{lines}");
    }

    #[tokio::test]
    async fn a_name_that_is_not_hosted_is_refused_before_the_backend_hears_of_it() {
        let fake = Fake::answering("value");
        let stack = settings("OTHER").over(fake.clone());
        let error = stack.read(&fake::read("KEY"), &Call::default()).await.unwrap_err();
        assert_eq!((error.rule(), fake.asked()), (Some(policy::HOSTED_KEYS), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn one_load_is_retried_once_for_all_who_wait() {
        let fake = Fake::failing(Error::new(Kind::Unavailable, "away"));
        let stack = Arc::new(settings("KEY").over(fake.clone()));
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let stack = stack.clone();
                tokio::spawn(async move { stack.read(&fake::read("KEY"), &Call::default()).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap().unwrap_err().kind(), Kind::Unavailable);
        }
        assert_eq!(fake.asked(), 3);
    }

    #[tokio::test]
    async fn without_settings_every_layer_passes_straight_through() {
        let fake = Fake::listing(&["a", "b/"]);
        let (stack, call) = (Layers::default().over(fake.clone()), Call::default());
        for _ in 0..2 {
            assert_eq!(stack.read(&fake::read("KEY"), &call).await.unwrap().source, Source::Backend);
        }
        assert!(!stack.exists(&fake::name("KEY"), &Options::default(), &call).await.unwrap());
        assert_eq!(stack.list(&Listing::default(), &call).await.unwrap().entries.len(), 2);
        stack.write(&fake::new_secret("KEY"), &call).await.unwrap();
        stack.delete(&fake::delete("KEY"), &call).await.unwrap();
        assert_eq!(stack.check(&call).await.unwrap(), Readiness::Ready);
        assert_eq!(fake.asked(), 7);
    }
}
