//! Google Secret Manager.
//!
//! [`reply`] says what comes back, [`write`] how a secret comes to be, [`beside`] what can be kept beside its value.

mod beside;
mod reply;
mod write;

use google::{Checksum, Done, Failure};
use secret_runtime_guest::{
    Check, Delete, DeleteMode, Entry, Exists, List, Options, Page, Read, Readiness, Result, Secret, config, found,
    http::{Request, Url},
};

use crate::reply::{Accessed, Names, Version};

struct SecretManager;

secret_runtime_guest::export!(SecretManager: Read, Exists, List, Write, Delete, Check);

/// The version that was added last.
const LATEST: &str = "latest";

impl Read for SecretManager {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        let version = version.map_or(Ok(LATEST), reply::known_version)?;
        let url = secret(name)?.segment("versions").segment(&format!("{version}:access"));
        let Accessed { name, payload } = google::send(&Request::get(url)).map_err(Failure::about_secret)?;
        // Emulators keep none.
        payload.checksum.map_or(Ok(()), |checksum: Checksum| checksum.verify(&payload.data.0))?;
        Ok(Secret { version: Some(reply::last(name)?), ..Secret::new(payload.data.0) })
    }
}

impl Exists for SecretManager {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        let url = secret(name)?.segment("versions").segment(LATEST);
        let version = google::send::<Version>(&Request::get(url)).map_err(Failure::about_secret);
        Ok(found(version)?.is_some_and(|version| version.is_enabled()))
    }
}

impl List for SecretManager {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        let url = secrets()?.query("pageSize", &limit.to_string()).maybe_query("pageToken", cursor);
        let Names { names, next, total } = google::send(&Request::get(url))?;
        // Google's own filter finds its text anywhere in a name.
        let entries = names.into_iter().filter(|name| name.starts_with(prefix)).map(Entry::new).collect();
        Ok(Page { entries, next, total: total.filter(|_| prefix.is_empty()) })
    }
}

impl Delete for SecretManager {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        mode.refuse_days("what is deleted from Secret Manager can't be recovered")?;
        google::send::<Done>(&Request::delete(secret(name)?)).map(drop).map_err(Failure::about_secret)
    }
}

impl Check for SecretManager {
    fn check() -> Result<Readiness> {
        google::readiness(google::send::<Names>(&Request::get(secrets()?.query("pageSize", "1"))))
    }
}

/// Where all secrets are.
fn secrets() -> Result<Url> {
    Ok(Url::new(&config::require("api")?).segment("secrets"))
}

/// Where one secret is.
fn secret(name: &str) -> Result<Url> {
    Ok(secrets()?.segment(name))
}
