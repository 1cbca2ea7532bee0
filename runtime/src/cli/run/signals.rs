//! Signals that reach us, and which of them the program has to hear from us.

use std::{fs, io, thread};

use rustix::process::{Pid, Signal, getpgid, getpgrp, kill_process};
use signal_hook::{
    iterator::{SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::{Cause, Origin},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What is passed on.
const SIGNALS: [Signal; 7] =
    [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::USR2, Signal::WINCH];

/// A signal, and where it came from.
pub(super) struct Arrived {
    pub(super) signal: Signal,
    /// Who sent it, if a process did.
    sender: Option<i32>,
    /// Whether a terminal sent it: to all of its foreground group, then.
    by_terminal: bool,
}

/// The signals that arrive from now on. They no longer end this process.
pub(super) struct Signals(UnboundedReceiver<Arrived>);

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let ignored = ignored();
        let wanted = SIGNALS.iter().map(|signal| signal.as_raw()).filter(|signal| !is_in(ignored, *signal));
        let mut arriving = SignalsInfo::<WithOrigin>::new(wanted)?;
        let (sender, receiver) = unbounded_channel();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for origin in arriving.forever() {
                if Arrived::of(&origin).is_some_and(|arrived| sender.send(arrived).is_err()) {
                    return;
                }
            }
        })?;
        Ok(Self(receiver))
    }

    /// The next one; never, if none can come.
    pub(super) async fn next(&mut self) -> Arrived {
        match self.0.recv().await {
            Some(arrived) => arrived,
            None => std::future::pending().await,
        }
    }

    /// One that has arrived already and asks for an end.
    pub(super) fn ended(&mut self) -> Option<Signal> {
        while let Ok(arrived) = self.0.try_recv() {
            if arrived.asks_for_an_end() {
                return Some(arrived.signal);
            }
        }
        None
    }
}

impl Arrived {
    fn of(origin: &Origin) -> Option<Self> {
        let signal = *SIGNALS.iter().find(|signal| signal.as_raw() == origin.signal)?;
        let by_terminal = matches!(origin.cause, Cause::Kernel);
        Some(Self { signal, sender: origin.process.as_ref().map(|process| process.pid), by_terminal })
    }

    pub(super) fn asks_for_an_end(&self) -> bool {
        [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT].contains(&self.signal)
    }

    /// Passes it on, unless the program has heard it.
    ///
    /// A terminal tells its whole foreground group, to which the program belongs unless it has left it. And what the
    /// program itself sent to the group it has heard as well: passing that on could go round forever.
    pub(super) fn pass_on(&self, program: Pid) {
        let with_us = getpgid(Some(program)).is_ok_and(|group| group == getpgrp());
        let heard = self.by_terminal && with_us || self.sender == Some(program.as_raw_nonzero().get());
        if !heard {
            // It may have ended just now.
            let _ = kill_process(program, self.signal);
        }
    }
}

/// The signals that whoever started us wants ignored, as `nohup` does: they stay so, for us and for the program.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(mask: u64, signal: i32) -> bool {
    u32::try_from(signal - 1).ok().and_then(|bit| mask.checked_shr(bit)).is_some_and(|rest| rest & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_has_a_bit_for_each_signal_from_one_on() {
        assert!(is_in(1, 1) && !is_in(1, 2) && is_in(1 << 63, 64));
        assert!(!is_in(u64::MAX, 0) && !is_in(u64::MAX, 65) && !is_in(u64::MAX, -1));
    }
}
