//! Getting a token when one is needed: once, however many calls wait for it.

use tokio::{sync::Mutex, time::Instant};

use super::token::{Basis, Token, Tokens};
use crate::{
    error::{Error, Result},
    manifest::recipe::ScopeMatch,
};

/// Keeps tokens, and has a new one made when none is good.
#[derive(Debug)]
pub(super) struct Minter<V> {
    matching: ScopeMatch,
    tokens: Mutex<Tokens<V>>,
    /// Held while a token is made; inside, when and why that failed the last time.
    running: Mutex<Option<(Instant, Error)>>,
}

impl<V: Clone> Minter<V> {
    pub(super) fn new(matching: ScopeMatch) -> Self {
        Self { matching, tokens: Mutex::default(), running: Mutex::default() }
    }

    /// A token for these scopes: one that is kept, or a new one from `mint`.
    pub(super) async fn token<M: Future<Output = Result<Token<V>>>>(
        &self,
        basis: Basis,
        scopes: &[String],
        mint: impl FnOnce() -> M,
    ) -> Result<Token<V>> {
        let asked = Instant::now();
        if let Some(token) = self.tokens.lock().await.find(basis, scopes, self.matching) {
            return Ok(token);
        }
        let mut running = self.running.lock().await;
        if let Some(token) = self.tokens.lock().await.find(basis, scopes, self.matching) {
            return Ok(token);
        }
        // Whoever waited for an attempt that failed shares its failure: a login per waiter would lock an account.
        if let Some((_, error)) = running.as_ref().filter(|(failed, _)| *failed > asked) {
            return Err(error.clone());
        }
        // On the heap, and only now: a chain of sources takes many kilobytes, which every request would carry along.
        match Box::pin(mint()).await {
            Ok(token) => {
                *running = None;
                self.tokens.lock().await.keep(basis, scopes.to_vec(), token.clone());
                Ok(token)
            }
            Err(error) => {
                *running = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Drops a refused token if it is old enough; answers whether to try again with a new one.
    pub(super) async fn forget_old(&self, basis: Basis, scopes: &[String]) -> bool {
        self.tokens.lock().await.forget_old(basis, scopes, self.matching)
    }
}
