//! Where values are kept, with the loads that fetch them.
//!
//! Every change is made under one lock, that of the loads, so that a load that was forgotten meanwhile can't put back
//! what a write has made old. A hit takes no lock of ours.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use foldhash::quality::RandomState;
use moka::policy::EvictionPolicy;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    CacheSettings, CachedEntry,
    doubt::Doubts,
    flight::{Flights, Sender, Waiter},
    refresh::{self, Refresher, Renewal},
};
use crate::{
    error::{Kind, Result},
    store::{Answer, Name, Read, Secret, Source},
};

/// How often values that are too old are looked for, and so how much longer than allowed one may stay in memory.
const SWEEP: Duration = Duration::from_secs(15);

/// The same for values that are to be loaded again before a short TTL ends. Looking through ten thousand takes a
/// hundredth of it.
const SWEEP_FASTEST: Duration = Duration::from_millis(100);

/// The longest time that anything is kept, so that no sum of times overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// What an entry takes beside its texts and its value, roughly: moka's records and our own.
const ENTRY_BYTES: usize = 256;

/// What was read, or that there is no such secret, and for how long that may be said.
///
/// moka frees what it drops some time after no thread can be looking at it any more. So that a value leaves memory when
/// it should, it is held in a cell, which is emptied as the entry is dropped.
#[derive(Debug)]
pub(super) struct Kept {
    outcome: Mutex<Option<Result<Secret>>>,
    since: Instant,
    fresh_until: Instant,
    /// After `fresh_until`, for as long as the upstream is away.
    stale_until: Instant,
    /// When it is to be loaded again; none for never.
    renewal: Option<Renewal>,
    weight: u32,
}

impl Kept {
    /// What was read; `None` if it was dropped at this moment.
    fn outcome(&self) -> Option<Result<Secret>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What may be told of it; `None` if it was dropped at this moment.
    fn shown(&self, read: &Read, now: Instant) -> Option<CachedEntry> {
        let outcome = self.outcome()?;
        Some(CachedEntry {
            name: read.name.clone(),
            version: read.version.clone(),
            options: read.options.clone(),
            age: now.duration_since(self.since),
            left: self.fresh_until.saturating_duration_since(now),
            bytes: size(read, &outcome),
            stale: now >= self.fresh_until,
            absent: outcome.is_err(),
        })
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.outcome().is_none()
    }

    fn is_due(&self, now: Instant) -> bool {
        now < self.fresh_until && self.renewal.as_ref().is_some_and(|renewal| renewal.is_due(now))
    }

    fn empty(&self) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// How a caller gets an answer.
#[derive(Debug)]
pub(super) enum Boarding {
    /// It came in at this moment.
    Kept(Result<Answer>),
    /// From a load that another caller has begun.
    Joined(Waiter),
    /// From a load of this caller's own.
    Begun(Load, Waiter),
}

/// All that one cache keeps.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// Hashed fast rather than against floods: hashing is a large part of a hit, and there are never many entries.
    kept: moka::sync::Cache<Read, Arc<Kept>, RandomState>,
    settings: CacheSettings,
    /// None if values are loaded only when somebody asks for them.
    refresher: Option<Refresher>,
    changing: Mutex<Changing>,
}

#[derive(Debug, Default)]
struct Changing {
    flights: Flights,
    doubts: Doubts,
    sweeper: Option<JoinHandle<()>>,
}

impl Shelf {
    /// An empty shelf. With a refresher, values in use are loaded again before they are too old.
    pub(super) fn new(settings: CacheSettings, refresher: Option<Refresher>) -> Arc<Self> {
        // moka counts weights in 32 bits. The least weight is what keeps the number of entries within bounds.
        let bytes = settings.bytes.clamp(1, u64::from(u32::MAX));
        let kept = moka::sync::Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, kept: &Arc<Kept>| kept.weight)
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(|_, kept, _| kept.empty())
            .build_with_hasher(RandomState::default());
        Arc::new(Self { kept, settings: CacheSettings { bytes, ..settings }, refresher, changing: Mutex::default() })
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept and not too old.
    pub(super) fn fresh(&self, read: &Read) -> Option<Result<Answer>> {
        let kept = self.kept.get(read)?;
        if Instant::now() >= kept.fresh_until {
            return None;
        }
        if let Some(renewal) = &kept.renewal {
            renewal.mark();
        }
        Some(kept.outcome()?.map(|secret| Answer { secret, source: Source::Cache }))
    }

