//! Reads tried again when the upstream was only busy or away for a moment.
//!
//! Writes and deletes are never repeated: what failed may have been done.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    error::Result,
    measure::Meter,
    store::{Answer, Call, Decision, Delete, Listing, Name, NewSecret, Options, Page, Read, Readiness, SecretStore},
};

/// How often a read is tried in all. Three outlast a restart behind a load balancer; more only delay the news.
pub(crate) const TRIES: u32 = 3;

/// The longest wait before the second try; it doubles for each one after that.
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Chooses how much of the longest wait to wait, from 0 to 1. Spread out, so that callers who failed together do not
/// come back together.
pub(crate) type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// How reads are tried again.
#[derive(Clone)]
pub(crate) struct RetrySettings {
    /// How often a read is tried in all; 0 and 1 mean once.
    pub tries: u32,
    /// The longest wait before the second try; it doubles for each one after that.
    pub first_wait: Duration,
    /// Chooses how much of the longest wait to wait.
    pub jitter: Jitter,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { tries: TRIES, first_wait: FIRST_WAIT, jitter: Arc::new(random_fraction) }
    }
}

impl fmt::Debug for RetrySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetrySettings")
            .field("tries", &self.tries)
            .field("first_wait", &self.first_wait)
            .finish_non_exhaustive()
    }
}

/// A random number from 0 to 1; without a source of randomness, the longest wait.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

/// Tries reads again; see the [module](self).
#[derive(Debug)]
pub(crate) struct Retry<S> {
    inner: S,
    settings: Option<RetrySettings>,
    meter: Arc<Meter>,
}

impl<S> Retry<S> {
    /// Wraps a store; without settings everything is tried once.
    pub(crate) fn new(inner: S, settings: Option<RetrySettings>, meter: Arc<Meter>) -> Self {
        Self { inner, settings, meter }
    }

    /// Asks until it succeeds, fails for good, or the caller's time would run out before the next try.
    ///
    /// Every try is told what is left of the caller's time.
    async fn repeat<T, F>(&self, call: &Call, ask: impl Fn(Call) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let begun = Instant::now();
        let mut left = call.timeout;
        let mut tried = 0;
        loop {
            let error = match ask(Call { timeout: left, ..call.clone() }).await {
                Err(error) if error.kind().is_transient() => error,
                outcome => return outcome,
            };
            tried += 1;
            let Some(longest) = self.longest_wait(tried) else { return Err(error) };
            let wait = error.retry_after().unwrap_or_default().saturating_add(longest);
            left = call.timeout.saturating_sub(begun.elapsed());
            if wait >= left {
                return Err(error);
            }
            self.meter.retried();
            call.tell(Decision::Again { attempt: tried + 1, wait, because: error.kind() });
            tracing::debug!(kind = error.kind().as_str(), tried, wait_ms = wait.as_millis(), "trying again");
            sleep(wait).await;
            left = call.timeout.saturating_sub(begun.elapsed());
        }
    }

    /// How long to wait after so many tries, apart from what the upstream asks for; `None` if that was the last.
    fn longest_wait(&self, tried: u32) -> Option<Duration> {
        let settings = self.settings.as_ref().filter(|settings| tried < settings.tries)?;
        let longest = settings.first_wait.saturating_mul(1 << (tried - 1).min(16));
        Some(longest.mul_f64((settings.jitter)().clamp(0.0, 1.0)))
    }
}

