//! Google Secret Manager and Cloud KMS: [`Drongo`], an emulator of both, and [`Google`], a stand-in of our own that has
//! what the emulator lacks: authentication, checksums, regions, limits, and ciphertext that is encrypted.

mod checksum;
mod drongo;
mod kms;
mod question;
mod refusal;
mod secrets;
mod tokens;
mod vendor;
mod version;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use serde_json::Value;

pub use self::{drongo::Drongo, tokens::Login, vendor::vendor};
use self::{
    kms::Keys,
    question::Question,
    refusal::{Refusal, refuse},
    secrets::Secrets,
    tokens::Tokens,
};
use crate::{Reply, Seen, Upstream, client::Client};

/// The project that the stand-in has, and the number that Google puts into replies instead.
const PROJECT: &str = "test-project";
const PROJECT_NUMBER: &str = "448811223344";

/// What is wrong with the replies from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spoiled {
    /// Nothing.
    #[default]
    Nothing,
    /// Every checksum is another one's.
    Checksums,
    /// Checksums, and the word that ours were looked at, are missing.
    NoChecksums,
}

/// A server that answers as Secret Manager and Cloud KMS do over REST, to callers with the right token. It has one
/// project, no secrets and two keys.
pub struct Google {
    upstream: Upstream,
    client: Client,
    token: String,
    forbidden: String,
    state: Arc<Mutex<State>>,
}

/// What the server keeps.
struct State {
    tokens: Tokens,
    secrets: Secrets,
    keys: Keys,
    spoiled: Spoiled,
}

impl Google {
    /// The id of its project.
    pub const PROJECT: &str = PROJECT;
    /// A key that encrypts and decrypts.
    pub const KEY: &str = kms::KEY;
    /// Another one, which decrypts nothing of the first.
    pub const OTHER_KEY: &str = kms::OTHER_KEY;

    /// Starts one.
    ///
    /// # Errors
    /// The system has no port or no random bytes.
    pub fn start() -> Result<Self> {
        let mut tokens = Tokens::new()?;
        let (token, forbidden) = (tokens.lasting(true), tokens.lasting(false));
        let state = State { tokens, secrets: Secrets::default(), keys: Keys::new()?, spoiled: Spoiled::Nothing };
        let state = Arc::new(Mutex::new(state));
        let upstream = Upstream::start({
            let state = Arc::clone(&state);
            move |seen| lock(&state).reply(seen)
        })?;
        let client = Client::new(upstream.address());
        Ok(Self { upstream, client, token, forbidden, state })
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> String {
        self.upstream.address()
    }

    /// A token that may do everything.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A token of somebody who may do nothing.
    pub fn forbidden_token(&self) -> &str {
        &self.forbidden
    }

    /// The credential file of somebody, whose token endpoint is at this address: this server's, or a proxy's.
    pub fn credentials(&self, login: Login, address: &str) -> Value {
        lock(&self.state).tokens.file(login, address)
    }

    /// Takes back all tokens that were given out. Logins stay good.
    pub fn revoke_all(&self) {
        lock(&self.state).tokens.revoke_all();
    }

    /// Whether this request is for a token.
    pub fn is_exchange(seen: &Seen) -> bool {
        seen.target == tokens::PATH
    }

    /// Spoils all replies from now on.
    pub fn spoil(&self, spoiled: Spoiled) {
        lock(&self.state).spoiled = spoiled;
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.upstream.seen()
    }

    /// Sends a request with the right token, as a test's set-up. `path` starts with `/v1/`.
    ///
    /// # Errors
    /// No answer came.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        self.client.send(method, path, &[("authorization", &format!("Bearer {}", self.token))], body)
    }
}

impl fmt::Debug for Google {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Google").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl State {
    fn reply(&mut self, seen: &Seen) -> Reply {
        if seen.target == tokens::PATH {
            return self.tokens.refresh(seen);
        }
        match self.answer(seen) {
            Ok(reply) => Reply::json(200, &reply),
            Err(refusal) => refusal.reply(),
        }
    }

    fn answer(&mut self, seen: &Seen) -> Result<Value, Refusal> {
        let question = Question::of(seen)?;
        self.tokens.admit(seen)?;
        let path = question.target.path();
        let ["v1", "projects", project, rest @ ..] = path.as_slice() else {
            return refuse(404, "NOT_FOUND", "Method not found.");
        };
        if ![PROJECT, PROJECT_NUMBER].contains(project) {
            return refuse(403, "PERMISSION_DENIED", "Permission denied on resource project.");
        }
        match rest {
            ["secrets", ..] | ["locations", _, "secrets", ..] => self.secrets.answer(&question, rest, self.spoiled),
            ["locations", _, "keyRings", ..] => self.keys.answer(&question, rest, self.spoiled),
            _ => refuse(404, "NOT_FOUND", "Method not found."),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
