//! Standard output and standard error of a component: lines of its log.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};
use zeroize::Zeroize as _;

use crate::{
    sandbox::limits::{LOG_LINES, TEXT_BYTES},
    store::{Level, Listener},
};

/// One stream. What nobody hears is dropped.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<Lines>>);

/// Text on its way to becoming lines.
struct Lines {
    level: Level,
    listener: Option<Arc<dyn Listener>>,
    /// The line that is being written, as far as it is shown.
    line: Vec<u8>,
    lines_left: u32,
}

impl Output {
    pub(super) fn new(level: Level) -> Self {
        Self(Arc::new(Mutex::new(Lines { level, listener: None, line: Vec::new(), lines_left: LOG_LINES })))
    }

    pub(super) fn heard_by(&self, listener: Option<Arc<dyn Listener>>) {
        self.lines().listener = listener;
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn write(&mut self, text: &[u8]) {
        if self.listener.is_none() || self.lines_left == 0 {
            return;
        }
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            if self.lines_left == 0 {
                return;
            }
            let (piece, ends) = match piece.split_last() {
                Some((b'\n', line)) => (line, true),
                _ => (piece, false),
            };
            let room = TEXT_BYTES.saturating_sub(self.line.len());
            // Room for all of it at once: a vector that grows leaves copies behind.
            self.line.reserve_exact(room);
            self.line.extend(piece.iter().take(room));
            if ends {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let mut line = mem::take(&mut self.line);
        if let (Some(listener), Some(left)) = (&self.listener, self.lines_left.checked_sub(1)) {
            self.lines_left = left;
            listener.line(self.level, String::from_utf8_lossy(&line).trim_end_matches('\r'));
        }
        line.zeroize();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > TEXT_BYTES {
            return Err(StreamError::trap("more was written at once than `check-write` allows"));
        }
        self.lines().write(&bytes);
        if let Ok(mut bytes) = bytes.try_into_mut() {
            bytes.as_mut().zeroize();
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(TEXT_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.lines().write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
