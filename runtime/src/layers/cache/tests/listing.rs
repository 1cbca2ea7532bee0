//! What is told of the entries, and what goes when somebody asks for it.

use super::*;

fn listed(cache: &Kept) -> Vec<CachedEntry> {
    shelf(cache).list()
}

#[tokio::test(start_paused = true)]
async fn entries_are_told_by_name_and_version_with_their_age_and_never_a_value() {
    let fake = Fake::answering("canary-value");
    let cache = cache(&fake, CacheSettings { ttl: HOUR, ..CacheSettings::default() });
    let versioned = Read { version: Some("3".into()), ..fake::read("A") };
    let field = Read { options: [("field", "x")].into_iter().collect(), ..fake::read("B") };
    for read in [&field, &versioned, &fake::read("A")] {
        cache.read(read, &Call::default()).await.unwrap();
    }
    advance(600 * SECOND).await;
    let entries = listed(&cache);
    let named: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.version.as_deref())).collect();
    assert_eq!(named, [("A", None), ("A", Some("3")), ("B", None)]);
    assert_eq!(entries[2].options.get("field"), Some("x"));
    for entry in &entries {
        assert_eq!((entry.age, entry.left, entry.stale, entry.absent), (600 * SECOND, 3000 * SECOND, false, false));
        assert!(entry.bytes > "canary-value".len());
    }
    assert!(!format!("{entries:?}").contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_too_old_is_stale_where_that_is_served_and_is_not_told_where_it_is_not() {
    for (stale, told) in [(Some(HOUR), vec![true]), (None, vec![])] {
        let fake = Fake::answering("first");
        let cache = cache(&fake, CacheSettings { stale, ..CacheSettings::default() });
        get(&cache, &Call::default()).await;
        advance(TTL).await;
        let entries = listed(&cache);
        assert_eq!(entries.iter().map(|entry| entry.stale).collect::<Vec<_>>(), told);
        assert!(entries.iter().all(|entry| entry.left.is_zero()));
    }
}

#[tokio::test]
async fn kept_absence_is_told_as_such() {
    let fake = Fake::failing(Error::new(Kind::NotFound, "no"));
    let cache = cache(&fake, CacheSettings { negative_ttl: Some(HOUR), ..CacheSettings::default() });
    assert_eq!(kind(&cache).await, Kind::NotFound);
    assert!(listed(&cache)[0].absent);
}

#[tokio::test]
async fn one_name_or_all_can_be_forgotten() {
    let (fake, cache) = plain();
    let versioned = Read { version: Some("1".into()), ..fake::read("KEY") };
    let all = [fake::read("KEY"), versioned, fake::read("OTHER"), fake::read("THIRD")];
    for read in &all {
        cache.read(read, &Call::default()).await.unwrap();
    }
    let shelf = shelf(&cache);
    assert_eq!(shelf.forget(&fake::name("NONE")), 0);
    assert_eq!((shelf.forget(&fake::name("KEY")), shelf.list().len()), (2, 2));
    assert_eq!((shelf.forget_all(), shelf.list().len()), (2, 0));
    assert_eq!(get(&cache, &Call::default()).await.1, Source::Backend);
    assert_eq!(fake.asked(), 5);
}

#[tokio::test]
async fn a_load_under_way_when_all_is_forgotten_answers_and_is_not_kept() {
    let (fake, cache) = plain();
    fake.close();
    let waiting = begin(&cache, Call::default());
    until(|| fake.asked() == 1).await;
    shelf(&cache).forget_all();
    fake.open();
    assert_eq!(waiting.await.unwrap().unwrap().secret.expose(), b"first");
    assert!(listed(&cache).is_empty());
}
