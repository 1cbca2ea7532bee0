//! How much memory the daemon has, over the whole run.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Result;
use test_support::Daemon;

use crate::Run;

/// Between two looks; a short run is looked at more often.
const EVERY: Duration = Duration::from_secs(10);
/// At least so many looks are taken.
const LOOKS: u32 = 30;

/// Until this part of the run is over, caches and pools fill.
const WARM_UP: f64 = 0.2;

/// A run that is shorter is not warm for long enough to tell what grows.
const LEAST: Duration = Duration::from_secs(600);

/// Memory that grows by no more than this part of itself, or by no more than so many MB, is flat: allocators and pools
/// keep a little more or less from one minute to the next.
const FLAT_PART: f64 = 0.05;
const FLAT_MEGABYTES: f64 = 2.0;

/// One look.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Seconds since the start.
    at: f64,
    /// Resident, in MB.
    megabytes: f64,
    /// Open files.
    files: usize,
}

/// All looks.
#[derive(Debug, Default)]
pub(crate) struct Memory(Vec<Look>);

impl Memory {
    /// Looks until the run is over.
    pub(crate) fn watch(run: &Run) -> Self {
        let started = Instant::now();
        let mut looks = Vec::new();
        loop {
            match look(&run.stage.daemon, started.elapsed()) {
                Ok(look) => {
                    eprintln!("{:6.0} s  {:7.2} MB  {:4} files", look.at, look.megabytes, look.files);
                    looks.push(look);
                }
                Err(cause) => run.mistake("watch", "", format!("{cause:#}")),
            }
            if !run.wait(EVERY.min(run.options.time / LOOKS)) {
                return Self(looks);
            }
        }
    }

    /// What it was after the warm-up and at the end, and by how much it grew in an hour, in MB: by the straight line that
    /// fits best.
    pub(crate) fn line(&self) -> (f64, f64, f64) {
        let looks = self.warm();
        let count = looks.len() as f64;
        let mean = |of: fn(&Look) -> f64| looks.iter().map(of).sum::<f64>() / count;
        let (at, megabytes) = (mean(|look| look.at), mean(|look| look.megabytes));
        let (mut both, mut square) = (0.0, 0.0);
        for look in looks {
            both += (look.at - at) * (look.megabytes - megabytes);
            square += (look.at - at).powi(2);
        }
        let slope = if square > 0.0 { both / square } else { 0.0 };
        let on_line = |look: Option<&Look>| look.map_or(f64::NAN, |look| megabytes + slope * (look.at - at));
        (on_line(looks.first()), on_line(looks.last()), slope * 3600.0)
    }

    /// Whether it did not grow once it was warm; nothing if nobody can tell.
    pub(crate) fn is_flat(&self) -> Option<bool> {
        let long = self.0.last().is_some_and(|look| look.at >= 0.95 * LEAST.as_secs_f64());
        let (first, last, _) = self.line();
        long.then(|| last - first <= (first * FLAT_PART).max(FLAT_MEGABYTES))
    }

    /// The most, in MB.
    pub(crate) fn most(&self) -> f64 {
        self.0.iter().map(|look| look.megabytes).fold(0.0, f64::max)
    }

    /// Open files after the warm-up, and at the end.
    pub(crate) fn files(&self) -> (usize, usize) {
        let files = |look: Option<&Look>| look.map_or(0, |look| look.files);
        (files(self.warm().first()), files(self.0.last()))
    }

    fn warm(&self) -> &[Look] {
        let cold = (self.0.len() as f64 * WARM_UP) as usize;
        self.0.get(cold..).unwrap_or_default()
    }
}

fn look(daemon: &Daemon, at: Duration) -> Result<Look> {
    let files = fs::read_dir(format!("/proc/{}/fd", daemon.id()))?.count();
    Ok(Look { at: at.as_secs_f64(), megabytes: daemon.resident()? as f64 / 1e6, files })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(of: impl Fn(f64) -> f64) -> Memory {
        Memory((0..100).map(f64::from).map(|at| Look { at: at * 36.0, megabytes: of(at), files: 9 }).collect())
    }

    #[test]
    fn only_memory_that_does_not_grow_once_it_is_warm_is_flat() {
        let warming = |at: f64| if at < 15.0 { 10.0 + at } else { 40.0 };
        assert_eq!(memory(warming).is_flat(), Some(true));
        assert_eq!(memory(|at| 40.0 + f64::from(u8::from((at as u8).is_multiple_of(7)))).is_flat(), Some(true));
        assert_eq!(memory(|at| 40.0 + at * 0.05).is_flat(), Some(false));
        assert_eq!(Memory(memory(warming).0.split_off(90)).is_flat(), Some(true));
        assert_eq!(Memory(memory(warming).0.into_iter().take(10).collect()).is_flat(), None);
        let (first, last, an_hour) = memory(|at| 40.0 + at * 0.05).line();
        assert!((first - 41.0).abs() < 1e-6 && (last - 44.95).abs() < 1e-6 && (an_hour - 5.0).abs() < 1e-6);
    }
}
