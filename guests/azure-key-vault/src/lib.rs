//! Azure Key Vault: its secrets.
//!
//! [`vault`] builds the requests and reads what the vault refuses, [`reply`] reads what it answers, [`write`] writes.

mod reply;
mod vault;
mod write;

use secret_runtime_guest::{
    Check, Delete, DeleteMode, Error, Exists, List, Options, Page, Read, Readiness, Result, Secret, found, time,
};

use crate::{
    reply::Item,
    vault::{Vault, Waiting, code},
};

struct KeyVault;

secret_runtime_guest::export!(KeyVault: Read, Exists, List, Write, Delete, Check);

impl Read for KeyVault {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        version.map_or(Ok(()), reply::check_version)?;
        let vault = Vault::open()?;
        Item::of(&vault.send(&vault.get(name, version))?, name)?.into_secret()
    }
}

impl Exists for KeyVault {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        let vault = Vault::open()?;
        let response = found(vault.send(&vault.get(name, None)))?;
        response.map_or(Ok(false), |response| Item::of(&response, name).map(|_| true))
    }
}

impl List for KeyVault {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        let vault = Vault::open()?;
        let page = vault.page(cursor, limit);
        reply::page(&vault.send(&vault.list(&page))?, &page, prefix, time::now())
    }
}

impl Delete for KeyVault {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        mode.refuse_days("how long a deleted secret can be recovered is a property of the vault")?;
        let vault = Vault::open()?;
        let deleted = vault.send(&vault.delete(name)).and_then(|response| Item::of(&response, name));
        let on_its_way = matches!(&deleted, Err(Error::Conflict(detail)) if detail.code == code::BEING_DELETED);
        match (mode, deleted) {
            (DeleteMode::Recoverable(_), Err(_)) if on_its_way => Err(Error::NotFound),
            (DeleteMode::Recoverable(_), deleted) => deleted.map(drop),
            // A vault of old, that keeps nothing.
            (DeleteMode::Permanent, Ok(deleted)) if deleted.recovery_id.is_none() => Ok(()),
            (DeleteMode::Permanent, Ok(_)) => {
                purge(&vault, name, true).map_err(|error| error.with_note("it is deleted, and can still be recovered"))
            }
            // It may have been deleted before.
            (DeleteMode::Permanent, Err(_)) if on_its_way => purge(&vault, name, true),
            (DeleteMode::Permanent, Err(Error::NotFound)) => purge(&vault, name, false),
            (DeleteMode::Permanent, Err(error)) => Err(error),
        }
    }
}

/// Removes a deleted secret for good. One that is on its way takes a moment to get there.
fn purge(vault: &Vault, name: &str, on_its_way: bool) -> Result<()> {
    let mut waiting = Waiting::default();
    loop {
        match vault.send(&vault.purge(name)) {
            Err(Error::NotFound) if on_its_way => {}
            Err(Error::Conflict(detail)) if detail.code == code::BEING_DELETED => {}
            outcome => return outcome.map(drop),
        }
        waiting.pause();
    }
}

impl Check for KeyVault {
    fn check() -> Result<Readiness> {
        let vault = Vault::open()?;
        match vault.send(&vault.list(&vault.page(None, 1))) {
            Ok(response) => reply::page(&response, &vault.page(None, 1), "", 0).map(|_| Readiness::Ready),
            Err(Error::Denied(detail)) if code::NO_PERMISSION.contains(&detail.code.as_str()) => {
                Ok(Readiness::Unknown("the vault knows us, but does not let us list its secrets".into()))
            }
            Err(error) => Err(error),
        }
    }
}
