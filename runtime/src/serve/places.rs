//! How many clients may be connected at a time.
//!
//! Those of the network and those at the socket have places of their own, and neither can take all files that the
//! process may open: whoever fills the one still leaves the other, the way to the upstreams, and the operator's.

use std::sync::Arc;

use rustix::process::{Resource, getrlimit};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// The most connections of one kind. Each may hold a request's head and a small body; what comes beyond them waits in
/// the kernel's queue.
const MOST: u32 = 8192;

/// Places of one kind. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    all: u32,
    left: Arc<Semaphore>,
}

impl Places {
    /// Half of the files that may be open: for the network.
    pub(super) fn network() -> Self {
        Self::of(2)
    }

    /// A quarter of them: for the socket.
    pub(super) fn local() -> Self {
        Self::of(4)
    }

    fn of(parts: u64) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let all = u32::try_from(files / parts).unwrap_or(MOST).clamp(1, MOST);
        Self { all, left: Arc::new(Semaphore::new(all as usize)) }
    }

    /// Waits for one.
    pub(super) async fn one(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.left.clone().acquire_owned().await
    }

    /// Waits until all are free.
    pub(super) async fn all(&self) {
        let _ = self.left.acquire_many(self.all).await;
    }
}
