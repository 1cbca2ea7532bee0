//! Values kept in memory for a while, and one load for all who want the same at the same time.
//!
//! - A value is kept for its TTL by a monotonic clock, or until the secret itself expires if that is sooner. Kept
//!   values are bounded in number and in bytes; those least recently used go first. They leave memory when they are
//!   too old, and are overwritten as their last owner goes.
//! - A miss begins a load that belongs to nobody: a caller who goes away does not end it, and whoever comes meanwhile
//!   waits for it too, each for no longer than its own [`Call::timeout`].
//! - A write or delete forgets all versions of the name before and after, also when it fails or its caller goes away.
//!   A load that began before then answers those who already wait, and is not kept. Where nobody knows what came of it,
//!   because it ended without an answer, nothing of that name is kept for a while: it may still take effect.
//! - Where [`CacheSettings::refresh`] asks for it, a value that was used since it was loaded is loaded again in the last
//!   part of its TTL, a few at a time, so that no caller waits for it. If that fails, the value is kept until its TTL.
//! - Failures are not kept, nor is absence unless it is asked for; `exists` and `list` always ask the backend.
//!
//! Loads run as tasks of the tokio runtime that the caller is in.

mod doubt;
mod flight;
mod refresh;
mod shelf;
#[cfg(test)]
mod tests;

use std::{future::Future, sync::Arc, time::Duration};

pub(crate) use self::shelf::Shelf;
use self::{
    refresh::Refresher,
    shelf::{Boarding, Load},
};
use super::AtHand;
use crate::{
    error::Result,
    measure::Meter,
    span,
    store::{
        Answer, CALL_TIMEOUT, Cached, Call, Decision, Delete, Listing, Name, NewSecret, Options, Page, Read, Readiness,
        SecretStore,
    },
};

/// How long a value is kept unless the operator says otherwise: what users of comparable tools expect.
pub const TTL: Duration = Duration::from_secs(3600);

/// How many values are kept: more than one service has keys.
pub const ENTRIES: u64 = 1000;

/// How many bytes are kept, names and metadata included: 4 KiB for each of the entries, as much as a certificate.
pub const BYTES: u64 = 4 << 20;

/// What is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// How long a value may be served.
    pub ttl: Duration,
    /// The most values kept.
    pub entries: u64,
    /// The most bytes kept; beyond 4 GiB it means 4 GiB.
    pub bytes: u64,
    /// How long it may be said that there is no such secret; `None` to ask every time.
    pub negative_ttl: Option<Duration>,
    /// How long after its TTL a value may be served, marked as stale, while the upstream can't be reached or is too
    /// busy; `None` for never. A secret's own expiry still holds.
    pub stale: Option<Duration>,
    /// Whether values in use are loaded again shortly before their TTL ends; `None` leaves it to the program, and to
    /// the library is no.
    pub refresh: Option<bool>,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { ttl: TTL, entries: ENTRIES, bytes: BYTES, negative_ttl: None, stale: None, refresh: None }
    }
}

/// What is kept of one secret. The value is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CachedEntry {
    /// The canonical name.
    pub name: Name,
    /// The version that was asked for; none for the current one.
    pub version: Option<Arc<str>>,
    /// The per-call settings that it was asked for with.
    pub options: Options,
    /// How long ago it was loaded.
    pub age: Duration,
    /// How much longer it is served without asking the upstream; nothing if it is stale.
    pub left: Duration,
    /// What it takes in memory, roughly.
    pub bytes: usize,
    /// Whether it is too old, and kept for when the upstream is away.
    pub stale: bool,
    /// Whether it is kept that there is no such secret.
    pub absent: bool,
}

/// Keeps what was read; see the [module](self).
#[derive(Debug)]
pub(crate) struct Cache<S> {
    /// Shared with the loads, which outlive the callers that began them.
    inner: Arc<S>,
    shelf: Option<Arc<Shelf>>,
    meter: Arc<Meter>,
}

