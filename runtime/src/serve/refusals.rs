//! What hyper itself refuses, in the shape of the interface.
//!
//! A request that is no HTTP never reaches us: hyper answers it with a status and no body. Clients of Vault look for
//! the reason in a body, so this stream puts one in.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How such an answer begins, and what is said instead. Replies of ours have a body and are never touched.
const REFUSALS: [(&[u8], &str); 3] = [
    (b"HTTP/1.1 400 ", "the request is not HTTP/1.1 as it should be"),
    (b"HTTP/1.1 414 ", "the path is too long"),
    (b"HTTP/1.1 431 ", "the request has too many headers, or too long ones"),
];

/// A stream that words hyper's refusals.
pub(crate) struct Refusals<S> {
    inner: S,
    /// The rest of an answer that took the place of another one, and how long that was.
    pending: Option<(Vec<u8>, usize)>,
}

impl<S> Refusals<S> {
    pub(crate) fn over(inner: S) -> Self {
        Self { inner, pending: None }
    }
}

fn worded(bytes: &[u8]) -> Option<Vec<u8>> {
    let (start, reason) = REFUSALS.into_iter().find(|(start, _)| bytes.starts_with(start))?;
    memchr::memmem::find(bytes, b"\r\ncontent-length: 0\r\n")?;
    let body = serde_json::json!({ "errors": [reason] }).to_string();
    let status = String::from_utf8_lossy(start);
    let head = format!(
        "{status}Refused\r\nconnection: close\r\ncache-control: no-store\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    Some(head.into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusals<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Refusals<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.pending.is_none() {
            match worded(bytes) {
                Some(worded) => this.pending = Some((worded, bytes.len())),
                None => return Pin::new(&mut this.inner).poll_write(context, bytes),
            }
        }
        while let Some((rest, instead_of)) = &mut this.pending {
            let written = ready!(Pin::new(&mut this.inner).poll_write(context, rest))?;
            rest.drain(..written.min(rest.len()));
            match (rest.is_empty(), written) {
                (true, _) => {
                    let length = *instead_of;
                    this.pending = None;
                    return Poll::Ready(Ok(length));
                }
                (false, 0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                _ => {}
            }
        }
        Poll::Ready(Ok(0))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
