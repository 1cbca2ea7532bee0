//! Upstreams that are busy, away, or talk nonsense.

use secret_runtime::{Kind, Operation, Result};
use test_support::{Fault, Reply};

use super::{
    stage::{Caller, Stage, assert_kind},
    subject::{CANARY, Says, Subject},
};

pub(super) fn too_many_requests_then_success<S: Subject>(stage: &Stage<S>) {
    let fault = Fault::Reply(S::says(Says::Throttled));
    fails_then_succeeds(stage, &fault, Kind::RateLimited);
    if stage.has_server() {
        stage.fail(1, Fault::Reply(S::says(Says::Throttled).with_header("Retry-After", "7")));
        let error = assert_kind(stage.caller().read(&stage.name("")), Kind::RateLimited);
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(7));
    }
}

pub(super) fn service_unavailable_then_success<S: Subject>(stage: &Stage<S>) {
    let fault = Fault::Reply(S::says(Says::Unavailable));
    fails_then_succeeds(stage, &fault, Kind::Unavailable);
}

pub(super) fn a_connection_that_is_reset_then_success<S: Subject>(stage: &Stage<S>) {
    fails_then_succeeds(stage, &Fault::Reset, Kind::Unavailable);
}

pub(super) fn a_reply_cut_short_then_success<S: Subject>(stage: &Stage<S>) {
    fails_then_succeeds(stage, &Fault::CutShort, Kind::Unavailable);
}

/// Who is in a hurry is told; who is not gets the value from the second try.
fn fails_then_succeeds<S: Subject>(stage: &Stage<S>, fault: &Fault, kind: Kind) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    if !stage.has_server() {
        return;
    }
    let caller = stage.caller();
    stage.fail(1, fault.clone());
    assert_kind(caller.read(&name), kind);
    if S::ASKS.contains(&Operation::List) {
        stage.fail(1, fault.clone());
        assert_kind(caller.list(&name, 10), kind);
    }
    stage.fail(1, fault.clone());
    let patient = Caller::load::<S>(&stage.owner(), |builder| builder.retry(true));
    assert_eq!(patient.read(&name).unwrap(), b"v");
}

pub(super) fn a_change_that_fails_is_not_repeated<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    if !stage.has_server() || !S::OPERATIONS.contains(&Operation::Write) {
        return;
    }
    let patient = Caller::load::<S>(&stage.owner(), |builder| builder.retry(true));
    for fault in [Fault::Reply(S::says(Says::Unavailable)), Fault::Reset] {
        let before = stage.sent().len();
        stage.fail(1, fault);
        assert_kind(patient.write(&name, "changed"), Kind::Unavailable);
        assert_eq!(stage.sent().len(), before + 1);
        assert_eq!(patient.read(&name).unwrap(), b"v");
    }
}

pub(super) fn a_reply_of_the_wrong_shape_is_malformed_and_not_shown<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    is_malformed(stage, S::wrong_shapes(), |caller| caller.read(&name).map(drop));
}

pub(super) fn not_found_in_words_of_somebody_else_is_not_believed<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, b"v").unwrap();
    if !stage.has_server() {
        return;
    }
    let page = Reply::new(404, "<html><title>404 Not Found</title></html>").with_header("Content-Type", "text/html");
    stage.fail(1, Fault::Reply(page));
    let error = stage.caller().read(&name).unwrap_err();
    assert_ne!(error.kind(), Kind::NotFound, "a gateway's word was taken for the upstream's");
}

pub(super) fn a_listing_of_the_wrong_shape_is_malformed_and_not_shown<S: Subject>(stage: &Stage<S>) {
    if S::ASKS.contains(&Operation::List) {
        is_malformed(stage, S::wrong_pages(), |caller| caller.list(S::FOLDER, 10).map(drop));
    }
}

fn is_malformed<S: Subject>(stage: &Stage<S>, shapes: Vec<String>, ask: impl Fn(&Caller) -> Result<()>) {
    stage.put(&stage.name(""), b"v").unwrap();
    if !stage.has_server() {
        return;
    }
    let caller = stage.caller();
    for shape in shapes {
        let reply = Reply::new(200, shape.clone()).with_header("Content-Type", "application/json");
        stage.fail(1, Fault::Reply(reply));
        let error = ask(&caller).err().unwrap_or_else(|| panic!("taken for an answer: {shape:?}"));
        assert_eq!((error.kind(), error.backend()), (Kind::Malformed, Some(S::COMPONENT)), "{shape:?}: {error:?}");
        let shown = format!("{error} {error:?} {:?}", error.guest_message());
        assert!(!shown.contains(CANARY), "{shown}");
    }
    ask(&caller).unwrap();
}
