//! Services of the machine we run on: clouds put one at an address of their own, which vouches for whoever asks.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{HostHttp, endpoint::Endpoint};
use crate::{
    egress::client::{Outgoing, Reply},
    error::{Error, Kind, Result},
};

/// How long a service may take that may not be there at all. It is on this machine: a second is long.
const PATIENCE: Duration = Duration::from_secs(3);

/// A service, there or not.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) endpoint: Endpoint,
    /// What was looked for before, ready to follow "no credentials were found: ", where nobody has said that there is
    /// such a service.
    missing: Option<String>,
    /// Whether it has answered before: then it is there.
    answered: AtomicBool,
}

impl Machine {
    /// A service that the operator named.
    pub(super) fn named(endpoint: Endpoint) -> Self {
        Self { endpoint, missing: None, answered: AtomicBool::new(false) }
    }

    /// A service that is there on some machines.
    pub(super) fn perhaps(endpoint: Endpoint, missing: String) -> Self {
        Self { missing: Some(missing), ..Self::named(endpoint) }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`Kind::Config`] if it has never answered and may not be there.
    pub(super) async fn send(&self, http: &HostHttp, outgoing: Outgoing) -> Result<Reply> {
        let sending = http.send(self.endpoint.reach, outgoing);
        if self.is_certain() {
            return sending.await;
        }
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(reply) => reply.map_err(|cause| self.absent(cause.reason())),
            Err(_) => Err(self.absent("it does not answer")),
        }
    }

    /// Remembers that it is what it should be.
    pub(super) fn is_there(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// That it is not there, or is something else.
    pub(super) fn absent(&self, why: &str) -> Error {
        match &self.missing {
            Some(missing) if !self.is_certain() => {
                let at = self.endpoint.origin();
                Error::new(Kind::Config, format!("no credentials were found: {missing}, and none at {at}: {why}"))
            }
            _ => Error::new(
                Kind::Malformed,
                format!("what answers at {} is something else: {why}", self.endpoint.origin()),
            ),
        }
    }

    fn is_certain(&self) -> bool {
        self.missing.is_none() || self.answered.load(Ordering::Relaxed)
    }
}
