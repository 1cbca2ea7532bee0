//! What stands between a caller and a backend, one file for each concern.
//!
//! ```text
//! Audit ─▶ Fallback ─▶ Policy ─▶ Cache ─▶ Retry ─▶ a backend
//! ```
//!
//! Every layer wraps a [`SecretStore`], is one itself, and passes straight through when its settings are `None`. The
//! order matters: what policy refuses never reaches the cache, and one load of the cache is retried once for all who
//! wait for it.

pub mod audit;
pub mod cache;
pub mod fallback;
pub mod policy;
pub mod retry;

#[cfg(test)]
mod fake;

use crate::{
    error::Result,
    store::{Answer, Call, Delete, Listing, Name, NewSecret, Options, Page, Read, Readiness, SecretStore},
};

pub use self::{
    audit::{Audit, AuditSettings},
    cache::{Cache, CacheSettings},
    fallback::{Fallback, FallbackSettings},
    policy::{Policy, PolicySettings},
    retry::{Retry, RetrySettings},
};

/// The settings of all layers; a layer whose settings are `None` is off.
#[derive(Clone, Debug, Default)]
pub struct Layers {
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
}

impl Layers {
    /// Puts the layers over a store.
    pub fn over<S: SecretStore>(self, store: S) -> Stack<S> {
        let retry = Retry::new(store, self.retry);
        let cache = Cache::new(retry, self.cache);
        let policy = Policy::new(cache, self.policy);
        let fallback = Fallback::new(policy, self.fallback);
        Stack(Audit::new(fallback, self.audit))
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
pub struct Stack<S>(Audit<Fallback<Policy<Cache<Retry<S>>>>>);

impl<S: SecretStore> SecretStore for Stack<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        match self.0.at_hand(read, call) {
            Some(answer) => Ok(answer),
            // Boxed, so that a hit does not carry the space for it.
            None => Box::pin(self.0.read(read, call)).await,
        }
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        self.0.exists(name, options, call).await
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.0.list(listing, call).await
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        self.0.write(new, call).await
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        self.0.delete(delete, call).await
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        self.0.check(call).await
    }
}
