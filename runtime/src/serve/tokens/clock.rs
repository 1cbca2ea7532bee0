//! The time by which tokens expire. It never goes back.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// What the system's clocks say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// The time of day, since 1970. It can be set.
    pub(super) wall: Duration,
    /// The time since some moment. It can't be set, and says nothing after a restart.
    pub(super) running: Duration,
}

/// The latest time that the clock on the wall has ever led to, moved on by the clock that can't be set. Setting the
/// clock back makes no token live longer, and setting it forward makes all older ones end sooner.
pub(crate) struct Clock {
    read: Box<dyn Fn() -> Reading + Send + Sync>,
    /// The most milliseconds by which the one was ahead of the other.
    ahead: AtomicU64,
}

impl Clock {
    /// By the system's clocks.
    pub(super) fn system() -> Self {
        let started = Instant::now();
        Self::by(move || Reading {
            wall: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            running: started.elapsed(),
        })
    }

    pub(super) fn by(read: impl Fn() -> Reading + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), ahead: AtomicU64::new(0) }
    }

    /// Takes it that it has been this time already.
    pub(super) fn not_before(&self, seen: SystemTime) {
        self.count(seen.duration_since(UNIX_EPOCH).unwrap_or_default(), (self.read)().running);
    }

    /// The time, in whole milliseconds.
    pub(super) fn now(&self) -> SystemTime {
        let Reading { wall, running } = (self.read)();
        UNIX_EPOCH + Duration::from_millis(self.count(wall, running).saturating_add(milliseconds(running)))
    }

    fn count(&self, wall: Duration, running: Duration) -> u64 {
        let ahead = milliseconds(wall).saturating_sub(milliseconds(running));
        // Seldom more than a look: the clocks drift apart slowly.
        match self.ahead.load(Ordering::Relaxed) {
            known if known >= ahead => known,
            _ => self.ahead.fetch_max(ahead, Ordering::Relaxed).max(ahead),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// Whole milliseconds, as far as there are numbers for them: half a billion years.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX >> 1)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[test]
    fn the_time_goes_on_whatever_the_clock_on_the_wall_is_set_to() {
        let reading = Arc::new(Mutex::new(Reading::default()));
        let set = |wall: u64, running: u64| {
            *reading.lock().unwrap_or_else(PoisonError::into_inner) =
                Reading { wall: Duration::from_secs(wall), running: Duration::from_secs(running) };
        };
        let read = reading.clone();
        let clock = Clock::by(move || *read.lock().unwrap_or_else(PoisonError::into_inner));
        for (wall, running, expected) in [
            (1_000, 0, 1_000),
            (1_010, 10, 1_010),
            // Set back by 910 seconds: 10 seconds have passed all the same.
            (110, 20, 1_020),
            // Asleep for an hour, which the running clock does not see.
            (4_620, 30, 4_620),
            // Set forward, and back again.
            (9_000, 40, 9_000),
            (4_640, 50, 9_010),
        ] {
            set(wall, running);
            assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(expected), "{wall} {running}");
        }
    }

    #[test]
    fn the_time_is_never_before_one_that_was_seen_in_another_life() {
        let clock = Clock::by(|| Reading { wall: Duration::from_secs(5), running: Duration::from_secs(1) });
        let seen = UNIX_EPOCH + Duration::from_secs(1_000);
        clock.not_before(seen);
        assert_eq!(clock.now(), seen);
    }
}
