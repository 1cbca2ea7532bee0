#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    sync::atomic::{AtomicU64, Ordering},
};

use tempfile::TempDir;

use super::{clock::Reading, *};

/// Clocks that a test sets: the one on the wall, and the one that can't be set.
#[derive(Clone, Debug, Default)]
struct Clocks(Arc<(AtomicU64, AtomicU64)>);

impl Clocks {
    fn at(wall: u64) -> Self {
        let clocks = Self::default();
        clocks.set(wall);
        clocks
    }

    /// Sets the clock on the wall to so many seconds since 1970.
    fn set(&self, wall: u64) {
        self.0.0.store(wall, Ordering::Relaxed);
    }

    /// Lets time pass.
    fn pass(&self, seconds: u64) {
        self.0.0.fetch_add(seconds, Ordering::Relaxed);
        self.0.1.fetch_add(seconds, Ordering::Relaxed);
    }

    fn open(&self, folder: &Path) -> io::Result<Tokens> {
        let clocks = self.clone();
        let seconds = |of: &AtomicU64| Duration::from_secs(of.load(Ordering::Relaxed));
        let read = move || Reading { wall: seconds(&clocks.0.0), running: seconds(&clocks.0.1) };
        Tokens::by(Clock::by(read), folder)
    }

    /// The same after a restart: the clock that can't be set begins anew.
    fn open_again(&self, folder: &Path) -> Tokens {
        self.0.1.store(0, Ordering::Relaxed);
        self.open(folder).unwrap()
    }
}

/// A folder that only its owner can reach.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn wanted(ttl: u64) -> Wanted {
    let scopes = Scopes::parse(["read,list:prod/team/*", "*:other/**"]).unwrap();
    Wanted { scopes, metrics: true, ttl: Duration::from_secs(ttl), note: Some("for a test".to_owned()) }
}

fn holds(tokens: &Tokens, minted: &Minted) -> bool {
    tokens.find(&minted.token).is_some()
}

#[test]
fn a_token_is_known_until_its_time_is_over() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    assert!(minted.token.starts_with(PREFIX) && minted.token.len() == LENGTH);
    assert_eq!(tokens.find(&minted.token), Some(minted.ticket.clone()));
    clocks.pass(59);
    assert!(holds(&tokens, &minted));
    clocks.pass(1);
    assert!(!holds(&tokens, &minted) && tokens.list().is_empty());
}

#[test]
fn what_is_not_a_token_is_none() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    let mut changed = minted.token.to_string();
    let other = if changed.contains("srt_A") { "srt_B" } else { "srt_A" };
    changed.replace_range(..other.len(), other);
    for wrong in ["", "srt_", &changed, &minted.token.to_uppercase(), &format!("{} ", *minted.token), "root"] {
        assert!(tokens.find(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn setting_the_clock_back_prolongs_nothing() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    clocks.pass(50);
    clocks.set(1_000_000 - 3600);
    assert!(holds(&tokens, &minted));
    clocks.pass(10);
    assert!(!holds(&tokens, &minted));
}

#[test]
fn setting_the_clock_back_between_two_lives_prolongs_nothing_either() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let (short, long) = (tokens.mint(wanted(60)).unwrap(), tokens.mint(wanted(100)).unwrap());
    clocks.pass(70);
    tokens.remember().unwrap();
    drop(tokens);
    clocks.set(1_000_000);
    let tokens = clocks.open_again(folder.path());
    assert!(!holds(&tokens, &short) && holds(&tokens, &long));
    clocks.pass(30);
    assert!(!holds(&tokens, &long));
}

#[test]
fn a_token_that_was_seen_to_have_ended_does_not_come_back() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    clocks.pass(60);
    assert!(tokens.list().is_empty());
    tokens.remember().unwrap();
    drop(tokens);
    clocks.set(1_000_000);
    assert!(!holds(&clocks.open_again(folder.path()), &minted));
}

#[test]
fn setting_the_clock_forward_ends_a_token() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    clocks.set(1_000_060);
    assert!(!holds(&tokens, &minted));
}

#[test]
fn tokens_are_the_same_after_a_restart() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let (kept, revoked) = (tokens.mint(wanted(60)).unwrap(), tokens.mint(wanted(60)).unwrap());
    assert_eq!(tokens.revoke(Some(&revoked.ticket.accessor)).unwrap(), 1);
    assert!(!holds(&tokens, &revoked), "it holds no longer at once");
    drop(tokens);
    let tokens = clocks.open_again(folder.path());
    assert_eq!(tokens.list(), std::slice::from_ref(&kept.ticket));
    assert_eq!(tokens.find(&kept.token), Some(kept.ticket));
    assert!(tokens.find(&revoked.token).is_none());
    assert_eq!(tokens.revoke(None).unwrap(), 1);
    drop(tokens);
    assert!(clocks.open_again(folder.path()).list().is_empty());
}

