//! AWS Secrets Manager.
//!
//! Usually a secret here is a secret there: [`whole`]. With the setting `primary-secret` all secrets are members of one
//! JSON object, which is the value of that one: [`member`]. [`api`] holds the requests that both make.

mod api;
mod member;
mod whole;

use secret_runtime_guest::{
    Check, Delete, DeleteMode, Error, Exists, List, NewSecret, Options, Page, Read, Readiness, Result, Secret, Write,
    config,
};

struct SecretsManager;

secret_runtime_guest::export!(SecretsManager: Read, Exists, List, Write, Delete, Check);

/// The secret that holds all others, where there is one.
fn primary() -> Option<String> {
    config::get("primary-secret")
}

impl Read for SecretsManager {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        match primary() {
            Some(primary) => member::read(&primary, name, version),
            None => whole::read(name, version),
        }
    }
}

impl Exists for SecretsManager {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        match primary() {
            Some(primary) => member::exists(&primary, name),
            None => whole::exists(name),
        }
    }
}

impl List for SecretsManager {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        match primary() {
            Some(primary) => member::list(&primary, prefix, cursor, limit),
            None => whole::list(prefix, cursor, limit),
        }
    }
}

impl Write for SecretsManager {
    fn write(secret: &NewSecret, _: &Options) -> Result<Option<String>> {
        if secret.expires_at.is_some() {
            return Err(Error::unsupported("AWS Secrets Manager keeps no expiry"));
        }
        match primary() {
            Some(primary) => member::write(&primary, secret),
            None => whole::write(secret),
        }
        .map(Some)
    }
}

impl Delete for SecretsManager {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        match primary() {
            Some(primary) => member::delete(&primary, name, mode),
            None => whole::delete(name, mode),
        }
    }
}

impl Check for SecretsManager {
    fn check() -> Result<Readiness> {
        match primary() {
            Some(primary) => aws::readiness(api::describe(&primary)),
            None => aws::readiness(api::list("", None, 1)),
        }
    }
}
