//! What the daemon counts of its own: requests, connections, callers that it turned away.

use http::StatusCode;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::route::Route;

/// The daemon's own counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: Family<Answered, Counter>,
    connections: Gauge,
    denied: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

impl Counters {
    /// A request was answered.
    pub(crate) fn answered(&self, route: Route, status: StatusCode) {
        self.requests.get_or_create(&Answered { route: route.as_str(), status: status.as_u16() }).inc();
    }

    /// A request was turned away before it was known what it is for: nobody may send it, or this caller may not.
    pub(crate) fn denied(&self) {
        self.denied.inc();
    }

    /// Counts a connection for as long as what it answers is kept.
    pub(crate) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register("connections", "Connections open now", self.connections.clone());
        registry.register("callers_denied", "Requests turned away before they were looked at", self.denied.clone());
    }
}

/// A connection that is counted.
pub(crate) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}
