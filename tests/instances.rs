//! Many calls at once, in a runtime as a service has it: instances in a pool, one kept ready for each backend.

use secret_runtime::{Backend, CredentialSource, Runtime, SecretBytes};
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
    let token = CredentialSource::Value(SecretBytes::from(b"token-of-this-test".to_vec()));
    let component = Component::backend("vault").parse().unwrap();
    load(runtime.backend(component).set("address", upstream.address()).credential("token", token)).unwrap()
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
