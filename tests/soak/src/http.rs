//! A client that keeps its connection, and is strict: a connection that ends without an answer is no answer.

use std::{
    io::{self, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

/// How long an answer may take: much longer than the daemon's own patience with an upstream.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest answer that is read.
const ANSWER_BYTES: usize = 16 << 20;

/// Where the daemon is called.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Socket(PathBuf),
    Network(SocketAddr),
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// A whole answer: its status and its body.
    Answer(u16, Vec<u8>),
    /// The connection ended without one.
    Closed,
    /// Nothing, for too long.
    Nothing,
}

impl Got {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(status, _) => Some(*status),
            _ => None,
        }
    }

    pub(crate) fn body(&self) -> &[u8] {
        match self {
            Self::Answer(_, body) => body,
            _ => &[],
        }
    }
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A client, with a token or without.
pub(crate) struct Client {
    place: Place,
    token: Option<String>,
    stream: Option<BufReader<Box<dyn Stream>>>,
}

impl Client {
    pub(crate) fn new(place: Place, token: Option<String>) -> Self {
        Self { place, token, stream: None }
    }

    /// Asks, over the connection that is there, and keeps it.
    pub(crate) fn ask(&mut self, method: &str, target: &str, body: Option<&str>) -> Got {
        let head = self.head(method, target, body.map_or(0, str::len));
        let mut request = head.into_bytes();
        request.extend_from_slice(body.unwrap_or_default().as_bytes());
        let got = self.exchange(&request);
        if !matches!(got, Got::Answer(..)) {
            self.stream = None;
        }
        got
    }

    /// Sends bytes over a connection of its own, waits for an answer, and hangs up.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> Got {
        self.stream = None;
        let got = self.exchange(bytes);
        self.stream = None;
        got
    }

    /// Sends bytes over a connection of its own, and hangs up without waiting.
    pub(crate) fn drop_after(&mut self, bytes: &[u8]) -> Got {
        self.stream = None;
        let sent = self.connected().and_then(|stream| stream.get_mut().write_all(bytes));
        self.stream = None;
        if sent.is_ok() { Got::Closed } else { Got::Nothing }
    }

    /// The head of a request.
    pub(crate) fn head(&self, method: &str, target: &str, length: usize) -> String {
        let token = self.token.as_ref().map(|token| format!("X-Vault-Token: {token}\r\n")).unwrap_or_default();
        let length = if length > 0 { format!("Content-Length: {length}\r\n") } else { String::new() };
        format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Request: true\r\n{token}{length}\r\n")
    }

    fn exchange(&mut self, request: &[u8]) -> Got {
        let exchanged = self.connected().and_then(|stream| {
            // A server may refuse, and close, before it has read everything.
            let sent = stream.get_mut().write_all(request);
            answer(stream).or_else(|cause| sent.and(Err(cause)))
        });
        match exchanged {
            Ok((status, body)) => Got::Answer(status, body),
            Err(cause) if matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Got::Nothing,
            Err(_) => Got::Closed,
        }
    }

    fn connected(&mut self) -> io::Result<&mut BufReader<Box<dyn Stream>>> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(connect(&self.place)?),
        };
        Ok(self.stream.insert(stream))
    }
}

fn connect(place: &Place) -> io::Result<Box<dyn Stream>> {
    Ok(match place {
        Place::Socket(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Box::new(stream)
        }
        Place::Network(address) => {
            let stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
    })
}

/// Reads one answer. All that the daemon sends have a length, or no body.
fn answer(stream: &mut impl io::BufRead) -> io::Result<(u16, Vec<u8>)> {
    let bad = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| bad("no status"))?;
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(|_| bad("no length"))?;
            }
            Some(_) => {}
            None => break,
        }
    }
    if length > ANSWER_BYTES {
        return Err(bad("too long"));
    }
    let mut body = vec![0; if status == 204 { 0 } else { length }];
    stream.read_exact(&mut body)?;
    Ok((status, body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_answer_is_read_to_its_end_and_not_beyond() {
        let mut bytes = &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\n"[..];
        assert_eq!(answer(&mut bytes).unwrap(), (200, b"hi".to_vec()));
        assert_eq!(answer(&mut bytes).unwrap(), (204, Vec::new()));
        assert!(answer(&mut bytes).is_err());
    }
}
