#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use super::*;
use crate::layers::fake::{self, Fake};

fn hosting(patterns: &[&str]) -> PolicySettings {
    PolicySettings {
        mode: AccessMode::ReadWrite,
        hosted_keys: Some(Globs::new(patterns).unwrap()),
        where_options: vec!["mount".to_owned(), "namespace".to_owned()],
        allow_options: vec!["namespace".to_owned()],
        withheld: Vec::new(),
    }
}

fn options(name: &str) -> Options {
    [(name, "elsewhere")].into_iter().collect()
}

/// Asks for every operation on a name and answers the rule that each one broke.
async fn broken_rules(settings: PolicySettings, name: &str, options: Options) -> [Option<&'static str>; 6] {
    let fake = Fake::answering("value");
    let (policy, call) = (Policy::new(fake.clone(), Some(settings)), Call::default());
    let rule = |error: Option<Error>| error.map(|error| (error.kind(), error.rule().unwrap()));
    let (mut read, mut new, mut delete) = (fake::read(name), fake::new_secret(name), fake::delete(name));
    (read.options, new.options, delete.options) = (options.clone(), options.clone(), options.clone());
    let listing = Listing { options: options.clone(), ..Listing::default() };
    let broken = [
        rule(policy.read(&read, &call).await.err()),
        rule(policy.exists(&fake::name(name), &options, &call).await.err()),
        rule(policy.list(&listing, &call).await.err()),
        rule(policy.write(&new, &call).await.err()),
        rule(policy.delete(&delete, &call).await.err()),
        rule(policy.check(&call).await.err()),
    ];
    assert_eq!(fake.asked(), broken.iter().filter(|rule| rule.is_none()).count(), "a refusal asks nobody");
    broken.map(|rule| rule.inspect(|(kind, _)| assert_eq!(*kind, Kind::Refused)).map(|(_, rule)| rule))
}

#[tokio::test]
async fn the_access_mode_holds_in_both_directions() {
    let no = Some(ACCESS_MODE);
    for (mode, expected) in [
        (AccessMode::ReadOnly, [None, None, None, no, no, None]),
        (AccessMode::WriteOnly, [no, no, no, None, None, None]),
        (AccessMode::ReadWrite, [None; 6]),
    ] {
        let settings = PolicySettings { mode, ..PolicySettings::default() };
        assert_eq!(broken_rules(settings, "KEY", Options::default()).await, expected, "{mode:?}");
    }
    assert_eq!(PolicySettings::default().mode, AccessMode::ReadOnly);
}

#[tokio::test]
async fn hosted_keys_hold_for_reads_and_writes() {
    let no = Some(HOSTED_KEYS);
    let settings = hosting(&["OPENAI_*"]);
    assert_eq!(broken_rules(settings.clone(), "OPENAI_API_KEY", Options::default()).await, [None; 6]);
    assert_eq!(broken_rules(settings, "DB", Options::default()).await, [no, no, None, no, no, None]);
}

#[tokio::test]
async fn an_option_that_says_where_is_refused_with_hosted_keys_unless_allowed() {
    let no = Some(ALLOW_OPTIONS);
    assert_eq!(broken_rules(hosting(&["**"]), "KEY", options("mount")).await, [no, no, no, no, no, None]);
    assert_eq!(broken_rules(hosting(&["**"]), "KEY", options("namespace")).await, [None; 6]);
    assert_eq!(broken_rules(hosting(&["**"]), "KEY", options("field")).await, [None; 6]);
    let open = PolicySettings { hosted_keys: None, ..hosting(&[]) };
    assert_eq!(broken_rules(open, "KEY", options("mount")).await, [None; 6]);
}

#[tokio::test]
async fn a_refusal_names_the_key_and_what_to_change() {
    let call = Call::default();
    let policy = Policy::new(Fake::answering("value"), Some(PolicySettings::default()));
    let error = policy.write(&fake::new_secret("KEY"), &call).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "KEY: write is not allowed while the access mode is read-only; set access-mode to write-only or \
         read-write (rule access-mode)"
    );
    let policy = Policy::new(Fake::answering("value"), Some(hosting(&[])));
    let error = policy.read(&fake::read("DB"), &call).await.unwrap_err().to_string();
    assert!(error.starts_with("DB: ") && error.ends_with("to hosted-keys (rule hosted-keys)"), "{error}");
}

async fn shown(patterns: &[&str], prefix: &str) -> (Arc<Fake>, Page) {
    let fake = Fake::listing(&["OPENAI_KEY", "DB", "team/a", "team/", "other/"]);
    let policy = Policy::new(fake.clone(), Some(hosting(patterns)));
    let listing = Listing { prefix: prefix.to_owned(), limit: 7, ..Listing::default() };
    let page = policy.list(&listing, &Call::default()).await.unwrap();
    (fake, page)
}

#[tokio::test]
async fn a_listing_shows_hosted_names_and_folders_they_could_lie_in_and_hides_the_count() {
    let (fake, page) = shown(&["OPENAI_*", "team/**"], "").await;
    let names: Vec<_> = page.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!((names, page.total), (vec!["OPENAI_KEY", "team/a", "team/"], None));
    assert_eq!(fake.listings()[0].limit, 7);
}

#[tokio::test]
async fn the_prefix_is_passed_down_and_nobody_is_asked_where_nothing_is_hosted() {
    let (fake, _) = shown(&["team/**"], "team/x").await;
    assert_eq!(fake.listings()[0].prefix, "team/x");
    let (fake, page) = shown(&["team/**"], "other/").await;
    assert_eq!((fake.asked(), page.entries.len()), (0, 0));
}

#[tokio::test]
async fn without_hosted_keys_a_listing_is_whole() {
    let policy = Policy::new(Fake::listing(&["a", "b/"]), Some(PolicySettings::default()));
    let page = policy.list(&Listing::default(), &Call::default()).await.unwrap();
    assert_eq!((page.entries.len(), page.total), (2, Some(2)));
}

#[test]
fn the_spellings_of_older_tools_are_access_modes_too() {
    for (word, mode) in [
        ("read-only", AccessMode::ReadOnly),
        ("read_only", AccessMode::ReadOnly),
        ("write_only", AccessMode::WriteOnly),
        ("read-write", AccessMode::ReadWrite),
        ("read_write", AccessMode::ReadWrite),
        ("read_and_write", AccessMode::ReadWrite),
    ] {
        assert_eq!(word.parse(), Ok(mode), "{word}");
    }
    let error = "read_onyl\n".parse::<AccessMode>().unwrap_err().to_string();
    assert!(error.starts_with("unknown access mode `read_onyl\\u{a}`, did you mean `read-only`?"), "{error}");
}
