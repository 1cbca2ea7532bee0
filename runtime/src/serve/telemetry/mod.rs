//! What the daemon tells those who watch it: figures for Prometheus, traces for an OpenTelemetry collector. No name of a
//! secret is in the figures, and in the traces only where the operator asks for it; a value is in neither.

pub(crate) mod counters;
mod export;
pub(crate) mod metrics;
pub(crate) mod route;
pub(crate) mod traces;
