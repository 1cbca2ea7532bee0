//! What came of it.

use std::{fmt, time::Duration};

use crate::{memory::Memory, options::Options, tally::Counts};

/// All that is known at the end.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) options: Options,
    pub(crate) took: Duration,
    pub(crate) counts: Counts,
    pub(crate) memory: Memory,
    /// Acknowledged writes that are not there at the end.
    pub(crate) lost: u64,
    /// How the daemon ended when it was told to.
    pub(crate) ended: String,
    /// Values, tokens or panics in what it recorded.
    pub(crate) leaks: Vec<String>,
}

/// How a daemon ends that does what it is told.
const WELL: &str = "exit status: 0";

impl Report {
    /// Whether all is well.
    pub(crate) fn is_good(&self) -> bool {
        let unexplained = self.counts.rows.values().map(|row| row.unexplained).sum::<u64>();
        let flat = self.memory.is_flat() != Some(false);
        unexplained == 0 && self.lost == 0 && flat && self.ended == WELL && self.leaks.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut requests, mut unexplained) = (0, 0);
        writeln!(
            f,
            "| what | where | requests | as asked | explained | unexplained | p50 | p99 | slowest | outcomes |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|")?;
        for ((what, mount), row) in &self.counts.rows {
            requests += row.requests;
            unexplained += row.unexplained;
            let outcomes: Vec<_> = row.statuses.iter().map(|(class, count)| format!("{class} {count}")).collect();
            writeln!(
                f,
                "| {what} | {mount} | {} | {} | {} | {} | {:.1} ms | {:.1} ms | {:.0} ms | {} |",
                row.requests,
                row.as_asked,
                row.explained.values().sum::<u64>(),
                row.unexplained,
                row.slowest_but(2),
                row.slowest_but(100),
                row.slowest_but(usize::MAX),
                outcomes.join(", ")
            )?;
        }
        let mut faults = std::collections::BTreeMap::<_, u64>::new();
        for (fault, count) in self.counts.rows.values().flat_map(|row| &row.explained) {
            *faults.entry(fault).or_default() += count;
        }
        let faults: Vec<_> = faults.iter().map(|(fault, count)| format!("{fault} {count}")).collect();
        let (first, last, an_hour) = self.memory.line();
        let files = self.memory.files();
        writeln!(f)?;
        writeln!(
            f,
            "{requests} requests in {} s, {:.0} a second",
            self.took.as_secs(),
            requests as f64 / self.took.as_secs_f64()
        )?;
        writeln!(f, "failures by fault: {}", faults.join(", "))?;
        writeln!(f, "unexplained: {unexplained} (must be 0)")?;
        for mistake in &self.counts.mistakes {
            writeln!(f, "  {mistake}")?;
        }
        writeln!(f, "lost writes: {} (must be 0)", self.lost)?;
        writeln!(
            f,
            "memory: {first:.1} MB once warm, {last:.1} MB at the end, {an_hour:+.2} MB an hour, {:.1} MB at most; \
             flat: {}",
            self.memory.most(),
            match self.memory.is_flat() {
                Some(true) => "yes",
                Some(false) => "no",
                None => "too short a run to tell",
            }
        )?;
        writeln!(f, "open files: {} once warm, {} at the end", files.0, files.1)?;
        writeln!(f, "the daemon ended with {} (must be {WELL})", self.ended)?;
        writeln!(f, "values, tokens or panics in what it recorded: {} (must be 0)", self.leaks.len())?;
        for leak in self.leaks.iter().take(5) {
            writeln!(f, "  {leak}")?;
        }
        let word = if self.is_good() { "all is well" } else { "NOT well" };
        writeln!(f, "{word} after {:?} at {} requests a second", self.options.time, self.options.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_last_line_is_the_verdict() {
        let report = |lost| Report {
            options: Options::default(),
            took: Duration::from_secs(1),
            counts: Counts::default(),
            memory: Memory::default(),
            lost,
            ended: WELL.to_owned(),
            leaks: Vec::new(),
        };
        for (lost, verdict) in [(0, "all is well after"), (1, "NOT well after")] {
            let told = report(lost).to_string();
            assert!(told.lines().last().is_some_and(|line| line.starts_with(verdict)), "{told}");
        }
    }
}