impl<S: SecretStore> SecretStore for Retry<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        self.repeat(call, |call| async move { self.inner.read(read, &call).await }).await
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        self.repeat(call, |call| async move { self.inner.exists(name, options, &call).await }).await
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.repeat(call, |call| async move { self.inner.list(listing, &call).await }).await
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        self.inner.write(new, call).await
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        self.inner.delete(delete, call).await
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        self.repeat(call, |call| async move { self.inner.check(&call).await }).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;
    use crate::{
        error::{Error, Kind},
        layers::fake::{self, Fake},
    };

    const TENTH: Duration = Duration::from_millis(100);

    /// Waits exactly 100 ms, 200 ms, … between tries.
    fn steady(fake: &Arc<Fake>) -> Retry<Arc<Fake>> {
        let settings = RetrySettings { tries: 3, first_wait: TENTH, jitter: Arc::new(|| 1.0) };
        Retry::new(fake.clone(), Some(settings), Arc::default())
    }

    fn within(timeout: Duration) -> Call {
        Call { timeout, ..Call::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_failure_is_tried_three_times_with_growing_waits() {
        for kind in [Kind::Unavailable, Kind::RateLimited, Kind::Timeout] {
            let fake = Fake::failing(Error::new(kind, "busy"));
            let begun = Instant::now();
            let error = steady(&fake).read(&fake::read("KEY"), &Call::default()).await.unwrap_err();
            assert_eq!((error.kind(), fake.asked()), (kind, 3));
            assert!(begun.elapsed() >= 3 * TENTH && begun.elapsed() < 4 * TENTH, "{:?}", begun.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_succeeds_the_second_time_is_answered() {
        let fake = Fake::answering("value");
        fake.fail_next(Error::new(Kind::Unavailable, "busy"));
        let answer = steady(&fake).read(&fake::read("KEY"), &Call::default()).await.unwrap();
        assert_eq!((answer.secret.expose(), fake.asked()), (b"value".as_slice(), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_will_not_pass_is_not_tried_again() {
        for kind in [Kind::NotFound, Kind::Denied, Kind::Unauthenticated, Kind::Component, Kind::Refused, Kind::Other] {
            let fake = Fake::failing(Error::new(kind, "no"));
            steady(&fake).read(&fake::read("KEY"), &Call::default()).await.unwrap_err();
            assert_eq!(fake.asked(), 1, "{kind}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn exists_list_and_check_are_reads_and_write_and_delete_are_not() {
        let fake = Fake::failing(Error::new(Kind::Unavailable, "busy"));
        let (retry, call) = (steady(&fake), Call::default());
        retry.exists(&fake::name("KEY"), &Options::default(), &call).await.unwrap_err();
        retry.list(&Listing::default(), &call).await.unwrap_err();
        retry.check(&call).await.unwrap_err();
        assert_eq!(fake.asked(), 9);
        retry.write(&fake::new_secret("KEY"), &call).await.unwrap_err();
        retry.delete(&fake::delete("KEY"), &call).await.unwrap_err();
        assert_eq!(fake.asked(), 11);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_is_no_shorter_than_the_upstream_asks_for() {
        let fake = Fake::answering("value");
        fake.fail_next(Error::new(Kind::RateLimited, "slow down").with_retry_after(Some(Duration::from_secs(5))));
        let begun = Instant::now();
        steady(&fake).read(&fake::read("KEY"), &Call::default()).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_the_callers_time_is_given_up_at_once() {
        let fake =
            Fake::failing(Error::new(Kind::RateLimited, "slow down").with_retry_after(Some(Duration::from_secs(60))));
        let begun = Instant::now();
        let error = steady(&fake).read(&fake::read("KEY"), &within(Duration::from_secs(30))).await.unwrap_err();
        assert_eq!((error.kind(), fake.asked(), begun.elapsed()), (Kind::RateLimited, 1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn every_try_is_told_what_is_left_of_the_callers_time() {
        let fake = Fake::failing(Error::new(Kind::Unavailable, "busy"));
        steady(&fake).read(&fake::read("KEY"), &within(Duration::from_secs(1))).await.unwrap_err();
        let timeouts = fake.timeouts();
        assert_eq!(timeouts.len(), 3);
        assert_eq!(timeouts[0], Duration::from_secs(1));
        assert!(timeouts[1] <= Duration::from_millis(900) && timeouts[1] > Duration::from_millis(850));
        assert!(timeouts[2] <= Duration::from_millis(700) && timeouts[2] > Duration::from_millis(650));
    }

    #[tokio::test(start_paused = true)]
    async fn the_jitter_spreads_the_wait_over_its_whole_length() {
        let fake = Fake::answering("value");
        let waited = |fraction: f64| {
            fake.fail_next(Error::new(Kind::Unavailable, "busy"));
            let settings = RetrySettings { tries: 2, first_wait: TENTH, jitter: Arc::new(move || fraction) };
            let retry = Retry::new(fake.clone(), Some(settings), Arc::default());
            async move {
                let begun = Instant::now();
                retry.read(&fake::read("KEY"), &Call::default()).await.unwrap();
                begun.elapsed()
            }
        };
        assert!(waited(0.0).await < Duration::from_millis(5));
        let half = waited(0.5).await;
        assert!(half >= TENTH / 2 && half < TENTH, "{half:?}");
    }

    #[test]
    fn the_random_fraction_is_one() {
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&random_fraction()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_settings_everything_is_tried_once() {
        let fake = Fake::failing(Error::new(Kind::Unavailable, "busy"));
        Retry::new(fake.clone(), None, Arc::default()).read(&fake::read("KEY"), &Call::default()).await.unwrap_err();
        assert_eq!(fake.asked(), 1);
    }
}