    /// What is kept although too old, for when the upstream is away.
    pub(super) fn stale(&self, read: &Read) -> Option<Answer> {
        let kept = self.kept.get(read).filter(|kept| Instant::now() < kept.stale_until)?;
        Some(Answer { secret: kept.outcome()?.ok()?, source: Source::Stale })
    }

    /// Finds a caller who missed a load to wait for. A fresh call takes none that began before it.
    pub(super) fn board(self: &Arc<Self>, read: &Read, fresh: bool) -> Boarding {
        let mut changing = self.changing();
        if !fresh {
            if let Some(waiter) = changing.flights.join(read) {
                return Boarding::Joined(waiter);
            }
            // A load may have landed since this caller missed.
            if let Some(outcome) = self.fresh(read) {
                return Boarding::Kept(outcome);
            }
        }
        let (number, sender, waiter) = changing.flights.begin(read);
        Boarding::Begun(Load { shelf: self.clone(), read: read.clone(), number, sender }, waiter)
    }

    pub(super) fn refresher(&self) -> Option<&Refresher> {
        self.refresher.as_ref()
    }

    /// What should be loaded again now, what ends first before the rest.
    fn due(&self) -> Vec<Read> {
        let now = Instant::now();
        let due = self.kept.iter().filter(|(_, kept)| kept.is_due(now));
        let mut due: Vec<_> = due.map(|(read, kept)| (kept.fresh_until, read)).collect();
        due.sort_by_key(|(until, _)| *until);
        due.into_iter().map(|(_, read)| (*read).clone()).collect()
    }

    /// Begins to load again what is still due, unless that is under way.
    pub(super) fn reload(self: &Arc<Self>, read: &Read) -> Option<Load> {
        let mut changing = self.changing();
        let now = Instant::now();
        let kept = self.kept.get(read).filter(|kept| kept.is_due(now))?;
        if changing.flights.join(read).is_some() {
            return None;
        }
        if let Some(renewal) = &kept.renewal {
            renewal.tried(now);
        }
        let (number, sender, _) = changing.flights.begin(read);
        Some(Load { shelf: self.clone(), read: read.clone(), number, sender })
    }

    /// What is kept at this moment and may still be served, in order of names and versions.
    pub(crate) fn list(&self) -> Vec<CachedEntry> {
        let now = Instant::now();
        let served = self.kept.iter().filter(|(_, kept)| now < kept.stale_until);
        let mut entries: Vec<_> = served.filter_map(|(read, kept)| kept.shown(&read, now)).collect();
        entries.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        entries
    }

    /// Forgets all versions of a name, and whatever is being loaded of it. Answers how many entries went.
    pub(crate) fn forget(&self, name: &Name) -> usize {
        let mut changing = self.changing();
        changing.flights.forget(name);
        self.remove_where(|read, _| read.name == *name)
    }

    /// The same after a change of which nobody knows whether it was made, or still will be: nothing is kept under that
    /// name for a while.
    pub(super) fn doubt(&self, name: &Name) {
        self.changing().doubts.begin(name);
        self.forget(name);
    }

    /// Forgets everything, and whatever is being loaded. Answers how many entries went.
    pub(crate) fn forget_all(&self) -> usize {
        let mut changing = self.changing();
        changing.flights.forget_all();
        self.remove_where(|_, _| true)
    }

    fn remove_where(&self, unwanted: impl Fn(&Read, &Kept) -> bool) -> usize {
        let mut removed = 0;
        for (read, _) in self.kept.iter().filter(|(read, kept)| unwanted(read, kept)) {
            self.kept.invalidate(&*read);
            removed += 1;
        }
        // moka counts and frees only in its housekeeping, which it does not do by itself.
        self.kept.run_pending_tasks();
        removed
    }

    /// Keeps what a load brought, or drops what it proved wrong.
    fn keep(self: &Arc<Self>, changing: &mut Changing, read: &Read, outcome: &Result<Answer>) {
        let CacheSettings { ttl, negative_ttl, stale, .. } = self.settings;
        match outcome {
            Ok(answer) => {
                let lifetime = answer
                    .secret
                    .expires_at()
                    .map_or(LONGEST, |at| at.duration_since(SystemTime::now()).unwrap_or_default());
                let ttl = ttl.min(LONGEST);
                let stale = ttl + stale.unwrap_or_default().min(LONGEST);
                self.put(read, Ok(answer.secret.clone()), ttl.min(lifetime), stale.min(lifetime));
            }
            Err(error) => match (error.kind(), negative_ttl) {
                (Kind::NotFound, Some(ttl)) => {
                    let ttl = ttl.min(LONGEST);
                    self.put(read, Err(error.clone()), ttl, ttl);
                }
                // The upstream was reached and does not give it to us: what it gave before is not served any more.
                (Kind::NotFound | Kind::Denied | Kind::Unauthenticated, _) => self.remove(read),
                _ => return,
            },
        }
        if self.kept.entry_count() > 0 {
            self.see_to_sweeping(changing);
        }
    }

