//! A stand-in for Agent Secret Store: scoped tokens for agent keys, and the secrets behind them.
//!
//! It refuses what the service refuses. That it is like the service is what the vendor's own client judges.

#[cfg(test)]
mod judged;
mod secrets;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use serde_json::{Value, json};

use self::{
    secrets::Stored,
    tokens::{Key, Token},
};
use crate::{Judge, Npm, Reply, Seen, Upstream, random::Words, target::Target};

/// A stand-in for the service, on loopback, empty at first.
pub struct AgentSecretStore {
    upstream: Upstream,
    state: Arc<Mutex<State>>,
}

/// What the service knows.
#[derive(Default)]
struct State {
    keys: BTreeMap<String, Key>,
    tokens: BTreeMap<String, Token>,
    /// By namespace and key, with a slash between them.
    secrets: BTreeMap<String, Stored>,
    /// The ids under which people can approve, with what they approve: a key, and the scopes it asked for.
    approvals: BTreeMap<String, (String, Vec<String>)>,
    approved: BTreeSet<(String, Vec<String>)>,
    /// How many requests will be told to come back later.
    throttled: usize,
    words: Words,
}

impl AgentSecretStore {
    /// Starts one.
    ///
    /// # Errors
    /// The system has no port for it.
    pub fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State { words: Words::new()?, ..State::default() }));
        let upstream = Upstream::start({
            let state = Arc::clone(&state);
            move |seen| answer(&mut lock(&state), seen)
        })?;
        Ok(Self { upstream, state })
    }

    /// What to set `ASS_API_URL` to.
    pub fn address(&self) -> String {
        self.upstream.address()
    }

    /// Makes the key of an agent that may ask for tokens with these scopes, globs among them.
    pub fn agent(&self, scopes: &[&str]) -> String {
        self.key(scopes, false)
    }

    /// Makes the key of a person, whose tokens may also do what takes a person.
    pub fn person(&self, scopes: &[&str]) -> String {
        self.key(scopes, true)
    }

    fn key(&self, scopes: &[&str], is_person: bool) -> String {
        let mut state = self.state();
        let key = format!("ask_{}", state.words.next());
        state.keys.insert(key.clone(), Key { scopes: scopes.iter().map(|s| (*s).to_owned()).collect(), is_person });
        key
    }

    /// Stores a secret, with a tier: `standard`, `sensitive` or `critical`.
    pub fn put(&self, path: &str, value: &str, tier: &str) {
        self.state().secrets.entry(path.to_owned()).or_default().store(value, "custom", tier, Value::Null);
    }

    /// The value of a secret, with its type, tier, metadata and version.
    pub fn get(&self, path: &str) -> Option<Value> {
        self.state().secrets.get(path).map(|stored| stored.with_value())
    }

    /// Lets a secret expire.
    pub fn expire(&self, path: &str) {
        if let Some(stored) = self.state().secrets.get_mut(path) {
            stored.expired = true;
        }
    }

    /// Approves what was asked for under this id: the same key gets a token when it asks again.
    pub fn approve(&self, id: &str) {
        let mut state = self.state();
        let asked = state.approvals.remove(id);
        state.approved.extend(asked);
    }

    /// The ids under which something waits for a person.
    pub fn approvals(&self) -> Vec<String> {
        self.state().approvals.keys().cloned().collect()
    }

    /// Makes all tokens invalid, as time does.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }

    /// Tells the next `times` requests to come back in seven seconds.
    pub fn throttle(&self, times: usize) {
        self.state().throttled = times;
    }

    /// How often anybody asked for a token, with or without success.
    pub fn token_requests(&self) -> usize {
        self.seen().iter().filter(|seen| seen.target == "/v1/tokens").count()
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.upstream.seen()
    }

    /// The vendor's client, with this key.
    ///
    /// # Errors
    /// The client can't be had or started.
    pub fn judge(&self, agent_key: &str) -> Result<Judge> {
        let program = include_str!("../../agent_secret_store/judge.mjs");
        Judge::start(Npm::agent_secret_store()?.node(program)?.arg(self.address()).arg(agent_key))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl fmt::Debug for AgentSecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentSecretStore").field("address", &self.address()).finish_non_exhaustive()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, seen: &Seen) -> Reply {
    let Some(target) = Target::of(seen) else { return invalid("the URL can't be read") };
    if (seen.method.as_str(), target.path().as_slice()) == ("GET", &["v1", "health"]) {
        return Reply::json(200, &json!({ "status": "ok", "version": "1.0.0", "service": "stand-in" }));
    }
    if let Some(left) = state.throttled.checked_sub(1) {
        state.throttled = left;
        return error(429, "RATE_LIMITED", "Too many requests").with_header("Retry-After", "7");
    }
    let bearer = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    match (seen.method.as_str(), target.path().as_slice()) {
        ("POST", ["v1", "tokens"]) => tokens::issue(state, bearer, &seen.body),
        (method, ["v1", "secrets", path @ ..]) => {
            let Some(token) = tokens::used(state, bearer) else {
                return error(401, "UNAUTHORIZED", "Invalid or expired token");
            };
            match (path, target.query("namespace")) {
                ([], Some(namespace)) if method == "GET" => secrets::list(state, &token, namespace),
                // A namespace may come as one segment or as several.
                (path, None) => secrets::answer(state, &token, method, &path.join("/"), &seen.body),
                _ => error(404, "NOT_FOUND", "Not found"),
            }
        }
        _ => error(404, "NOT_FOUND", "Not found"),
    }
}

/// An error as the service writes it.
fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

fn invalid(message: &str) -> Reply {
    error(400, "VALIDATION_ERROR", message)
}
