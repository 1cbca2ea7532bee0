//! One connection of a scripted server: just enough HTTP/1.1 to serve a client that keeps connections open.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, PoisonError},
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, Stream};
use socket2::SockRef;

use super::{Seen, Shared, reply::Kind};

/// The longest request line, or header, that a test may send.
const LINE_BYTES: u64 = 1 << 20;

/// Answers requests until the client goes, an answer closes the connection, or the server stops.
pub(super) fn serve(stream: TcpStream, number: usize, shared: &Shared) {
    let mut connection = Closing(Some(stream));
    let Some(stream) = &connection.0 else { return };
    // A client that breaks off is no concern of a test server; what matters is in `seen`.
    let answered = match &shared.tls {
        None => answer_all(stream, &Peer { number, certificate: None }, shared),
        Some(tls) => answer_securely(stream, number, tls, shared),
    };
    if matches!(answered, Ok(End::Reset)) {
        // With no time to linger, the last owner's close sends a reset in place of the usual end.
        let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        shared.let_go(number);
        connection.0 = None;
    }
}

/// The same within TLS.
fn answer_securely(mut stream: &TcpStream, number: usize, tls: &Arc<ServerConfig>, shared: &Shared) -> io::Result<End> {
    let mut session = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
    while session.is_handshaking() {
        if let Err(cause) = session.complete_io(&mut stream) {
            // What a client has sent already, unread, would reset the connection before it reads why.
            stream.shutdown(Shutdown::Write)?;
            io::copy(&mut stream, &mut io::sink())?;
            return Err(cause);
        }
    }
    let certificate = session.peer_certificates().and_then(|chain| chain.first()).map(|first| first.to_vec());
    let answered = answer_all(Stream::new(&mut session, &mut stream), &Peer { number, certificate }, shared);
    if matches!(answered, Ok(End::Closed)) {
        session.send_close_notify();
        session.write_tls(&mut stream)?;
    }
    answered
}

/// Who is at the other end.
struct Peer {
    number: usize,
    certificate: Option<Vec<u8>>,
}

/// How a connection ends.
enum End {
    Closed,
    Reset,
}

/// Closes the connection at the end, also when a handler panics: the client must not wait for an answer.
struct Closing(Option<TcpStream>);

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(stream) = &self.0 {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn answer_all(stream: impl Read + Write, peer: &Peer, shared: &Shared) -> io::Result<End> {
    let mut reader = BufReader::new(stream);
    while let Some(seen) = request(&mut reader, peer)? {
        let reply = (shared.handler)(&seen);
        let is_head = seen.method == "HEAD";
        shared.state().seen.push(seen);
        shared.changed.notify_all();
        if let Some(gate) = &reply.gate {
            shared.hold(gate);
        }
        let stream = reader.get_mut();
        match reply.kind {
            Kind::Whole { status, headers, body } => {
                let mut head = head(status, &headers);
                head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
                let mut bytes = head.into_bytes();
                if !is_head {
                    bytes.extend(body);
                }
                write(stream, &bytes)?;
            }
            Kind::Endless { status } => {
                write(stream, format!("{}\r\n", head(status, &[])).as_bytes())?;
                loop {
                    write(stream, &[b'x'; 16 * 1024])?;
                }
            }
            Kind::Silence => {
                let stopped = shared.changed.wait_while(shared.state(), |state| !state.stopping);
                drop(stopped.unwrap_or_else(PoisonError::into_inner));
                return Ok(End::Closed);
            }
            Kind::Reset => return Ok(End::Reset),
            Kind::CutShort { status, sent, promised } => {
                write(stream, format!("{}Content-Length: {promised}\r\n\r\n", head(status, &[])).as_bytes())?;
                return write(stream, &sent).map(|()| End::Closed);
            }
            Kind::Bytes(bytes) => return write(stream, &bytes).map(|()| End::Closed),
        }
    }
    Ok(End::Closed)
}

fn write(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

fn head(status: u16, headers: &[(String, String)]) -> String {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head
}

/// The next request; none when the client has closed the connection.
fn request(reader: &mut BufReader<impl Read>, peer: &Peer) -> io::Result<Option<Seen>> {
    let Some(first) = line(reader)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(bad("not an HTTP/1.1 request line"));
    };
    let mut headers = Vec::new();
    loop {
        let header = line(reader)?.ok_or_else(|| bad("the headers end too soon"))?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
        headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    let mut seen = Seen {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: Vec::new(),
        connection: peer.number,
        certificate: peer.certificate.clone(),
    };
    seen.body.resize(length(&seen)?, 0);
    reader.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}

fn length(seen: &Seen) -> io::Result<usize> {
    if seen.header_values("transfer-encoding").next().is_some() {
        return Err(bad("a body without a length"));
    }
    let mut lengths = seen.header_values("content-length");
    match (lengths.next(), lengths.next()) {
        (None, _) => Ok(0),
        (Some(length), None) => length.parse().map_err(|_| bad("a length that is none")),
        _ => Err(bad("two lengths")),
    }
}

/// One line without its end; none at the end of the stream.
fn line(reader: &mut BufReader<impl Read>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let bytes = bytes.strip_suffix(b"\r\n").ok_or_else(|| bad("a line that does not end in CR LF"))?;
    // Header values are bytes; Latin-1 keeps each of them.
    Ok(Some(bytes.iter().copied().map(char::from).collect()))
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
