//! Credentials that are exchanged for tokens: once for all who wait.

use std::time::{Duration, Instant};

use secret_runtime::Kind;
use test_support::{Fault, Reply};

use super::{
    stage::{Caller, Stage, assert_kind},
    subject::{CANARY, Says, Subject, Who},
};

/// So many callers at once.
const CALLERS: usize = 100;

/// A token that lives for seconds has ended long before that.
const PATIENCE: Duration = Duration::from_secs(60);

/// All of them read the secret at the same time.
#[track_caller]
fn all_read(caller: &Caller, name: &str) {
    let values = caller.run(async {
        let reads: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (backend, name) = (caller.backend.clone(), name.to_owned());
                tokio::spawn(async move { backend.get(&name).await.map(|answer| answer.secret.expose().to_vec()) })
            })
            .collect();
        let mut values = Vec::new();
        for read in reads {
            values.push(read.await.unwrap());
        }
        values
    });
    for value in values {
        assert_eq!(value.unwrap(), b"v");
    }
}

pub(super) fn a_first_token_is_asked_for_once_while_100_callers_wait<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    let (caller, before) = (stage.caller(), stage.exchanges());
    for _ in 0..2 {
        all_read(&caller, &name);
        assert_eq!(stage.exchanges() - before, usize::from(S::EXCHANGES));
    }
}

pub(super) fn an_expired_token_is_renewed_once_while_100_callers_wait<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    let Some(caller) = stage.somebody(Who::ShortLived) else {
        // Then there is no token that ends while anybody waits for it.
        assert_eq!(stage.exchanges() > 0, S::EXCHANGES);
        return;
    };
    // Of two tokens the later one is watched: when that has been renewed, the earlier one is due.
    assert_eq!(caller.read(&name).unwrap(), b"v");
    let watcher = stage.somebody(Who::ShortLived).expect("as before");
    assert_eq!(watcher.read(&name).unwrap(), b"v");
    let (watched, before) = (Instant::now(), stage.exchanges());
    while stage.exchanges() == before {
        assert!(watched.elapsed() < PATIENCE, "the token never ends");
        // On a busy machine it may end on its way to the server: that is not what is asked here.
        let _ = watcher.read(&name);
    }
    let (started, before) = (Instant::now(), stage.exchanges());
    all_read(&caller, &name);
    let renewed = stage.exchanges() - before;
    // The new token lives for seconds too, and a busy machine may need another.
    let most = 1 + started.elapsed().as_secs() as usize;
    assert!((1..=most).contains(&renewed), "renewed {renewed} times by {CALLERS} callers");
}

pub(super) fn a_token_that_is_not_given_out_is_told_as_such<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    assert_eq!(stage.exchanges() > 0, S::EXCHANGES);
    let Some(front) = stage.front().filter(|_| S::EXCHANGES) else { return };
    for (fault, kind) in [
        (Fault::Reply(Says::Unavailable.plainly()), Kind::Unavailable),
        (Fault::Reply(Says::Throttled.plainly()), Kind::RateLimited),
        (Fault::Reset, Kind::Unavailable),
        (Fault::CutShort, Kind::Unavailable),
        (Fault::Reply(Reply::new(200, S::wrong_token())), Kind::Malformed),
    ] {
        let (caller, sent) = (stage.caller(), stage.sent().len());
        front.fail(1, S::is_exchange, fault.clone());
        let error = assert_kind(caller.read(&name), kind);
        assert!(!format!("{error} {error:?} {:?}", error.guest_message()).contains(CANARY));
        assert_eq!(stage.sent().len(), sent, "{fault:?}: it went without a token");
        assert_eq!(caller.read(&name).unwrap(), b"v", "{fault:?}");
    }
}