impl<S: SecretStore> Cache<S> {
    /// Wraps a store; without settings nothing is kept and nobody waits for another's load.
    pub(crate) fn new(inner: S, settings: Option<CacheSettings>, meter: Arc<Meter>) -> Self {
        let inner = Arc::new(inner);
        let shelf = settings.map(|settings| {
            let refresher = settings.refresh.unwrap_or_default().then(|| Refresher::over(inner.clone(), meter.clone()));
            Shelf::new(settings, refresher)
        });
        Self { inner, shelf, meter }
    }
}

impl<S> Cache<S> {
    /// Where the values are; none if nothing is kept.
    pub(crate) fn shelf(&self) -> Option<&Arc<Shelf>> {
        self.shelf.as_ref()
    }

    /// Says what became of a read, to whoever listens and to whoever counts.
    fn tell(&self, call: &Call, cached: Cached) {
        self.meter.cached(cached);
        call.tell(Decision::Cache(cached));
    }

    /// Forgets a name now and when the guard goes, however that comes about.
    fn forget<'a>(&'a self, name: &'a Name) -> Option<Forget<'a>> {
        let shelf = self.shelf.as_deref()?;
        shelf.forget(name);
        Some(Forget { shelf, name, is_answered: false })
    }
}

impl<S: SecretStore> Cache<S> {
    async fn load(&self, shelf: &Arc<Shelf>, read: &Read, call: &Call) -> Result<Answer> {
        let waiter = match shelf.board(read, call.fresh) {
            Boarding::Kept(outcome) => {
                self.tell(call, Cached::Hit);
                return outcome;
            }
            Boarding::Joined(waiter) => {
                self.tell(call, Cached::Joined);
                waiter
            }
            Boarding::Begun(load, waiter) => {
                self.tell(call, if call.fresh { Cached::Passed } else { Cached::Miss });
                self.spawn(load, call);
                waiter
            }
        };
        match waiter.wait(call.timeout).await {
            Err(error) if error.kind().is_transient() && !call.fresh => {
                let stale = shelf.stale(read).ok_or(error)?;
                self.tell(call, Cached::Stale);
                Ok(stale)
            }
            outcome => outcome,
        }
    }

    /// Runs a load for whoever will wait for it, so not only for as long as this caller does.
    fn spawn(&self, load: Load, call: &Call) {
        let (inner, span) = (self.inner.clone(), span::load());
        let call = Call { timeout: call.timeout.max(CALL_TIMEOUT), ..call.clone() };
        tokio::spawn(async move {
            let outcome = span::within(span, inner.read(load.read(), &call)).await;
            load.land(outcome);
        });
    }
}

/// Forgets a name when it goes.
struct Forget<'a> {
    shelf: &'a Shelf,
    name: &'a Name,
    /// Whether it is known what came of the change.
    is_answered: bool,
}

impl Forget<'_> {
    /// Makes a change, and forgets its name once that is over or its caller has gone.
    async fn after<T>(mut forget: Option<Self>, change: impl Future<Output = Result<T>>) -> Result<T> {
        let outcome = change.await;
        if let Some(forget) = &mut forget {
            forget.is_answered = outcome.as_ref().err().is_none_or(|error| !error.kind().is_transient());
        }
        outcome
    }
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if self.is_answered {
            self.shelf.forget(self.name);
        } else {
            self.shelf.doubt(self.name);
        }
    }
}

impl<S> AtHand for Cache<S> {
    fn at_hand(&self, read: &Read, call: &Call) -> Option<Answer> {
        let shelf = self.shelf.as_ref().filter(|_| !call.fresh)?;
        shelf.fresh(read)?.ok()
    }
}

impl<S: SecretStore> SecretStore for Cache<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        let Some(shelf) = &self.shelf else {
            self.tell(call, Cached::Off);
            return self.inner.read(read, call).await;
        };
        if !call.fresh
            && let Some(outcome) = shelf.fresh(read)
        {
            self.tell(call, Cached::Hit);
            return outcome;
        }
        self.load(shelf, read, call).await
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        self.inner.exists(name, options, call).await
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.inner.list(listing, call).await
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        let forget = self.forget(&new.name);
        Forget::after(forget, self.inner.write(new, call)).await
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        let forget = self.forget(&delete.name);
        Forget::after(forget, self.inner.delete(delete, call)).await
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        self.inner.check(call).await
    }
}