    fn put(&self, read: &Read, outcome: Result<Secret>, fresh: Duration, stale: Duration) {
        if stale.is_zero() {
            return self.remove(read);
        }
        let now = Instant::now();
        let least = self.settings.bytes / self.settings.entries.max(1);
        let weight = u32::try_from(least.max(size(read, &outcome) as u64)).unwrap_or(u32::MAX);
        let refreshed = self.refresher.is_some() && outcome.is_ok();
        let kept = Kept {
            outcome: Mutex::new(Some(outcome)),
            since: now,
            fresh_until: now + fresh,
            stale_until: now + stale,
            renewal: if refreshed { Renewal::new(now, fresh, self.period()) } else { None },
            weight,
        };
        self.kept.insert(read.clone(), Arc::new(kept));
        self.kept.run_pending_tasks();
    }

    fn remove(&self, read: &Read) {
        self.kept.invalidate(read);
        self.kept.run_pending_tasks();
    }

    /// How often the sweeper comes by.
    fn period(&self) -> Duration {
        match &self.refresher {
            Some(_) => (self.settings.ttl / 10).clamp(SWEEP_FASTEST, SWEEP),
            None => SWEEP,
        }
    }

    /// Has values that are too old leave memory, and those in use loaded again before, as long as there are any.
    fn see_to_sweeping(self: &Arc<Self>, changing: &mut Changing) {
        if changing.sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            let (shelf, period) = (Arc::downgrade(self), self.period());
            changing.sweeper = Some(tokio::spawn(async move {
                let mut next = Instant::now();
                loop {
                    next += period;
                    sleep_until(next).await;
                    let Some(strong) = shelf.upgrade() else { return };
                    if !strong.sweep() {
                        return;
                    }
                    let due = if strong.refresher.is_some() { strong.due() } else { Vec::new() };
                    drop(strong);
                    // What is not loaded again by the time of the next sweep is found by that one.
                    let _ = timeout_at(next + period, refresh::pass(&shelf, due)).await;
                }
            }));
        }
    }

    /// Removes what may not be served any more. Answers whether there is anything left to come back for.
    fn sweep(&self) -> bool {
        let mut changing = self.changing();
        let now = Instant::now();
        self.remove_where(|_, kept| now >= kept.stale_until);
        let more = self.kept.entry_count() > 0;
        if !more {
            // The task is still ending: who keeps something now must not take it for one that will come back.
            changing.sweeper = None;
        }
        more
    }

    #[cfg(test)]
    pub(super) fn peek(&self, read: &Read) -> Option<Arc<Kept>> {
        self.kept.get(read)
    }

    #[cfg(test)]
    pub(super) fn loads(&self) -> usize {
        self.changing().flights.count()
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> u64 {
        self.kept.entry_count()
    }
}

/// What an entry takes in memory, roughly.
fn size(read: &Read, outcome: &Result<Secret>) -> usize {
    let pair = |(key, value): (&str, &str)| key.len() + value.len();
    let key = read.name.as_str().len()
        + read.version.as_ref().map_or(0, |version| version.len())
        + read.options.iter().map(pair).sum::<usize>();
    let value = outcome.as_ref().map_or(0, |secret| {
        secret.expose().len()
            + secret.version().map_or(0, str::len)
            + secret.metadata().iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
    });
    ENTRY_BYTES + key + value
}

/// A load under way. Dropped before it has landed, it leaves its place free, and those who wait are told.
#[derive(Debug)]
pub(super) struct Load {
    shelf: Arc<Shelf>,
    read: Read,
    number: u64,
    sender: Sender,
}

impl Load {
    /// What is to be loaded.
    pub(super) fn read(&self) -> &Read {
        &self.read
    }

    /// Keeps what was loaded, unless it was forgotten meanwhile, and answers those who wait.
    pub(super) fn land(self, outcome: Result<Answer>) {
        let mut changing = self.shelf.changing();
        if changing.flights.end(&self.read, self.number) && !changing.doubts.about(&self.read.name) {
            self.shelf.keep(&mut changing, &self.read, &outcome);
        }
        drop(changing);
        self.sender.send_replace(Some(outcome));
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shelf.changing().flights.end(&self.read, self.number);
    }
}
