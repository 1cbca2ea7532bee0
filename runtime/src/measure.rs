//! What a backend has done since it was loaded, in figures: for whoever watches a service.
//!
//! They are counted where things happen, each by one relaxed addition; [`Backend::measures`](crate::Backend::measures)
//! takes them down. No name of a secret is among them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::{
    error::{Kind, Result},
    store::{Cached, Operation},
};

/// The upper bounds of a [`Times`], in milliseconds: from a server beside us to the longest that a request may take.
pub const BOUNDS: [u64; 13] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/// The figures of one backend at one moment. All but [`Measures::instances`] only ever grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measures {
    /// How often an operation ended in a way: `ok`, `cancelled` because its caller went away, or the [`Kind`] of its
    /// failure. What never happened is not listed.
    pub outcomes: Vec<(Operation, &'static str, u64)>,
    /// What the cache answered.
    pub cache: CacheMeasures,
    /// How often a read, listing or check was tried again.
    pub retries: u64,
    /// Requests to the upstream that were answered.
    pub replies: u64,
    /// Requests to the upstream that were not.
    pub failures: u64,
    /// How long requests to the upstream took, answered or not.
    pub upstream: Times,
    /// For how long the backend's own code ran, together with what the host did in its stead.
    pub guest_time: Duration,
    /// Instances there are now, one kept ready included.
    pub instances: u64,
    /// How often a limit ended a call, by the limit's name. What never happened is not listed.
    pub limits: Vec<(&'static str, u64)>,
}

/// What a cache answered, how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheMeasures {
    /// It was there.
    pub hits: u64,
    /// It was not, and the upstream was asked.
    pub misses: u64,
    /// The caller wanted no kept value.
    pub passed: u64,
    /// Another caller had asked the upstream already.
    pub joined: u64,
    /// It was too old, and served because the upstream was away.
    pub stale: u64,
    /// It was loaded again before it was too old.
    pub refreshed: u64,
    /// It should have been, and could not be.
    pub not_refreshed: u64,
}

/// How long something took, how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// How often it took no longer than each of the [`BOUNDS`] and longer than the one before, and at last how often it
    /// took longer than all.
    pub counts: [u64; BOUNDS.len() + 1],
    /// All of it together.
    pub sum: Duration,
}

/// The limits that can end a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Memory,
    Table,
    GuestTime,
    HostCalls,
    Requests,
    Random,
    Unread,
    /// No instance became free in time.
    Instances,
}

impl Limit {
    const ALL: [Self; 8] = [
        Self::Memory,
        Self::Table,
        Self::GuestTime,
        Self::HostCalls,
        Self::Requests,
        Self::Random,
        Self::Unread,
        Self::Instances,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Table => "table",
            Self::GuestTime => "guest-time",
            Self::HostCalls => "host-calls",
            Self::Requests => "requests",
            Self::Random => "random",
            Self::Unread => "unread",
            Self::Instances => "instances",
        }
    }
}

/// Ways to end beside the kinds of failure.
const OTHERWISE: [&str; 2] = ["ok", "cancelled"];
const ENDS: usize = OTHERWISE.len() + Kind::ALL.len();

/// Where the figures of one backend are counted.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    at_hand: AtHand,
    ends: [[AtomicU64; ENDS]; Operation::ALL.len()],
    cached: [AtomicU64; Cached::COUNT],
    refreshed: AtomicU64,
    not_refreshed: AtomicU64,
    retries: AtomicU64,
    replies: AtomicU64,
    failures: AtomicU64,
    took: [AtomicU64; BOUNDS.len() + 1],
    took_micros: AtomicU64,
    guest_micros: AtomicU64,
    instances: AtomicU64,
    limits: [AtomicU64; Limit::ALL.len()],
}

/// Alone on its cache lines: every hit of every thread adds to it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct AtHand(AtomicU64);

