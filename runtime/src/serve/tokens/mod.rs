//! Tokens: minted once, known by their SHA-256 alone, valid for a fixed time, and remembered across restarts.

mod clock;
mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt::Write as _,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secret_runtime::Scopes;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use self::{
    clock::Clock,
    store::{Saved, SavedToken, Store},
};
use super::caller::Ticket;

/// What every token begins with, so that people and scanners know one when they see it.
pub(crate) const PREFIX: &str = "srt_";

/// The length of a token: 256 bits in base64 behind the prefix.
const LENGTH: usize = PREFIX.len() + 43;

/// The shortest time for which a token can hold.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);

/// The longest: a year. What should hold longer is minted anew.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The most tokens at a time. Whoever needs more has a loop that mints.
pub(crate) const MOST: usize = 10_000;

/// How often what time it is is written down.
const TEND: Duration = Duration::from_secs(60);

type Hash = [u8; 32];

/// All tokens that hold. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Tokens(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    held: RwLock<HashMap<Hash, Arc<Ticket>>>,
    /// Locked while the tokens change.
    store: Mutex<Store>,
}

/// What a token is to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) scopes: Scopes,
    pub(crate) metrics: bool,
    pub(crate) ttl: Duration,
    pub(crate) note: Option<String>,
}

/// A token that has just been minted: shown to whoever asked for it, and to nobody ever again.
pub(crate) struct Minted {
    pub(crate) token: Zeroizing<String>,
    pub(crate) ticket: Arc<Ticket>,
}

/// Why no token was minted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMinted {
    #[error("a token holds for a second at least and for a year (8760h) at most")]
    Life,
    #[error("there are {MOST} tokens that hold; revoke some first")]
    Many,
    #[error("there is no randomness: {0}")]
    Random(#[from] getrandom::Error),
    #[error("it can't be remembered: {0}")]
    Store(#[from] io::Error),
}

impl Tokens {
    /// The tokens that are remembered in this folder, which is ours alone from now on.
    ///
    /// # Errors
    /// Says what is wrong with the folder or its file.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Self::by(Clock::system(), folder)
    }

    fn by(clock: Clock, folder: &Path) -> io::Result<Self> {
        let mut store = Store::open(folder)?;
        let saved = store.read()?;
        clock.not_before(time(saved.seen));
        let held = saved.tokens.into_iter().map(known).collect::<io::Result<_>>()?;
        Ok(Self(Arc::new(Inner { clock, held: RwLock::new(held), store: Mutex::new(store) })))
    }

    /// Mints a token of 256 random bits. It is on the disk before it is answered.
    ///
    /// # Errors
    /// Says why not; then nothing has changed.
    pub(crate) fn mint(&self, wanted: Wanted) -> Result<Minted, NotMinted> {
        if !(SHORTEST..=LONGEST).contains(&wanted.ttl) {
            return Err(NotMinted::Life);
        }
        let (mut bits, mut accessor) = (Zeroizing::new([0; 32]), [0; 16]);
        getrandom::fill(&mut *bits)?;
        getrandom::fill(&mut accessor)?;
        let token = Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(URL_SAFE_NO_PAD.encode(*bits))));
        let mut store = self.store();
        let now = self.now();
        self.forget(|ticket| ticket.expires() <= now);
        let accessor = hexadecimal(&accessor);
        let ticket = Arc::new(Ticket {
            label: Ticket::label(&accessor),
            accessor,
            scopes: Arc::new(wanted.scopes),
            metrics: wanted.metrics,
            created: now,
            ttl: wanted.ttl,
            note: wanted.note,
        });
        let hash = hash(&token);
        let mut saved = self.saved(now);
        if saved.tokens.len() >= MOST {
            return Err(NotMinted::Many);
        }
        saved.tokens.push(saved_token(&hash, &ticket));
        store.write(&saved)?;
        self.0.held.write().unwrap_or_else(PoisonError::into_inner).insert(hash, ticket.clone());
        Ok(Minted { token, ticket })
    }

    /// What is known of a token that holds.
    pub(crate) fn find(&self, token: &str) -> Option<Arc<Ticket>> {
        if token.len() != LENGTH {
            return None;
        }
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        held.get(&hash(token)).filter(|ticket| self.now() < ticket.expires()).cloned()
    }

    /// All that hold, the oldest first.
    pub(crate) fn list(&self) -> Vec<Arc<Ticket>> {
        let now = self.now();
        self.forget(|ticket| ticket.expires() <= now);
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = held.values().cloned().collect();
        all.sort_by(|one, other| (one.created, &one.accessor).cmp(&(other.created, &other.accessor)));
        all
    }

    /// Lets tokens hold no longer, from now on: the one of this accessor, or all. Answers how many there were.
    ///
    /// # Errors
    /// It could not be written down: they would hold again after a restart, unless a later change can be.
    pub(crate) fn revoke(&self, accessor: Option<&str>) -> io::Result<usize> {
        let mut store = self.store();
        let gone = self.forget(|ticket| accessor.is_none_or(|accessor| ticket.accessor == accessor));
        if gone > 0 {
            store.write(&self.saved(self.now()))?;
        }
        Ok(gone)
    }

    /// Writes down what holds, and what time it is: a clock that is set back while no daemon runs brings nothing back
    /// that had expired by now.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) fn remember(&self) -> io::Result<()> {
        let mut store = self.store();
        let now = self.now();
        self.forget(|ticket| ticket.expires() <= now);
        let saved = self.saved(now);
        // Where no token is or was, none can come back.
        if saved.tokens.is_empty() && !store.is_filled() { Ok(()) } else { store.write(&saved) }
    }

    /// Does so again and again. How far a clock can be set back to any effect while no daemon runs is how long ago that
    /// was last done, if the daemon was killed.
    pub(crate) async fn tend(self) {
        let mut again = tokio::time::interval(TEND);
        loop {
            again.tick().await;
            let tokens = self.clone();
            if let Ok(Err(cause)) = tokio::task::spawn_blocking(move || tokens.remember()).await {
                tracing::warn!(%cause, "what is known of tokens can't be written down");
            }
        }
    }

    /// The time that counts.
    pub(crate) fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, such: impl Fn(&Ticket) -> bool) -> usize {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        let before = held.len();
        held.retain(|_, ticket| !such(ticket));
        before - held.len()
    }

    fn saved(&self, now: SystemTime) -> Saved {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        Saved::new(milliseconds(now), held.iter().map(|(hash, ticket)| saved_token(hash, ticket)).collect())
    }
}