#[test]
fn the_file_holds_no_token_and_only_its_owner_can_open_it() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let state = folder.path().join("of/mine");
    let tokens = clocks.open(&state).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    let file = state.join("tokens.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&minted.ticket.accessor) && !text.contains(minted.token.trim_start_matches(PREFIX)));
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&state).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn a_folder_has_one_daemon() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let refused = clocks.open(folder.path()).unwrap_err().to_string();
    assert!(refused.starts_with("another daemon keeps its tokens in "), "{refused}");
    drop(tokens);
    clocks.open(folder.path()).unwrap();
}

#[test]
fn what_others_could_have_written_or_makes_no_sense_is_refused() {
    let mode = |mode: u32| move |file: &Path| fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    let content = |text: &'static str| move |file: &Path| fs::write(file, text).unwrap();
    let link = |file: &Path| {
        fs::rename(file, file.with_extension("elsewhere")).unwrap();
        symlink(file.with_extension("elsewhere"), file).unwrap();
    };
    type Spoil<'a> = &'a dyn Fn(&Path);
    let spoils: [(Spoil<'_>, &str); 8] = [
        (&mode(0o640), "its mode 640 lets others at it"),
        (&mode(0o602), "its mode 602 lets others at it"),
        (&content(""), "can't be relied on"),
        (&content(r#"{"version":2,"seen":0,"tokens":[]}"#), "it has the format 2"),
        (&content(r#"{"version":1,"seen":0,"tokens":[],"more":1}"#), "unknown field"),
        (
            &content(
                r#"{"version":1,"seen":0,"tokens":[{"sha256":"00","accessor":"a","scopes":[],"created":0,"ttl":1}]}"#,
            ),
            "the hash of the token a",
        ),
        (&link, "it is a symbolic link"),
        (&|file| fs::remove_file(file).and_then(|()| fs::create_dir(file)).unwrap(), "it is no regular file"),
    ];
    for (spoil, said) in spoils {
        let (folder, clocks) = (folder(), Clocks::at(1_000_000));
        drop(clocks.open(folder.path()).unwrap().mint(wanted(60)).unwrap());
        spoil(&folder.path().join("tokens.json"));
        let refused = clocks.open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(said), "{said}: {refused}");
    }
    let folder = folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = Clocks::at(1).open(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("chmod 700"), "{refused}");
}

#[test]
fn what_can_not_be_remembered_is_not_minted_and_leaves_all_as_it_was() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    let file = folder.path().join("tokens.json");
    let before = fs::read(&file).unwrap();
    // In the way of the next file.
    fs::create_dir(folder.path().join("tokens.json.new")).unwrap();
    assert!(matches!(tokens.mint(wanted(60)), Err(NotMinted::Store(_))));
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(tokens.list(), std::slice::from_ref(&minted.ticket));
    // Revoked it is all the same, and that is made up for.
    tokens.revoke(Some(&minted.ticket.accessor)).unwrap_err();
    assert!(!holds(&tokens, &minted));
    fs::remove_dir(folder.path().join("tokens.json.new")).unwrap();
    tokens.remember().unwrap();
    drop(tokens);
    assert!(clocks.open_again(folder.path()).find(&minted.token).is_none());
}

#[test]
fn a_life_that_is_no_time_or_too_long_is_refused() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    for ttl in [Duration::ZERO, Duration::from_millis(999), LONGEST + Duration::from_millis(1), Duration::MAX] {
        assert!(matches!(tokens.mint(Wanted { ttl, ..wanted(1) }), Err(NotMinted::Life)), "{ttl:?}");
    }
    tokens.mint(Wanted { ttl: SHORTEST, ..wanted(1) }).unwrap();
    tokens.mint(Wanted { ttl: LONGEST, ..wanted(1) }).unwrap();
}

#[test]
fn there_are_no_more_tokens_than_a_bound_and_those_that_expired_do_not_count() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let one = tokens.mint(wanted(60)).unwrap();
    {
        // Minting so many takes as many writes.
        let mut held = tokens.0.held.write().unwrap();
        for number in 1..MOST {
            held.insert(hash(&number.to_string()), one.ticket.clone());
        }
    }
    assert!(matches!(tokens.mint(wanted(60)), Err(NotMinted::Many)));
    clocks.pass(60);
    tokens.mint(wanted(60)).unwrap();
    assert_eq!(tokens.list().len(), 1);
}

#[test]
fn nothing_shows_a_token() {
    let (folder, clocks) = (folder(), Clocks::at(1_000_000));
    let tokens = clocks.open(folder.path()).unwrap();
    let minted = tokens.mint(wanted(60)).unwrap();
    let shown = format!("{tokens:?} {:?}", minted.ticket);
    assert!(!shown.contains(minted.token.trim_start_matches(PREFIX)), "{shown}");
}
