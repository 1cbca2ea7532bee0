//! The way to a collector: from the exporter's own thread, over a client that lives in the daemon's runtime.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use reqwest::{Client, redirect::Policy};
use tokio::runtime::Handle;
use url::Url;

/// How long the collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a reply that are read. A collector says how many spans it could not use, and why.
const REPLY_BYTES: usize = 64 << 10;

/// Where traces are sent.
#[derive(Debug)]
pub(super) struct Collector {
    client: Client,
    place: Url,
    runtime: Handle,
    /// Whether the last batch did not arrive: it is said once, not for every batch.
    away: AtomicBool,
}

impl Collector {
    /// The collector at this base address, reached from the runtime that the caller is in.
    pub(super) fn at(base: &Url) -> Result<Self, reqwest::Error> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut place = base.clone();
        place.set_path(&format!("{}/v1/traces", base.path().trim_end_matches('/')));
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build()?;
        Ok(Self { client, place, runtime: Handle::current(), away: AtomicBool::new(false) })
    }

    fn note(&self, sent: &Result<Response<Bytes>, HttpError>) {
        let failed = match sent {
            Ok(reply) if reply.status().is_success() => None,
            Ok(reply) => Some(format!("it answered {}", reply.status())),
            Err(cause) => Some(cause.to_string()),
        };
        match (failed, self.away.load(Ordering::Relaxed)) {
            (Some(why), false) => tracing::warn!("traces do not reach their collector, and are dropped: {why}"),
            (None, true) => tracing::info!("traces reach their collector again"),
            (Some(_), true) | (None, false) => return,
        }
        self.away.fetch_not(Ordering::Relaxed);
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let sending = self.client.post(self.place.clone()).headers(head.headers).body(body);
        let sent = self.runtime.spawn(async move { whole(sending).await }).await;
        let sent = sent.unwrap_or_else(|gone| Err(gone.into()));
        self.note(&sent);
        sent
    }
}

async fn whole(sending: reqwest::RequestBuilder) -> Result<Response<Bytes>, HttpError> {
    let mut reply = sending.send().await.map_err(reqwest::Error::without_url)?;
    let mut body = BytesMut::new();
    while let Some(chunk) = reply.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > REPLY_BYTES {
            return Err("the reply of the collector is too large".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response::builder().status(reply.status()).body(body.freeze())?)
}
