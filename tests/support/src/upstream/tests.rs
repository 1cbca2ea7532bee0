//! The server that misbehaves, behaving as told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{ErrorKind, Read, Write};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};

use super::*;
use crate::Identity;

fn client(upstream: &Upstream) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", upstream.port())).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn ask(upstream: &Upstream, request: &str) -> String {
    let mut stream = client(upstream);
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    String::from_utf8(reply).unwrap()
}

#[test]
fn a_request_is_kept_byte_for_byte_and_answered_as_scripted() {
    let upstream = Upstream::start(|seen| Reply::new(418, seen.body.clone()).with_header("X-Pot", "tea")).unwrap();
    let reply =
        ask(&upstream, "PoST /a/../b%2f?q=1;2 HTTP/1.1\r\nX-One:  a b \r\nx-one: c\r\nContent-Length: 3\r\n\r\nxyz");
    assert_eq!(reply, "HTTP/1.1 418 Scripted\r\nX-Pot: tea\r\nContent-Length: 3\r\n\r\nxyz");
    let seen = &upstream.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str(), seen.connection), ("PoST", "/a/../b%2f?q=1;2", 1));
    assert_eq!(seen.headers[0], ("X-One".into(), "a b".into()));
    assert_eq!(seen.body, b"xyz");
    assert_eq!((seen.header("x-one"), seen.header("CONTENT-LENGTH")), (None, Some("3")));
}

#[test]
fn a_connection_serves_more_than_one_request() {
    let upstream = Upstream::start(|_| Reply::new(200, "")).unwrap();
    let reply = ask(&upstream, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    assert_eq!(reply.matches("200").count(), 2);
    assert_eq!((upstream.seen().len(), upstream.connections()), (2, 1));
}

#[test]
fn faults_are_as_scripted() {
    let table = [
        (Reply::cut_short(200, "ab", 10), "HTTP/1.1 200 Scripted\r\nContent-Length: 10\r\n\r\nab"),
        (Reply::bytes("garbage"), "garbage"),
        (
            Reply::redirect(302, "http://x/"),
            "HTTP/1.1 302 Scripted\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",
        ),
    ];
    for (reply, bytes) in table {
        let upstream = Upstream::start(move |_| reply.clone()).unwrap();
        assert_eq!(ask(&upstream, "GET / HTTP/1.1\r\n\r\n"), bytes);
    }
}

#[test]
fn an_endless_body_goes_on_until_the_client_leaves() {
    let upstream = Upstream::start(|_| Reply::endless(200)).unwrap();
    let mut stream = client(&upstream);
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut megabyte = vec![0; 1 << 20];
    stream.read_exact(&mut megabyte).unwrap();
    assert!(megabyte.ends_with(b"xxx"));
}

#[test]
fn a_gate_holds_an_answer_back_until_it_is_opened() {
    let gate = Gate::new();
    let upstream = Upstream::start({
        let gate = gate.clone();
        move |_| Reply::new(200, "late").after(&gate)
    })
    .unwrap();
    let mut stream = client(&upstream);
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    upstream.wait_for(1).unwrap();
    stream.set_nonblocking(true).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    gate.open();
    let mut reply = [0; 15];
    stream.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 200 Sc");
}

#[test]
fn stopping_ends_what_still_waits() {
    for reply in [Reply::silence(), Reply::new(200, "").after(&Gate::new())] {
        let upstream = Upstream::start(move |_| reply.clone()).unwrap();
        let mut stream = client(&upstream);
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        upstream.wait_for(1).unwrap();
        drop(upstream);
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn what_is_not_http_is_counted_but_not_answered() {
    let upstream = Upstream::start(|_| Reply::new(200, "")).unwrap();
    for request in ["HELLO\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\nxx"] {
        assert_eq!(ask(&upstream, request), "");
    }
    assert_eq!((upstream.seen().len(), upstream.connections()), (0, 2));
}

/// What a client with this certificate, or none, is answered.
fn ask_securely(upstream: &Upstream, trusting: &Authority, showing: Option<&Identity>) -> std::io::Result<String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_file_iter(trusting.ca_file()).unwrap().map(Result::unwrap));
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match showing {
        None => config.with_no_client_auth(),
        Some(identity) => {
            let chain = vec![CertificateDer::from_pem_file(identity.certificate_file()).unwrap()];
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(identity.key_file()).unwrap()).unwrap()
        }
    };
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(session, client(upstream));
    stream.write_all(b"GET /secret HTTP/1.1\r\nConnection: close\r\n\r\n")?;
    stream.conn.send_close_notify();
    stream.flush()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}

#[test]
fn within_tls_it_answers_as_scripted_and_sees_who_asks() {
    let (ours, theirs) = (Authority::new().unwrap(), Authority::new().unwrap());
    let (known, stranger) = (ours.client("known").unwrap(), theirs.client("stranger").unwrap());
    let start = |clients| Upstream::start_tls(&ours, clients, |_| Reply::new(200, "hello")).unwrap();

    let open = start(Clients::Anybody);
    assert!(open.address().starts_with("https://127.0.0.1:"));
    assert!(ask_securely(&open, &ours, Some(&known)).unwrap().ends_with("hello"));
    assert!(ask_securely(&open, &theirs, None).is_err(), "a stranger's certificate was trusted");
    assert_eq!(open.seen().len(), 1);
    assert_eq!(open.seen()[0].certificate, None);

    let asking = start(Clients::Asked(&ours));
    for (showing, seen) in [(None, None), (Some(&known), Some(known.certificate_der().to_vec()))] {
        assert!(ask_securely(&asking, &ours, showing).unwrap().ends_with("hello"));
        assert_eq!(asking.seen().last().unwrap().certificate, seen);
    }

    let closed = start(Clients::Known(&ours));
    assert!(ask_securely(&closed, &ours, Some(&known)).unwrap().ends_with("hello"));
    for showing in [None, Some(&stranger)] {
        assert!(ask_securely(&closed, &ours, showing).is_err());
    }
    assert_eq!(closed.seen().len(), 1);
}
