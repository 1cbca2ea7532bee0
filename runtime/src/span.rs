//! Spans, for whoever traces a service. They name backends, operations and origins, and how something ended; never a
//! secret. Where nobody wants them, none is made.

use tracing::{Instrument as _, Span, field::Empty, info_span};

use crate::{error::Result, store::Operation};

/// A call that the cache could not answer at once, through all layers.
pub(crate) fn call(operation: Operation) -> Span {
    info_span!("call", operation = operation.as_str(), outcome = Empty, otel.status_code = Empty)
}

/// A load for all who want the same.
pub(crate) fn load() -> Span {
    info_span!("cache load", outcome = Empty, otel.status_code = Empty)
}

/// A value loaded again before it is too old, for nobody in particular.
pub(crate) fn refresh() -> Span {
    info_span!(parent: None, "cache refresh", outcome = Empty, otel.status_code = Empty)
}

/// One call of a component.
pub(crate) fn component(backend: &str, operation: Operation) -> Span {
    info_span!("component", backend, operation = operation.as_str(), outcome = Empty, otel.status_code = Empty)
}

/// One request to an upstream; of a wildcard origin the pattern.
pub(crate) fn upstream(method: &str, origin: &str) -> Span {
    info_span!(
        "upstream",
        otel.kind = "client",
        http.request.method = method,
        server.address = origin,
        http.response.status_code = Empty,
        outcome = Empty,
        otel.status_code = Empty,
    )
}

/// Does something within a span, which is told how that ended.
pub(crate) async fn within<T>(span: Span, work: impl Future<Output = Result<T>>) -> Result<T> {
    if span.is_disabled() {
        return work.await;
    }
    let outcome = work.instrument(span.clone()).await;
    match &outcome {
        Ok(_) => span.record("outcome", "ok"),
        Err(error) => span.record("outcome", error.kind().as_str()).record("otel.status_code", "ERROR"),
    };
    outcome
}
