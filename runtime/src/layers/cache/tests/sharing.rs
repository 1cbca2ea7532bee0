//! One load for all who want the same.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_who_miss_are_one_load() {
    let (fake, cache) = plain();
    fake.close();
    let callers: Vec<_> = (0..1000).map(|_| begin(&cache, Call::default())).collect();
    until(|| fake.asked() > 0).await;
    fake.open();
    let mut sources = Vec::new();
    for caller in callers {
        let answer = caller.await.unwrap().unwrap();
        assert_eq!(answer.secret.expose(), b"first");
        sources.push(answer.source);
    }
    assert_eq!(fake.asked(), 1);
    assert_eq!(sources.iter().filter(|source| **source == Source::Backend).count(), 1);
    assert_eq!(shelf(&cache).loads(), 0);
}

#[tokio::test]
async fn those_who_join_a_load_are_told_so() {
    let (fake, cache) = plain();
    fake.close();
    let first = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    let second = begin(&cache, Call::default());
    yield_now().await;
    fake.open();
    assert_eq!(first.await.unwrap().unwrap().source, Source::Backend);
    assert_eq!(second.await.unwrap().unwrap().source, Source::Joined);
}

#[tokio::test]
async fn one_failed_load_answers_all_who_wait() {
    let (fake, cache) = plain();
    fake.fail_next(Error::new(Kind::Denied, "no").with_code("permission-denied".into()));
    fake.close();
    let callers = [begin(&cache, Call::default()), begin(&cache, Call::default())];
    until(|| fake.asked() == 1).await;
    fake.open();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().code(), Some("permission-denied"));
    }
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn a_first_caller_who_goes_away_does_not_end_the_load() {
    let (fake, cache) = plain();
    fake.close();
    let first = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let second = begin(&cache, Call::default());
    yield_now().await;
    fake.open();
    assert_eq!(second.await.unwrap().unwrap().source, Source::Joined);
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Cache);
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn a_load_that_nobody_waits_for_any_more_is_kept_all_the_same() {
    let (fake, cache) = plain();
    fake.close();
    let only = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    only.abort();
    fake.open();
    until(|| shelf(&cache).loads() == 0).await;
    assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Cache));
}

#[tokio::test(start_paused = true)]
async fn each_caller_waits_for_its_own_time_and_the_load_goes_on() {
    let (fake, cache) = plain();
    fake.close();
    let patient = begin(&cache, Call { timeout: 20 * SECOND, ..Call::default() });
    until(|| fake.asked() == 1).await;
    let begun = Instant::now();
    let hasty = begin(&cache, Call { timeout: SECOND, ..Call::default() });
    assert_eq!(hasty.await.unwrap().unwrap_err().kind(), Kind::Timeout);
    assert!(begun.elapsed() >= SECOND && begun.elapsed() < 2 * SECOND, "{:?}", begun.elapsed());
    fake.open();
    assert_eq!(patient.await.unwrap().unwrap().secret.expose(), b"first");
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn a_load_is_given_more_time_than_a_hasty_caller_has() {
    let (fake, cache) = plain();
    get(&cache, &Call { timeout: SECOND, ..Call::default() }).await;
    get(&cache, &Call { timeout: HOUR, ..fresh() }).await;
    assert_eq!(fake.timeouts(), [CALL_TIMEOUT, HOUR]);
}

#[tokio::test]
async fn a_load_that_panics_is_an_error_for_all_and_the_next_one_is_a_new_one() {
    let (fake, cache) = plain();
    fake.panic_next();
    fake.close();
    let callers = [begin(&cache, Call::default()), begin(&cache, Call::default())];
    until(|| fake.asked() == 1).await;
    fake.open();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), Kind::Other);
    }
    assert_eq!(shelf(&cache).loads(), 0);
    assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Backend));
}

#[tokio::test]
async fn a_fresh_read_does_not_join_a_load_that_began_before_it() {
    let (fake, cache) = plain();
    fake.close();
    let early = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    fake.change("second");
    let late = begin(&cache, fresh());
    until(|| fake.asked() == 2).await;
    fake.open();
    assert_eq!(early.await.unwrap().unwrap().secret.expose(), b"first");
    assert_eq!(late.await.unwrap().unwrap().secret.expose(), b"second");
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Cache));
}

#[test]
fn a_cache_survives_the_tokio_runtime_it_was_used_in() {
    let (_, cache) = plain();
    for source in [Source::Backend, Source::Cache] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert_eq!(runtime.block_on(get(&cache, &Call::default())).1, source);
    }
}
