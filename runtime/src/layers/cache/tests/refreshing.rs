//! Values in use are loaded again before they are too old, and nobody waits for that.

use super::{
    refresh::{AT_ONCE, TRIES},
    *,
};

/// When values of the default TTL begin to be loaded again, and the sweeper has come by once.
const DUE: Duration = Duration::from_secs(3600 * 4 / 5 + 1);

fn refreshing(fake: &Arc<Fake>, settings: CacheSettings) -> Kept {
    cache(fake, CacheSettings { refresh: Some(true), ..settings })
}

/// A cache with a value that was used since it was loaded.
async fn used() -> (Arc<Fake>, Kept) {
    let fake = Fake::answering("first");
    let cache = refreshing(&fake, CacheSettings::default());
    get(&cache, &Call::default()).await;
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Cache);
    (fake, cache)
}

#[tokio::test(start_paused = true)]
async fn a_value_in_use_is_loaded_again_before_its_ttl_ends_and_no_caller_waits() {
    let (fake, cache) = used().await;
    fake.change("second");
    sleep(DUE).await;
    fake.close();
    assert_eq!((get(&cache, &Call::default()).await, fake.asked()), (text("second", Source::Cache), 2));
    assert_eq!(cache.meter.measures().cache.refreshed, 1);
    sleep(TTL - 10 * SECOND).await;
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Cache));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_nobody_used_since_it_was_loaded_expires() {
    let fake = Fake::answering("first");
    let never_used = refreshing(&fake, CacheSettings::default());
    get(&never_used, &Call::default()).await;
    sleep(TTL + 20 * SECOND).await;
    assert_eq!((fake.asked(), shelf(&never_used).kept()), (1, 0));
    let (fake, used_once) = used().await;
    sleep(3 * TTL).await;
    assert_eq!((fake.asked(), shelf(&used_once).kept()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_loaded_again_unless_that_is_asked_for_nor_is_absence() {
    for refresh in [None, Some(false)] {
        let fake = Fake::answering("first");
        let cache = cache(&fake, CacheSettings { refresh, ..CacheSettings::default() });
        get(&cache, &Call::default()).await;
        get(&cache, &Call::default()).await;
        sleep(TTL - SECOND).await;
        assert_eq!(fake.asked(), 1);
    }
    let fake = Fake::failing(Error::new(Kind::NotFound, "no"));
    let cache = refreshing(&fake, CacheSettings { negative_ttl: Some(TTL), ..CacheSettings::default() });
    assert_eq!([kind(&cache).await, kind(&cache).await], [Kind::NotFound; 2]);
    sleep(TTL - SECOND).await;
    assert_eq!(fake.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_values_that_become_old_together_are_one_load_each_and_leave_room_for_callers() {
    const KEYS: usize = 10_000;
    let fake = Fake::answering("first");
    let ttl = 60 * SECOND;
    let settings = CacheSettings { ttl, entries: 2 * KEYS as u64, bytes: 1 << 30, ..CacheSettings::default() };
    let cache = refreshing(&fake, settings);
    for name in (0..KEYS).flat_map(|key| [key; 2]) {
        cache.read(&fake::read(&name.to_string()), &Call::default()).await.unwrap();
    }
    fake.close();
    sleep(49 * SECOND).await;
    assert_eq!(fake.asked(), KEYS + AT_ONCE);
    let caller = begin(&cache, Call::default());
    until(|| fake.asked() == KEYS + AT_ONCE + 1).await;
    fake.open();
    caller.await.unwrap().unwrap();
    sleep(10 * SECOND).await;
    assert_eq!(fake.asked(), 2 * KEYS + 1);
    for name in 0..KEYS {
        let answer = cache.read(&fake::read(&name.to_string()), &Call::default()).await.unwrap();
        assert_eq!(answer.source, Source::Cache);
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_can_not_be_loaded_again_is_kept_until_its_ttl_and_tried_a_few_times() {
    for failure in [Kind::Unavailable, Kind::RateLimited, Kind::Timeout, Kind::Component] {
        let (fake, cache) = used().await;
        fake.fail(Error::new(failure, "away"));
        sleep(TTL - SECOND).await;
        assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Cache));
        let tries = u32::try_from(fake.asked()).unwrap() - 1;
        assert!((2..=TRIES).contains(&tries), "{tries} tries");
        sleep(SECOND).await;
        assert_eq!(kind(&cache).await, failure);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_is_away_is_not_asked_for_one_value_after_the_other() {
    let fake = Fake::answering("first");
    let cache = refreshing(&fake, CacheSettings::default());
    for name in (0..500).flat_map(|key| [key; 2]) {
        cache.read(&fake::read(&name.to_string()), &Call::default()).await.unwrap();
    }
    fake.fail(Error::new(Kind::Unavailable, "away"));
    sleep(DUE).await;
    assert_eq!(fake.asked(), 500 + AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn a_no_makes_the_value_go_at_once() {
    for failure in [Kind::NotFound, Kind::Denied, Kind::Unauthenticated] {
        let (fake, cache) = used().await;
        fake.fail(Error::new(failure, "no"));
        sleep(DUE).await;
        let cached = cache.meter.measures().cache;
        assert_eq!((cached.refreshed, cached.not_refreshed), (0, 1));
        assert_eq!((fake.asked(), kind(&cache).await), (2, failure));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_while_it_is_loaded_again_does_not_come_back() {
    let (fake, cache) = used().await;
    fake.close();
    sleep(DUE).await;
    assert_eq!((fake.asked(), shelf(&cache).forget(&fake::name("KEY"))), (2, 1));
    fake.open();
    sleep(SECOND).await;
    assert_eq!((shelf(&cache).list(), get(&cache, &Call::default()).await.1), (vec![], Source::Backend));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_comes_too_late_joins_the_load_that_is_under_way() {
    let (fake, cache) = used().await;
    fake.close();
    sleep(TTL).await;
    let caller = begin(&cache, Call::default());
    sleep(SECOND).await;
    fake.open();
    assert_eq!((caller.await.unwrap().unwrap().source, fake.asked()), (Source::Joined, 2));
}

#[tokio::test(start_paused = true)]
async fn a_ttl_of_a_second_is_served_without_a_wait_too() {
    let fake = Fake::answering("first");
    let cache = refreshing(&fake, CacheSettings { ttl: SECOND, ..CacheSettings::default() });
    get(&cache, &Call::default()).await;
    for _ in 0..100 {
        assert_eq!(get(&cache, &Call::default()).await.1, Source::Cache);
        sleep(SECOND / 10).await;
    }
    assert!((10..=16).contains(&fake.asked()), "{}", fake.asked());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_loaded_again_for_a_cache_that_is_gone() {
    let (fake, cache) = used().await;
    drop(cache);
    sleep(2 * TTL).await;
    assert_eq!(fake.asked(), 1);
}
