//! `runtime token` and `runtime cache`, against a daemon and against none.

use serde_json::Value;

use crate::common::{Daemon, Home, daemon::backend, schema};

#[test]
fn a_token_is_printed_alone_and_told_of_beside() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let mint = ["--scope", "read:local/A", "--scope", "list:local/**", "--ttl", "1h", "--note", "the mail server"];
    let run = daemon.token_command(&mint).run().exits(0);
    let token = String::from_utf8(run.stdout.clone()).unwrap();
    assert!(token.starts_with("srt_") && token.len() == 47 && !run.stderr.contains(&token), "{run:?}");
    daemon.ask_tcp("GET", "/v1/local/data/A").token(&token).send().is(200);
    let list = daemon.token_command(&["list"]).run().exits(0).contains("(the mail server)").never_shows(&token);
    let accessor = String::from_utf8(list.stdout).unwrap().split(' ').next().unwrap().to_owned();
    run.says(&["read:local/A and list:local/**", &format!("`runtime token revoke {accessor}`")]);
    daemon.token_command(&["revoke", &accessor]).run().exits(0).says(&["1 token revoked"]).prints("");
    daemon.ask_tcp("GET", "/v1/local/data/A").token(&token).send().is(403);
    daemon.token_command(&["revoke", &accessor]).run().exits(10).says(&["there is no token of this accessor"]);
    daemon.token_command(&["list"]).run().exits(0).says(&["no token holds"]).prints("");
}

#[test]
fn a_scope_of_what_is_not_mounted_is_told() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let run =
        daemon.token_command(&["--scope", "read:locl/A", "--scope", "read:local/A", "--ttl", "1h"]).run().exits(0);
    run.says(&["nothing is mounted as locl now"]);
    let everywhere = daemon.token_command(&["--scope", "read:*/A", "--ttl", "1h"]).run().exits(0);
    assert!(!everywhere.stderr.contains("nothing is mounted"), "{everywhere:?}");
}

#[test]
fn all_tokens_can_be_revoked_and_what_can_not_be_meant_is_refused() {
    let daemon = Daemon::with_dotenv("A=1\n");
    (0..3).for_each(|_| drop(daemon.token(&["read:local/A"])));
    daemon.token_command(&["--scope", "reed:local/A", "--ttl", "1h"]).run().exits(2).says(&["did you mean `read`?"]);
    daemon.token_command(&["--scope", "read:local/A"]).run().exits(2).says(&["--ttl"]);
    daemon.token_command(&["--ttl", "1h"]).run().exits(2).says(&["--scope"]);
    daemon.token_command(&["--scope", "read:local/A", "--ttl", "9000h"]).run().exits(2).says(&["a year"]);
    daemon.token_command(&["revoke"]).run().exits(2).says(&["ACCESSOR"]);
    daemon.token_command(&["revoke", "--all"]).run().exits(0).says(&["3 tokens revoked"]);
}

#[test]
fn a_cache_is_shown_and_cleared_by_mount_and_name() {
    let daemon = Daemon::with_dotenv("A=canary-a\nB=canary-b\n");
    let cache = |words: &[&str]| daemon.client(&["cache"]).args(words).arg("--socket").arg(daemon.socket()).run();
    for name in ["A", "B"] {
        daemon.ask("GET", &format!("/v1/local/data/{name}")).send().is(200);
    }
    let list = cache(&["list"]).exits(0).contains("local/A  0 s old, ").never_shows("canary");
    assert_eq!(list.stdout.iter().filter(|byte| **byte == b'\n').count(), 2);
    cache(&["clear", "--mount", "local", "A"]).exits(0).says(&["1 kept value forgotten"]);
    cache(&["list", "--mount", "local"]).exits(0).contains("local/B");
    cache(&["clear", "B"]).exits(2).says(&["--mount"]);
    cache(&["clear", "--mount", "other"]).exits(10).says(&["there is no such mount"]);
    cache(&["clear"]).exits(0).says(&["1 kept value forgotten"]);
    cache(&["list"]).exits(0).says(&["nothing is kept"]).prints("");
    for query in ["?nmae=A", "?mount=local&mount=local", "?name=A"] {
        daemon.ask("DELETE", &format!("/runtime/v1/cache{query}")).send().is(400);
    }
}

#[test]
fn where_no_daemon_answers_it_is_said_what_was_tried() {
    let home = Home::new();
    let socket = home.path().join("none.sock");
    for words in [&["token", "--scope", "read:a/b", "--ttl", "1h"][..], &["token", "list"], &["cache", "clear"]] {
        let run = home.runtime(words).arg("--socket").arg(&socket).run().exits(6);
        run.says(&["none.sock", "there is no such socket", "`runtime serve`"]).prints("");
    }
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    home.runtime(["token", "list", "--socket"]).arg(&socket).run().exits(6).says(&["nobody listens there"]);
}

#[test]
fn the_socket_is_the_one_that_the_daemon_is_configured_with() {
    let home = Home::with_dotenv("A=1\n");
    let config = format!("[serve]\nsocket = \"run/runtime.sock\"\n{}", backend(&home, "local", "read-only"));
    let daemon = Daemon::start_in(home, &config);
    daemon.client(&["token", "list"]).run().exits(0);
}

#[test]
fn real_output_is_as_the_schemas_say() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let run = |words: &[&str]| {
        daemon.client(&["--output", "json"]).args(words).arg("--socket").arg(daemon.socket()).run().exits(0).json()
    };
    let minted = run(&["token", "--scope", "read:local/A", "--ttl", "1h", "--note", "a note"]);
    schema::holds("token", &minted);
    schema::holds("token", &run(&["token", "--metrics", "--ttl", "1h"]));
    schema::holds("token", &run(&["token", "--scope", "read:elsewhere/A", "--ttl", "1h"]));
    schema::holds("token-list", &run(&["token", "list"]));
    let accessor = minted["accessor"].as_str().unwrap();
    schema::holds("token-revoke", &run(&["token", "revoke", accessor]));
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    let kept: Value = run(&["cache", "list"]);
    assert_eq!(kept["entries"].as_array().unwrap().len(), 1);
    schema::holds("cache-list", &kept);
    schema::holds("cache-clear", &run(&["cache", "clear"]));
}
