//! Upstreams that are busy, away, or talk nonsense.

use secret_runtime::Kind;
use test_support::{Fault, Reply};

use super::{
    stage::{Caller, Stage, assert_kind},
    subject::{CANARY, Says, Subject},
};

/// Without a server nothing can be wrong with one: then the component declares none that it could ask.
#[track_caller]
fn has_server<S: Subject>(stage: &Stage<S>) -> bool {
    let manifest = stage.caller().backend.manifest().clone();
    assert_eq!(stage.front().is_some(), !manifest.origins.is_empty());
    stage.front().is_some()
}

pub(super) fn too_many_requests_then_success<S: Subject>(stage: &Stage<S>) {
    busy_then_success(stage, Says::Throttled);
}

fn busy_then_success<S: Subject>(stage: &Stage<S>, says: Says) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    if !has_server(stage) {
        return;
    }
    let caller = stage.caller();
    stage.fail(1, Fault::Reply(S::says(says).with_header("Retry-After", "7")));
    let error = assert_kind(caller.read(&name), says.kind());
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), (says == Says::Throttled).then_some(7));

    stage.fail(1, Fault::Reply(S::says(says)));
    let patient = Caller::load::<S>(&stage.owner(), |builder| builder.retry(true));
    assert_eq!(patient.read(&name).unwrap(), b"v");
}

pub(super) fn a_reply_of_the_wrong_shape_is_malformed_and_not_shown<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    if !has_server(stage) {
        return;
    }
    let caller = stage.caller();
    for shape in S::wrong_shapes() {
        let reply = Reply::new(200, shape.clone()).with_header("Content-Type", "application/json");
        stage.fail(1, Fault::Reply(reply));
        let error = assert_kind(caller.read(&name), Kind::Malformed);
        assert_eq!(error.backend(), Some(S::COMPONENT), "{shape}");
        let shown = format!("{error} {error:?} {:?}", error.guest_message());
        assert!(!shown.contains(CANARY), "{shown}");
    }
    assert_eq!(caller.read(&name).unwrap(), b"v");
}
