//! What the daemon is asked leaves lines, and what can't leave one does not happen.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::common::{
    Daemon, Home,
    daemon::{OWNER, backend},
};

/// A daemon that serves `A=1` and writes an audit log, which begins with this.
fn audited(log: &str) -> Daemon {
    let home = Home::with_dotenv("A=1\n");
    home.file("audit.jsonl", log);
    let config = format!("audit = \"audit.jsonl\"\n{OWNER}{}", backend(&home, "local", "read-write"));
    Daemon::start_under(home, &config, &["env", "--ignore-signal=XFSZ"])
}

/// All lines, each as what was asked, of which name, by whom, and what came of it.
fn lines(daemon: &Daemon) -> Vec<Value> {
    let text = fs::read_to_string(daemon.home().path().join("audit.jsonl")).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_is_asked_of_the_daemon_itself_is_recorded_with_who_asked() {
    let daemon = audited("");
    let minted = daemon.mint(&json!({ "scopes": ["read:local/A"], "ttl": "1h" }));
    let (token, accessor) = (minted["token"].as_str().unwrap(), minted["accessor"].as_str().unwrap());
    daemon.ask_tcp("GET", "/v1/local/data/A").token(token).send().is(200);
    daemon.ask("GET", "/runtime/v1/cache?mount=local").send().is(200);
    daemon.ask("DELETE", "/runtime/v1/cache?mount=local&name=A").send().is(200);
    daemon.ask("GET", "/runtime/v1/tokens").send().is(200);
    daemon.ask_tcp("POST", "/v1/auth/token/revoke-self").token(token).send().is(204);
    let user = format!("user:{}", rustix::process::geteuid().as_raw());
    let holder = format!("token:{accessor}");
    let seen: Vec<_> = lines(&daemon)
        .iter()
        .map(|line| {
            let text = |member: &str| line[member].as_str().unwrap_or("-").to_owned();
            [text("operation"), text("backend"), text("name"), text("caller"), text("outcome")].join(" ")
        })
        .collect();
    assert_eq!(
        seen,
        [
            format!("token-mint - {accessor} {user} ok"),
            format!("read local A {holder} ok"),
            format!("cache-list local - {user} ok"),
            format!("cache-clear local A {user} ok"),
            format!("token-list - - {user} ok"),
            format!("token-revoke - {accessor} {holder} ok"),
        ]
    );
    assert_eq!(lines(&daemon)[0]["scopes"], json!(["read:local/A"]));
}

#[test]
fn what_scopes_refuse_is_recorded_with_who_was_refused() {
    let daemon = audited("");
    let minted = daemon.mint(&json!({ "scopes": ["read:local/A"], "ttl": "1h" }));
    daemon.ask_tcp("GET", "/v1/local/data/B").token(minted["token"].as_str().unwrap()).send().is(403);
    let line = lines(&daemon).pop().unwrap();
    let caller = format!("token:{}", minted["accessor"].as_str().unwrap());
    for (member, expected) in
        [("operation", "read"), ("backend", "local"), ("name", "B"), ("outcome", "refused"), ("caller", &caller)]
    {
        assert_eq!(line[member], expected, "{line}");
    }
}

#[test]
fn what_can_be_no_name_there_is_recorded_too() {
    let daemon = audited("");
    for (method, path, operation) in [
        ("GET", "/v1/local/data/a%20b", "read"),
        ("HEAD", "/runtime/v1/secrets/local/a%20b", "exists"),
        ("DELETE", "/v1/local/data/a%20b", "delete"),
    ] {
        daemon.ask(method, path).send().is(400);
        let line = lines(&daemon).pop().unwrap();
        for (member, expected) in [("operation", operation), ("name", "a b"), ("outcome", "invalid")] {
            assert_eq!(line[member], expected, "{line}");
        }
    }
}

#[test]
fn who_asks_for_a_mount_that_no_scope_reaches_leaves_a_line_whether_there_is_one_or_not() {
    let daemon = audited("");
    let minted = daemon.mint(&json!({ "scopes": ["read:other/**"], "ttl": "1h" }));
    let token = minted["token"].as_str().unwrap();
    for (path, status) in [
        ("/v1/local/data/NAME", 403),
        ("/v1/absent/data/NAME", 403),
        ("/v1/sys/internal/ui/mounts/local", 403),
        ("/v1.0/secrets/local/NAME", 401),
        ("/runtime/v1/secrets/local/NAME", 403),
    ] {
        let before = lines(&daemon).len();
        daemon.ask_tcp("GET", path).token(token).send().is(status);
        let lines = lines(&daemon);
        let line = lines.last().unwrap();
        assert_eq!(lines.len(), before + 1, "{path}");
        let mount = if path.contains("absent") { "absent" } else { "local" };
        let caller = format!("token:{}", minted["accessor"].as_str().unwrap());
        for (member, expected) in
            [("operation", "reach"), ("name", mount), ("outcome", "refused"), ("caller", caller.as_str())]
        {
            assert_eq!(line[member], expected, "{path}: {line}");
        }
        assert!(line.get("backend").is_none() && !line.to_string().contains("NAME"), "{line}");
    }
}

#[test]
fn a_line_that_broke_off_swallows_none_that_follows_whoever_writes_it() {
    let daemon = audited(&format!("{}\n", json!({ "filler": "x".repeat(1 << 16) })));
    let log = daemon.home().path().join("audit.jsonl");
    let limit = |bytes: &str| {
        let (id, limit) = (daemon.id().to_string(), format!("--fsize={bytes}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
    };
    limit(&(fs::metadata(&log).unwrap().len() + 20).to_string());
    daemon.ask("GET", "/v1/local/data/A").send().is(403);
    limit("unlimited");
    daemon.mint(&json!({ "scopes": ["read:local/A"], "ttl": "1h" }));
    let text = fs::read_to_string(&log).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["operation"], "token-mint", "{last}");
}

#[test]
fn what_can_not_be_recorded_is_refused() {
    // Larger than the file of tokens gets, which is not what is to fail.
    let daemon = audited(&format!("{}\n", json!({ "filler": "x".repeat(1 << 16) })));
    let kept = daemon.mint(&json!({ "scopes": ["read:local/A"], "ttl": "1h" }));
    let full = fs::metadata(daemon.home().path().join("audit.jsonl")).unwrap().len();
    let limit = |bytes: &str| {
        let (id, limit) = (daemon.id().to_string(), format!("--fsize={bytes}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
    };
    limit(&full.to_string());
    let token = kept["token"].as_str().unwrap();
    let wish = json!({ "scopes": ["*:*/**"], "ttl": "1h" });
    for (method, path) in
        [("POST", "/runtime/v1/tokens"), ("GET", "/runtime/v1/tokens"), ("DELETE", "/runtime/v1/cache")]
    {
        let answer = daemon.ask(method, path).json(&wish).send().is(403);
        assert_eq!(answer.json(), json!({ "errors": ["permission denied (rule audit)"] }), "{method} {path}");
    }
    for name in ["A", "B"] {
        let answer = daemon.ask_tcp("GET", &format!("/v1/local/data/{name}")).token(token).send().is(403);
        assert!(answer.text().contains("rule audit"), "{answer:?}");
    }
    limit("unlimited");
    let held = daemon.ask("GET", "/runtime/v1/tokens").send().is(200).json();
    assert_eq!(held["tokens"].as_array().unwrap().len(), 1, "the refused one is not there: {held}");
}

#[test]
fn tokens_that_nobody_minted_cost_neither_memory_nor_lines() {
    let daemon = audited("");
    let memory = || {
        let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().to_owned();
        line.trim_end_matches("kB").trim().parse::<u64>().unwrap()
    };
    let try_many = |from: u32| {
        let mut stream = std::net::TcpStream::connect(daemon.address()).unwrap();
        let (requests, replies) = (from..from + 10_000, stream.try_clone().unwrap());
        let reading = std::thread::spawn(move || {
            let mut replies = std::io::BufReader::new(replies);
            let mut text = String::new();
            std::io::Read::read_to_string(&mut replies, &mut text).unwrap();
            text.matches("HTTP/1.1 403 Forbidden").count()
        });
        for number in requests {
            let close = if number == from + 9_999 { "Connection: close\r\n" } else { "" };
            let request = format!(
                "GET /v1/local/data/A HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: srt_{number:043}\r\n{close}\r\n"
            );
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        }
        assert_eq!(reading.join().unwrap(), 10_000);
    };
    try_many(0);
    let before = memory();
    (1..10).for_each(|round| try_many(round * 10_000));
    let grown = memory().saturating_sub(before);
    assert!(grown < 2048, "{grown} KiB more after 90,000 tokens");
    assert_eq!(lines(&daemon), Vec::<Value>::new());
}
