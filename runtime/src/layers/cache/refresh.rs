//! Values in use are loaded again shortly before they are too old, so that no caller waits for that.
//!
//! The sweeper finds them; a hit only leaves a mark. What nobody used since it was loaded is left to expire.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::shelf::{Load, Shelf};
use crate::{
    error::Error,
    measure::Meter,
    span,
    store::{Call, Read, SecretStore},
};

/// How many values of one backend are loaded again at a time: half of the instances that it may have at once, so that
/// callers' own loads find places however many values become old together.
pub(super) const AT_ONCE: usize = 4;

/// A value is loaded again in the last of so many parts of its life.
const PARTS: u32 = 5;

/// How often one value is tried again within that part. Each try repeats its request as every read does.
pub(super) const TRIES: u32 = 4;

/// When one kept value is to be loaded again.
#[derive(Debug)]
pub(super) struct Renewal {
    used: AtomicBool,
    /// Not before then; changed by the sweeper alone.
    due: Mutex<Instant>,
    /// How long after a try that failed the next one is due.
    pause: Duration,
}

impl Renewal {
    /// Of a value that is loaded now. None if it will not live long enough to be found in time by a sweeper that comes
    /// by so often.
    pub(super) fn new(now: Instant, life: Duration, period: Duration) -> Option<Self> {
        let part = (life / PARTS).max(period * 2);
        if part * 2 > life {
            return None;
        }
        let due = Mutex::new(now + (life - part));
        Some(Self { used: AtomicBool::new(false), due, pause: (part / TRIES).max(period) })
    }

    /// Marks the value as used.
    pub(super) fn mark(&self) {
        // Most hits find the mark, and leave the cache line to the other cores.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.used.load(Ordering::Relaxed) && now >= *self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is being tried now.
    pub(super) fn tried(&self, now: Instant) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = now + self.pause;
    }
}

type Loading = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Loads values again, so many at a time.
pub(super) struct Refresher {
    places: Arc<Semaphore>,
    load: Box<dyn Fn(Load) -> Loading + Send + Sync>,
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Refresher {
    /// Loads from this store, and counts how that went.
    pub(super) fn over<S: SecretStore>(inner: Arc<S>, meter: Arc<Meter>) -> Self {
        let load = move |load: Load| -> Loading {
            let (inner, meter) = (inner.clone(), meter.clone());
            Box::pin(async move {
                let outcome = span::within(span::refresh(), inner.read(load.read(), &Call::default())).await;
                meter.refreshed(&outcome);
                let failed = outcome.as_ref().map(drop).map_err(Error::clone);
                load.land(outcome);
                failed
            })
        };
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), load: Box::new(load) }
    }

    /// Loads one value again, beside whatever the caller does next.
    fn begin(&self, load: Load, place: OwnedSemaphorePermit, away: &Arc<AtomicBool>) {
        let (loading, away) = ((self.load)(load), away.clone());
        tokio::spawn(async move {
            if let Err(error) = loading.await {
                tracing::debug!(kind = error.kind().as_str(), "a value could not be loaded again");
                away.fetch_or(error.kind().is_transient(), Ordering::Relaxed);
            }
            drop(place);
        });
    }
}

/// Loads again what is due, one after the other as places become free. An upstream that is away ends the pass: the rest
/// need not find that out too.
pub(super) async fn pass(shelf: &Weak<Shelf>, due: Vec<Read>) {
    let away = Arc::new(AtomicBool::new(false));
    for read in due {
        let Some(places) = shelf.upgrade().and_then(|shelf| Some(shelf.refresher()?.places.clone())) else { return };
        let Ok(place) = places.acquire_owned().await else { return };
        let Some(shelf) = shelf.upgrade().filter(|_| !away.load(Ordering::Relaxed)) else { return };
        if let (Some(refresher), Some(load)) = (shelf.refresher(), shelf.reload(&read)) {
            refresher.begin(load, place, &away);
        }
    }
}
