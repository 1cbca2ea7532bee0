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

mod body;
pub(crate) mod caller;
mod connection;
mod control;
mod guard;
mod health;
pub(crate) mod listen;
mod listing;
pub(crate) mod mounts;
mod path;
mod patience;
mod peer;
mod places;
mod plain;
mod refusals;
mod reply;
mod request;
mod shape;
pub(crate) mod telemetry;
pub(crate) mod tokens;
mod traceless;
mod vault;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;
use secret_runtime::{AuditLog, Kind, Scopes};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use self::{
    body::Bodies,
    caller::Caller,
    control::record::{Done, record},
    guard::Names,
    listen::Listener,
    mounts::{Mount, Mounts, Reach},
    places::Places,
    reply::Reply,
    telemetry::counters::Counters,
    tokens::Tokens,
};

/// How long to wait before a connection is taken again when none could be.
const SHORT_OF_FILES: Duration = Duration::from_millis(10);

/// How long requests that are being answered may take once the daemon is told to end.
const DRAIN: Duration = Duration::from_secs(25);

/// What a configuration says, as it counts now. Replaced as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    pub(crate) mounts: Mounts,
    pub(crate) names: Names,
    pub(crate) owner: Arc<Scopes>,
    pub(crate) users: BTreeMap<u32, Arc<Scopes>>,
    /// Mounts whose backends have lost the trust they had. They are not among the others.
    pub(crate) withdrawn: Mounts,
}

impl Live {
    /// The same, with the mounts withdrawn that have lost their trust, and no others.
    pub(crate) fn with_trust(&self, lost: impl Fn(&Mount) -> bool) -> Self {
        let all = self.mounts.iter().chain(&self.withdrawn).map(|(name, mount)| (name.clone(), mount.clone()));
        let (withdrawn, mounts) = all.partition(|(_, mount)| lost(mount));
        Self { mounts, withdrawn, ..self.clone() }
    }
}

/// Why a caller does not reach a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreached {
    /// None of its scopes leads there, or there is none. Which of them is not told.
    Hidden,
    /// Its backend is not trusted any more.
    Withdrawn,
}

impl Unreached {
    /// In words, with what kind of failure it is.
    pub(crate) const fn told(self) -> (StatusCode, Kind, &'static str) {
        match self {
            Self::Hidden => (StatusCode::FORBIDDEN, Kind::Refused, "permission denied"),
            Self::Withdrawn => {
                (StatusCode::SERVICE_UNAVAILABLE, Kind::Untrusted, "the backend is not trusted any more")
            }
        }
    }
}

impl From<Unreached> for Reply {
    fn from(why: Unreached) -> Self {
        let (status, _, words) = why.told();
        Self::error(status, words)
    }
}

/// A wish for another configuration, and where to say what came of it.
#[derive(Debug)]
pub(crate) struct Reload {
    /// Who wishes it, as audit lines have it.
    pub(crate) caller: Arc<str>,
    /// What has changed, or why nothing has.
    pub(crate) answer: oneshot::Sender<Result<String, String>>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Daemon {
    live: Mutex<Arc<Live>>,
    pub(crate) tokens: Tokens,
    pub(crate) audit: Option<AuditLog>,
    pub(crate) counters: Counters,
    pub(crate) bodies: Bodies,
    /// The user that it runs as.
    pub(crate) user: u32,
    /// Where another configuration is asked for.
    pub(crate) reloads: mpsc::Sender<Reload>,
    draining: watch::Sender<bool>,
    network: Places,
    local: Places,
}

impl Daemon {
    pub(crate) fn new(live: Live, tokens: Tokens, audit: Option<AuditLog>, reloads: mpsc::Sender<Reload>) -> Arc<Self> {
        Arc::new(Self {
            live: Mutex::new(Arc::new(live)),
            tokens,
            audit,
            counters: Counters::default(),
            bodies: Bodies::default(),
            reloads,
            user: rustix::process::geteuid().as_raw(),
            draining: watch::Sender::new(false),
            network: Places::network(),
            local: Places::local(),
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

    /// The mount of this name, as this caller may use it. Who is turned away leaves a line in the audit log.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn reach<'a>(&self, live: &'a Live, caller: &'a Caller, name: &str) -> Result<Reach<'a>, Unreached> {
        let reached = caller.scopes.reach(name);
        if reached && live.withdrawn.contains_key(name) {
            return Err(Unreached::Withdrawn);
        }
        live.mounts.get(name).filter(|_| reached).map(|mount| mount.for_caller(caller)).ok_or_else(|| {
            let done = Done { operation: "reach", name: Some(name), failed: Some(Kind::Refused), ..Done::default() };
            // Refused either way, and the log itself remembers that it could not be written.
            let _ = record(self.audit.as_ref(), &caller.label, done);
            Unreached::Hidden
        })
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
    pub(crate) async fn run(self: Arc<Self>, listeners: Vec<Listener>, end: impl Future<Output = ()>) {
        let tending = tokio::spawn(self.tokens.clone().tend());
        let mut accepting = JoinSet::new();
        for listener in listeners {
            accepting.spawn(self.clone().accept(listener));
        }
        end.await;
        accepting.shutdown().await;
        self.draining.send_replace(true);
        // Each connection holds one of the places for as long as it lasts.
        let _ = tokio::time::timeout(DRAIN, async { tokio::join!(self.network.all(), self.local.all()) }).await;
        tending.abort();
        if let Err(cause) = self.tokens.remember() {
            tracing::warn!(%cause, "what is known of tokens can't be written down");
        }
    }

    async fn accept(self: Arc<Self>, listener: Listener) {
        let places = if listener.is_local() { &self.local } else { &self.network };
        loop {
            let Ok(place) = places.one().await else { return };
            match listener.accept().await {
                Ok(arrived) => {
                    let serving = connection::serve(self.clone(), arrived);
                    drop(tokio::spawn(async move {
                        serving.await;
                        drop(place);
                    }));
                }
                // Out of files, or a client that went at once: neither is a reason to end.
                Err(cause) => {
                    tracing::warn!(%cause, "a connection can't be taken");
                    tokio::time::sleep(SHORT_OF_FILES).await;
                }
            }
        }
    }
}
