//! What is kept, and for how long.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_value_is_kept_for_its_ttl_and_no_longer() {
    let (fake, cache) = plain();
    assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Backend));
    fake.change("second");
    advance(TTL - SECOND).await;
    assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Cache));
    advance(SECOND).await;
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Backend));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_expires_sooner_is_kept_no_longer_than_it_lives() {
    let fake = Fake::answering("first");
    let cache = cache(&fake, CacheSettings { stale: Some(HOUR), ..CacheSettings::default() });
    fake.expire_at(SystemTime::now() + 52 * SECOND);
    get(&cache, &Call::default()).await;
    sleep(50 * SECOND).await;
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Cache);
    advance(2 * SECOND).await;
    fake.fail(Error::new(Kind::Unavailable, "away"));
    assert_eq!(kind(&cache).await, Kind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_has_expired_already_is_not_kept() {
    let (fake, cache) = plain();
    get(&cache, &Call::default()).await;
    fake.expire_at(SystemTime::now() - SECOND);
    get(&cache, &fresh()).await;
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Backend);
}

#[tokio::test]
async fn versions_and_options_are_kept_apart() {
    let (fake, cache) = plain();
    let plain = fake::read("KEY");
    let versioned = Read { version: Some("1".into()), ..plain.clone() };
    let field = Read { options: [("field", "x")].into_iter().collect(), ..plain.clone() };
    for _ in 0..2 {
        for read in [&plain, &versioned, &field] {
            cache.read(read, &Call::default()).await.unwrap();
        }
    }
    assert_eq!(fake.asked(), 3);
}

#[tokio::test]
async fn a_fresh_read_asks_the_backend_and_refreshes_what_is_kept() {
    let (fake, cache) = plain();
    get(&cache, &Call::default()).await;
    fake.change("second");
    assert_eq!(get(&cache, &fresh()).await, text("second", Source::Backend));
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Cache));
}

#[tokio::test]
async fn failures_are_not_kept() {
    for failure in [Kind::NotFound, Kind::Denied, Kind::Unavailable, Kind::Other] {
        let fake = Fake::answering("first");
        let cache = cache(&fake, CacheSettings::default());
        fake.fail_next(Error::new(failure, "no"));
        assert_eq!(kind(&cache).await, failure);
        assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Backend));
    }
}

#[tokio::test(start_paused = true)]
async fn absence_alone_is_kept_where_it_is_asked_for() {
    let fake = Fake::answering("first");
    let cache = cache(&fake, CacheSettings { negative_ttl: Some(10 * SECOND), ..CacheSettings::default() });
    fake.fail_next(Error::new(Kind::Denied, "no"));
    fake.fail_next(Error::new(Kind::NotFound, "no"));
    assert_eq!([kind(&cache).await, kind(&cache).await], [Kind::Denied, Kind::NotFound]);
    advance(9 * SECOND).await;
    assert_eq!((kind(&cache).await, fake.asked()), (Kind::NotFound, 2));
    advance(SECOND).await;
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Backend);
}

#[tokio::test]
async fn exists_list_and_check_always_ask_the_backend() {
    let (fake, cache) = plain();
    get(&cache, &Call::default()).await;
    for _ in 0..2 {
        cache.exists(&fake::name("KEY"), &Options::default(), &Call::default()).await.unwrap();
        cache.list(&Listing::default(), &Call::default()).await.unwrap();
        cache.check(&Call::default()).await.unwrap();
    }
    assert_eq!(fake.asked(), 7);
}

#[tokio::test]
async fn without_settings_every_read_asks_the_backend() {
    let fake = Fake::answering("first");
    let cache = Cache::new(fake.clone(), None, Arc::default());
    for _ in 0..2 {
        assert_eq!(cache.read(&fake::read("KEY"), &Call::default()).await.unwrap().source, Source::Backend);
    }
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn what_was_used_least_recently_goes_when_there_are_too_many_entries() {
    let fake = Fake::answering("first");
    let cache = cache(&fake, CacheSettings { entries: 3, ..CacheSettings::default() });
    for name in ["a", "b", "c", "a", "d"] {
        cache.read(&fake::read(name), &Call::default()).await.unwrap();
    }
    assert_eq!(shelf(&cache).kept(), 3);
    for (name, kept) in [("a", true), ("b", false), ("c", true), ("d", true)] {
        assert_eq!(shelf(&cache).peek(&fake::read(name)).is_some(), kept, "{name}");
    }
}

#[tokio::test]
async fn values_are_bounded_in_bytes_too() {
    let fake = Fake::answering(&"x".repeat(3000));
    let cache = cache(&fake, CacheSettings { bytes: 10_000, ..CacheSettings::default() });
    for name in ["a", "b", "c", "d"] {
        cache.read(&fake::read(name), &Call::default()).await.unwrap();
    }
    assert_eq!(shelf(&cache).kept(), 3);
    fake.change(&"x".repeat(20_000));
    cache.read(&fake::read("e"), &Call::default()).await.unwrap();
    assert!(shelf(&cache).peek(&fake::read("e")).is_none());
}
