//! The tokens that were handed out, and who may do what with them.

use std::{collections::HashMap, time::Duration};

use anyhow::Result;

/// A token that was handed out.
struct Token {
    client: String,
    audience: String,
    expires: Duration,
}

/// Why a token is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    Unknown,
    Expired,
    Audience(String),
}

/// All tokens.
pub(super) struct Tokens {
    known: HashMap<String, Token>,
    pub(super) lifetime: Duration,
    /// Clients whose tokens live for another time.
    pub(super) limits: HashMap<String, Duration>,
    pub(super) issued: usize,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { known: HashMap::new(), lifetime: Duration::from_secs(3600), limits: HashMap::new(), issued: 0 }
    }
}

impl Tokens {
    /// A new token for an audience, and when it expires.
    pub(super) fn issue(&mut self, client: &str, audience: &str, now: Duration) -> Result<(String, Duration)> {
        let lifetime = self.limits.get(client).unwrap_or(&self.lifetime);
        let (token, expires) = (random()?, now + *lifetime);
        let audience = audience.trim_end_matches('/').to_owned();
        self.known.insert(token.clone(), Token { client: client.to_owned(), audience, expires });
        self.issued += 1;
        Ok((token, expires))
    }

    pub(super) fn revoke(&mut self) {
        self.known.clear();
    }

    /// The client whose token this is, if it is good for the audience.
    pub(super) fn client(&self, token: &str, audience: &str, now: Duration) -> Result<&str, NotTaken> {
        let token = self.known.get(token).ok_or(NotTaken::Unknown)?;
        if token.expires <= now {
            return Err(NotTaken::Expired);
        }
        if token.audience != audience {
            return Err(NotTaken::Audience(token.audience.clone()));
        }
        Ok(&token.client)
    }
}

/// Something that nobody guesses: 32 hexadecimal digits.
pub(super) fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