fn saved_token(hash: &Hash, ticket: &Ticket) -> SavedToken {
    SavedToken {
        sha256: hexadecimal(hash),
        accessor: ticket.accessor.clone(),
        scopes: ticket.scope_words(),
        metrics: ticket.metrics,
        created: milliseconds(ticket.created),
        ttl: u64::try_from(ticket.ttl.as_millis()).unwrap_or_default(),
        note: ticket.note.clone(),
    }
}

/// A token as the file has it.
fn known(saved: SavedToken) -> io::Result<(Hash, Arc<Ticket>)> {
    let wrong = |what: &str| {
        let accessor = secret_runtime::Shown(&saved.accessor).to_string();
        io::Error::other(format!("the file of tokens makes no sense: {what} of the token {accessor}"))
    };
    let hash = bytes(&saved.sha256).ok_or_else(|| wrong("the hash"))?;
    let scopes = Scopes::parse(&saved.scopes).map_err(|bad| wrong(&format!("{bad}, among the scopes")))?;
    let ttl = Duration::from_millis(saved.ttl);
    // The sum of both has to be a time.
    if ttl > LONGEST || saved.created > u64::from(u32::MAX) * 1000 {
        return Err(wrong("the life"));
    }
    let ticket = Ticket {
        label: Ticket::label(&saved.accessor),
        accessor: saved.accessor,
        scopes: Arc::new(scopes),
        metrics: saved.metrics,
        created: time(saved.created),
        ttl,
        note: saved.note,
    };
    Ok((hash, Arc::new(ticket)))
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token).into()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(digits: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if digits.len() != hash.len() * 2 {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

fn milliseconds(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or_default()
}

fn time(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)).unwrap_or(UNIX_EPOCH)
}
