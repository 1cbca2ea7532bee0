//! A loaded backend: what callers hold and ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    error::{Error, Kind, Result},
    grant::Grant,
    layers::{CachedEntry, Shelf, Stack},
    manifest::Manifest,
    measure::{Measures, Meter},
    sandbox::{Sandbox, digest::Digest},
    store::{
        Answer, Call, Delete, DeleteMode, Listing, Name, NewSecret, Operation, Options, Page, Read, Readiness,
        SecretBytes, SecretStore as _, WriteMode,
    },
    text::{Shown, nearest},
};

/// A backend in its sandbox, behind cache and policy. Cheap to clone; all clones share one cache.
#[derive(Clone)]
pub struct Backend(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) name: Arc<str>,
    pub(crate) digest: Digest,
    pub(crate) manifest: Manifest,
    pub(crate) operations: Vec<Operation>,
    pub(crate) grant: Grant,
    pub(crate) credential_variables: BTreeSet<String>,
    pub(crate) naming: Naming,
    /// Whether it answers for every name.
    pub(crate) hosts_all: bool,
    pub(crate) writing: Writing,
    pub(crate) timeout: Duration,
    pub(crate) stack: Stack<Sandbox>,
    pub(crate) meter: Arc<Meter>,
}

/// How what a caller types becomes a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naming {
    /// Whether the manifest's character map applies.
    pub(crate) map: bool,
    /// What written names begin with.
    pub(crate) write_prefix: Option<String>,
    /// Whether names that escape naming are refused.
    pub(crate) refuse_absolute: bool,
}

/// What is written beside a secret when the caller does not say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writing {
    pub(crate) description: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A secret to write, before its name is canonical.
#[derive(Clone, Debug)]
pub struct Write {
    /// The value: bytes, as they are.
    pub value: SecretBytes,
    /// What must hold for the write to happen.
    pub mode: WriteMode,
    /// A description; none for the configured one.
    pub description: Option<String>,
    /// Tags, beside the configured ones.
    pub tags: Vec<(String, String)>,
    /// When it expires.
    pub expires_at: Option<SystemTime>,
    /// Per-call settings of the backend.
    pub options: Vec<(String, String)>,
}

impl Write {
    /// Writes this value, whatever was there.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self {
            value: SecretBytes::from(value.into()),
            mode: WriteMode::Upsert,
            description: None,
            tags: Vec::new(),
            expires_at: None,
            options: Vec::new(),
        }
    }
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The name it was stored under: with the write prefix, where there is one.
    pub name: Name,
    /// Its new version, where the upstream has versions.
    pub version: Option<String>,
}

impl Backend {
    /// The backend's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The component's digest.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// What it declares.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// What it was granted.
    pub fn grant(&self) -> &Grant {
        &self.0.grant
    }

