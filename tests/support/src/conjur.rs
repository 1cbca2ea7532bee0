//! A stand-in for CyberArk Conjur: authentication, variables and their policy, as far as a client for secrets sees them.
//!
//! It refuses what the real server refuses. That it is like the real one is what the vendor's own client judges, in
//! `tests/conjur`.

mod authn;
#[cfg(test)]
mod judged;
mod policy;
mod variables;

use std::{
    collections::BTreeMap,
    fmt,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use self::{authn::Tokens, variables::Variable};
use crate::{Authority, Clients, Identity, Judge, Reply, Seen, Upstream, Venv, layout, random::Words, target::Target};

/// The account that everything is in.
const ACCOUNT: &str = "acme";

/// What a host may do. It sees a variable only if it may do something with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Fetch the values of all variables.
    pub execute: bool,
    /// Store values in all variables.
    pub update: bool,
    /// Add to the root policy.
    pub declare: bool,
    /// Change the root policy, and delete from it.
    pub modify: bool,
}

impl Rights {
    /// Everything, as the admin may.
    pub const ALL: Self = Self { execute: true, update: true, declare: true, modify: true };
}

/// A stand-in for a Conjur server, on loopback, empty at first.
pub struct Conjur {
    upstream: Upstream,
    state: Arc<Mutex<State>>,
}

/// What answers requests.
type Handler = Box<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// What the server knows.
#[derive(Default)]
struct State {
    /// By login.
    roles: BTreeMap<String, Role>,
    /// Logins by service and token of `authn-jwt`.
    jwts: BTreeMap<(String, String), String>,
    /// Certificates in DER with the service of `authn-cert` and the login that each is for.
    certificates: Vec<(Vec<u8>, String, String)>,
    tokens: Tokens,
    variables: BTreeMap<String, Variable>,
    /// How many policy loads will be told that another one is running.
    busy: usize,
    words: Words,
}

struct Role {
    api_key: String,
    rights: Rights,
}

impl Conjur {
    /// Starts one.
    ///
    /// # Errors
    /// The system has no port for it.
    pub fn start() -> Result<Self> {
        Self::start_by(Upstream::start)
    }

    /// Starts one that speaks HTTPS with a certificate of `authority`, and asks for another.
    ///
    /// # Errors
    /// The system has no port for it, or no certificate can be made.
    pub fn start_tls(authority: &Authority) -> Result<Self> {
        Self::start_by(|handler| Upstream::start_tls(authority, Clients::Asked(authority), handler))
    }

    fn start_by(start: impl FnOnce(Handler) -> Result<Upstream>) -> Result<Self> {
        let state = Arc::new(Mutex::new(State { words: Words::new()?, ..State::default() }));
        let shared = Arc::clone(&state);
        let upstream = start(Box::new(move |seen| answer(&mut lock(&shared), seen)))?;
        Ok(Self { upstream, state })
    }

    /// What to set `CYBERARK_API_BASE` to.
    pub fn address(&self) -> String {
        self.upstream.address()
    }

