//! Short-lived tokens, kept while they are good.

use std::{fmt, time::Duration};

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Read;
use crate::{glob, manifest::recipe::ScopeMatch};

/// Tokens kept for one backend: enough for a caller per scope, few enough to look through.
const TOKENS: usize = 64;
/// The longest that a token's own word about its life is believed.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);
/// A token is renewed when a tenth of its life is left, but not earlier than this before its end.
const EARLIEST_RENEWAL: Duration = Duration::from_secs(60);
/// However short its life, it is renewed this much before its end: servers count in whole seconds.
const LATEST_RENEWAL: Duration = Duration::from_secs(1);
/// A token younger than this is not thrown away for a refusal: it was good a moment ago, so something else is wrong.
pub(super) const YOUNG: Duration = Duration::from_secs(30);

/// A token, or whatever else is good for a while.
#[derive(Clone)]
pub(crate) struct Token<V = Zeroizing<String>> {
    pub(super) value: V,
    made: Instant,
    renew_at: Instant,
}

impl<V> Token<V> {
    /// One that was made just now and is good for `life`.
    pub(super) fn new(value: V, life: Duration) -> Self {
        let (made, life) = (Instant::now(), life.min(LONGEST_LIFE));
        let early = (life / 10).clamp(LATEST_RENEWAL.min(life / 2), EARLIEST_RENEWAL);
        Self { value, made, renew_at: made + life - early }
    }
}

impl<V> fmt::Debug for Token<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a token was made from. Other credentials or settings make another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Basis([u8; 32]);

impl Basis {
    pub(super) fn of<'a>(credentials: &'a Read, config: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        for (name, value) in credentials {
            add(name);
            add(value);
        }
        for (name, value) in config {
            add(name);
            add(value);
        }
        Self(hash.finalize().into())
    }

    /// Of tokens that nothing but the identity behind them decides.
    #[cfg(feature = "google")]
    pub(super) fn nothing() -> Self {
        Self([0; 32])
    }
}

/// The tokens of one backend, least recently used first.
#[derive(Debug)]
pub(super) struct Tokens<V>(Vec<(Basis, Vec<String>, Token<V>)>);

impl<V> Default for Tokens<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Clone> Tokens<V> {
    /// A token that is still good for these scopes.
    pub(super) fn find(&mut self, basis: Basis, scopes: &[String], matching: ScopeMatch) -> Option<Token<V>> {
        let now = Instant::now();
        self.0.retain(|(_, _, token)| token.renew_at > now);
        let at = self.position(basis, scopes, matching)?;
        let found = self.0.remove(at);
        let token = found.2.clone();
        self.0.push(found);
        Some(token)
    }

    pub(super) fn keep(&mut self, basis: Basis, scopes: Vec<String>, token: Token<V>) {
        if self.0.len() == TOKENS {
            self.0.remove(0);
        }
        self.0.push((basis, scopes, token));
    }

    /// Drops the token for these scopes if it is old enough for a refusal to be its fault.
    pub(super) fn forget_old(&mut self, basis: Basis, scopes: &[String], matching: ScopeMatch) -> bool {
        match self.position(basis, scopes, matching) {
            Some(at) => {
                let old = self.0.get(at).is_some_and(|(_, _, token)| token.made.elapsed() > YOUNG);
                if old {
                    self.0.remove(at);
                }
                old
            }
            // Another call has thrown it away already.
            None => true,
        }
    }

    fn position(&self, basis: Basis, scopes: &[String], matching: ScopeMatch) -> Option<usize> {
        let covers = |granted: &[String], scope: &String| match matching {
            ScopeMatch::Exact => granted.contains(scope),
            ScopeMatch::Glob => granted.iter().any(|pattern| glob::star_matches(pattern, scope)),
        };
        self.0.iter().position(|(of, granted, _)| *of == basis && scopes.iter().all(|scope| covers(granted, scope)))
    }
}
