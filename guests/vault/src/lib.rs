//! HashiCorp Vault and OpenBao: secrets in the key/value store, version 2.
//!
//! [`place`] says where requests go, [`reply`] what comes back means, [`value`] how a secret's fields and the one value
//! of the contract fit together, [`write`] what to write over what is there.

mod place;
mod reply;
mod value;
mod write;

use secret_runtime_guest::{
    Check, Delete, DeleteMode, Entry, Error, Exists, List, Options, Page, Read, Readiness, Result, Secret, time,
};

use crate::{
    place::Place,
    reply::{Current, Health, Metadata},
};

/// The codes that the manifest declares.
mod code {
    pub(crate) const SEALED: &str = "sealed";
    pub(crate) const STANDBY: &str = "standby";
    pub(crate) const CAS_MISMATCH: &str = "cas-mismatch";
    pub(crate) const NOT_KV_V2: &str = "not-kv-v2";
}

struct Vault;

secret_runtime_guest::export!(Vault: Read, Exists, List, Write, Delete, Check);

impl Read for Vault {
    fn read(name: &str, version: Option<&str>, options: &Options) -> Result<Secret> {
        if let Some(version) = version {
            value::version_number(version)?;
        }
        let response = Place::of(options)?.get_data(name, version).send()?;
        match Current::of(&response)? {
            Current::Present { data, version } => Ok(Secret {
                value: value::pick(data, options.get("field"))?,
                version: Some(version.number.to_string()),
                expires_at: version.deletion_time()?,
                metadata: version.pairs(),
            }),
            Current::Deleted { .. } | Current::Absent => Err(Error::NotFound),
        }
    }
}

impl Exists for Vault {
    fn exists(name: &str, options: &Options) -> Result<bool> {
        let response = Place::of(options)?.get_metadata(name).send()?;
        Metadata::of(&response)?.map_or(Ok(false), |metadata| metadata.is_readable(time::now()))
    }
}

impl List for Vault {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, options: &Options) -> Result<Page> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let response = Place::of(options)?.list(folder).send()?;
        let names = reply::keys(&response)?.into_iter().map(|key| match folder {
            "" => key,
            folder => format!("{folder}/{key}"),
        });
        Ok(Page::of_all(names.filter(|name| name.starts_with(prefix)).map(Entry::new).collect(), cursor, limit))
    }
}

impl Delete for Vault {
    fn delete(name: &str, mode: DeleteMode, options: &Options) -> Result<()> {
        let place = Place::of(options)?;
        // Vault says yes to deleting what never was, so ask first.
        let metadata = Metadata::of(&place.get_metadata(name).send()?)?.ok_or(Error::NotFound)?;
        let request = match mode {
            DeleteMode::Permanent => place.delete_metadata(name),
            DeleteMode::Recoverable(None) if metadata.is_readable(time::now())? => place.delete_data(name),
            DeleteMode::Recoverable(None) => return Err(Error::NotFound),
            DeleteMode::Recoverable(Some(_)) => {
                return Err(Error::unsupported(
                    "Vault keeps a deleted version until it is destroyed, not for some days",
                ));
            }
        };
        reply::done(&request.send()?)
    }
}

impl Check for Vault {
    fn check() -> Result<Readiness> {
        let place = Place::of(&Options::default())?;
        Health::of(&place.health().send()?)?.is_serving()?;
        reply::is_kv_v2(&place.mount_details().send()?)?;
        Ok(Readiness::Ready)
    }
}
