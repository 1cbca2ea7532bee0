//! What was asked, what came back, and whether that can be explained.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::{Run, http::Got, stage::MARK, weather::Fault};

/// The interface that has one status for every failure, as Dapr's own has.
pub(crate) const DAPR: &str = "dapr";

/// So many mistakes are told in words.
const TOLD: usize = 20;

/// What is known of one kind of request.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) requests: u64,
    pub(crate) as_asked: u64,
    pub(crate) explained: BTreeMap<Fault, u64>,
    pub(crate) unexplained: u64,
    pub(crate) statuses: BTreeMap<&'static str, u64>,
    /// How long answers took, in milliseconds.
    times: Vec<f32>,
}

impl Row {
    /// How long all but one in so many took at most, in milliseconds.
    pub(crate) fn slowest_but(&self, one_in: usize) -> f32 {
        let mut times = self.times.clone();
        times.sort_by(f32::total_cmp);
        let at = (times.len() - times.len() / one_in).saturating_sub(1);
        times.get(at).copied().unwrap_or_default()
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By what was done, and where.
    pub(crate) rows: BTreeMap<(&'static str, &'static str), Row>,
    /// What can't be explained, in words: the first few.
    pub(crate) mistakes: Vec<String>,
}

/// A request that has been answered, or not.
#[derive(Debug)]
pub(crate) struct Deed<'a> {
    pub(crate) what: &'static str,
    pub(crate) mount: &'static str,
    /// How it is told: method and path, nothing secret.
    pub(crate) told: &'a str,
    pub(crate) started: Instant,
}

impl Run {
    /// Counts a request and its outcome; answers whether it is what was asked for.
    pub(crate) fn judge(&self, deed: &Deed<'_>, got: &Got, as_asked: bool) -> bool {
        let now = Instant::now();
        let explained = match got.status() {
            Some(status) if !as_asked => self.weather.explains(deed, status, now),
            _ => None,
        };
        let mut counts = self.tally.counts();
        let row = counts.rows.entry((deed.what, deed.mount)).or_default();
        row.requests += 1;
        row.times.push(deed.started.elapsed().as_secs_f32() * 1e3);
        *row.statuses.entry(class(got)).or_default() += 1;
        match explained {
            _ if as_asked => row.as_asked += 1,
            Some(fault) => *row.explained.entry(fault).or_default() += 1,
            None => {
                row.unexplained += 1;
                counts.tell(format!("{}: {}", deed.told, told(got)));
            }
        }
        as_asked
    }

    /// Counts something that is wrong whatever the weather was.
    pub(crate) fn mistake(&self, what: &'static str, mount: &'static str, told: String) {
        let mut counts = self.tally.counts();
        counts.rows.entry((what, mount)).or_default().unexplained += 1;
        counts.tell(told);
    }
}

impl Tally {
    /// All that was counted, once nobody counts any more.
    pub(crate) fn whole(self) -> Counts {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn tell(&mut self, mistake: String) {
        if self.mistakes.len() < TOLD {
            eprintln!("unexplained: {mistake}");
            self.mistakes.push(mistake);
        }
    }
}

/// The outcome, as it is counted.
fn class(got: &Got) -> &'static str {
    match got {
        Got::Answer(200..=299, _) => "2xx",
        Got::Answer(404, _) => "404",
        Got::Answer(403, _) => "403",
        Got::Answer(429, _) => "429",
        Got::Answer(400..=499, _) => "4xx",
        Got::Answer(502, _) => "502",
        Got::Answer(503, _) => "503",
        Got::Answer(504, _) => "504",
        Got::Answer(..) => "other",
        Got::Closed => "closed",
        Got::Nothing => "nothing",
    }
}

/// The outcome in words, without a value.
fn told(got: &Got) -> String {
    match got {
        Got::Answer(status, body) => {
            let text: String = String::from_utf8_lossy(body).chars().take(160).collect();
            if text.contains(MARK) { format!("{status} with a value") } else { format!("{status} {text}") }
        }
        Got::Closed => "the connection was closed without an answer".to_owned(),
        Got::Nothing => "no answer came".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_but_one_in_so_many_is_found() {
        let row = |times: &[f32]| Row { times: times.to_vec(), ..Row::default() };
        let hundred: Vec<f32> = (1..=200_u8).rev().map(f32::from).collect();
        assert_eq!(row(&hundred).slowest_but(100).to_string(), "198");
        assert_eq!(row(&[3.0]).slowest_but(100).to_string(), "3");
        assert_eq!(row(&[]).slowest_but(100).to_string(), "0");
    }
}
