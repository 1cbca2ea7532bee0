//! What makes a value go: writes, deletes, age; and when one is served although it should have gone.

use super::{super::doubt::DOUBT, *};

fn written() -> NewSecret {
    fake::new_secret("KEY")
}

#[tokio::test]
async fn a_write_and_a_delete_forget_all_versions_of_the_name_and_no_other() {
    for deletes in [false, true] {
        let (fake, cache) = plain();
        let versioned = Read { version: Some("1".into()), ..fake::read("KEY") };
        let other = fake::read("KEY2");
        for read in [&fake::read("KEY"), &versioned, &other] {
            cache.read(read, &Call::default()).await.unwrap();
        }
        if deletes {
            cache.delete(&fake::delete("KEY"), &Call::default()).await.unwrap();
        } else {
            cache.write(&written(), &Call::default()).await.unwrap();
        }
        let asked = fake.asked();
        assert_eq!(cache.read(&versioned, &Call::default()).await.unwrap().source, Source::Backend);
        assert_eq!(get(&cache, &Call::default()).await.1, Source::Backend);
        assert_eq!(cache.read(&other, &Call::default()).await.unwrap().source, Source::Cache);
        assert_eq!(fake.asked(), asked + 2);
    }
}

#[tokio::test]
async fn a_write_that_fails_forgets_too() {
    let (fake, cache) = plain();
    get(&cache, &Call::default()).await;
    fake.fail_next(Error::new(Kind::Unavailable, "away"));
    cache.write(&written(), &Call::default()).await.unwrap_err();
    fake.change("second");
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Backend));
}

#[tokio::test(start_paused = true)]
async fn what_is_read_after_a_write_without_an_answer_is_not_kept_for_a_while() {
    let (fake, cache) = plain();
    fake.fail_next(Error::new(Kind::Timeout, "late"));
    cache.write(&written(), &Call::default()).await.unwrap_err();
    get(&cache, &Call::default()).await;
    // Only now does it take effect.
    fake.change("second");
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Backend));
    tokio::time::advance(DOUBT).await;
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Backend);
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Cache);
}

#[tokio::test]
async fn a_write_whose_caller_goes_away_forgets_what_was_read_meanwhile() {
    let (fake, cache) = plain();
    fake.close();
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move { cache.write(&written(), &Call::default()).await }
    });
    until(|| fake.asked() == 1).await;
    let reader = begin(&cache, Call::default());
    until(|| fake.asked() == 2).await;
    writer.abort();
    writer.await.unwrap_err();
    fake.open();
    reader.await.unwrap().unwrap();
    fake.change("second");
    assert_eq!(get(&cache, &Call::default()).await, text("second", Source::Backend));
}

#[tokio::test]
async fn a_slow_old_read_can_not_bring_a_value_back_after_a_write() {
    let (fake, cache) = plain();
    fake.close();
    let slow = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move { cache.write(&written(), &Call::default()).await }
    });
    until(|| fake.asked() == 2).await;
    assert_eq!(shelf(&cache).loads(), 0);
    fake.open();
    writer.await.unwrap().unwrap();
    assert_eq!(slow.await.unwrap().unwrap().secret.expose(), b"first");
    assert_eq!(get(&cache, &Call::default()).await, text("written", Source::Backend));
}

#[tokio::test]
async fn a_read_that_begins_during_a_write_is_not_kept() {
    let (fake, cache) = plain();
    fake.close();
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move { cache.write(&written(), &Call::default()).await }
    });
    until(|| fake.asked() == 1).await;
    let reader = begin(&cache, Call::default());
    until(|| fake.asked() == 2).await;
    // The writer was held first and so is let go first.
    fake.open();
    writer.await.unwrap().unwrap();
    reader.await.unwrap().unwrap();
    assert_eq!(get(&cache, &Call::default()).await, text("written", Source::Backend));
}

#[tokio::test]
async fn a_forgotten_load_is_not_joined() {
    let (fake, cache) = plain();
    fake.close();
    let early = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    shelf(&cache).forget(&fake::name("KEY"));
    let late = begin(&cache, Call::default());
    until(|| fake.asked() == 2).await;
    fake.open();
    assert_eq!(early.await.unwrap().unwrap().source, Source::Backend);
    assert_eq!(late.await.unwrap().unwrap().source, Source::Backend);
}

mod stale {
    use super::*;

