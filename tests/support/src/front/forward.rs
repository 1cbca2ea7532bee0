//! Sending a request on, and reading the whole answer.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::Seen;

/// How long the server may keep silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Headers that are about one connection, or about a length that is told anew.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "keep-alive", "transfer-encoding", "content-length"];

/// An answer, whole.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Sends a request as it came, on a connection of its own.
pub(super) fn send(server: SocketAddr, seen: &Seen) -> Result<Answer> {
    let mut stream = TcpStream::connect(server).context("connecting")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{} {} HTTP/1.1\r\n", seen.method, seen.target);
    for (name, value) in seen.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("connection")) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("Connection: close\r\n\r\n");
    // Headers were read as Latin-1, one character for each byte.
    let mut bytes: Vec<u8> = head.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    bytes.extend(&seen.body);
    stream.write_all(&bytes).context("sending")?;
    read(&mut BufReader::new(stream), seen.method == "HEAD").context("reading the answer")
}

fn read(reader: &mut impl BufRead, is_head: bool) -> Result<Answer> {
    let (status, all) = loop {
        let (status, headers) = head(reader)?;
        // What comes before the answer proper, such as `100 Continue`, is not passed on.
        if status >= 200 {
            break (status, headers);
        }
    };
    let value = |wanted: &str| all.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let mut body = Vec::new();
    if is_head || matches!(status, 204 | 304) {
        // No body, whatever the headers say.
    } else if value("transfer-encoding").is_some() {
        chunks(reader, &mut body)?;
    } else if let Some(length) = value("content-length") {
        body.resize(length.parse()?, 0);
        reader.read_exact(&mut body)?;
    } else {
        reader.read_to_end(&mut body)?;
    }
    let passed = |(name, _): &(String, String)| !OF_THE_CONNECTION.iter().any(|own| name.eq_ignore_ascii_case(own));
    Ok(Answer { status, headers: all.into_iter().filter(passed).collect(), body })
}

/// Status and headers.
fn head(reader: &mut impl BufRead) -> Result<(u16, Vec<(String, String)>)> {
    let first = line(reader)?;
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok()).with_context(|| format!("no status: {first:?}"))?;
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let size = line(reader)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16)?;
        if size == 0 {
            // Trailers, up to the empty line.
            while !line(reader)?.is_empty() {}
            return Ok(());
        }
        if reader.by_ref().take(size).read_to_end(body)? as u64 != size || !line(reader)?.is_empty() {
            bail!("a chunk that is not as long as it says");
        }
    }
}

fn line(reader: &mut impl BufRead) -> Result<String> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes)?;
    let bytes = bytes.strip_suffix(b"\r\n").context("the answer ends too soon")?;
    Ok(bytes.iter().copied().map(char::from).collect())
}
