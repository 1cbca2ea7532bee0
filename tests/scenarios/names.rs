//! Names reach the upstream as they are typed, or are refused before anything is sent.

use secret_runtime::{DeleteMode, Kind, Operation};

use super::{
    stage::{Stage, assert_kind},
    subject::Subject,
};

/// What only some have: folders, letters of all the world, and characters that a URL or JSON would read differently.
const UNUSUAL: [&str; 12] = [
    "/team/KEY",
    "/a/b/c/d",
    "schl\u{fc}ssel-\u{1f511}",
    "\u{43a}\u{43b}\u{44e}\u{447}",
    " two words",
    "100%",
    "a%2fb",
    "?version=1#f",
    "a+b&c;d",
    "a=b",
    "\"quoted\"",
    "a:b@c",
];

pub(super) fn unicode_and_slash_names_are_themselves<S: Subject>(stage: &Stage<S>) {
    let plain = stage.name("");
    stage.put(&plain, b"plain").unwrap();
    let all: Vec<_> = UNUSUAL.iter().map(|own| stage.name(own)).collect();
    let (taken, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(|name| S::takes_name(name));
    for name in &taken {
        stage.put(name, format!("the value of {name}").as_bytes()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
    let caller = stage.caller();
    for name in &taken {
        assert_eq!(caller.read(name).unwrap(), format!("the value of {name}").as_bytes(), "{name}");
        if S::OPERATIONS.contains(&Operation::Delete) {
            caller.delete(name, DeleteMode::Recoverable(None)).unwrap();
            assert_kind(caller.read(name), Kind::NotFound);
        }
    }
    for name in &refused {
        stage.assert_sends_nothing(Kind::Invalid, || caller.read(name));
        stage.assert_sends_nothing(Kind::Invalid, || caller.write(name, "v"));
    }
    assert_eq!(caller.read(&plain).unwrap(), b"plain");
}

pub(super) fn names_that_nobody_has_are_refused_before_anything_is_sent<S: Subject>(stage: &Stage<S>) {
    stage.put(&stage.name(""), b"v").unwrap();
    let caller = stage.caller();
    for name in ["", "a\nb", "a\0b", "a\u{7f}b", &"x".repeat(2000)] {
        stage.assert_sends_nothing(Kind::Invalid, || caller.read(name));
        stage.assert_sends_nothing(Kind::Invalid, || caller.exists(name));
        stage.assert_sends_nothing(Kind::Invalid, || caller.write(name, "v"));
        stage.assert_sends_nothing(Kind::Invalid, || caller.delete(name, DeleteMode::Recoverable(None)));
    }
}
