//! A stand-in for all of Google that hands out tokens.
//!
//! | endpoint | path |
//! |---|---|
//! | OAuth, for accounts and people | `POST /token` |
//! | the security token service | `POST /v1/token` |
//! | IAM credentials | `POST /v1/projects/-/serviceAccounts/ACCOUNT:generateAccessToken` |
//! | the metadata server of a machine | `GET /computeMetadata/v1/…` |
//! | another provider, which vouches for a workload | `GET /subject`, `GET /subject.json` |
//!
//! It refuses what Google refuses. Google's own client gets its tokens here in the tests, as we do.

mod grants;
mod key;
mod metadata;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use serde_json::{Value, json};

pub use self::key::AccountKey;
use crate::{Reply, Seen, Upstream, random::Words};

/// The project that everything is in.
const PROJECT: &str = "test-project";
/// The service account with a key, which also is the machine's.
const ACCOUNT: &str = "robot@test-project.iam.gserviceaccount.com";
/// The service account that others may act as.
const TARGET: &str = "target@test-project.iam.gserviceaccount.com";
/// A service account that may stand between.
const DELEGATE: &str = "projects/-/serviceAccounts/between@test-project.iam.gserviceaccount.com";
/// What the workload pool is called.
const AUDIENCE: &str = "//iam.googleapis.com/locations/global/workforcePools/pool/providers/provider";
/// What everything of Google's may be asked for with.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Everything of Google that hands out tokens, on a port of its own. Gone when it is dropped.
pub struct GoogleIdentity {
    upstream: Upstream,
    state: Arc<Mutex<State>>,
}

/// What it keeps.
struct State {
    key: &'static AccountKey,
    words: Words,
    client: (String, String),
    refresh_token: String,
    /// The other provider's token, and the header that it wants to see.
    subject: String,
    subject_header: String,
    /// The tokens handed out, with the scopes they have.
    issued: Vec<(String, Vec<String>)>,
    lifetime: Duration,
    /// The status of every reply from now on, to test what is made of it.
    failing: Option<u16>,
}

impl GoogleIdentity {
    /// Starts one.
    ///
    /// # Errors
    /// The system has no port or no randomness, or the packages that make a key can't be had.
    pub fn start() -> Result<Self> {
        let mut words = Words::new()?;
        let state = Arc::new(Mutex::new(State {
            key: AccountKey::shared()?,
            client: (words.next(), words.next()),
            refresh_token: words.next(),
            subject: words.next(),
            subject_header: words.next(),
            words,
            issued: Vec::new(),
            lifetime: Duration::from_secs(3600),
            failing: None,
        }));
        let upstream = Upstream::start({
            let state = Arc::clone(&state);
            move |seen| lock(&state).answer(seen)
        })?;
        Ok(Self { upstream, state })
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> String {
        self.upstream.address()
    }

    /// Its host and port, as `GCE_METADATA_HOST` has them.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.upstream.port())
    }

    /// The key file of the service account.
    pub fn account_file(&self) -> Value {
        let key = lock(&self.state).key;
        json!({
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": key.id(),
            "private_key": key.pem(),
            "client_email": ACCOUNT,
            "token_uri": format!("{}/token", self.address()),
        })
    }

    /// The file of a person who has logged in.
    pub fn person_file(&self) -> Value {
        let state = lock(&self.state);
        json!({
            "type": "authorized_user",
            "client_id": state.client.0,
            "client_secret": state.client.1,
            "refresh_token": state.refresh_token,
            "quota_project_id": PROJECT,
            "token_uri": format!("{}/token", self.address()),
        })
    }

    /// The file of a workload whose token is where `source` says.
    pub fn workload_file(&self, source: &Value) -> Value {
        json!({
            "type": "external_account",
            "audience": AUDIENCE,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "token_url": format!("{}/v1/token", self.address()),
            "credential_source": source,
        })
    }

    /// The other provider's token.
    pub fn subject(&self) -> String {
        lock(&self.state).subject.clone()
    }

    /// Where the other provider hands it out, as text or in JSON.
    pub fn subject_source(&self, json: bool) -> Value {
        let headers = json!({ "X-Provider": lock(&self.state).subject_header });
        if json {
            let format = json!({ "type": "json", "subject_token_field_name": "value" });
            return json!({ "url": format!("{}/subject.json", self.address()), "headers": headers, "format": format });
        }
        json!({ "url": format!("{}/subject", self.address()), "headers": headers })
    }

    /// Where tokens of the account are had that others may act as.
    pub fn impersonation_url(&self) -> String {
        format!("{}/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken", self.address())
    }

    /// The file of somebody who acts as that account, through another one.
    pub fn acting_file(&self, source: &Value) -> Value {
        json!({
            "type": "impersonated_service_account",
            "service_account_impersonation_url": self.impersonation_url(),
            "delegates": [DELEGATE],
            "source_credentials": source,
        })
    }

    /// The tokens handed out so far.
    pub fn issued(&self) -> Vec<String> {
        lock(&self.state).issued.iter().map(|(token, _)| token.clone()).collect()
    }

    /// How long tokens live from now on; an hour at first.
    pub fn token_lifetime(&self, lifetime: Duration) {
        lock(&self.state).lifetime = lifetime;
    }

    /// Answers everything with this status from now on.
    pub fn fail(&self, status: u16) {
        lock(&self.state).failing = Some(status);
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.upstream.seen()
    }
}

impl fmt::Debug for GoogleIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleIdentity").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Reply {
        if let Some(status) = self.failing {
            return refusal(status, "invalid_grant", &format!("canary {}", self.refresh_token));
        }
        let path = seen.target.split('?').next().unwrap_or_default();
        match (seen.method.as_str(), path) {
            ("POST", "/token") => grants::oauth(self, seen),
            ("POST", "/v1/token") => grants::exchange(self, seen),
            ("POST", path) if path.starts_with("/v1/projects/") => grants::act(self, seen, path),
            ("GET", "/subject" | "/subject.json") => self.provider(seen, path),
            ("GET", path) => metadata::answer(self, seen, path),
            _ => refusal(404, "not_found", "There is nothing here."),
        }
    }

    /// The other provider: it wants to see its header.
    fn provider(&self, seen: &Seen, path: &str) -> Reply {
        match (seen.header("x-provider") == Some(&self.subject_header), path) {
            (false, _) => Reply::new(403, "no"),
            (true, "/subject") => Reply::new(200, self.subject.clone()),
            (true, _) => Reply::json(200, &json!({ "value": self.subject })),
        }
    }

    /// A new token with these scopes.
    fn issue(&mut self, scopes: &[String]) -> String {
        let token = format!("ya29.{}", self.words.next());
        self.issued.push((token.clone(), scopes.to_vec()));
        token
    }

    /// The reply of an OAuth endpoint with a new token.
    fn grant(&mut self, scopes: &[String]) -> Reply {
        let (token, lifetime) = (self.issue(scopes), self.lifetime.as_secs());
        Reply::json(200, &json!({ "access_token": token, "expires_in": lifetime, "token_type": "Bearer" }))
    }
}

fn refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": description }))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
