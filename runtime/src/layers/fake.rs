//! A store for the tests of the layers: it counts what it is asked, fails on demand, and can be held.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{
    error::{Error, Result},
    store::{
        Answer, Call, Delete, DeleteMode, Entry, Listing, Name, NewSecret, Options, Page, Read, Readiness, Secret,
        SecretBytes, SecretStore, Source, WriteMode,
    },
};

/// What the fake answers, unless it is told to fail.
pub(super) struct Fake {
    /// The value of every name; a write changes it.
    value: Mutex<String>,
    /// When every value expires.
    expires_at: Mutex<Option<SystemTime>>,
    /// What every operation fails with.
    failure: Mutex<Option<Error>>,
    /// What the next operations fail with, one after the other.
    failures: Mutex<VecDeque<Error>>,
    /// The entries of every listing.
    entries: Vec<Entry>,
    /// The listings it was asked for.
    listings: Mutex<Vec<Listing>>,
    /// The time it was given, for every operation.
    timeouts: Mutex<Vec<Duration>>,
    /// Whether the next read panics.
    panics: Mutex<bool>,
    asked: AtomicUsize,
    /// Closed, it holds reads and writes after they took note of the value as it was.
    gate: watch::Sender<bool>,
}

impl Fake {
    fn with(value: &str, failure: Option<Error>, entries: Vec<Entry>) -> Arc<Self> {
        Arc::new(Self {
            value: Mutex::new(value.to_owned()),
            expires_at: Mutex::default(),
            failure: Mutex::new(failure),
            failures: Mutex::default(),
            entries,
            listings: Mutex::default(),
            timeouts: Mutex::default(),
            panics: Mutex::default(),
            asked: AtomicUsize::new(0),
            gate: watch::Sender::new(true),
        })
    }

    pub(super) fn answering(value: &str) -> Arc<Self> {
        Self::with(value, None, Vec::new())
    }

    pub(super) fn failing(error: Error) -> Arc<Self> {
        Self::with("", Some(error), Vec::new())
    }

    pub(super) fn listing(names: &[&str]) -> Arc<Self> {
        let entry = |name: &&str| Entry { name: (*name).to_owned(), version: None, expired: None, metadata: vec![] };
        Self::with("value", None, names.iter().map(entry).collect())
    }

    /// How many operations it was asked for.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn timeouts(&self) -> Vec<Duration> {
        self.timeouts.lock().unwrap().clone()
    }

    pub(super) fn listings(&self) -> Vec<Listing> {
        self.listings.lock().unwrap().clone()
    }

    pub(super) fn change(&self, value: &str) {
        value.clone_into(&mut self.value.lock().unwrap());
    }

    pub(super) fn expire_at(&self, at: SystemTime) {
        *self.expires_at.lock().unwrap() = Some(at);
    }

    pub(super) fn fail(&self, error: impl Into<Option<Error>>) {
        *self.failure.lock().unwrap() = error.into();
    }

    pub(super) fn fail_next(&self, error: Error) {
        self.failures.lock().unwrap().push_back(error);
    }

    pub(super) fn panic_next(&self) {
        *self.panics.lock().unwrap() = true;
    }

    /// Holds all that comes until [`Fake::open`].
    pub(super) fn close(&self) {
        self.gate.send_replace(false);
    }

    pub(super) fn open(&self) {
        self.gate.send_replace(true);
    }

    fn note(&self, call: &Call) -> Result<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.timeouts.lock().unwrap().push(call.timeout);
        match self.failures.lock().unwrap().pop_front().or_else(|| self.failure.lock().unwrap().clone()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    async fn pass_the_gate(&self) {
        self.gate.subscribe().wait_for(|open| *open).await.unwrap();
    }
}

impl SecretStore for Arc<Fake> {
    async fn read(&self, _: &Read, call: &Call) -> Result<Answer> {
        let outcome = self.note(call);
        let value = self.value.lock().unwrap().clone();
        self.pass_the_gate().await;
        assert!(!std::mem::take(&mut *self.panics.lock().unwrap()), "the store was told to panic");
        outcome?;
        let expires_at = *self.expires_at.lock().unwrap();
        let secret = Secret::new(SecretBytes::from(value.into_bytes()), None, expires_at, Vec::new());
        Ok(Answer { secret, source: Source::Backend })
    }

    async fn exists(&self, _: &Name, _: &Options, call: &Call) -> Result<bool> {
        self.note(call).map(|()| false)
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.note(call)?;
        self.listings.lock().unwrap().push(listing.clone());
        Ok(Page { entries: self.entries.clone(), next: None, total: Some(self.entries.len() as u64) })
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        let outcome = self.note(call);
        self.pass_the_gate().await;
        outcome?;
        self.change(std::str::from_utf8(new.value.expose()).unwrap());
        Ok(None)
    }

    async fn delete(&self, _: &Delete, call: &Call) -> Result<()> {
        self.note(call)
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        self.note(call).map(|()| Readiness::Ready)
    }
}

pub(super) fn name(name: &str) -> Name {
    Name::canonical(name)
}

pub(super) fn read(name: &str) -> Read {
    Read { name: Name::canonical(name), version: None, options: Options::default() }
}

pub(super) fn new_secret(name: &str) -> NewSecret {
    NewSecret {
        name: Name::canonical(name),
        value: SecretBytes::from(b"written".to_vec()),
        mode: WriteMode::Upsert,
        description: None,
        tags: Vec::new(),
        expires_at: None,
        options: Options::default(),
    }
}

pub(super) fn delete(name: &str) -> Delete {
    Delete { name: Name::canonical(name), mode: DeleteMode::Permanent, options: Options::default() }
}