    /// The operations that it exports and that are granted.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        self.0.operations.iter().copied().filter(|operation| !self.0.grant.withholds(*operation))
    }

    /// The environment variables that its credentials come from, whichever recipe uses them. What it reads is not for
    /// programs that are started beside it.
    pub fn credential_variables(&self) -> impl Iterator<Item = &str> {
        self.0.credential_variables.iter().map(String::as_str)
    }

    /// Whether it answers for every name that the upstream has; hosted keys may leave some out.
    pub fn hosts_all(&self) -> bool {
        self.0.hosts_all
    }

    /// A call with the backend's time limit.
    pub fn call(&self) -> Call {
        Call { timeout: self.0.timeout, ..Call::default() }
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// [`Kind::NotFound`] only if the upstream said so; every other [`Kind`] tells what went wrong.
    pub async fn get(&self, key: &str) -> Result<Answer> {
        let read = Read { name: self.key(key)?, version: None, options: Options::default() };
        self.read(&read, &self.call()).await
    }

    /// Reads a secret by a name that has been checked. Keeping the [`Read`] saves checking it again.
    ///
    /// # Errors
    /// As [`Backend::get`].
    pub async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        self.0.stack.read(read, call).await
    }

    /// Asks whether there is such a secret.
    ///
    /// # Errors
    /// Any [`Kind`] but [`Kind::NotFound`].
    pub async fn exists(&self, key: &str, options: &Options, call: &Call) -> Result<bool> {
        self.0.stack.exists(&self.key(key)?, options, call).await
    }

    /// Lists names, a page at a time.
    ///
    /// # Errors
    /// Any [`Kind`].
    pub async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.0.stack.list(listing, call).await
    }

    /// Writes a secret.
    ///
    /// # Errors
    /// [`Kind::Conflict`] if the mode's condition does not hold; any other [`Kind`].
    pub async fn write(&self, key: &str, write: &Write, call: &Call) -> Result<Written> {
        let name = self.written_key(key)?;
        self.write_as(name, write, call).await
    }

    pub(crate) async fn write_as(&self, name: Name, write: &Write, call: &Call) -> Result<Written> {
        let Writing { description, tags } = &self.0.writing;
        let configured = tags.iter().filter(|(key, _)| !write.tags.iter().any(|(given, _)| given == *key));
        let new = NewSecret {
            name: name.clone(),
            value: write.value.clone(),
            mode: write.mode.clone(),
            description: write.description.clone().or_else(|| description.clone()),
            tags: write
                .tags
                .iter()
                .cloned()
                .chain(configured.map(|(key, value)| (key.clone(), value.clone())))
                .collect(),
            expires_at: write.expires_at,
            options: self.options(write.options.iter().cloned())?,
        };
        let version = self.0.stack.write(&new, call).await?;
        Ok(Written { name, version })
    }

    /// Deletes a secret; answers the name under which it was stored.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if there is none, [`Kind::Invalid`] for days the upstream can't honour, any other [`Kind`].
    pub async fn delete(&self, key: &str, mode: DeleteMode, options: &Options, call: &Call) -> Result<Name> {
        let name = self.written_key(key)?;
        self.delete_as(name.clone(), mode, options, call).await?;
        Ok(name)
    }

    pub(crate) async fn delete_as(&self, name: Name, mode: DeleteMode, options: &Options, call: &Call) -> Result<()> {
        let mode = self.delete_mode(mode)?;
        self.0.stack.delete(&Delete { name, mode, options: options.clone() }, call).await
    }

    /// Asks whether the upstream answers and accepts us.
    ///
    /// # Errors
    /// Any [`Kind`].
    pub async fn check(&self, call: &Call) -> Result<Readiness> {
        self.0.stack.check(call).await
    }

    /// What it has done since it was loaded, in figures.
    pub fn measures(&self) -> Measures {
        self.0.meter.measures()
    }

    /// What its cache keeps at this moment, in order of names and versions; never a value.
    pub fn cached(&self) -> Vec<CachedEntry> {
        self.0.stack.shelf().map(Shelf::list).unwrap_or_default()
    }

    /// Forgets a secret: all that is kept under its name, whatever the version or the options, and what is being loaded
    /// of it answers those who wait and is not kept. Answers how many entries went.
    ///
    /// # Errors
    /// As [`Backend::key`].
    pub fn forget(&self, key: &str) -> Result<usize> {
        let name = self.key(key)?;
        Ok(self.0.stack.shelf().map_or(0, |shelf| shelf.forget(&name)))
    }

    /// The same for everything that is kept or being loaded.
    pub fn forget_all(&self) -> usize {
        self.0.stack.shelf().map_or(0, Shelf::forget_all)
    }

    /// Whether policy allows a call, before what it takes is at hand, such as a value that somebody has yet to type. A
    /// refusal is recorded as that of the call itself is.
    ///
    /// # Errors
    /// [`Kind::Refused`]; [`Kind::Invalid`] for an option that the backend does not declare.
    pub fn permit(
        &self,
        operation: Operation,
        name: &Name,
        options: impl IntoIterator<Item = (String, String)>,
        call: &Call,
    ) -> Result<()> {
        let options = self.options(options)?;
        let permitted = self.0.stack.permit(operation, name, &options);
        permitted.map_err(|why| self.refused(operation, Some(name.as_str()), why, call))
    }

    /// Refuses a call that somebody wants to make, for a reason that lies outside the backend: with a line in the audit
    /// log, like every call. Answers the reason, or a refusal because that line can't be written.
    pub fn refused(&self, operation: Operation, name: Option<&str>, why: Error, call: &Call) -> Error {
        self.0.stack.refused(operation, name, why, call)
    }

    /// Checks what a caller typed as a name and makes it canonical.
    ///
    /// # Errors
    /// [`Kind::Invalid`], or [`Kind::Refused`] for an absolute name where hosted keys or a write prefix apply.
    pub fn key(&self, typed: &str) -> Result<Name> {
        let Inner { manifest, naming, name: backend, .. } = &*self.0;
        let key: Arc<str> = typed.into();
        let name = manifest
            .names
            .canonical(typed, naming.map)
            .map_err(|cause| Error::new(Kind::Invalid, cause.to_string()).in_backend(backend).for_key(&key))?;
        if naming.refuse_absolute && manifest.names.is_absolute(name.as_str()) {
            let reason = "absolute names are refused where hosted-keys or a write prefix are set";
            return Err(Error::new(Kind::Refused, reason).by_rule("absolute-name").in_backend(backend).for_key(&key));
        }
        Ok(name)
    }

    /// The name that a key is written under: with the write prefix, unless it has it already.
    ///
    /// # Errors
    /// As [`Backend::key`].
    pub fn written_key(&self, typed: &str) -> Result<Name> {
        match &self.0.naming.write_prefix {
            Some(prefix) if !typed.starts_with(prefix.as_str()) => self.key(&format!("{prefix}{typed}")),
            _ => self.key(typed),
        }
    }

    /// Checks per-call settings against what the backend declares.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for one it does not declare, with the nearest that it does.
    pub fn options(&self, given: impl IntoIterator<Item = (String, String)>) -> Result<Options> {
        let declared = &self.0.manifest.options;
        let checked = given.into_iter().map(|(key, value)| {
            if declared.contains_key(&key) {
                return Ok((key, value));
            }
            let near = nearest(&key, declared.keys().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            let reason = format!("the backend has no option {}{hint}", Shown(&key));
            Err(Error::new(Kind::Invalid, reason).in_backend(&self.0.name))
        });
        checked.collect()
    }

    fn delete_mode(&self, mode: DeleteMode) -> Result<DeleteMode> {
        let Some(days) = &self.0.manifest.delete_days else { return Ok(mode) };
        match mode {
            DeleteMode::Recoverable(None) => Ok(DeleteMode::Recoverable(days.default)),
            DeleteMode::Recoverable(Some(given)) if !(days.min..=days.max).contains(&given) => Err(Error::new(
                Kind::Invalid,
                format!("{given} days of recovery are not possible there: {} to {} are", days.min, days.max),
            )
            .in_backend(&self.0.name)),
            mode => Ok(mode),
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("name", &self.0.name).field("digest", &self.0.digest).finish_non_exhaustive()
    }
}
