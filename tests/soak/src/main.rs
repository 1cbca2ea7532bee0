//! A daemon under mixed load, with faults, for as long as wanted: `cargo xtask soak --for 1h`.
//!
//! ```text
//! clients ──▶ runtime serve ──▶ OpenBao, ministack, a .env file, a stand-in
//!    │                              ▲
//!    ▼                              │
//!  tally ◀── what explains a failure ── weather: one fault at a time
//! ```
//!
//! Every answer is judged: it is what was asked for, or a failure that the weather explains, or a mistake. Every write
//! that was acknowledged is read back. At the end there is a table, and the run failed if anything in it did.

mod clients;
mod http;
mod ledger;
mod memory;
mod nuisances;
mod options;
mod reloads;
mod report;
mod stage;
mod tally;
mod weather;

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use rustix::process::Signal;

use crate::{memory::Memory, options::Options, report::Report, stage::Stage, tally::Tally, weather::Weather};

/// How long a daemon that is told to end may take.
const END: Duration = Duration::from_secs(40);

/// What all threads of a run share.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) options: Options,
    pub(crate) stage: Stage,
    pub(crate) weather: Weather,
    pub(crate) tally: Tally,
    over: AtomicBool,
}

impl Run {
    /// Waits, but not beyond the end of the run; answers whether it goes on.
    pub(crate) fn wait_until(&self, when: Instant) -> bool {
        const LOOK_AGAIN: Duration = Duration::from_millis(100);
        while !self.is_over() {
            let left = when.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(LOOK_AGAIN));
        }
        false
    }

    /// The same for a time from now.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        self.wait_until(Instant::now() + time)
    }

    /// Whether it is time to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs it, prints what came of it, and answers whether all was well.
fn run(options: Options) -> Result<bool> {
    let stage = Stage::build()?;
    let (weather, tally) = (Weather::default(), Tally::default());
    let run = Run { options, stage, weather, tally, over: AtomicBool::new(false) };
    let started = Instant::now();
    eprintln!("The daemon runs as process {}; this takes {:?}.", run.stage.daemon.id(), run.options.time);
    let (memory, ledgers) = thread::scope(|scope| -> Result<_> {
        let changing = scope.spawn(|| weather::change(&run));
        let reloading = scope.spawn(|| reloads::reload(&run));
        let watching = scope.spawn(|| Memory::watch(&run));
        let clients = clients::spawn(scope, &run);
        run.wait(run.options.time);
        run.over.store(true, Ordering::Relaxed);
        let ledgers: Vec<_> = clients.into_iter().filter_map(|client| joined(client).transpose()).collect();
        joined(changing)??;
        joined(reloading)??;
        Ok((joined(watching)?, ledgers.into_iter().collect::<Result<Vec<_>>>()?))
    })?;
    let took = started.elapsed();
    // In good weather, everything that was ever acknowledged has to be there.
    let lost = ledgers.into_iter().map(|client| client.settle(&run)).sum();
    let Run { options, mut stage, tally, .. } = run;
    let ended = end(&mut stage);
    let leaks = stage.leaks();
    let report = Report { options, took, counts: tally.whole(), memory, lost, ended, leaks };
    print!("\n{report}");
    Ok(report.is_good())
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> Result<T> {
    thread.join().map_err(|_| anyhow::anyhow!("a thread of the soak itself panicked"))
}

/// Tells the daemon to end, and answers how it did.
fn end(stage: &mut Stage) -> String {
    if let Err(cause) = stage.daemon.signal(Signal::TERM) {
        return format!("{cause:#}");
    }
    let told = Instant::now();
    while told.elapsed() < END {
        if let Some(status) = stage.daemon.ended() {
            return status.to_string();
        }
        thread::sleep(Duration::from_millis(10));
    }
    format!("not within {} s", END.as_secs())
}