fn add(counter: Option<&AtomicU64>, more: u64) {
    if let Some(counter) = counter {
        counter.fetch_add(more, Ordering::Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Meter {
    /// A read was answered by the cache, on the short way that passes nothing else.
    pub(crate) fn at_hand(&self) {
        self.at_hand.0.fetch_add(1, Ordering::Relaxed);
    }

    /// An operation begins.
    pub(crate) fn begin(&self, operation: Operation) -> UnderWay<'_> {
        UnderWay { ends: self.ends.get(operation as usize), ended: false }
    }

    pub(crate) fn cached(&self, cached: Cached) {
        add(self.cached.get(cached as usize), 1);
    }

    pub(crate) fn refreshed<T, E>(&self, outcome: &Result<T, E>) {
        add(Some(if outcome.is_ok() { &self.refreshed } else { &self.not_refreshed }), 1);
    }

    pub(crate) fn retried(&self) {
        add(Some(&self.retries), 1);
    }

    /// A request to the upstream is over.
    pub(crate) fn sent(&self, answered: bool, took: Duration) {
        add(Some(if answered { &self.replies } else { &self.failures }), 1);
        let bucket = BOUNDS.iter().position(|bound| took <= Duration::from_millis(*bound)).unwrap_or(BOUNDS.len());
        add(self.took.get(bucket), 1);
        add(Some(&self.took_micros), micros(took));
    }

    /// A backend's code ran.
    pub(crate) fn ran(&self, time: Duration) {
        add(Some(&self.guest_micros), micros(time));
    }

    pub(crate) fn instance_made(&self) {
        add(Some(&self.instances), 1);
    }

    pub(crate) fn instance_gone(&self) {
        self.instances.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn limit_hit(&self, limit: Limit) {
        add(self.limits.get(limit as usize), 1);
    }

    /// The figures as they are now.
    pub(crate) fn measures(&self) -> Measures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let at_hand = read(&self.at_hand.0);
        let cached = |cached: Cached| self.cached.get(cached as usize).map_or(0, read);
        let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
        let words: Vec<&'static str> = OTHERWISE.into_iter().chain(kinds).collect();
        let ends = Operation::ALL.into_iter().zip(&self.ends).flat_map(|(operation, ends)| {
            let hits = if operation == Operation::Read { at_hand } else { 0 };
            let counts = ends.iter().map(read).zip(std::iter::once(hits).chain(std::iter::repeat(0)));
            words.iter().zip(counts).map(move |(word, (count, more))| (operation, *word, count + more))
        });
        let limits = Limit::ALL.into_iter().zip(&self.limits).map(|(limit, count)| (limit.as_str(), read(count)));
        let mut counts = [0; BOUNDS.len() + 1];
        counts.iter_mut().zip(&self.took).for_each(|(count, counter)| *count = read(counter));
        Measures {
            outcomes: ends.filter(|(.., count)| *count > 0).collect(),
            cache: CacheMeasures {
                hits: at_hand + cached(Cached::Hit),
                misses: cached(Cached::Miss),
                passed: cached(Cached::Passed),
                joined: cached(Cached::Joined),
                stale: cached(Cached::Stale),
                refreshed: read(&self.refreshed),
                not_refreshed: read(&self.not_refreshed),
            },
            retries: read(&self.retries),
            replies: read(&self.replies),
            failures: read(&self.failures),
            upstream: Times { counts, sum: Duration::from_micros(read(&self.took_micros)) },
            guest_time: Duration::from_micros(read(&self.guest_micros)),
            instances: read(&self.instances),
            limits: limits.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

/// An operation under way. Dropped before it has ended, it was cancelled.
pub(crate) struct UnderWay<'a> {
    ends: Option<&'a [AtomicU64; ENDS]>,
    ended: bool,
}

impl UnderWay<'_> {
    /// Counts how it ended, and hands that on.
    pub(crate) fn end<T>(mut self, outcome: Result<T>) -> Result<T> {
        self.ended = true;
        self.count(match &outcome {
            Ok(_) => 0,
            Err(error) => OTHERWISE.len() + error.kind() as usize,
        });
        outcome
    }

    fn count(&self, end: usize) {
        add(self.ends.and_then(|ends| ends.get(end)), 1);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.count(1);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;
    use crate::error::Error;

    #[test]
    fn operations_are_counted_by_how_they_ended_and_what_never_happened_is_not_listed() {
        let meter = Meter::default();
        meter.at_hand();
        meter.begin(Operation::Read).end(Ok(())).unwrap_or_default();
        meter.begin(Operation::Write).end::<()>(Err(Error::new(Kind::Other, "no"))).unwrap_or_default();
        drop(meter.begin(Operation::List));
        let measures = meter.measures();
        let expected = [(Operation::Read, "ok", 2), (Operation::List, "cancelled", 1), (Operation::Write, "other", 1)];
        assert_eq!(measures.outcomes, expected);
        assert_eq!(measures.cache, CacheMeasures { hits: 1, ..CacheMeasures::default() });
        assert!(measures.limits.is_empty());
    }

    #[test]
    fn times_are_counted_under_the_first_bound_that_they_do_not_exceed() {
        let meter = Meter::default();
        for (millis, answered) in [(1, true), (2, true), (3, true), (60_000, false)] {
            meter.sent(answered, Duration::from_millis(millis));
        }
        let Measures { upstream, replies, failures, .. } = meter.measures();
        assert_eq!((replies, failures, upstream.sum), (3, 1, Duration::from_millis(60_006)));
        assert_eq!((upstream.counts[..3].to_vec(), upstream.counts[BOUNDS.len()]), (vec![1, 1, 1], 1));
    }

    #[test]
    fn every_limit_and_every_kind_is_counted_under_its_own_name() {
        let meter = Meter::default();
        Limit::ALL.into_iter().for_each(|limit| meter.limit_hit(limit));
        for kind in Kind::ALL {
            meter.begin(Operation::Read).end::<()>(Err(Error::new(kind, "no"))).unwrap_or_default();
        }
        let Measures { limits, outcomes, .. } = meter.measures();
        assert_eq!(limits, Limit::ALL.map(|limit| (limit.as_str(), 1)));
        assert_eq!(outcomes, Kind::ALL.map(|kind| (Operation::Read, kind.as_str(), 1)));
    }
}