    /// What to set `CYBERARK_ACCOUNT` to.
    pub fn account(&self) -> &'static str {
        ACCOUNT
    }

    /// The API key of the admin.
    pub fn admin_key(&self) -> String {
        self.role("admin", Rights::ALL)
    }

    /// Makes a role, `host/NAME` or a user, or changes what it may do. Answers its API key.
    pub fn role(&self, login: &str, rights: Rights) -> String {
        let mut state = self.state();
        let api_key = state.words.next();
        let role = state.roles.entry(login.to_owned()).or_insert(Role { api_key, rights });
        role.rights = rights;
        role.api_key.clone()
    }

    /// Makes a token that the service `authn-jwt/SERVICE` takes for this role.
    pub fn jwt(&self, service: &str, login: &str) -> String {
        let mut state = self.state();
        let jwt = format!("{}.{}.{}", state.words.next(), state.words.next(), state.words.next());
        state.jwts.insert((service.to_owned(), jwt.clone()), login.to_owned());
        jwt
    }

    /// Lets this certificate log in as a role at the service `authn-cert/SERVICE`.
    pub fn certificate(&self, service: &str, login: &str, identity: &Identity) {
        let known = (identity.certificate_der().to_vec(), service.to_owned(), login.to_owned());
        self.state().certificates.push(known);
    }

    /// Declares a variable, without a value.
    pub fn declare(&self, name: &str) {
        self.state().variables.entry(name.to_owned()).or_default();
    }

    /// Declares a variable and gives it a value.
    pub fn put(&self, name: &str, value: impl AsRef<[u8]>) {
        self.state().variables.entry(name.to_owned()).or_default().store(value.as_ref());
    }

    /// The current value of a variable; none if it has none, or does not exist.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.state().variables.get(name)?.value(None).map(<[u8]>::to_vec)
    }

    /// Whether there is such a variable, be it without a value.
    pub fn is_declared(&self, name: &str) -> bool {
        self.state().variables.contains_key(name)
    }

    /// How often anybody asked for a token, with or without success.
    pub fn logins(&self) -> usize {
        self.seen().iter().filter(|seen| seen.target.ends_with("/authenticate")).count()
    }

    /// Makes all tokens invalid, as time does.
    pub fn expire_tokens(&self) {
        self.state().tokens.expire();
    }

    /// Tells the next `times` policy loads that another one is running.
    pub fn policy_is_busy(&self, times: usize) {
        self.state().busy = times;
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.upstream.seen()
    }

    /// The vendor's client, logging in as this role.
    ///
    /// # Errors
    /// The client can't be had or started, or there is no such role.
    pub fn judge(&self, login: &str) -> Result<Judge> {
        let api_key = match login {
            "admin" => self.admin_key(),
            login => self.state().roles.get(login).context("no such role")?.api_key.clone(),
        };
        self.judge_with(login, &api_key)
    }

    /// The vendor's client, logging in with this API key.
    ///
    /// # Errors
    /// The client can't be had or started.
    pub fn judge_with(&self, login: &str, api_key: &str) -> Result<Judge> {
        Judge::start(self.client()?.env("CONJUR_LOGIN", login).env("CONJUR_KEY", api_key))
    }

    /// The vendor's client, logging in with a token for a service `authn-jwt/SERVICE`.
    ///
    /// # Errors
    /// The client can't be had or started.
    pub fn judge_by_jwt(&self, service: &str, jwt: &str) -> Result<Judge> {
        Judge::start(self.client()?.env("CONJUR_SERVICE", service).env("CONJUR_JWT", jwt))
    }

    /// The vendor's client, logging in with a certificate at a service `authn-cert/SERVICE`. It does not say who it is:
    /// it would encode that twice.
    ///
    /// # Errors
    /// The client can't be had or started.
    pub fn judge_by_certificate(&self, service: &str, identity: &Identity, authority: &Authority) -> Result<Judge> {
        let mut client = self.client()?;
        client.env("CONJUR_SERVICE", service).env("CONJUR_CA", authority.ca_file());
        let files = (identity.certificate_file(), identity.key_file());
        Judge::start(client.env("CONJUR_CLIENT_CERT", files.0).env("CONJUR_CLIENT_KEY", files.1))
    }

    fn client(&self) -> Result<Command> {
        let mut python = Command::new(Venv::conjur()?.program("python"));
        python.arg(layout::root().join("tests/conjur/judge.py"));
        python.env_clear().env("CONJUR_URL", self.address()).env("CONJUR_ACCOUNT", ACCOUNT);
        Ok(python)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl fmt::Debug for Conjur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conjur").field("address", &self.address()).finish_non_exhaustive()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, seen: &Seen) -> Reply {
    let Some(target) = Target::of(seen) else { return Reply::new(400, "") };
    let (method, path) = (seen.method.as_str(), target.path());
    if let Some(reply) = authn::login(state, seen, &path) {
        return reply;
    }
    let Some(login) = authn::caller(state, seen) else { return Reply::new(401, "") };
    let rights = state.roles.get(&login).map(|role| role.rights).unwrap_or_default();
    match (method, path.as_slice()) {
        ("GET", ["whoami"]) => authn::whoami(&login),
        ("GET" | "POST", ["secrets", account, "variable", id @ ..]) if *account == ACCOUNT && !id.is_empty() => {
            let (id, version) = (id.join("/"), target.query("version"));
            match method {
                "GET" => variables::fetch(state, rights, &id, version),
                _ => variables::store(state, rights, &id, &seen.body),
            }
        }
        ("GET" | "HEAD", ["resources", account, "variable", id @ ..]) if *account == ACCOUNT && !id.is_empty() => {
            variables::show(state, rights, &id.join("/"))
        }
        ("GET", ["resources", account]) if *account == ACCOUNT => variables::list(state, rights, &target),
        ("POST" | "PATCH" | "PUT", ["policies", account, "policy", "root"]) if *account == ACCOUNT => {
            policy::load(state, rights, method, &seen.body)
        }
        _ => Reply::new(404, "<html>No route matches</html>").with_header("Content-Type", "text/html"),
    }
}

/// An error as Conjur writes it.
fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

/// What is not there, or not to be seen.
fn not_found(id: &str) -> Reply {
    let message = format!("Variable '{id}' not found in account '{ACCOUNT}'");
    let details: Value = json!({ "code": "not_found", "target": "id", "message": format!("{ACCOUNT}:variable:{id}") });
    Reply::json(
        404,
        &json!({ "error": { "code": "not_found", "message": message, "target": "variable", "details": details } }),
    )
}
