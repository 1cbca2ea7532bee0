//! A stand-in for Azure: the secrets of one key vault, and the endpoints that hand out tokens for it.
//!
//! | endpoint | path |
//! |---|---|
//! | key vault | `/secrets…`, `/deletedsecrets…` |
//! | Entra, the authority is [`Azure::address`] | `POST /{tenant}/oauth2/v2.0/token` |
//! | the metadata service of a virtual machine | `GET /metadata/identity/oauth2/token` |
//! | App Service, see [`Azure::app_service`] | `GET /msi/token` |
//! | an Arc machine, see [`Azure::arc`] | `GET /arc/identity/oauth2/token` |
//!
//! It refuses what Azure refuses, and takes its time to delete and to recover: see [`Azure::lag`]. Microsoft's own clients
//! drive it through all of this in the tests.

mod ask;
mod assertion;
mod entra;
mod judge;
mod managed;
mod secrets;
mod tokens;
mod vault;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use serde_json::Value;
use tempfile::TempDir;

use self::{
    ask::Ask,
    entra::Entra,
    secrets::Secrets,
    tokens::{Tokens, random},
};
use crate::{
    Reply, Seen, Upstream,
    tls::{Authority, Clients},
};

pub use self::assertion::ClientCertificate;

/// What tokens for the vault are for, as in the public cloud.
pub const RESOURCE: &str = "https://vault.azure.net";

/// An application that may log in.
#[derive(Clone)]
pub struct AzureClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl fmt::Debug for AzureClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The environment that a managed identity finds itself in.
pub type Environment = Vec<(&'static str, String)>;

/// A key vault with all that hands out tokens for it, on ports of its own, with and without TLS. Gone when it is dropped.
pub struct Azure {
    plain: Upstream,
    secure: Upstream,
    authority: Authority,
    world: Arc<World>,
}

/// What the listeners share.
struct World {
    state: Mutex<State>,
    /// Where an Arc machine's agent leaves its keys.
    keys: TempDir,
}

/// Everything there is.
struct State {
    entra: Entra,
    tokens: Tokens,
    secrets: Secrets,
    /// What an App Service proves itself with.
    identity_header: String,
    /// The keys that an Arc machine's agent has left and nobody has shown yet.
    arc_keys: Vec<String>,
    /// How many requests to the vault are still to be turned away, and the seconds they are asked to wait.
    throttled: (u32, u32),
    /// How far the clock is ahead.
    ahead: Duration,
}

impl State {
    /// The time since 1970.
    fn moment(&self) -> Duration {
        (SystemTime::now() + self.ahead).duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// The same in whole seconds.
    fn now(&self) -> u64 {
        self.moment().as_secs()
    }
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, scheme: &str, seen: &Seen) -> Reply {
        let Some(ask) = Ask::read(scheme, seen) else {
            return ask::refusal(400, "BadParameter", "The request can't be read.");
        };
        let mut state = self.state();
        let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["secrets" | "deletedsecrets", ..] => vault::answer(&mut state, &ask, &path),
            ["metadata", "identity", "oauth2", "token"] => managed::machine(&mut state, &ask),
            ["msi", "token"] => managed::app_service(&mut state, &ask),
            ["arc", "identity", "oauth2", "token"] => managed::arc(&mut state, &ask, self.keys.path()),
            [tenant, "oauth2", "v2.0", "token"] => entra::token(&mut state, &ask, tenant),
            [tenant, "v2.0", ".well-known", "openid-configuration"] => entra::discovery(&state, &ask, tenant),
            _ => ask::refusal(404, "NotFound", "There is nothing here."),
        }
    }
}

impl Azure {
    /// Starts one, with nothing in it and one application that may do everything.
    ///
    /// # Errors
    /// The system has no port, no randomness or no temporary folder for it.
    pub fn start() -> Result<Self> {
        let state = State {
            entra: Entra::new()?,
            tokens: Tokens::default(),
            secrets: Secrets::default(),
            identity_header: random()?,
            arc_keys: Vec::new(),
            throttled: (0, 0),
            ahead: Duration::ZERO,
        };
        let keys = tempfile::Builder::new().prefix("arc-").tempdir()?;
        let world = Arc::new(World { state: Mutex::new(state), keys });
        let plain = Upstream::start({
            let world = Arc::clone(&world);
            move |seen| world.answer("http", seen)
        })?;
        let authority = Authority::new()?;
        let secure = Upstream::start_tls(&authority, Clients::Anybody, {
            let world = Arc::clone(&world);
            move |seen| world.answer("https", seen)
        })?;
        Ok(Self { plain, secure, authority, world })
    }

