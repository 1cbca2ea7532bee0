//! What a hostile client sends: refused in the interface's words, with bounded memory, and nobody else notices.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use crate::common::{
    Daemon, Home,
    daemon::{OWNER, backend},
    http::Answer,
};

/// A connection over TCP that gives up after a while.
fn connect(daemon: &Daemon) -> TcpStream {
    let stream = TcpStream::connect(daemon.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// What comes back for these bytes.
fn sent(daemon: &Daemon, bytes: &[u8]) -> Option<Answer> {
    let mut stream = connect(daemon);
    let _ = stream.write_all(bytes);
    let mut raw = Vec::new();
    let _ = stream.read_to_end(&mut raw);
    Answer::read(&raw)
}

/// The memory of the daemon that is in use, in KiB.
fn memory(daemon: &Daemon) -> u64 {
    figure(daemon, "VmRSS:")
}

/// The most that ever was.
fn most_memory(daemon: &Daemon) -> u64 {
    figure(daemon, "VmHWM:")
}

fn figure(daemon: &Daemon, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn what_is_no_http_is_refused_in_the_interfaces_words() {
    let daemon = Daemon::with_dotenv("A=1\n");
    for bytes in [
        &b"GARBAGE\r\n\r\n"[..],
        b"GET /v1/local/data/A\r\n\r\n",
        b"GET /v1/local/data/A HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /v1/a b HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked, x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    ] {
        let answer =
            sent(&daemon, bytes).unwrap_or_else(|| panic!("no answer to {:?}", bytes.escape_ascii().to_string()));
        assert_eq!(answer.status, 400, "{}: {answer:?}", bytes.escape_ascii());
        assert_eq!(answer.json()["errors"].as_array().map(Vec::len), Some(1), "{answer:?}");
    }
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
}

#[test]
fn a_megabyte_of_headers_and_a_body_without_end_are_refused_and_not_kept() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let before = memory(&daemon);
    let token = daemon.token(&["*:*/**"]);
    let head =
        |more: &str| format!("POST /v1/local/data/A HTTP/1.1\r\nhost: localhost\r\nx-vault-token: {token}\r\n{more}");
    let many = "x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(1 << 20 >> 6);
    let long = format!("x: {}\r\n", "y".repeat(1 << 20));
    for more in [many, long] {
        let answer = sent(&daemon, format!("{}\r\n", head(&more)).as_bytes());
        assert!(answer.is_none_or(|answer| answer.status == 431), "headers");
    }
    let body = vec![b'a'; 8 << 20];
    let fixed = [head(&format!("content-length: {}\r\n\r\n", body.len())).as_bytes(), &body].concat();
    let chunk = format!("{:x}\r\n", body.len());
    let chunked =
        [head("transfer-encoding: chunked\r\n\r\n").as_bytes(), chunk.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    for bytes in [fixed, chunked] {
        assert!(sent(&daemon, &bytes).is_none_or(|answer| answer.status == 413), "body");
    }
    // A client that asks first is told first.
    let asks = head(&format!("expect: 100-continue\r\ncontent-length: {}\r\n\r\n", 8 << 20));
    assert!(sent(&daemon, asks.as_bytes()).is_some_and(|answer| answer.status == 413));
    assert!(memory(&daemon) < before + (32 << 10), "{} KiB, before {before}", memory(&daemon));
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
}

#[test]
fn a_body_in_a_million_pieces_takes_no_more_than_its_bytes() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let token = daemon.token(&["read:local/A"]);
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    let before = most_memory(&daemon);
    let mut bytes = format!(
        "PUT /v1/local/data/A HTTP/1.1\r\nhost: localhost\r\nx-vault-token: {token}\r\nconnection: close\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    bytes.push_str(&"1\r\na\r\n".repeat(1_000_000));
    bytes.push_str("0\r\n\r\n");
    sent(&daemon, bytes.as_bytes()).unwrap().is(400);
    let after = most_memory(&daemon);
    assert!(after < before + (16 << 10), "{after} KiB, before {before}");
}

#[test]
fn many_large_bodies_at_once_take_bounded_memory_and_no_small_one_waits_for_them() {
    const MANY: usize = 96;
    let daemon = Daemon::with_dotenv("A=1\n");
    let token = daemon.token(&["read:local/A"]);
    let before = most_memory(&daemon);
    let head = format!(
        "PUT /v1/local/data/A HTTP/1.1\r\nhost: localhost\r\nx-vault-token: {token}\r\ncontent-length: {}\r\n\r\n",
        4 << 20
    );
    let almost = [head.as_bytes(), &vec![b'a'; (4 << 20) - 1]].concat();
    std::thread::scope(|scope| {
        let sending = (0..MANY).map(|_| {
            scope.spawn(|| {
                let mut stream = connect(&daemon);
                // What is not read any more is not waited for.
                stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
                let _ = stream.write_all(&almost);
                stream
            })
        });
        let sending: Vec<_> = sending.collect();
        let streams: Vec<_> = sending.into_iter().map(|sending| sending.join().unwrap()).collect();
        daemon.ask("PUT", "/v1/local/data/A").json(&json!({ "data": { "value": "2" } })).send().is(200);
        drop(streams);
    });
    let after = most_memory(&daemon);
    assert!(after < before + (224 << 10), "{after} KiB, before {before}");
}

#[test]
fn who_takes_all_places_of_the_network_leaves_those_at_the_socket() {
    let home = Home::with_dotenv("A=1\n");
    let config = format!("{OWNER}{}", backend(&home, "local", "read-only"));
    let daemon = Daemon::start_under(home, &config, &["prlimit", "--nofile=160:160"]);
    let streams: Vec<_> = (0..180).map(|_| connect(&daemon)).collect();
    daemon.ask("DELETE", "/runtime/v1/cache").send().is(200);
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    drop(streams);
    daemon.ask_tcp("GET", "/healthz").send().is(200);
    assert!(!daemon.log().contains("can't be taken"), "{}", daemon.log());
}

#[test]
fn a_hundred_thousand_tokens_are_tried_without_effect() {
    const AT_ONCE: usize = 500;
    let daemon = Daemon::with_dotenv("A=canary\n");
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    let before = memory(&daemon);
    let mut stream = connect(&daemon);
    for batch in 0..100_000 / AT_ONCE {
        let requests: String = (0..AT_ONCE)
            .map(|number| {
                let token = format!("srt_{:043}", batch * AT_ONCE + number);
                format!("GET /v1/local/data/A HTTP/1.1\r\nhost: localhost\r\nx-vault-token: {token}\r\n\r\n")
            })
            .collect();
        stream.write_all(requests.as_bytes()).unwrap();
        let (mut seen, mut bytes) = (0, [0; 1 << 16]);
        let mut text = String::new();
        while seen < AT_ONCE {
            let length = stream.read(&mut bytes).unwrap();
            assert!(length > 0, "the connection ended");
            text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
            seen = text.matches("{\"errors\":[\"permission denied\"]}").count();
        }
        assert!(!text.contains("canary") && !text.contains("HTTP/1.1 200"));
    }
    assert!(memory(&daemon) < before + (16 << 10), "{} KiB, before {before}", memory(&daemon));
    assert!(!daemon.log().contains("srt_"));
}

#[test]
fn five_thousand_connections_at_once_are_all_answered() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let daemon = Daemon::with_dotenv("A=1\n");
    let token = daemon.token(&["read:local/A"]);
    let mut streams: Vec<_> = (0..5_000).map(|_| connect(&daemon)).collect();
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    let request = format!(
        "GET /v1/local/data/A HTTP/1.1\r\nhost: localhost\r\nx-vault-token: {token}\r\nconnection: close\r\n\r\n"
    );
    for stream in &mut streams {
        stream.write_all(request.as_bytes()).unwrap();
    }
    for mut stream in streams {
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).unwrap();
        Answer::read(&raw).unwrap().is(200);
    }
}
