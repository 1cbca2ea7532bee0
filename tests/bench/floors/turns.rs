//! Measuring two ways to do the same thing in turns, so that whatever else the machine does happens to both.

use std::time::Duration;

use anyhow::{Error, Result};
use criterion::{Criterion, SamplingMode};

/// Pairs of measurements that count.
const PAIRS: usize = 100;

/// How long criterion measures ours; with the floor it is twice that.
const MEASURING: Duration = Duration::from_secs(5);

/// Criterion, as all in-process rows use it.
pub(crate) fn criterion() -> Criterion {
    Criterion::default().sample_size(PAIRS).measurement_time(MEASURING).warm_up_time(Duration::from_secs(2))
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    /// Seconds that ours takes, in the median.
    pub(crate) ours: f64,
    /// Seconds that the floor takes, in the median.
    pub(crate) floor: f64,
    /// How many times the floor ours takes: the median over pairs of neighbours.
    pub(crate) ratio: f64,
}

impl Turns {
    /// What pairs of (floor, ours) come to.
    pub(crate) fn of(pairs: &[(f64, f64)]) -> Self {
        Self {
            ours: median(pairs.iter().map(|(_, ours)| *ours)),
            floor: median(pairs.iter().map(|(floor, _)| *floor)),
            ratio: median(pairs.iter().map(|(floor, ours)| ours / floor)),
        }
    }
}

/// Has criterion measure `ours`, and measures `floor` as often, just before or just after.
///
/// Both do their work as many times as they are told and answer how long that took.
///
/// # Errors
/// The first failure of either.
pub(crate) fn in_turns(
    criterion: &mut Criterion,
    name: &str,
    mut floor: impl FnMut(u64) -> Result<Duration>,
    mut ours: impl FnMut(u64) -> Result<Duration>,
) -> Result<Turns> {
    let mut pairs = Vec::new();
    let mut failed: Option<Error> = None;
    let mut group = criterion.benchmark_group("floors");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let mut pair = || {
                let floor_first = pairs.len() % 2 == 0;
                let before = if floor_first { Some(floor(times)?) } else { None };
                let ours = ours(times)?;
                let floor = match before {
                    Some(floor) => floor,
                    None => floor(times)?,
                };
                let each = |all: Duration| all.as_secs_f64() / times as f64;
                pairs.push((each(floor), each(ours)));
                Ok(ours)
            };
            // Criterion can't be stopped; it gives up soon when everything takes a second.
            match failed.is_none().then(&mut pair) {
                Some(Ok(ours)) => ours,
                Some(Err(error)) => {
                    failed = Some(error);
                    Duration::from_secs(1)
                }
                None => Duration::from_secs(1),
            }
        });
    });
    group.finish();
    match failed {
        Some(error) => Err(error),
        // The first ones were for warming up.
        None => Ok(Turns::of(pairs.split_off(pairs.len().saturating_sub(PAIRS)).as_slice())),
    }
}

/// The value in the middle; of none, not a number.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The smallest value; of none, not a number.
pub(crate) fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NAN, f64::min)
}
