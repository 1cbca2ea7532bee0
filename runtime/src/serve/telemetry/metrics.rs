//! `/metrics`: the figures of the daemon and of its backends, as Prometheus reads them.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet, prometheus_text::encode},
    metrics::{MetricType, gauge::Gauge},
    registry::Registry,
};
use secret_runtime::{
    Backend, Operation,
    measure::{BOUNDS, Measures, Times},
};

use super::counters::Counters;
use crate::serve::{Daemon, Live, caller::Caller, reply::Reply, request::Asked};

/// What all names begin with.
const PREFIX: &str = "secret_runtime";

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers `/metrics`, for those who may see all figures.
pub(crate) fn answer(daemon: &Daemon, live: &Live, caller: &Caller, asked: &Asked<'_>) -> Result<Reply, Reply> {
    if !caller.metrics {
        return Err(Reply::forbidden());
    }
    if asked.method != Method::GET && asked.method != Method::HEAD {
        return Err(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "this is only read"));
    }
    let backends = live.mounts.values().map(|mount| &mount.backend);
    let text = render(&daemon.counters, daemon.tokens.list().len(), &Figures::of(backends));
    text.map(|text| Reply::text(CONTENT_TYPE, text))
        .map_err(|_| Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "the figures can't be written"))
}

fn render(counters: &Counters, tokens: usize, figures: &Figures) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    counters.register(&mut registry);
    registry.register_collector(Box::new(figures.clone()));
    let held = Gauge::<i64>::default();
    held.set(i64::try_from(tokens).unwrap_or(i64::MAX));
    registry.register("tokens", "Tokens that hold now", held);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// The figures of all backends at one moment, by their names: one backend may have several mounts.
#[derive(Clone, Debug, Default)]
struct Figures(Arc<BTreeMap<String, Measures>>);

impl Figures {
    fn of<'a>(backends: impl IntoIterator<Item = &'a Backend>) -> Self {
        let named = |backend: &Backend| (backend.name().to_owned(), backend.measures());
        Self(Arc::new(backends.into_iter().map(named).collect()))
    }
}

/// One figure, with the labels that it has beside the backend's name.
type Figure = (Vec<(&'static str, &'static str)>, Value);

#[derive(Clone, Copy, Debug)]
enum Value {
    Count(u64),
    Seconds(Duration),
}

/// Figures of one name.
struct Family {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    of: fn(&Measures) -> Vec<Figure>,
}

const fn counter(name: &'static str, help: &'static str, of: fn(&Measures) -> Vec<Figure>) -> Family {
    Family { name, help, kind: MetricType::Counter, of }
}

/// All but the times of upstreams, which are no single figures.
const FAMILIES: [Family; 8] = [
    counter("operations", "Operations by how they ended", |measures| {
        let figure = |(operation, outcome, count): &(Operation, &'static str, u64)| {
            (vec![("operation", operation.as_str()), ("outcome", *outcome)], Value::Count(*count))
        };
        measures.outcomes.iter().map(figure).collect()
    }),
    counter("cache_reads", "Reads by what the cache had", |measures| {
        let cache = &measures.cache;
        let named = [
            ("hit", cache.hits),
            ("miss", cache.misses),
            ("passed", cache.passed),
            ("joined", cache.joined),
            ("stale", cache.stale),
        ];
        named.map(|(result, count)| (vec![("result", result)], Value::Count(count))).to_vec()
    }),
    counter("cache_refreshes", "Values loaded again before they were too old, or not", |measures| {
        let named = [("ok", measures.cache.refreshed), ("failed", measures.cache.not_refreshed)];
        named.map(|(outcome, count)| (vec![("outcome", outcome)], Value::Count(count))).to_vec()
    }),
    counter("retries", "Operations tried again", |measures| one(Value::Count(measures.retries))),
    counter("upstream_requests", "Requests to upstreams", |measures| {
        let named = [("answered", measures.replies), ("failed", measures.failures)];
        named.map(|(outcome, count)| (vec![("outcome", outcome)], Value::Count(count))).to_vec()
    }),
    counter("guest_seconds", "For how long backends' own code ran", |measures| {
        one(Value::Seconds(measures.guest_time))
    }),
    counter("limits", "Calls that a limit ended", |measures| {
        let figure = |(limit, count): &(&'static str, u64)| (vec![("limit", *limit)], Value::Count(*count));
        measures.limits.iter().map(figure).collect()
    }),
    Family {
        name: "instances",
        help: "Instances there are now",
        kind: MetricType::Gauge,
        of: |measures| one(Value::Count(measures.instances)),
    },
];

fn one(value: Value) -> Vec<Figure> {
    vec![(Vec::new(), value)]
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { name, help, kind, of } in &FAMILIES {
            let mut metric = encoder.encode_descriptor(name, &format!("{help}."), None, *kind)?;
            for (backend, measures) in &*self.0 {
                for (mut labels, value) in of(measures) {
                    labels.insert(0, ("backend", backend.as_str()));
                    let mut labelled = metric.encode_family(&labels)?;
                    match (kind, value) {
                        (MetricType::Gauge, Value::Count(count)) => labelled.encode_gauge(&count)?,
                        (_, Value::Count(count)) => labelled.encode_counter::<NoLabelSet, _, u64>(&count, None)?,
                        (_, Value::Seconds(time)) => {
                            labelled.encode_counter::<NoLabelSet, _, u64>(&time.as_secs_f64(), None)?;
                        }
                    }
                }
            }
        }
        let help = "How long requests to upstreams took.";
        let mut metric = encoder.encode_descriptor("upstream_seconds", help, None, MetricType::Histogram)?;
        for (backend, measures) in &*self.0 {
            let Times { counts, sum, .. } = &measures.upstream;
            let bounds = BOUNDS.iter().map(|millis| Duration::from_millis(*millis).as_secs_f64());
            let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts.iter().copied()).collect();
            metric.encode_family(&[("backend", backend.as_str())])?.encode_histogram::<NoLabelSet>(
                sum.as_secs_f64(),
                counts.iter().sum(),
                &buckets,
                None,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::serve::telemetry::route::Route;

    #[test]
    fn all_figures_are_written_as_prometheus_reads_them() {
        let mut measures = Measures::default();
        measures.outcomes = vec![(Operation::Read, "ok", 7), (Operation::Write, "conflict", 1)];
        measures.cache.hits = 5;
        measures.replies = 2;
        measures.upstream.counts[3] = 2;
        measures.upstream.sum = Duration::from_millis(17);
        measures.guest_time = Duration::from_micros(1500);
        measures.limits = vec![("memory", 1)];
        let counters = Counters::default();
        counters.answered(Route::Vault, StatusCode::OK);
        counters.answered(Route::Vault, StatusCode::NOT_FOUND);
        counters.denied();
        let connected = counters.connected();
        let figures = Figures(Arc::new([("prod".to_owned(), measures)].into()));
        insta::assert_snapshot!(sorted(&render(&counters, 3, &figures).unwrap()));
        drop(connected);
        assert!(render(&counters, 3, &figures).unwrap().contains("secret_runtime_connections 0"));
    }

    /// The same with the lines of one name in order: requests are counted in a hash map.
    fn sorted(text: &str) -> String {
        let mut lines: Vec<_> = text.lines().collect();
        lines.chunk_by_mut(|a, b| a.starts_with('#') == b.starts_with('#')).for_each(|chunk| {
            if chunk.iter().all(|line| line.starts_with("secret_runtime_requests")) {
                chunk.sort_unstable();
            }
        });
        lines.join("\n")
    }
}
