//! Callers whom the upstream does not know, or to whom it says no.

use secret_runtime::{DeleteMode, Kind, Operation};
use test_support::Fault;

use super::{
    stage::{Stage, assert_kind},
    subject::{Says, Subject, Who},
};

pub(super) fn who_may_not_is_denied<S: Subject>(stage: &Stage<S>) {
    refused(stage, Who::Outsider, Says::Denied);
}

pub(super) fn a_wrong_credential_is_unauthenticated<S: Subject>(stage: &Stage<S>) {
    refused(stage, Who::Stranger, Says::Unauthenticated);
}

/// A failure is never taken for an absent secret, nor for an empty list.
fn refused<S: Subject>(stage: &Stage<S>, who: Who, says: Says) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    if !stage.has_server() {
        assert_eq!(stage.caller().backend.manifest().recipes.len(), 0, "credentials, and nobody to check them");
        return;
    }
    // Where the server knows no such caller, the proxy speaks in its place.
    let caller = stage.somebody(who).unwrap_or_else(|| {
        stage.fail(usize::MAX, Fault::Reply(S::says(says)));
        stage.caller()
    });
    assert_kind(caller.read(&name), says.kind());
    // Who knows the names without asking can say that there is none.
    if S::ASKS.contains(&Operation::Exists) {
        assert_kind(caller.read(&stage.name("missing")), says.kind());
        assert_kind(caller.exists(&stage.name("missing")), says.kind());
    }
    if S::ASKS.contains(&Operation::List) {
        assert_kind(caller.list(S::FOLDER, 10), says.kind());
    }
    if S::ASKS.contains(&Operation::Write) {
        assert_kind(caller.write(&name, "changed"), says.kind());
    }
    if S::ASKS.contains(&Operation::Delete) {
        assert_kind(caller.delete(&name, DeleteMode::Recoverable(None)), says.kind());
    }
}

pub(super) fn what_it_does_not_export_is_unsupported<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    let caller = stage.caller();
    assert_eq!(caller.backend.operations().collect::<Vec<_>>(), S::OPERATIONS);
    for operation in Operation::ALL.into_iter().filter(|operation| !S::OPERATIONS.contains(operation)) {
        stage.assert_sends_nothing(Kind::Unsupported, || match operation {
            Operation::Read => caller.read(&name).map(drop),
            Operation::Exists => caller.exists(&name).map(drop),
            Operation::List => caller.list(S::FOLDER, 10).map(drop),
            Operation::Write => caller.write(&name, "v").map(drop),
            Operation::Delete => caller.delete(&name, DeleteMode::Recoverable(None)),
            Operation::Check => caller.run(caller.backend.check(&caller.backend.call())).map(drop),
        });
    }
    assert_eq!(caller.read(&name).unwrap(), b"v");
}
