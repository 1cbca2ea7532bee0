//! Names of which nobody knows what the upstream has: a write or a delete of them ended without an answer, and may still
//! take effect. What is read of them meanwhile is not kept.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::store::Name;

/// How long a request that nobody waits for any more may still take effect: longer than servers work on one.
pub(super) const DOUBT: Duration = Duration::from_secs(60);

/// The most names that are remembered; beyond them, those whose doubt ends first are not.
const MOST: usize = 1000;

/// The names in doubt.
#[derive(Debug, Default)]
pub(super) struct Doubts(HashMap<Name, Instant>);

impl Doubts {
    /// From now on and for a while there is doubt about this name.
    pub(super) fn begin(&mut self, name: &Name) {
        let now = Instant::now();
        self.0.retain(|_, until| now < *until);
        if self.0.len() >= MOST
            && let Some(first) = self.0.iter().min_by_key(|(_, until)| **until).map(|(first, _)| first.clone())
        {
            self.0.remove(&first);
        }
        self.0.insert(name.clone(), now + DOUBT);
    }

    /// Whether there is doubt about this name.
    pub(super) fn about(&self, name: &Name) -> bool {
        self.0.get(name).is_some_and(|until| Instant::now() < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::fake;

    #[tokio::test(start_paused = true)]
    async fn a_doubt_ends_and_never_are_there_more_than_a_bound() {
        let mut doubts = Doubts::default();
        doubts.begin(&fake::name("KEY"));
        tokio::time::advance(DOUBT - Duration::from_secs(1)).await;
        assert!(doubts.about(&fake::name("KEY")) && !doubts.about(&fake::name("OTHER")));
        (0..MOST).for_each(|number| doubts.begin(&fake::name(&format!("KEY_{number}"))));
        assert!(doubts.0.len() == MOST && !doubts.about(&fake::name("KEY")) && doubts.about(&fake::name("KEY_0")));
        tokio::time::advance(DOUBT).await;
        assert!(!doubts.about(&fake::name("KEY_0")));
    }
}
