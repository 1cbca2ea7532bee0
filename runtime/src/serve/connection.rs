//! One connection: HTTP/1.1, bounded in time and in memory.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Daemon, listen::Arrived, patience::Patient, peer::Peer, refusals::Refusals, request};

/// How long a client may take to send the head of a request, and so how long an idle connection is kept.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// How long a client may leave an answer unread.
const READER_PATIENCE: Duration = Duration::from_secs(60);

/// The most bytes of a request's head. The longest path and the longest token fit in twice.
const HEAD_BYTES: usize = 16 << 10;

/// The most headers of a request.
const HEADERS: usize = 64;

/// Answers requests until the client goes, or the daemon drains.
pub(crate) async fn serve(daemon: Arc<Daemon>, arrived: Arrived) {
    match arrived.open().await {
        Ok((stream, peer)) => answer_on(daemon, peer, stream).await,
        Err(cause) => tracing::debug!(%cause, "a client did not get as far as a request"),
    }
}

async fn answer_on(daemon: Arc<Daemon>, peer: Peer, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let _connected = daemon.counters.connected();
    let answer = |request| {
        let daemon = daemon.clone();
        async move { Ok::<_, Infallible>(request::answer(&daemon, peer, request).await.into_response()) }
    };
    let stream = Refusals::over(Patient::over(stream, READER_PATIENCE));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        // A client may say that it has asked everything, and still wait for the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = daemon.drained() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        sync::mpsc,
        time::Instant,
    };

    use super::*;
    use crate::serve::{Live, tokens::Tokens};

    fn daemon() -> Arc<Daemon> {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(&folder.path().join("state")).unwrap();
        Daemon::new(Live::default(), tokens, None, mpsc::channel(1).0)
    }

    /// What comes back for these bytes, sent one by one with a pause before each, until the connection ends; and how
    /// long that took.
    async fn sent(bytes: &[u8], pause: Duration) -> (String, Duration) {
        let (mut client, server) = duplex(1 << 16);
        let begun = Instant::now();
        let serving = tokio::spawn(answer_on(daemon(), Peer::User(1), server));
        for byte in bytes {
            tokio::time::sleep(pause).await;
            if client.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        serving.await.unwrap();
        (text, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_in_is_not_waited_for_beyond_its_time() {
        let head = b"GET /healthz HTTP/1.1\r\nx: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let (text, took) = sent(head, Duration::from_secs(2)).await;
        assert!(!text.contains("200") && took <= HEAD_PATIENCE + Duration::from_secs(3), "{took:?}: {text}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_not_kept_for_ever() {
        let (text, took) = sent(b"GET /healthz HTTP/1.1\r\n\r\n", Duration::ZERO).await;
        assert!(text.starts_with("HTTP/1.1 200 OK") && took <= HEAD_PATIENCE + Duration::from_secs(1), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_is_not_kept_for_ever() {
        let (mut client, server) = duplex(4096);
        let begun = Instant::now();
        let serving = tokio::spawn(answer_on(daemon(), Peer::User(1), server));
        let asking =
            tokio::spawn(async move { while client.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").await.is_ok() {} });
        serving.await.unwrap();
        assert!(begun.elapsed() <= READER_PATIENCE + Duration::from_secs(1), "{:?}", begun.elapsed());
        asking.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for_beyond_its_time() {
        let head = b"POST /v1/a/data/b HTTP/1.1\r\nx-vault-request: true\r\ncontent-length: 9\r\n\r\n{";
        let (text, took) = sent(head, Duration::ZERO).await;
        assert!(text.starts_with("HTTP/1.1 408 ") && text.contains(r#"{"errors":["#), "{took:?}: {text}");
    }
}
