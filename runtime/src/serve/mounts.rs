//! Mounts: backends at their places, and the one way from a caller to a backend.

use std::{collections::BTreeMap, sync::Arc};

use secret_runtime::{
    Answer, Backend, Call, DeleteMode, Error, Kind, Listing, Name, Operation, Options, Page, Read, Result, Write,
    Written, config,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{caller::Caller, telemetry::traces};

/// The rule that a caller breaks who asks for more than its scopes allow.
pub(crate) const SCOPE: &str = "scope";

/// All mounts, by name.
pub(crate) type Mounts = BTreeMap<String, Arc<Mount>>;

/// How many names are remembered as checked, of each mount: more than a service reads, and a few megabytes at most.
const NAMES: u64 = 2000;

/// How many requests for much at once are answered at a time, of each mount: each gathers up to some megabytes, and the rest
/// of a backend's instances are left to requests for one secret.
const GATHERING: usize = 8;

/// A backend at its place.
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) name: String,
    pub(crate) backend: Backend,
    pub(crate) shape: config::Mount,
    /// Names that have been checked: for a value that is kept, the pattern would be the most work of all.
    names: moka::sync::Cache<String, Name>,
    /// The turns of requests for much at once.
    gathering: Semaphore,
}

impl Mount {
    pub(crate) fn new(name: String, backend: Backend, shape: config::Mount) -> Self {
        Self { name, backend, shape, names: moka::sync::Cache::new(NAMES), gathering: Semaphore::new(GATHERING) }
    }

    /// Waits until a request for much at once may be answered; it may be for as long as this is kept.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.gathering.acquire().await.ok()
    }

    /// A name as a backend takes it.
    fn key(&self, typed: &str) -> Result<Name> {
        if let Some(name) = self.names.get(typed) {
            return Ok(name);
        }
        let name = self.backend.key(typed)?;
        self.names.insert(typed.to_owned(), name.clone());
        Ok(name)
    }

    /// This mount as a caller may use it.
    pub(crate) fn for_caller<'a>(&'a self, caller: &'a Caller) -> Reach<'a> {
        Reach { mount: self, caller }
    }
}

/// What one caller reaches of one mount. Scopes are looked at before anything else is: cache, backend or listing.
#[derive(Clone, Copy)]
pub(crate) struct Reach<'a> {
    pub(crate) mount: &'a Mount,
    caller: &'a Caller,
}

impl Reach<'_> {
    fn backend(&self) -> &Backend {
        &self.mount.backend
    }

    fn call(&self) -> Call {
        Call { caller: Some(self.caller.label.clone()), ..self.backend().call() }
    }

    /// Whether the caller's scopes allow this, for those who ask for something else where they do not.
    pub(crate) fn may(&self, operation: Operation, key: &str) -> bool {
        let name = self.mount.key(key);
        name.is_ok_and(|name| self.caller.scopes.allow(operation, &self.mount.name, name.as_str()))
    }

    /// The name that somebody typed; that it can be none, or leads elsewhere, is in the audit log.
    fn named(&self, operation: Operation, typed: &str, name: Result<Name>) -> Result<Name> {
        name.map_err(|why| self.backend().refused(operation, Some(typed), why, &self.call()))
    }

    /// Refuses what the caller's scopes do not allow; the same words whether there is such a secret or not.
    fn admit(&self, operation: Operation, name: &Name) -> Result<()> {
        traces::asks(operation, &self.mount.name, name.as_str());
        if self.caller.scopes.allow(operation, &self.mount.name, name.as_str()) {
            return Ok(());
        }
        Err(self.refused(operation, name.as_str(), |why| why.for_key(name.shared())))
    }

    /// That no scope allows this. It is in the audit log.
    fn refused(&self, operation: Operation, name: &str, told: impl FnOnce(Error) -> Error) -> Error {
        let reason = format!("no scope of this caller allows {operation} there");
        let why = told(Error::new(Kind::Refused, reason).by_rule(SCOPE));
        self.backend().refused(operation, Some(name), why, &self.call())
    }

    /// Reads a secret.
    pub(crate) async fn read(
        &self,
        key: &str,
        version: Option<&str>,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Answer> {
        let name = self.named(Operation::Read, key, self.mount.key(key))?;
        self.admit(Operation::Read, &name)?;
        let read = Read { name, version: version.map(Arc::from), options: self.backend().options(options)? };
        self.backend().read(&read, &self.call()).await
    }

    /// Asks whether there is such a secret.
    pub(crate) async fn exists(&self, key: &str) -> Result<bool> {
        let name = self.named(Operation::Exists, key, self.mount.key(key))?;
        self.admit(Operation::Exists, &name)?;
        self.backend().exists(key, &Options::default(), &self.call()).await
    }

    /// Whether the caller sees all that begins with this prefix.
    pub(crate) fn sees_all(&self, prefix: &str) -> bool {
        self.backend().hosts_all() && self.caller.scopes.allow_whole_listing(&self.mount.name, prefix)
    }

    /// Lists a page of names, as far as the caller may see them.
    pub(crate) async fn list(&self, listing: &Listing) -> Result<Page> {
        let (scopes, mount) = (&self.caller.scopes, &self.mount.name);
        traces::asks(Operation::List, mount, &listing.prefix);
        if !scopes.allow_listing(mount, &listing.prefix) {
            return Err(self.refused(Operation::List, &listing.prefix, |why| why));
        }
        let mut page = self.backend().list(listing, &self.call()).await?;
        page.entries.retain(|entry| scopes.show(mount, &entry.name));
        page.total = None;
        Ok(page)
    }

    /// Writes a secret.
    pub(crate) async fn write(&self, key: &str, write: &Write) -> Result<Written> {
        let name = self.named(Operation::Write, key, self.backend().written_key(key))?;
        self.admit(Operation::Write, &name)?;
        self.backend().write(key, write, &self.call()).await
    }

    /// Deletes a secret.
    pub(crate) async fn delete(&self, key: &str, mode: DeleteMode) -> Result<()> {
        let name = self.named(Operation::Delete, key, self.backend().written_key(key))?;
        self.admit(Operation::Delete, &name)?;
        self.backend().delete(key, mode, &Options::default(), &self.call()).await.map(drop)
    }
}
