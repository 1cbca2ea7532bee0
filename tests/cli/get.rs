//! What `get` writes: the value and nothing else, or JSON.

use serde_json::json;
use test_support::{Gate, Reply, Upstream};

use crate::common::{Attack, Home};

/// A server whose secrets hold what their names say.
fn server() -> Upstream {
    Upstream::start(|seen| match seen.target.as_str() {
        "/secret/TEXT" => Reply::new(200, "s3cret"),
        "/secret/LINE" => Reply::new(200, "line\n"),
        "/secret/EMPTY" => Reply::new(200, ""),
        "/secret/BYTES" => Reply::new(200, [0, 0xff, b'\n', 0xfe]),
        "/secret/LONG" => Reply::new(200, vec![b'x'; 1 << 20]),
        "/secret/BROKEN" => Reply::new(500, ""),
        _ => Reply::new(404, ""),
    })
    .unwrap()
}

#[test]
fn a_pipe_gets_the_bytes_of_the_value_and_nothing_else() {
    let (home, server) = (Home::new(), server());
    for (key, value) in [
        ("TEXT", b"s3cret".as_slice()),
        ("LINE", b"line\n"),
        ("EMPTY", b""),
        ("BYTES", &[0, 0xff, b'\n', 0xfe]),
        ("LONG", &vec![b'x'; 1 << 20]),
    ] {
        home.example("c", &server, ["get", key]).run().exits(0).prints(value);
    }
}

#[test]
fn a_terminal_gets_a_newline_after_the_value() {
    let (home, server) = (Home::new(), server());
    for (key, shown) in [("TEXT", "--trust.\r\ns3cret\r\n"), ("LINE", "--trust.\r\nline\r\n")] {
        let screen = home.example("c", &server, ["get", key]).on_terminal().exits(0);
        assert!(screen.ends_with(shown), "{screen}");
    }
}

#[test]
fn several_keys_are_an_object_by_name() {
    let (home, server) = (Home::new(), server());
    let answer = home.example("c", &server, ["get", "TEXT", "BYTES", "EMPTY"]).run().exits(0).json();
    assert_eq!(
        answer,
        json!({ "TEXT": { "value": "s3cret" }, "BYTES": { "value_base64": "AP8K/g==" }, "EMPTY": { "value": "" } })
    );
    let one = home.example("c", &server, ["get", "TEXT", "--output", "json"]).run().exits(0).json();
    assert_eq!(one, json!({ "TEXT": { "value": "s3cret" } }));
}

#[test]
fn a_key_that_fails_does_not_keep_the_others_back() {
    let (home, server) = (Home::new(), server());
    let run = home.example("c", &server, ["get", "GONE", "TEXT", "LOST"]).run().exits(10);
    assert_eq!(run.json()["TEXT"], json!({ "value": "s3cret" }));
    for key in ["GONE", "LOST"] {
        assert_eq!(run.json()[key]["error"]["kind"], "not-found");
    }
    run.says(&["GONE", "LOST"]);
}

#[test]
fn the_first_failure_that_is_more_than_absence_decides_the_exit_code() {
    let (home, server) = (Home::new(), server());
    let run = home.example("c", &server, ["get", "GONE", "a/b", "BROKEN", "TEXT"]).run();
    let kinds: Vec<_> = ["GONE", "a/b", "BROKEN"].iter().map(|key| run.json()[key]["error"]["kind"].clone()).collect();
    assert_eq!(kinds, ["not-found", "not-found", "unavailable"]);
    run.exits(6);
    let refused = home.example("c", &server, ["--hosted-keys", "T*", "get", "GONE", "TEXT", "BROKEN"]).run().exits(3);
    assert_eq!(refused.json()["GONE"]["error"]["rule"], "hosted-keys");
}

#[test]
fn one_key_that_fails_in_json_is_an_error_in_json() {
    let (home, server) = (Home::new(), server());
    let run = home.example("c", &server, ["--output", "json", "get", "GONE"]).run().exits(10);
    let error = &run.json()["GONE"]["error"];
    assert_eq!(error["kind"], "not-found");
    assert!(error["message"].as_str().unwrap().contains("GONE"));
}

#[test]
fn what_an_upstream_says_about_an_error_is_not_in_the_json() {
    let canary = "canary-word-in-a-reply";
    let server = Upstream::start(|_| Reply::new(200, "canary-word-in-a-reply")).unwrap();
    let gossip = Attack::on(&server).sends("GET", &format!("{}/v1/secret/KEY", server.address())).set("act", "gossip");
    let run = gossip.command(&Home::new(), &["--output", "json", "get", "KEY"]).run().exits(1);
    assert!(!String::from_utf8_lossy(&run.stdout).contains(canary), "{run:?}");
    assert_eq!(run.json()["KEY"]["error"]["kind"], "other");
    // The person at the keyboard is told, and told whose words they are.
    run.says(&["from the backend: ", canary]);
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let (home, server) = (Home::new(), server());
    for arguments in [&["get", "LONG"][..], &["get", "TEXT", "LONG"], &["--output", "json", "get", "TEXT"]] {
        let run = home.example("c", &server, arguments).unheard().run().exits(0);
        assert!(!run.stderr.contains("defect") && !run.stderr.contains("can't be written"), "{run:?}");
    }
    home.runtime(["--help"]).unheard().run().exits(0);
    home.runtime(["backends"]).unheard().run().exits(0);
}

#[test]
fn several_keys_are_read_at_once_and_written_in_their_order() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Upstream::start(move |seen| {
        let name = seen.target.rsplit('/').next().unwrap().to_owned();
        Reply::new(if name == "K3" { 404 } else { 200 }, name).after(&held)
    })
    .unwrap();
    let (home, keys) = (Home::new(), (0..20).map(|number| format!("K{number}")).collect::<Vec<_>>());
    let run = home.example("c", &server, ["get"]).args(&keys).start();
    // Read one by one, the second would not come before the first is answered.
    server.wait_for(8).unwrap();
    gate.open();
    let run = run.wait().exits(10);
    let answer = run.json();
    assert_eq!(answer["K7"], json!({ "value": "K7" }));
    assert_eq!(answer["K3"]["error"]["kind"], "not-found");
    assert_eq!(answer.as_object().unwrap().len(), keys.len());
}

#[test]
fn keys_are_read_in_one_process_with_one_grant() {
    let (home, server) = (Home::new(), server());
    let run = home.example("c", &server, ["get", "TEXT", "TEXT", "LINE"]).run().exits(0);
    assert_eq!(run.stderr.matches("Granted for this run").count(), 1, "{run:?}");
    assert_eq!(run.json().as_object().unwrap().len(), 2);
}
