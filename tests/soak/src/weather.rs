//! What goes wrong around the daemon: one thing at a time, with good weather in between. What went wrong when is what
//! explains a failure, and nothing else does.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;
use test_support::{Gate, Reply};

use crate::{
    Run,
    stage::{BAO, FRESH, SICK},
    tally::{DAPR, Deed},
};

/// A fault lasts so long at most, and so does the good weather after it.
const LONGEST: Duration = Duration::from_secs(15);

/// For so long after a fault its traces may be seen: connections that broke, a server that wakes up.
const AFTERMATH: Duration = Duration::from_secs(1);

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The stand-in takes requests and does not answer.
    Hung,
    /// The stand-in breaks connections.
    Resetting,
    /// The stand-in says 429.
    Limiting,
    /// The stand-in says 503, as a sealed Vault does.
    Unavailable,
    /// The stand-in breaks off in the middle of an answer.
    CutShort,
    /// OpenBao is sealed.
    Sealed,
    /// OpenBao has a rate limit that is much too low.
    Quota,
}

const FAULTS: [Fault; 7] =
    [Fault::Hung, Fault::Resetting, Fault::Limiting, Fault::Unavailable, Fault::CutShort, Fault::Sealed, Fault::Quota];

impl Fault {
    /// The mounts that suffer. All others must not.
    fn mounts(self) -> &'static [&'static str] {
        match self {
            Self::Sealed | Self::Quota => &[BAO, FRESH],
            _ => &[SICK],
        }
    }

    /// What callers are told.
    fn statuses(self) -> &'static [u16] {
        match self {
            Self::Hung => &[503, 504],
            // Or the time runs out until it may be asked again.
            Self::Limiting | Self::Quota => &[429, 504],
            // While it seals and unseals, it lets requests wait.
            Self::Sealed => &[503, 504],
            Self::Resetting | Self::Unavailable | Self::CutShort => &[503],
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hung => "upstream hung",
            Self::Resetting => "upstream resetting",
            Self::Limiting => "upstream says 429",
            Self::Unavailable => "upstream says 503",
            Self::CutShort => "upstream breaks off",
            Self::Sealed => "OpenBao sealed",
            Self::Quota => "OpenBao's quota",
        })
    }
}

/// When what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Weather(Mutex<Vec<Period>>);

#[derive(Clone, Copy, Debug)]
struct Period {
    fault: Fault,
    from: Instant,
    /// None while it goes on.
    until: Option<Instant>,
}

impl Weather {
    /// The fault that explains such an answer to a request that was on its way until now.
    pub(crate) fn explains(&self, deed: &Deed<'_>, status: u16, to: Instant) -> Option<Fault> {
        let from = deed.started;
        let fits = |period: &&Period| {
            period.fault.mounts().contains(&deed.mount)
                && (period.fault.statuses().contains(&status) || (deed.what == DAPR && status == 500))
                && period.from <= to
                && period.until.is_none_or(|until| from <= until + AFTERMATH)
        };
        self.periods().iter().rev().find(fits).map(|period| period.fault)
    }

    fn begin(&self, fault: Fault) {
        self.periods().push(Period { fault, from: Instant::now(), until: None });
    }

    fn end(&self) {
        if let Some(period) = self.periods().last_mut() {
            period.until = Some(Instant::now());
        }
    }

    fn periods(&self) -> MutexGuard<'_, Vec<Period>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes the weather until the run is over, and leaves it good.
///
/// # Errors
/// A server does not do what it is told.
pub(crate) fn change(run: &Run) -> Result<()> {
    // A short run sees every fault too.
    let phases = u32::try_from(2 * FAULTS.len() + 1).unwrap_or(u32::MAX);
    let long = LONGEST.min(run.options.time / phases);
    for fault in FAULTS.into_iter().cycle() {
        if !run.wait(long) {
            return Ok(());
        }
        run.weather.begin(fault);
        let suffered = suffer(run, fault, long);
        run.weather.end();
        suffered?;
    }
    Ok(())
}

/// Lets a fault be there for so long.
fn suffer(run: &Run, fault: Fault, long: Duration) -> Result<()> {
    let (openbao, stand_in) = (&run.stage.openbao, &run.stage.stand_in);
    match fault {
        Fault::Sealed => {
            openbao.seal()?;
            run.wait(long);
            openbao.unseal()
        }
        Fault::Quota => {
            openbao.rate_quota("secret", 1.0)?;
            run.wait(long);
            openbao.lift_quota("secret")
        }
        _ => {
            let gate = Gate::new();
            stand_in.answers(Some(answer(fault, &gate)?));
            run.wait(long);
            stand_in.answers(None);
            gate.open();
            Ok(())
        }
    }
}

/// How the stand-in answers everything meanwhile.
fn answer(fault: Fault, gate: &Gate) -> Result<Reply> {
    ensure!(!matches!(fault, Fault::Sealed | Fault::Quota), "this is no fault of the stand-in");
    let errors = |status, word: &str| Reply::json(status, &json!({ "errors": [word] }));
    Ok(match fault {
        Fault::Hung => errors(503, "nobody waits for this").after(gate),
        Fault::Resetting => Reply::reset(),
        Fault::Limiting => errors(429, "request path: rate limit quota exceeded").with_header("Retry-After", "1"),
        Fault::CutShort => Reply::cut_short(200, r#"{"data":{"#, 300),
        _ => errors(503, "Vault is sealed"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fault_of_that_time_explains_a_failure() {
        let weather = Weather::default();
        let read = |mount, started| Deed { what: "read", mount, told: "GET", started };
        let before = Instant::now();
        assert_eq!(weather.explains(&read(SICK, before), 504, before), None);
        weather.begin(Fault::Hung);
        let during = Instant::now();
        assert_eq!(weather.explains(&read(SICK, before), 504, during), Some(Fault::Hung));
        weather.end();
        let later = Instant::now() + 2 * AFTERMATH;
        assert_eq!(weather.explains(&read(SICK, during), 504, later), Some(Fault::Hung));
        assert_eq!(weather.explains(&read(SICK, later), 504, later), None);
        assert_eq!(weather.explains(&read(SICK, before), 500, during), None);
        assert_eq!(weather.explains(&Deed { what: DAPR, ..read(SICK, before) }, 500, during), Some(Fault::Hung));
        assert_eq!(weather.explains(&read(BAO, before), 504, during), None);
    }
}
