//! The proxy, letting through and failing as told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
};

use super::*;

/// A server that says what it saw.
fn server() -> Upstream {
    Upstream::start(|seen| {
        let told = format!("{} {} {:?} {:?}", seen.method, seen.target, seen.header("host"), seen.body);
        Reply::new(203, told).with_header("X-Told", "yes")
    })
    .unwrap()
}

fn ask(front: &Front, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(front.address().trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    if !request.contains("/reset") {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    stream.read_to_end(&mut reply)?;
    Ok(String::from_utf8(reply).unwrap())
}

#[test]
fn a_request_and_its_answer_pass_unchanged() {
    let server = server();
    let front = Front::before(&server.address()).unwrap();
    let request = "PUT /a%2Fb?q=%20 HTTP/1.1\r\nHost: someone\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nhi";
    let reply = ask(&front, request).unwrap();
    assert!(reply.starts_with("HTTP/1.1 203 "), "{reply}");
    assert!(reply.contains("X-Told: yes\r\n"), "{reply}");
    assert!(reply.ends_with("PUT /a%2Fb?q=%20 Some(\"someone\") [104, 105]"), "{reply}");
    assert_eq!(server.seen()[0].header("x-own"), Some("1"));
    assert_eq!(front.seen().len(), 1);
}

#[test]
fn an_answer_in_chunks_or_up_to_the_end_passes_whole() {
    for answer in [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nabcde",
    ] {
        let server = Upstream::start(move |_| Reply::bytes(answer)).unwrap();
        let front = Front::before(&server.address()).unwrap();
        let reply = ask(&front, "GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(reply, "HTTP/1.1 200 Scripted\r\nContent-Length: 5\r\n\r\nabcde");
    }
}

#[test]
fn faults_meet_only_the_requests_they_are_for_and_only_so_often() {
    let server = server();
    let front = Front::before(&server.address()).unwrap();
    front.fail(2, |seen| seen.target == "/token", Fault::Reply(Reply::new(503, "busy")));
    front.fail(1, |seen| seen.target == "/token", Fault::CutShort);
    let status = |path: &str| ask(&front, &format!("GET {path} HTTP/1.1\r\n\r\n")).unwrap();
    assert!(status("/secret").contains(" 203 "));
    assert!(status("/token").contains(" 503 ") && status("/token").contains(" 503 "));
    let cut = status("/token");
    let (head, body) = cut.split_once("\r\n\r\n").unwrap();
    let promised: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(head.contains(" 203 ") && body.len() < promised && !body.is_empty(), "{cut}");
    assert!(status("/token").contains(" 203 "));
    assert_eq!((front.seen().len(), server.seen().len()), (5, 3));
}

#[test]
fn a_reset_is_one() {
    let server = server();
    let front = Front::before(&server.address()).unwrap();
    front.fail(1, |_| true, Fault::Reset);
    let error = ask(&front, "GET /reset HTTP/1.1\r\n\r\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(server.seen().len(), 0);
}
