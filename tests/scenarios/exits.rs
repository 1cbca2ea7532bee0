//! What the binary makes of each outcome: one exit code for each kind, and nothing on standard output but values.

use secret_runtime::Operation;
use test_support::{Fault, Reply, layout};

use super::{
    access::Access,
    stage::Stage,
    subject::{Attempt, CANARY, Says, Subject, Who},
    twin,
};
use crate::common::{Home, cli::Run};

/// A run of the binary with this subject's component.
fn run<S: Subject>(home: &Home, access: &Access, arguments: &[&str]) -> Run {
    access.command(home, &layout::backend(S::COMPONENT), arguments)
}

pub(super) fn the_binary_says_how_it_ended<S: Subject>(stage: &Stage<S>) {
    let (home, name, missing) = (Home::new(), stage.name(""), stage.name("missing"));
    stage.put(&name, b"the value").unwrap();
    let owner = stage.owner();
    run::<S>(&home, &owner, &["get", &name]).run().exits(0).prints("the value");
    run::<S>(&home, &owner, &["get", &missing]).run().exits(10).prints("");
    run::<S>(&home, &owner, &["get", ""]).run().exits(2).prints("");
    let (arguments, code): (&[&str], _) = match S::OPERATIONS.contains(&Operation::Write) {
        false => (&["set", &missing], 4),
        true if S::SUPPORTS.create_only => (&["set", &name, "--create-only"], 9),
        true => (&["set", &missing, "--create-only"], 4),
    };
    run::<S>(&home, &owner, arguments).input("new").run().exits(code).prints("").never_shows("new");
    let twin = twin::component::<S>().save(&home, "twin.wasm");
    let access = twin::sending(stage, &Attempt::new("GET", "/a/place/of/its/own"));
    access.command(&home, &twin, &["get", &name]).run().exits(3).prints("");
    assert_eq!(stage.caller().read(&name).unwrap(), b"the value");
}

pub(super) fn the_binary_tells_an_upstream_that_fails<S: Subject>(stage: &Stage<S>) {
    let (home, name) = (Home::new(), stage.name(""));
    stage.put(&name, b"the value").unwrap();
    if !stage.has_server() {
        run::<S>(&home, &stage.owner(), &["get", &name]).run().exits(0).prints("the value");
        return;
    }
    for who in [Who::Stranger, Who::Outsider] {
        if let Some(access) = stage.access(who) {
            run::<S>(&home, &access, &["get", &name]).run().exits(5).prints("");
        }
    }
    let get = || run::<S>(&home, &stage.owner(), &["get", &name]).run();
    for says in [Says::Denied, Says::Unauthenticated] {
        stage.fail(1, Fault::Reply(S::says(says)));
        get().exits(5).prints("");
    }
    let tries = 3;
    for fault in [Fault::Reply(S::says(Says::Throttled)), Fault::Reply(S::says(Says::Unavailable)), Fault::Reset] {
        stage.fail(tries, fault);
        get().exits(6).prints("");
    }
    for shape in S::wrong_shapes().into_iter().take(1) {
        stage.fail(1, Fault::Reply(Reply::new(200, shape)));
        get().exits(7).prints("").says(&[S::COMPONENT]).never_shows(CANARY);
    }
    get().exits(0).prints("the value");
}
