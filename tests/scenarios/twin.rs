//! A hostile twin: a component with the same manifest, the same grant and the same credentials, that asks for more
//! than it is asked for. It obtains nothing.

use secret_runtime::{DeleteMode, Kind, Operation};
use test_support::Seen;

use super::{
    access::Access,
    stage::{Caller, Stage, assert_kind},
    subject::{Attempt, Subject},
};
use crate::common::{Component, Manifest};

/// What it says afterwards: the truth, or a lie.
const THEN: [&str; 3] = ["", "not-found", "invent"];

/// The component that sends what it is told, with the manifest of an honest one.
pub(super) fn component<S: Subject>() -> Component {
    Component::hostile().manifest(Manifest::of_backend(S::COMPONENT))
}

/// The owner's own credentials, and this request.
pub(super) fn sending<S: Subject>(stage: &Stage<S>, attempt: &Attempt) -> Access {
    let address = stage.front().map_or_else(|| "http://127.0.0.1:1".into(), |front| front.address());
    let headers: Vec<_> = attempt.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let access = stage.owner().set("act", "send").set("method", &*attempt.method);
    let access = access.set("url", format!("{address}{}", attempt.target)).set("headers", headers.join("|"));
    access.set("body", &*attempt.body)
}

/// What the twin would have to send to do this, learned from what the honest component sends.
fn learned<S: Subject>(stage: &Stage<S>, act: impl FnOnce(&Caller)) -> Vec<Attempt> {
    let caller = stage.caller();
    let before = stage.sent().len();
    act(&caller);
    stage.sent().split_off(before).iter().map(attempt::<S>).collect()
}

/// The same request, without what the host adds.
fn attempt<S: Subject>(seen: &Seen) -> Attempt {
    let own = |name: &str| {
        ["accept", "content-type"].iter().chain(S::HEADERS).any(|header| header.eq_ignore_ascii_case(name))
    };
    Attempt {
        method: seen.method.clone(),
        target: seen.target.clone(),
        headers: seen.headers.iter().filter(|(name, _)| own(name)).cloned().collect(),
        body: String::from_utf8_lossy(&seen.body).into_owned(),
    }
}

/// What changes something is the last request of an honest change that does not only look.
fn change<S: Subject>(stage: &Stage<S>, act: impl FnOnce(&Caller)) -> Option<Attempt> {
    learned(stage, act).into_iter().rfind(|attempt| !matches!(attempt.method.as_str(), "GET" | "HEAD" | "LIST"))
}

/// Asked to do one thing, it tries another.
#[track_caller]
fn is_refused<S: Subject>(stage: &Stage<S>, access: &Access, ask: impl Fn(&Caller) -> secret_runtime::Result<()>) {
    let sent = stage.sent().len();
    for then in THEN {
        let twin = Caller::load_component(component::<S>(), &access.clone().set("then", then), |builder| builder);
        assert_kind(ask(&twin), Kind::Refused);
        assert_eq!(stage.sent().get(sent..), Some([].as_slice()), "the upstream saw it");
    }
}

/// What a caller may ask for without meaning to change anything.
fn looks<S: Subject>(name: &str) -> [(Operation, impl Fn(&Caller) -> secret_runtime::Result<()>); 4] {
    let name = name.to_owned();
    [Operation::Read, Operation::Exists, Operation::List, Operation::Check].map(move |operation| {
        let name = name.clone();
        (operation, move |caller: &Caller| match operation {
            Operation::Exists => caller.exists(&name).map(drop),
            Operation::List => caller.list(S::FOLDER, 10).map(drop),
            Operation::Check => caller.run(caller.backend.check(&caller.backend.call())).map(drop),
            _ => caller.read(&name).map(drop),
        })
    })
}

