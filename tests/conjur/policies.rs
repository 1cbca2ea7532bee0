//! Declaring and deleting variables, which takes a policy.

use test_support::{Conjur, Reply, Rights, Upstream, layout};

use super::{admin, bare};
use crate::common::{Home, READ_WRITE};

const WRITER: Rights = Rights { execute: true, update: true, declare: false, modify: false };

fn loads(server: &Conjur) -> usize {
    server.seen().iter().filter(|seen| seen.target.starts_with("/policies/")).count()
}

#[test]
fn a_variable_is_declared_before_its_first_value_and_not_again() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    admin(&home, &server, ["set", "KEY"]).input("one").run().exits(0);
    assert_eq!((server.get("KEY"), loads(&server)), (Some(b"one".to_vec()), 1));
    let key = server.role("host/writer", WRITER);
    let as_writer = |arguments: &[&str]| {
        bare(&home, &server, arguments).env("CYBERARK_USERNAME", "host/writer").env("CYBERARK_API_KEY", &key)
    };
    as_writer(&["set", "KEY"]).input("two").run().exits(0).says(&["version 2"]);
    assert_eq!(loads(&server), 1);
    let refused = as_writer(&["set", "NEW"]).input("canary-value").run().exits(5).prints("");
    refused.says(&["policy"]).never_shows("canary-value");
    as_writer(&["delete", "KEY"]).run().exits(5).prints("");
    assert_eq!((server.get("KEY"), server.is_declared("NEW")), (Some(b"two".to_vec()), false));
}

#[test]
fn a_policy_that_is_being_loaded_is_waited_for() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    server.policy_is_busy(2);
    admin(&home, &server, ["set", "KEY"]).input("v").run().exits(0);
    assert_eq!((server.get("KEY"), loads(&server)), (Some(b"v".to_vec()), 3));
    server.policy_is_busy(1);
    admin(&home, &server, ["delete", "KEY"]).run().exits(0);
    assert!(!server.is_declared("KEY"));
}

#[test]
fn a_policy_that_never_rests_is_unavailable() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    server.policy_is_busy(100);
    let busy = admin(&home, &server, ["set", "KEY"]).input("canary-value").run().exits(6).prints("");
    busy.says(&["[policy-busy]"]).never_shows("canary-value");
    assert_eq!((server.is_declared("KEY"), loads(&server)), (false, 5));
}

#[test]
fn a_policy_that_is_refused_is_told_as_such() {
    let home = Home::new();
    let server = Upstream::start(|seen| match seen.target.as_str() {
        "/authn/default/admin/authenticate" => Reply::new(200, "{}"),
        target if target.starts_with("/resources/") => Reply::new(404, r#"{"error":{"code":"not_found"}}"#),
        _ => Reply::new(422, r#"{"error":{"code":"policy_invalid","message":"canary-message"}}"#),
    })
    .unwrap();
    let run = home.runtime(["--trust", READ_WRITE, "set", "KEY", "--backend"]).arg(layout::backend("conjur"));
    let run = run.env("CYBERARK_API_BASE", server.address()).env("CYBERARK_API_KEY", "0123456789").input("v").run();
    run.exits(1).prints("").says(&["[policy-refused]"]).never_shows("canary-message");
}
