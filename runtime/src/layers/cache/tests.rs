//! The cache over a store that counts, fails and can be held. Time is tokio's, which the tests turn by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod forgetting;
mod keeping;
mod listing;
mod refreshing;
mod sharing;

use std::time::SystemTime;

use tokio::{
    task::{JoinHandle, yield_now},
    time::{Instant, advance, sleep},
};

use super::*;
use crate::{
    error::{Error, Kind},
    layers::fake::{self, Fake},
    store::Source,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

type Kept = Arc<Cache<Arc<Fake>>>;

fn cache(fake: &Arc<Fake>, settings: CacheSettings) -> Kept {
    Arc::new(Cache::new(fake.clone(), Some(settings), Arc::default()))
}

/// A cache with the default settings over a store that answers `first`.
fn plain() -> (Arc<Fake>, Kept) {
    let fake = Fake::answering("first");
    let cache = cache(&fake, CacheSettings::default());
    (fake, cache)
}

async fn get(cache: &Kept, call: &Call) -> (String, Source) {
    let answer = cache.read(&fake::read("KEY"), call).await.unwrap();
    (answer.secret.expose_str().unwrap().to_owned(), answer.source)
}

async fn kind(cache: &Kept) -> Kind {
    cache.read(&fake::read("KEY"), &Call::default()).await.unwrap_err().kind()
}

/// Begins a read in a task of its own.
fn begin(cache: &Kept, call: Call) -> JoinHandle<Result<Answer>> {
    let cache = cache.clone();
    tokio::spawn(async move { cache.read(&fake::read("KEY"), &call).await })
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        yield_now().await;
    }
}

fn fresh() -> Call {
    Call { fresh: true, ..Call::default() }
}

fn shelf(cache: &Kept) -> &Arc<Shelf> {
    cache.shelf.as_ref().unwrap()
}

fn text(value: &str, source: Source) -> (String, Source) {
    (value.to_owned(), source)
}
