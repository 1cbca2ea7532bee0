//! One connection: HTTP/1.1, bounded in time and in memory.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::{Daemon, listen::Arrived, refusals::Refusals, request};

/// How long a client may take to send the head of a request, and so how long an idle connection is kept.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// The most bytes of a request's head. The longest path and the longest token fit in many times.
const HEAD_BYTES: usize = 64 << 10;

/// The most headers of a request.
const HEADERS: usize = 64;

/// Answers requests until the client goes, or the daemon drains.
pub(crate) async fn serve(daemon: Arc<Daemon>, arrived: Arrived) {
    let (stream, peer) = match arrived.open().await {
        Ok(opened) => opened,
        Err(cause) => return tracing::debug!(%cause, "a client did not get as far as a request"),
    };
    let _connected = daemon.counters.connected();
    let answer = |request| {
        let daemon = daemon.clone();
        async move { Ok::<_, Infallible>(request::answer(&daemon, peer, request).await.into_response()) }
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Refusals::over(stream)), service_fn(answer));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = daemon.drained() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
