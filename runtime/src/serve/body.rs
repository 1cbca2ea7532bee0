//! The bodies of requests: read into one piece that is overwritten afterwards, and few large ones at a time.

use std::{ops::Deref, time::Duration};

use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{reply::Reply, traceless::Traceless};

/// The largest body that is read: the largest value that a backend may be given, as JSON with every byte escaped, would
/// be more; no secret store takes so much.
const BODY_BYTES: usize = 4 << 20;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a body may take beside any number of others: more than most secrets need.
const SMALL_BYTES: usize = 16 << 10;

/// How many larger ones there may be at a time. Each may take a few times its size while it is worked on.
const LARGE: usize = 32;

/// How long one of those waits for others to go.
const TURN: Duration = Duration::from_secs(10);

/// A body that has been read.
#[derive(Default)]
pub(crate) struct Body<'b> {
    bytes: Traceless,
    /// Held for as long as a large body is.
    _place: Option<SemaphorePermit<'b>>,
}

impl Deref for Body<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The places for large bodies.
#[derive(Debug)]
pub(crate) struct Bodies(Semaphore);

impl Default for Bodies {
    fn default() -> Self {
        Self(Semaphore::new(LARGE))
    }
}

impl Bodies {
    /// Reads one whole.
    ///
    /// # Errors
    /// The reply that says why it can't be taken.
    pub(crate) async fn read(&self, body: Incoming) -> Result<Body<'_>, Reply> {
        if body.is_end_stream() {
            return Ok(Body::default());
        }
        // Who says at once how much is coming is told at once.
        if body.size_hint().lower() > BODY_BYTES as u64 {
            return Err(too_large());
        }
        let late = |_| Reply::error(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
        timeout(PATIENCE, self.gather(body)).await.map_err(late)?
    }

    /// Frames are copied as they come: a client chooses their number, and each that is kept takes more than its bytes.
    async fn gather(&self, mut body: Incoming) -> Result<Body<'_>, Reply> {
        let (mut bytes, mut place) = (Traceless::default(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Reply::error(StatusCode::BAD_REQUEST, "the body broke off"))?;
            let Ok(data) = frame.into_data() else { continue };
            let length = bytes.len() + data.len();
            if length > BODY_BYTES {
                return Err(too_large());
            }
            if length > SMALL_BYTES && place.is_none() {
                place = Some(self.place().await?);
            }
            bytes.append(&data);
        }
        Ok(Body { bytes, _place: place })
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, Reply> {
        let place = timeout(TURN, self.0.acquire()).await.ok().and_then(Result::ok);
        let busy = || Reply::error(StatusCode::SERVICE_UNAVAILABLE, "too many large bodies come at once; try again");
        place.ok_or_else(busy)
    }
}

fn too_large() -> Reply {
    Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4 MiB")
}
