//! Loads under way: at most one for each read, shared by all who want the same.

use std::{collections::HashMap, time::Duration};

use tokio::{sync::watch, time::timeout};

use crate::{
    error::{Error, Kind, Result},
    store::{Answer, Name, Read, Source},
};

/// What a load sends when it has landed; `None` until then.
pub(super) type Sender = watch::Sender<Option<Result<Answer>>>;

/// The loads under way. A load that is forgotten here still answers those who wait for it, and nobody else.
#[derive(Debug, Default)]
pub(super) struct Flights {
    under_way: HashMap<Read, Flight>,
    begun: u64,
}

#[derive(Debug)]
struct Flight {
    number: u64,
    landing: watch::Receiver<Option<Result<Answer>>>,
}

impl Flights {
    /// Waits for the load that is under way, if there is one.
    pub(super) fn join(&self, read: &Read) -> Option<Waiter> {
        let flight = self.under_way.get(read)?;
        Some(Waiter { landing: flight.landing.clone(), joined: true })
    }

    /// Begins a load, in the place of one that may be under way, and answers its number.
    pub(super) fn begin(&mut self, read: &Read) -> (u64, Sender, Waiter) {
        let (sender, landing) = watch::channel(None);
        self.begun += 1;
        let number = self.begun;
        self.under_way.insert(read.clone(), Flight { number, landing: landing.clone() });
        (number, sender, Waiter { landing, joined: false })
    }

    /// Ends a load. Answers whether it was still the one under way: what a forgotten load brings may be out of date.
    pub(super) fn end(&mut self, read: &Read, number: u64) -> bool {
        let ours = self.under_way.get(read).is_some_and(|flight| flight.number == number);
        if ours {
            self.under_way.remove(read);
        }
        ours
    }

    /// Forgets the loads of all versions of a name.
    pub(super) fn forget(&mut self, name: &Name) {
        self.under_way.retain(|read, _| read.name != *name);
    }

    /// Forgets all loads.
    pub(super) fn forget_all(&mut self) {
        self.under_way.clear();
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.under_way.len()
    }
}

/// One caller who waits for a load.
#[derive(Debug)]
pub(super) struct Waiter {
    landing: watch::Receiver<Option<Result<Answer>>>,
    joined: bool,
}

impl Waiter {
    /// Waits until the load has landed, but no longer than the caller will.
    pub(super) async fn wait(mut self, patience: Duration) -> Result<Answer> {
        let landed = timeout(patience, self.landing.wait_for(Option::is_some)).await.map_err(|_| {
            let reason = format!("no answer within the {} ms that the caller waits", patience.as_millis());
            Error::new(Kind::Timeout, reason)
        })?;
        // The sender goes without a word only if the load panicked or the tokio runtime is shutting down.
        let outcome = landed.ok().and_then(|outcome| outcome.clone());
        let answer = outcome.unwrap_or_else(|| Err(Error::new(Kind::Other, "the load broke off without an answer")))?;
        let source = if self.joined && answer.source == Source::Backend { Source::Joined } else { answer.source };
        Ok(Answer { source, ..answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::fake;

    #[test]
    fn only_the_load_that_was_begun_last_is_under_way_and_only_until_it_ends() {
        let (mut flights, read) = (Flights::default(), fake::read("KEY"));
        let (early, ..) = flights.begin(&read);
        let (late, ..) = flights.begin(&read);
        assert_eq!([early, late, late].map(|number| flights.end(&read, number)), [false, true, false]);
    }

    #[test]
    fn a_forgotten_load_is_not_under_way_any_more() {
        let (mut flights, read) = (Flights::default(), fake::read("KEY"));
        let (number, ..) = flights.begin(&read);
        flights.forget(&fake::name("OTHER"));
        assert!(flights.join(&read).is_some());
        flights.forget(&read.name);
        assert!(flights.join(&read).is_none() && !flights.end(&read, number));
    }
}