pub(super) fn a_hostile_twin_reads_no_other_secret<S: Subject>(stage: &Stage<S>) {
    let (name, other) = (stage.name("own"), stage.name("other"));
    stage.put(&name, b"v").unwrap();
    stage.put(&other, b"the other value").unwrap();
    if !stage.has_server() {
        is_refused(stage, &sending(stage, &Attempt::new("GET", "/")), |twin| twin.read(&name).map(drop));
        return;
    }
    // To know what is refused for its own sake: what reading covers is let through.
    for attempt in learned(stage, |caller| assert_eq!(caller.read(&name).unwrap(), b"v")) {
        let twin = Caller::load_component(component::<S>(), &sending(stage, &attempt), |builder| builder);
        twin.read(&name).unwrap_or_else(|error| panic!("{attempt:?}: {error:?}"));
    }
    let mut attempts = learned(stage, |caller| assert_eq!(caller.read(&other).unwrap(), b"the other value"));
    if S::OPERATIONS.contains(&Operation::Exists) {
        attempts.extend(learned(stage, |caller| assert!(caller.exists(&other).unwrap())));
    }
    if S::OPERATIONS.contains(&Operation::List) {
        attempts.extend(learned(stage, |caller| drop(caller.list(S::FOLDER, 10).unwrap())));
    }
    assert!(!attempts.is_empty());
    for attempt in attempts {
        is_refused(stage, &sending(stage, &attempt), |twin| twin.read(&name).map(drop));
    }
}

pub(super) fn a_hostile_twin_changes_nothing_while_it_reads<S: Subject>(stage: &Stage<S>) {
    let (name, victim) = (stage.name("own"), stage.name("victim"));
    stage.put(&name, b"v").unwrap();
    let mut changes = Vec::new();
    if S::OPERATIONS.contains(&Operation::Write) {
        changes.extend(change(stage, |caller| drop(caller.write(&name, "v").unwrap())));
        changes.extend(change(stage, |caller| drop(caller.write(&victim, "v").unwrap())));
    }
    if S::OPERATIONS.contains(&Operation::Delete) {
        changes.extend(change(stage, |caller| caller.delete(&victim, DeleteMode::Recoverable(None)).unwrap()));
    }
    let stores = stage.caller().backend.manifest().storage.is_some();
    assert!(!changes.is_empty() || stores, "a backend that can't be made to change anything");
    for attempt in &changes {
        for (operation, look) in looks::<S>(&name) {
            if S::OPERATIONS.contains(&operation) {
                is_refused(stage, &sending(stage, attempt), look);
            }
        }
    }
    if stores {
        let overwriting = stage.owner().set("act", "storage-write").set("ask", "").set("body", "KEY=changed\n");
        for (operation, look) in looks::<S>(&name) {
            if S::OPERATIONS.contains(&operation) {
                is_refused(stage, &overwriting, look);
            }
        }
    }
    assert_eq!(stage.caller().read(&name).unwrap(), b"v");
}

pub(super) fn a_hostile_twin_deletes_nothing_for_good_on_a_plain_delete<S: Subject>(stage: &Stage<S>) {
    let (name, copy) = (stage.name("own"), stage.name("copy"));
    for name in [&name, &copy] {
        stage.put(name, b"v").unwrap();
    }
    if !S::SUPPORTS.permanent {
        assert_kind(stage.caller().delete(&name, DeleteMode::Permanent), Kind::Unsupported);
        assert_eq!(stage.caller().read(&name).unwrap(), b"v");
        return;
    }
    let plain = learned(stage, |caller| caller.delete(&copy, DeleteMode::Recoverable(None)).unwrap());
    stage.put(&copy, b"v").unwrap();
    let for_good = learned(stage, |caller| caller.delete(&copy, DeleteMode::Permanent).unwrap());
    let own = |attempt: &Attempt| Attempt {
        target: attempt.target.replace(&copy, &name),
        body: attempt.body.replace(&copy, &name),
        ..attempt.clone()
    };
    let same = |one: &Attempt, other: &Attempt| {
        (&one.method, &one.target, &one.body) == (&other.method, &other.target, &other.body)
    };
    for attempt in for_good.iter().filter(|attempt| !plain.iter().any(|other| same(attempt, other))) {
        is_refused(stage, &sending(stage, &own(attempt)), |twin| twin.delete(&name, DeleteMode::Recoverable(None)));
    }
    assert_eq!(stage.caller().read(&name).unwrap(), b"v");
}

pub(super) fn a_hostile_twin_reaches_no_token_or_policy<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    assert_eq!(S::forbidden().is_empty(), !stage.has_server(), "nothing that the vendor's own tools would ask for");
    for attempt in S::forbidden() {
        for (operation, look) in looks::<S>(&name) {
            if S::OPERATIONS.contains(&operation) {
                is_refused(stage, &sending(stage, &attempt), look);
            }
        }
    }
}
