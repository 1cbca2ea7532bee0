//! The daemon: clients of other systems read through any backend.
//!
//! ```text
//! listen ─▶ connection ─▶ request ──▶ guard ─▶ identify ─▶ vault | plain | control
//!                                                               │
//!                                                               ▼
//!                                        mounts: the caller's scopes ─▶ a backend, with its policy and its cache
//! ```
//!
//! What a client may ask is decided in three places: [`guard`] refuses requests that nobody may send, [`request`] finds
//! who sends it, and a [`mounts::Reach`] is the one way from a caller to a backend.

pub(crate) mod caller;
mod connection;
mod control;
mod guard;
mod health;
pub(crate) mod listen;
pub(crate) mod mounts;
mod path;
mod peer;
mod plain;
mod reply;
mod request;
pub(crate) mod telemetry;
mod tokens;
mod vault;

use std::{
    collections::BTreeMap,
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secret_runtime::{AuditLog, Scopes};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
};

use self::{
    guard::Names, listen::unix::Socket, mounts::Mounts, peer::Peer, telemetry::counters::Counters, tokens::Tokens,
};

/// The most connections at a time. Each may hold a request's head and a body; what comes beyond them waits in the
/// kernel's queue.
const CONNECTIONS: usize = 8192;

/// How long requests that are being answered may take once the daemon is told to end.
const DRAIN: Duration = Duration::from_secs(25);

/// What a configuration says, as it counts now. Replaced as a whole.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) mounts: Mounts,
    pub(crate) names: Names,
    pub(crate) owner: Arc<Scopes>,
    pub(crate) users: BTreeMap<u32, Arc<Scopes>>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Daemon {
    live: Mutex<Arc<Live>>,
    pub(crate) tokens: Tokens,
    pub(crate) audit: Option<AuditLog>,
    pub(crate) counters: Counters,
    /// The user that it runs as.
    pub(crate) user: u32,
    draining: watch::Sender<bool>,
    places: Arc<Semaphore>,
}

impl Daemon {
    pub(crate) fn new(live: Live, audit: Option<AuditLog>) -> Arc<Self> {
        Arc::new(Self {
            live: Mutex::new(Arc::new(live)),
            tokens: Tokens::default(),
            audit,
            counters: Counters::default(),
            user: rustix::process::geteuid().as_raw(),
            draining: watch::Sender::new(false),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// What counts now. A request that holds it is answered by it to the end.
    pub(crate) fn live(&self) -> Arc<Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets another configuration count from now on.
    pub(crate) fn replace(&self, live: Live) {
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Waits until the daemon is told to end.
    pub(crate) async fn drained(&self) {
        let mut draining = self.draining.subscribe();
        let _ = draining.wait_for(|draining| *draining).await;
    }

    /// Answers whoever comes in, until `end`; then answers what has been asked, and returns.
    pub(crate) async fn run(
        self: Arc<Self>,
        socket: Option<Socket>,
        network: Option<TcpListener>,
        end: impl Future<Output = ()>,
    ) {
        let mut connections = JoinSet::new();
        let mut end = std::pin::pin!(end);
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            let arrived = tokio::select! {
                () = end.as_mut() => break,
                arrived = from_socket(socket.as_ref()) => arrived.map(|(stream, peer)| {
                    let serving = connection::serve(self.clone(), peer, stream);
                    connections.spawn(async move { serving.await; drop(place) });
                }),
                arrived = from_network(network.as_ref()) => arrived.map(|stream| {
                    let serving = connection::serve(self.clone(), Peer::Network, stream);
                    connections.spawn(async move { serving.await; drop(place) });
                }),
                Some(_) = connections.join_next() => Ok(()),
            };
            if let Err(cause) = arrived {
                // Out of files, or a client that went at once: neither is a reason to end.
                tracing::warn!(%cause, "a connection can't be taken");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        drop((socket, network));
        self.draining.send_replace(true);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, all).await;
    }
}

async fn from_socket(socket: Option<&Socket>) -> io::Result<(tokio::net::UnixStream, Peer)> {
    let Some(socket) = socket else { return std::future::pending().await };
    let (stream, _) = socket.listener.accept().await?;
    let peer = Peer::User(stream.peer_cred()?.uid());
    Ok((stream, peer))
}

async fn from_network(listener: Option<&TcpListener>) -> io::Result<tokio::net::TcpStream> {
    let Some(listener) = listener else { return std::future::pending().await };
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