    /// The address of the vault and of the login endpoint, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> String {
        self.plain.address()
    }

    /// The same over TLS, such as `https://127.0.0.1:40124`.
    pub fn tls_address(&self) -> String {
        self.secure.address()
    }

    /// The CA of the certificate that it shows there, in PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.ca_file()
    }

    /// The tenant that the vault belongs to.
    pub fn tenant(&self) -> String {
        self.world.state().entra.tenant.clone()
    }

    /// The application that may do everything.
    pub fn client(&self) -> AzureClient {
        self.world.state().entra.first().clone()
    }

    /// Another application, which may do only this: `get`, `list`, `set`, `delete`, `recover`, `purge`.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn add_client(&self, permissions: &[&str]) -> Result<AzureClient> {
        self.world.state().entra.add(permissions)
    }

    /// Lets the first application log in with this certificate.
    pub fn trust_certificate(&self, certificate: &ClientCertificate) {
        self.world.state().entra.trust(certificate);
    }

    /// A workload's own token, which logs the first application in, for so long.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn workload_token(&self, lifetime: Duration) -> Result<String> {
        let mut state = self.world.state();
        let expires = state.now() + lifetime.as_secs();
        state.entra.workload_token(expires)
    }

    /// A token for the vault, as the first application gets it.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn token(&self) -> Result<String> {
        let mut state = self.world.state();
        let (client, now) = (state.entra.first().id.clone(), state.moment());
        Ok(state.tokens.issue(&client, RESOURCE, now)?.0)
    }

    /// Whether the vault takes this token now.
    pub fn takes(&self, token: &str) -> bool {
        let state = self.world.state();
        state.tokens.client(token, RESOURCE, state.moment()).is_ok()
    }

    /// How long tokens live from now on; an hour at first.
    pub fn token_lifetime(&self, lifetime: Duration) {
        self.world.state().tokens.lifetime = lifetime;
    }

    /// The same for the tokens of one application alone.
    pub fn limit_tokens(&self, client: &AzureClient, lifetime: Duration) {
        self.world.state().tokens.limits.insert(client.id.clone(), lifetime);
    }

    /// Refuses every token handed out so far.
    pub fn revoke_tokens(&self) {
        self.world.state().tokens.revoke();
    }

    /// How many tokens were handed out.
    pub fn tokens_issued(&self) -> usize {
        self.world.state().tokens.issued
    }

    /// Sets the clock ahead by so much more.
    pub fn advance(&self, time: Duration) {
        self.world.state().ahead += time;
    }

    /// The environment of an App Service whose identity is the first application's.
    pub fn app_service(&self) -> Environment {
        let endpoint = format!("{}/msi/token", self.address());
        let header = self.world.state().identity_header.clone();
        vec![("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", header)]
    }

    /// The environment of an Arc machine, and the folder in which its agent leaves the keys that it asks for.
    pub fn arc(&self) -> (Environment, &Path) {
        let endpoint = format!("{}/arc/identity/oauth2/token", self.address());
        (vec![("IDENTITY_ENDPOINT", endpoint), ("IMDS_ENDPOINT", self.address())], self.world.keys.path())
    }

    /// How many requests about a name find it still being deleted or recovered, after it was asked for; one at first.
    pub fn lag(&self, requests: u32) {
        self.world.state().secrets.lag = requests;
    }

    /// Whether nobody may purge what is deleted.
    pub fn protect_from_purge(&self, protected: bool) {
        self.world.state().secrets.protected = protected;
    }

    /// Turns the next requests to the vault away and asks them to wait.
    pub fn throttle(&self, requests: u32, seconds: u32) {
        self.world.state().throttled = (requests, seconds);
    }

    /// Writes a secret, as `PUT` does with this body.
    pub fn put(&self, name: &str, body: &Value) {
        let mut state = self.world.state();
        let now = state.now();
        state.secrets.force(name, body, now);
    }

    /// The members of a secret as `GET` has them, without its `id`; none if it is not there or is deleted.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.world.state().secrets.current(name)
    }

    /// How many versions of a secret are kept, deleted or not.
    pub fn versions(&self, name: &str) -> usize {
        self.world.state().secrets.versions(name)
    }

    /// The requests that reached the vault so far, such as `GET /secrets/key?api-version=7.4`.
    pub fn requests(&self) -> Vec<String> {
        let vault = |seen: &Seen| seen.target.starts_with("/secrets") || seen.target.starts_with("/deletedsecrets");
        let seen = self.plain.seen().into_iter().chain(self.secure.seen()).filter(vault);
        seen.map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }
}

impl fmt::Debug for Azure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Azure").field("address", &self.address()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
