//! Many calls at once, in a runtime as a service has it: instances in a pool, one kept ready for each backend.

use std::time::Duration;

use secret_runtime::{
    Backend, BackendBuilder, Call, CredentialSource, Kind, Limits, Operation, Options, Read, Runtime, SecretBytes,
    limits,
};
use serde_json::json;
use test_support::{Gate, Reply, Upstream};

use crate::common::{
    Component,
    library::{block_on, load},
};

/// More than there are places for instances.
const MANY: usize = 80;

/// A backend whose every read is one request.
fn vault(runtime: &Runtime, upstream: &Upstream) -> Backend {
    load(builder(runtime, upstream)).unwrap()
}

fn builder(runtime: &Runtime, upstream: &Upstream) -> BackendBuilder {
    let token = CredentialSource::Value(SecretBytes::from(b"token-of-this-test".to_vec()));
    let component = Component::backend("vault").parse().unwrap();
    runtime.backend(component).set("address", upstream.address()).credential("token", token)
}

fn found() -> Reply {
    let metadata = json!({ "version": 1, "created_time": "2026-01-01T00:00:00Z", "destroyed": false });
    Reply::json(200, &json!({ "data": { "data": { "value": "found" }, "metadata": metadata } }))
}

#[test]
fn calls_beyond_the_places_for_instances_wait_and_are_answered() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Upstream::start(move |_| found().after(&held)).unwrap();
    let backend = vault(&Runtime::builder().build().unwrap(), &upstream);
    block_on(async {
        let calls: Vec<_> = (0..MANY)
            .map(|number| {
                let backend = backend.clone();
                tokio::spawn(async move { backend.get(&format!("KEY_{number}")).await })
            })
            .collect();
        // Some have their instance and wait for the upstream; the others have none yet.
        while upstream.connections() == 0 {
            tokio::task::yield_now().await;
        }
        gate.open();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().secret.expose(), b"found");
        }
    });
    assert_eq!(upstream.seen().len(), MANY);
}

#[test]
fn backends_that_keep_an_instance_ready_leave_places_for_the_calls_of_others() {
    let upstream = Upstream::start(|_| found()).unwrap();
    let runtime = Runtime::builder().build().unwrap();
    let backends: Vec<_> = (0..MANY).map(|_| vault(&runtime, &upstream)).collect();
    block_on(async {
        for _ in 0..3 {
            for backend in &backends {
                assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"found");
            }
        }
    });
    assert_eq!(upstream.seen().len(), 3 * MANY);
}

#[test]
fn a_backend_whose_upstream_hangs_does_not_keep_those_of_others_waiting() {
    let gate = Gate::new();
    let held = gate.clone();
    let hung = Upstream::start(move |_| found().after(&held)).unwrap();
    let well = Upstream::start(|_| found()).unwrap();
    let runtime = Runtime::builder().build().unwrap();
    let (sick, other) = (vault(&runtime, &hung), vault(&runtime, &well));
    block_on(async {
        let calls: Vec<_> = (0..MANY)
            .map(|number| {
                let sick = sick.clone();
                tokio::spawn(async move { sick.get(&format!("KEY_{number}")).await })
            })
            .collect();
        while hung.connections() < limits::INSTANCES {
            tokio::task::yield_now().await;
        }
        let read = Read { name: other.key("KEY").unwrap(), version: None, options: Options::default() };
        let hasty = Call { timeout: Duration::from_secs(10), ..Call::default() };
        for _ in 0..2 * limits::PLACES {
            let answer = other.read(&read, &hasty).await.unwrap();
            assert_eq!(answer.secret.expose(), b"found");
        }
        assert_eq!(hung.connections(), limits::INSTANCES);
        gate.open();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().secret.expose(), b"found");
        }
    });
    let measures = sick.measures();
    assert_eq!(measures.outcomes, [(Operation::Read, "ok", MANY as u64)]);
    assert_eq!((measures.replies, measures.failures, measures.limits), (MANY as u64, 0, vec![]));
    assert!(measures.guest_time > Duration::ZERO && measures.upstream.sum > measures.guest_time);
}

#[test]
fn a_call_that_gets_no_instance_in_its_time_says_which_limit_that_was() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Upstream::start(move |_| found().after(&held)).unwrap();
    let runtime = Runtime::builder().build().unwrap();
    let one = Limits { instances: 1, ..Limits::default() };
    let backend = load(builder(&runtime, &upstream).limits(one)).unwrap();
    block_on(async {
        let first = tokio::spawn({
            let backend = backend.clone();
            async move { backend.get("KEY").await }
        });
        while upstream.connections() == 0 {
            tokio::task::yield_now().await;
        }
        let hasty = Call { timeout: Duration::from_millis(50), ..Call::default() };
        let error = backend.exists("OTHER", &Default::default(), &hasty).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        assert!(error.to_string().contains("raise `limits.instances`"), "{error}");
        assert_eq!(backend.measures().limits, [("instances", 1)]);
        gate.open();
        first.await.unwrap().unwrap();
    });
    for instances in [0, limits::PLACES + 1] {
        let error = load(builder(&runtime, &upstream).limits(Limits { instances, ..one })).unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
    }
}
