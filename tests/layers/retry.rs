//! Reads are tried again, three times in all, when the upstream was only away for a moment.

use std::sync::atomic::{AtomicUsize, Ordering};

use test_support::{Reply, Upstream};

use crate::common::{Home, READ_WRITE};

/// A server that answers so often with `fault` before it is well again.
fn flaky(faults: usize, fault: Reply) -> Upstream {
    let asked = AtomicUsize::new(0);
    Upstream::start(
        move |_| {
            if asked.fetch_add(1, Ordering::SeqCst) < faults { fault.clone() } else { Reply::new(200, "v") }
        },
    )
    .unwrap()
}

#[test]
fn a_read_outlasts_two_failures_and_not_three() {
    let home = Home::new();
    for fault in [
        Reply::new(500, ""),
        Reply::new(503, ""),
        Reply::bytes("no HTTP at all\r\n\r\n"),
        Reply::cut_short(200, "half", 100),
        Reply::bytes(""),
    ] {
        let server = flaky(2, fault.clone());
        home.example("c", &server, ["get", "KEY"]).run().exits(0).prints("v");
        assert_eq!(server.seen().len(), 3, "{fault:?}");

        let server = flaky(usize::MAX, fault.clone());
        home.example("c", &server, ["get", "KEY"]).run().exits(6).prints("");
        assert_eq!(server.seen().len(), 3, "{fault:?}");
    }
}

#[test]
fn what_would_fail_again_is_asked_once() {
    let home = Home::new();
    for (status, code) in [(400, 2), (403, 5), (404, 7), (200, 7)] {
        let server = flaky(usize::MAX, Reply::new(status, ""));
        let get = home.vault_at(&server.address(), ["get", "KEY"]).env("VAULT_TOKEN", "s.token").run();
        get.exits(code).prints("");
        // After a 403 the host asks, once, whether its credential is good.
        let asked: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
        let secret = asked.iter().filter(|target| target.contains("/data/")).count();
        assert_eq!((secret, asked.len()), (1, if status == 403 { 2 } else { 1 }), "{asked:?}");
    }
}

#[test]
fn writes_and_deletes_are_never_repeated() {
    let home = Home::new();
    for command in [&["set", "KEY", "--opt", "field="][..], &["delete", "KEY", "--force"]] {
        let server = flaky(usize::MAX, Reply::new(503, ""));
        let run = home.vault_at(&server.address(), [READ_WRITE]).args(command).env("VAULT_TOKEN", "s.token");
        run.input("{}").run().exits(6);
        assert_eq!(server.seen().len(), 1, "{command:?}");
    }
}

#[test]
fn no_try_begins_that_could_not_end_in_time() {
    let home = Home::new();
    let server = flaky(usize::MAX, Reply::silence());
    home.example("c", &server, ["get", "KEY", "--timeout", "500ms"]).run().exits(6);
    assert_eq!(server.connections(), 1);
}
