//! Tokens: minted once, known by their SHA-256 alone, valid for a fixed time.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secret_runtime::Scopes;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::caller::Ticket;

/// What every token begins with, so that people and scanners know one when they see it.
pub(crate) const PREFIX: &str = "srt_";

type Hash = [u8; 32];

/// All tokens that hold.
#[derive(Debug, Default)]
pub(crate) struct Tokens(RwLock<HashMap<Hash, Held>>);

#[derive(Clone, Debug)]
struct Held {
    ticket: Arc<Ticket>,
    until: Instant,
}

/// A token that has just been minted: shown to whoever asked for it, and to nobody ever again.
pub(crate) struct Minted {
    pub(crate) token: Zeroizing<String>,
    pub(crate) ticket: Arc<Ticket>,
}

impl Tokens {
    /// Mints a token of 256 random bits.
    pub(crate) fn mint(
        &self,
        scopes: Scopes,
        metrics: bool,
        ttl: Duration,
        note: Option<String>,
    ) -> Result<Minted, getrandom::Error> {
        let (mut bits, mut accessor) = (Zeroizing::new([0; 32]), [0; 16]);
        getrandom::fill(&mut *bits)?;
        getrandom::fill(&mut accessor)?;
        let token = Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(URL_SAFE_NO_PAD.encode(*bits))));
        let ticket = Arc::new(Ticket {
            accessor: URL_SAFE_NO_PAD.encode(accessor),
            scopes: Arc::new(scopes),
            metrics,
            created: SystemTime::now(),
            ttl,
            note,
        });
        let held = Held { ticket: ticket.clone(), until: Instant::now() + ttl };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(hash(&token), held);
        Ok(Minted { token, ticket })
    }

    /// What is known of a token that holds.
    pub(crate) fn find(&self, token: &str) -> Option<Arc<Ticket>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.get(&hash(token)).filter(|held| Instant::now() < held.until).map(|held| held.ticket.clone())
    }

    /// How many there are that hold.
    pub(crate) fn alive(&self) -> usize {
        let (held, now) = (self.0.read().unwrap_or_else(PoisonError::into_inner), Instant::now());
        held.values().filter(|held| now < held.until).count()
    }

    /// Forgets a token by its accessor; answers whether there was one.
    pub(crate) fn revoke(&self, accessor: &str) -> bool {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = held.len();
        held.retain(|_, held| held.ticket.accessor != accessor);
        held.len() < before
    }
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token).into()
}
