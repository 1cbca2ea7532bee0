//! Traces: a span for every request, those of the library below it, and their way to a collector.
//!
//! Where nobody asked for traces, no span is ever made. A collector that is away costs spans and nothing else: what can't
//! be sent in time is dropped.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode};
use opentelemetry::{propagation::TextMapPropagator as _, trace::TracerProvider as _};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider},
};
use secret_runtime::{Operation, config::Telemetry};
use tracing::{Span, field::Empty, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    Layer,
    filter::{FilterExt as _, Targets, filter_fn},
    registry::LookupSpan,
};

use super::{export::Collector, route::Route};

/// What the spans of the daemon and of the library are known by, among those of the libraries below them.
const TARGETS: [&str; 2] = ["secret_runtime", "runtime"];

/// The most spans that wait to be sent: some seconds of a busy daemon, in a few megabytes. Those beyond are dropped.
const WAITING: usize = 8192;

/// The most spans that are sent at once.
const AT_ONCE: usize = 512;

/// How long a span waits for others at most.
const DELAY: Duration = Duration::from_secs(2);

/// How long what still waits may take to be sent when the daemon ends.
const FLUSH: Duration = Duration::from_secs(3);

/// Whether spans say which secret it was. The subscriber is one for the process, and so is this.
static NAMES: AtomicBool = AtomicBool::new(false);

/// Where spans go, until the daemon ends.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Gets ready to send spans where the settings say; none if they say nothing. Within a tokio runtime.
    ///
    /// # Errors
    /// Why they can't be sent there.
    pub(crate) fn to(settings: &Telemetry) -> Result<Option<Self>, String> {
        let Some(base) = &settings.traces else { return Ok(None) };
        let collector = Collector::at(base).map_err(|cause| format!("no client for traces can be built: {cause}"))?;
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(collector)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(base.as_str())
            .build()
            .map_err(|cause| format!("traces can't be sent: {cause}"))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING)
            .with_max_export_batch_size(AT_ONCE)
            .with_scheduled_delay(DELAY)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_resource(Resource::builder_empty().with_service_name("secret-runtime").build())
            .build();
        NAMES.store(settings.names, Ordering::Relaxed);
        Ok(Some(Self(provider)))
    }

    /// What makes spans of those of the program.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let spans = filter_fn(|metadata| metadata.is_span()).with_max_level_hint(LevelFilter::INFO);
        let ours = TARGETS.map(|target| (target, LevelFilter::INFO)).into_iter();
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("secret-runtime"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_level(false)
            .with_target(false)
            .with_filter(ours.collect::<Targets>().and(spans))
    }

    /// Sends what still waits, for a moment.
    pub(crate) async fn flush(self) {
        let flushed = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FLUSH)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// The span of a request; no span at all if nobody wants one. A caller that has a trace of its own finds it there.
pub(crate) fn span(route: Route, method: &Method, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.name = route.as_str(),
        otel.kind = "server",
        http.request.method = method_of(method),
        http.response.status_code = Empty,
        otel.status_code = Empty,
        mount = Empty,
        operation = Empty,
        secret.name = Empty,
    );
    if !span.is_disabled() {
        let _ = span.set_parent(TraceContextPropagator::new().extract(&HeaderExtractor(headers)));
    }
    span
}

/// A method is the caller's word: those that nobody serves are not repeated.
fn method_of(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "LIST") => known,
        _ => "_OTHER",
    }
}

/// Says how the request ended.
pub(crate) fn ended(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// Says what a request came to ask for.
pub(crate) fn asks(operation: Operation, mount: &str, name: &str) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("operation", operation.as_str()).record("mount", mount);
    if NAMES.load(Ordering::Relaxed) {
        span.record("secret.name", name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_wants_spans_none_is_made() {
        assert!(span(Route::Vault, &Method::GET, &HeaderMap::new()).is_disabled());
    }
}