    /// A cache with a value an hour old, which may be served for an hour more.
    async fn aged() -> (Arc<Fake>, Kept) {
        let fake = Fake::answering("first");
        let cache = cache(&fake, CacheSettings { stale: Some(HOUR), ..CacheSettings::default() });
        get(&cache, &Call::default()).await;
        advance(TTL).await;
        (fake, cache)
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_served_stale_while_the_upstream_is_away_and_marked() {
        for kind in [Kind::Unavailable, Kind::RateLimited, Kind::Timeout] {
            let (fake, cache) = aged().await;
            fake.fail(Error::new(kind, "away"));
            assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Stale));
            fake.fail(None);
            assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Backend));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_whose_time_runs_out_is_served_the_stale_value() {
        let (fake, cache) = aged().await;
        fake.close();
        assert_eq!(get(&cache, &Call::default()).await, text("first", Source::Stale));
    }

    #[tokio::test(start_paused = true)]
    async fn no_value_is_served_stale_for_longer_than_allowed() {
        let (fake, cache) = aged().await;
        fake.fail(Error::new(Kind::Unavailable, "away"));
        advance(HOUR).await;
        assert_eq!(kind(&cache).await, Kind::Unavailable);
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_failure_is_not_covered_up_and_a_no_lasts() {
        for failure in [Kind::NotFound, Kind::Denied, Kind::Unauthenticated] {
            let (fake, cache) = aged().await;
            fake.fail_next(Error::new(failure, "no"));
            assert_eq!(kind(&cache).await, failure);
            fake.fail(Error::new(Kind::Unavailable, "away"));
            assert_eq!(kind(&cache).await, Kind::Unavailable);
        }
        let (fake, cache) = aged().await;
        fake.fail(Error::new(Kind::Component, "trap"));
        assert_eq!(kind(&cache).await, Kind::Component);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fresh_read_is_never_served_stale_and_a_written_name_is_neither() {
        let (fake, cache) = aged().await;
        fake.fail(Error::new(Kind::Unavailable, "away"));
        cache.read(&fake::read("KEY"), &fresh()).await.unwrap_err();
        cache.write(&written(), &Call::default()).await.unwrap_err();
        assert_eq!(kind(&cache).await, Kind::Unavailable);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_served_stale_unless_it_is_asked_for() {
        let (fake, cache) = plain();
        get(&cache, &Call::default()).await;
        advance(TTL).await;
        fake.fail(Error::new(Kind::Unavailable, "away"));
        assert_eq!(kind(&cache).await, Kind::Unavailable);
    }
}

mod memory {
    use super::*;

    /// Whether the value that is kept now is still held, whenever it is asked. moka may free the entry around it later.
    fn watch(cache: &Kept) -> impl Fn() -> bool + use<> {
        let entry = shelf(cache).peek(&fake::read("KEY")).unwrap();
        move || !entry.is_empty()
    }

    #[tokio::test]
    async fn a_forgotten_value_leaves_memory_at_once() {
        let (_, cache) = plain();
        get(&cache, &Call::default()).await;
        let in_memory = watch(&cache);
        cache.write(&written(), &Call::default()).await.unwrap();
        assert!(!in_memory());
    }

    #[tokio::test]
    async fn a_replaced_value_leaves_memory_at_once() {
        let (_, cache) = plain();
        get(&cache, &Call::default()).await;
        let in_memory = watch(&cache);
        get(&cache, &fresh()).await;
        assert!(!in_memory());
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_too_old_leaves_memory_without_anybody_asking() {
        let (_, cache) = plain();
        get(&cache, &Call::default()).await;
        let in_memory = watch(&cache);
        sleep(TTL - SECOND).await;
        assert!(in_memory());
        sleep(20 * SECOND).await;
        assert!(!in_memory());
    }

    #[tokio::test(start_paused = true)]
    async fn the_sweeper_comes_back_for_a_value_that_is_kept_after_it_had_nothing_left_to_do() {
        let (_, cache) = plain();
        for _ in 0..2 {
            get(&cache, &Call::default()).await;
            let in_memory = watch(&cache);
            sleep(TTL + 20 * SECOND).await;
            assert!(!in_memory());
        }
    }

    #[tokio::test]
    async fn an_evicted_value_leaves_memory_at_once() {
        let fake = Fake::answering("first");
        let cache = cache(&fake, CacheSettings { entries: 1, ..CacheSettings::default() });
        get(&cache, &Call::default()).await;
        let in_memory = watch(&cache);
        cache.read(&fake::read("OTHER"), &Call::default()).await.unwrap();
        assert!(!in_memory());
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_cache_that_goes() {
        let (_, cache) = plain();
        get(&cache, &Call::default()).await;
        let entry = Arc::downgrade(&shelf(&cache).peek(&fake::read("KEY")).unwrap());
        drop(cache);
        yield_now().await;
        assert!(entry.upgrade().is_none());
    }
}
