//! Two runtimes that know nothing of each other, and one upstream.

use std::{sync::Barrier, thread};

use secret_runtime::{Kind, Operation, Result, Write, WriteMode, Written};

use super::{
    stage::{Caller, Stage, another_runtime, assert_kind},
    subject::Subject,
};
use crate::common::Component;

/// How often each of them writes.
const ROUNDS: usize = 8;

/// As long as a value that everybody takes.
const LENGTH: usize = 4_000;

/// Both do this at the same time, the one as 0 and the other as 1.
fn both<S: Subject, T: Send>(stage: &Stage<S>, act: impl Fn(usize, &Caller) -> T + Sync) -> [T; 2] {
    let start = Barrier::new(2);
    let one = |own: usize| {
        let runtime = another_runtime();
        let caller = Caller::on(&runtime, Component::backend(S::COMPONENT), &stage.owner(), |builder| builder);
        start.wait();
        act(own, &caller)
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| one(1));
        [one(0), other.join().unwrap()]
    })
}

/// A write may lose against the other one, and in no other way.
#[track_caller]
fn wins(written: Result<Written>) -> bool {
    match written {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
            false
        }
    }
}

pub(super) fn two_runtimes_that_write_one_name_leave_one_value_whole<S: Subject>(stage: &Stage<S>) {
    let name = stage.name("");
    stage.put(&name, &[b'0'; LENGTH]).unwrap();
    if !S::OPERATIONS.contains(&Operation::Write) {
        assert_kind(stage.caller().write(&name, "v"), Kind::Unsupported);
        return;
    }
    let values = [[b'A'; LENGTH], [b'B'; LENGTH]];
    let wins = both(stage, |own, caller| {
        let mut won = 0;
        for _ in 0..ROUNDS {
            won += usize::from(wins(caller.write(&name, values[own])));
            let seen = caller.read(&name).unwrap();
            assert!(values.iter().any(|value| *value == *seen), "a mix, or an old value: {} bytes", seen.len());
        }
        won
    });
    assert!(wins.iter().sum::<usize>() >= 1, "nobody ever wrote");
    let last = stage.caller().read(&name).unwrap();
    assert!((0..2).any(|own| last == values[own] && wins[own] > 0));
}

pub(super) fn of_two_runtimes_that_create_one_name_one_wins<S: Subject>(stage: &Stage<S>) {
    let create = |caller: &Caller, name: &str, value: &str| {
        caller.write_as(name, Write { mode: WriteMode::CreateOnly, ..Write::new(value) })
    };
    stage.put(&stage.name("other"), b"v").unwrap();
    if !S::SUPPORTS.create_only {
        assert_kind(create(&stage.caller(), &stage.name("0"), "v"), Kind::Unsupported);
        assert_kind(stage.caller().read(&stage.name("0")), Kind::NotFound);
        return;
    }
    let values = ["the one", "the other"];
    let name = |round: usize| stage.name(&round.to_string());
    let won = both(stage, |own, caller| {
        (0..ROUNDS).map(|round| wins(create(caller, &name(round), values[own]))).collect::<Vec<_>>()
    });
    for (round, both) in won[0].iter().zip(&won[1]).enumerate() {
        let winner = match both {
            (true, false) => values[0],
            (false, true) => values[1],
            _ => panic!("round {round}: {both:?}"),
        };
        assert_eq!(stage.caller().read(&name(round)).unwrap(), winner.as_bytes());
    }
}

pub(super) fn two_runtimes_that_write_two_names_lose_neither<S: Subject>(stage: &Stage<S>) {
    if !S::OPERATIONS.contains(&Operation::Write) {
        stage.put(&stage.name(""), b"v").unwrap();
        assert_kind(stage.caller().write(&stage.name(""), "v"), Kind::Unsupported);
        return;
    }
    let name = |own: usize, round: usize| stage.name(&format!("{own}x{round}"));
    both(stage, |own, caller| {
        for round in 0..ROUNDS {
            caller.write(&name(own, round), "v").unwrap();
        }
    });
    let caller = stage.caller();
    for round in 0..ROUNDS {
        assert_eq!(
            (caller.read(&name(0, round)).unwrap(), caller.read(&name(1, round)).unwrap()),
            (b"v".into(), b"v".into())
        );
    }
}
