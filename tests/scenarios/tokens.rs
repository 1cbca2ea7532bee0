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

pub(super) fn an_expired_token_is_renewed_once_while_100_callers_wait<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    let short = stage.somebody(Who::ShortLived);
    let has_short = short.is_some();
    let caller = short.unwrap_or_else(|| stage.caller());
    let before = stage.exchanges();
    all_read(&caller, &name);
    assert_eq!(stage.exchanges() - before, usize::from(S::EXCHANGES), "the first token");
    if !has_short {
        // Its tokens outlive any test; all that can be seen is that the one is kept.
        all_read(&caller, &name);
        assert_eq!(stage.exchanges() - before, usize::from(S::EXCHANGES), "the same token");
        return;
    }
    let started = Instant::now();
    while stage.exchanges() == before + 1 {
        assert!(started.elapsed() < PATIENCE, "the token never ends");
        all_read(&caller, &name);
    }
    assert_eq!(stage.exchanges(), before + 2);
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
