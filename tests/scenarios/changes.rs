//! Secrets that are not there, come, change and go.

use std::time::{Duration, SystemTime};

use secret_runtime::{DeleteMode, Kind, Operation, Write, WriteMode};

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

pub(super) fn a_deleted_name_can_be_written_again<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"old").unwrap();
    if !has::<S>(Operation::Write) || !has::<S>(Operation::Delete) {
        assert_kind(stage.caller().delete(&name, PLAIN), Kind::Unsupported);
        return;
    }
    let caller = stage.caller();
    for mode in [PLAIN, DeleteMode::Permanent] {
        for how in [WriteMode::Upsert, WriteMode::CreateOnly] {
            if mode == DeleteMode::Permanent && !S::SUPPORTS.permanent
                || how != WriteMode::Upsert && !S::SUPPORTS.create_only
            {
                continue;
            }
            caller.delete(&name, mode).unwrap();
            assert_kind(caller.read(&name), Kind::NotFound);
            caller.write_as(&name, Write { mode: how.clone(), ..Write::new("new") }).unwrap();
            assert_eq!(caller.read(&name).unwrap(), b"new", "{mode:?} {how:?}");
        }
    }
}

pub(super) fn create_only_keeps_what_is_there<S: Subject>(stage: &Stage<S>) {
    let (name, fresh) = (stage.name(""), stage.name("fresh"));
    stage.put(&name, b"old").unwrap();
    let caller = stage.caller();
    let create = |name: &str| caller.write_as(name, Write { mode: WriteMode::CreateOnly, ..Write::new("new") });
    if S::SUPPORTS.create_only {
        create(&fresh).unwrap();
        assert_eq!(caller.read(&fresh).unwrap(), b"new");
        assert_kind(create(&name), Kind::Conflict);
    } else {
        assert_kind(create(&fresh), Kind::Unsupported);
        assert_kind(caller.read(&fresh), Kind::NotFound);
    }
    assert_eq!(caller.read(&name).unwrap(), b"old");
}

pub(super) fn if_version_keeps_what_somebody_else_wrote<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"old").unwrap();
    let caller = stage.caller();
    let write = |version: &str, value: &str| {
        caller.write_as(&name, Write { mode: WriteMode::IfVersion(version.into()), ..Write::new(value) })
    };
    if !S::SUPPORTS.if_version {
        assert_kind(write("1", "new"), Kind::Unsupported);
        assert_eq!(caller.read(&name).unwrap(), b"old");
        return;
    }
    let first = caller.write(&name, "theirs").unwrap().version.unwrap();
    write(&first, "ours").unwrap();
    assert_eq!(caller.read(&name).unwrap(), b"ours");
    assert_kind(write(&first, "late"), Kind::Conflict);
    assert_eq!(caller.read(&name).unwrap(), b"ours");
}

pub(super) fn each_version_can_be_read<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"zero").unwrap();
    let caller = stage.caller();
    if !S::SUPPORTS.versions {
        assert_kind(caller.read_version(&name, "1"), Kind::Unsupported);
        return;
    }
    let versions = ["one", "two"].map(|value| caller.write(&name, value).unwrap().version.unwrap());
    assert_eq!(versions.each_ref().map(|version| caller.read_version(&name, version).unwrap()), [b"one", b"two"]);
    assert_eq!(caller.read(&name).unwrap(), b"two");
}

pub(super) fn what_is_kept_beside_a_secret_is_kept_or_refused<S: Subject>(stage: &Stage<S>) {
    let plain = || Write::new("v");
    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 3600);
    let tags = vec![("owner".into(), "team-a".into()), ("tier".into(), "gold".into())];
    stage.put(&stage.name("other"), b"v").unwrap();
    let caller = stage.caller();
    for (own, write, supported) in [
        ("description", Write { description: Some("for the app".into()), ..plain() }, S::SUPPORTS.description),
        ("tags", Write { tags, ..plain() }, S::SUPPORTS.tags),
        ("expiry", Write { expires_at: Some(tomorrow), ..plain() }, S::SUPPORTS.expiry),
    ] {
        let name = stage.name(own);
        if supported {
            caller.write_as(&name, write).unwrap_or_else(|error| panic!("{own}: {error:?}"));
            assert_eq!(caller.read(&name).unwrap(), b"v");
        } else {
            assert_kind(caller.write_as(&name, write), Kind::Unsupported);
            assert_kind(caller.read(&name), Kind::NotFound);
        }
    }
}
