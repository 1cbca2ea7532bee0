//! Secrets that are not there, come, change and go.

use secret_runtime::{DeleteMode, Kind, Operation};

use super::{
    stage::{Stage, assert_kind},
    subject::Subject,
};

/// What the plain `delete` means.
const PLAIN: DeleteMode = DeleteMode::Recoverable(None);

/// Whether the component exports it.
fn has<S: Subject>(operation: Operation) -> bool {
    S::OPERATIONS.contains(&operation)
}

/// There is no such secret, whichever way one asks.
#[track_caller]
fn assert_absent<S: Subject>(stage: &Stage<S>, name: &str) {
    let caller = stage.caller();
    assert_kind(caller.read(name), Kind::NotFound);
    if has::<S>(Operation::Exists) {
        assert!(!caller.exists(name).unwrap());
    } else {
        assert_kind(caller.exists(name), Kind::Unsupported);
    }
    let kind = if has::<S>(Operation::Delete) { Kind::NotFound } else { Kind::Unsupported };
    assert_kind(caller.delete(name, PLAIN), kind);
}

pub(super) fn a_missing_secret_is_not_found<S: Subject>(stage: &Stage<S>) {
    stage.put(&stage.name("other"), b"there").unwrap();
    assert_absent(stage, &stage.name("missing"));
    assert_eq!(stage.caller().read(&stage.name("other")).unwrap(), b"there");
}

pub(super) fn a_deleted_secret_is_gone<S: Subject>(stage: &Stage<S>) {
    let modes = [("plain", PLAIN, true), ("forgood", DeleteMode::Permanent, S::SUPPORTS.permanent)];
    let days = DeleteMode::Recoverable(Some(S::SUPPORTS.days.unwrap_or(7)));
    for (own, mode, supported) in modes.into_iter().chain([("days", days, S::SUPPORTS.days.is_some())]) {
        let (name, other) = (stage.name(own), stage.name(&format!("{own}other")));
        stage.put(&name, b"v").unwrap();
        stage.put(&other, b"stays").unwrap();
        let caller = stage.caller();
        if supported && has::<S>(Operation::Delete) {
            caller.delete(&name, mode).unwrap();
            assert_absent(stage, &name);
        } else {
            assert_kind(caller.delete(&name, mode), Kind::Unsupported);
            assert_eq!(caller.read(&name).unwrap(), b"v");
        }
        assert_eq!(caller.read(&other).unwrap(), b"stays");
    }
}
