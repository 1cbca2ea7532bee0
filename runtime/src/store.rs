//! The vocabulary: what a caller asks of a store of secrets, and what it answers. There is no wasmtime in it.
//!
//! `SecretStore` is one trait for all: the sandbox answers it by calling a component, and every layer answers it by
//! asking the layer below. [`Backend`](crate::Backend) is what callers see of it.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use zeroize::Zeroizing;

use crate::error::Result;
pub use crate::listener::{Cached, Decision, Level, Listener, Requested};

/// The most bytes a name may have. Every service we know stops at 512; ten times a path is a mistake or an attack.
pub const NAME_BYTES: usize = 1024;

/// How many entries of a listing are wanted at once unless the caller says otherwise: most stores fit into that.
pub const LISTING_LIMIT: u32 = 1000;

/// How long a call may take as a whole unless the caller says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A secret's name, checked and canonical: policy, cache, audit and backend all see these same bytes.
///
/// Made by a backend from what the caller typed, after its manifest's pattern, folding and character map.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// Wraps a name that has been checked. Only the naming rules call it.
    pub(crate) fn canonical(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as shared text.
    pub fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::Shown(&self.0).fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// Per-call settings of a backend (mount, namespace, field, …), by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options(Option<Arc<BTreeMap<String, String>>>);

impl Options {
    /// The options in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|map| map.iter()).map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The option of this name.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.as_ref()?.get(key).map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Options {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let map: BTreeMap<_, _> = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self((!map.is_empty()).then(|| Arc::new(map)))
    }
}

/// Which secret to read. Also the key of the cache: nothing about the caller is in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// The canonical name.
    pub name: Name,
    /// A version in the upstream's own notation; none for the current one.
    pub version: Option<Arc<str>>,
    /// Per-call settings of the backend.
    pub options: Options,
}

/// Which names to list.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Only names that begin with this; empty for all.
    pub prefix: String,
    /// Where the previous page ended ([`Page::next`]).
    pub cursor: Option<String>,
    /// The most entries wanted in one page ([`LISTING_LIMIT`]).
    pub limit: u32,
    /// Per-call settings of the backend.
    pub options: Options,
}

impl Default for Listing {
    fn default() -> Self {
        Self { prefix: String::new(), cursor: None, limit: LISTING_LIMIT, options: Options::default() }
    }
}

/// One entry of a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The secret's name, or a folder if it ends in `/`.
    pub name: String,
    /// The current version, where the upstream tells.
    pub version: Option<String>,
    /// Whether it has expired or is deleted, where the upstream tells.
    pub expired: Option<bool>,
    /// What else the backend said of it. Untrusted.
    pub metadata: Vec<(String, String)>,
}

/// One page of a listing.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The entries, filtered by the access policy.
    pub entries: Vec<Entry>,
    /// Give it back as [`Listing::cursor`] for the next page; none if this was the last.
    pub next: Option<String>,
    /// How many there are in all, where the upstream tells and no policy hides any.
    pub total: Option<u64>,
}

/// What must hold for a write to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// Create it or write a new version.
    #[default]
    Upsert,
    /// Fail with a conflict if it exists.
    CreateOnly,
    /// Fail with a conflict unless this is the current version.
    IfVersion(String),
}

/// A secret to write.
#[derive(Clone, Debug)]
pub(crate) struct NewSecret {
    /// The canonical name.
    pub name: Name,
    /// The value: bytes, as they are.
    pub value: SecretBytes,
    /// What must hold for the write to happen.
    pub mode: WriteMode,
    /// A description kept beside the secret.
    pub description: Option<String>,
    /// Tags kept beside the secret.
    pub tags: Vec<(String, String)>,
    /// When it expires.
    pub expires_at: Option<SystemTime>,
    /// Per-call settings of the backend.
    pub options: Options,
}

/// How thoroughly to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteMode {
    /// In the upstream's own recoverable way, for this many days where it lets one say.
    Recoverable(Option<u32>),
    /// For good, with all versions.
    Permanent,
}

/// Which secret to delete.
#[derive(Clone, Debug)]
pub(crate) struct Delete {
    /// The canonical name.
    pub name: Name,
    /// How thoroughly.
    pub mode: DeleteMode,
    /// Per-call settings of the backend.
    pub options: Options,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The upstream answers and accepts us.
    Ready,
    /// The backend can't tell, and says why. Untrusted text.
    Unknown(String),
}

/// Bytes that are overwritten when their last owner goes, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Arc<Zeroizing<Vec<u8>>>);

impl SecretBytes {
    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

/// A secret as it was read. Cheap to clone; the value is overwritten when the last clone goes.
#[derive(Clone)]
pub struct Secret(Arc<Stored>);

struct Stored {
    value: SecretBytes,
    version: Option<String>,
    expires_at: Option<SystemTime>,
    metadata: Vec<(String, String)>,
}

impl Secret {
    /// A secret with what is known about it.
    pub fn new(
        value: SecretBytes,
        version: Option<String>,
        expires_at: Option<SystemTime>,
        metadata: Vec<(String, String)>,
    ) -> Self {
        Self(Arc::new(Stored { value, version, expires_at, metadata }))
    }

    /// The value: bytes, exactly as the upstream keeps them.
    pub fn expose(&self) -> &[u8] {
        self.0.value.expose()
    }

    /// The value as text, if it is UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(self.expose()).ok()
    }

    /// The version that was read, where the upstream has versions.
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// When it stops being valid, where the upstream tells.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.expires_at
    }

    /// What else the backend said of it. Untrusted, and not for logs.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.0.metadata
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// From the backend, for this call.
    Backend,
    /// From the cache.
    Cache,
    /// From a load that another caller had begun.
    Joined,
    /// From the cache although too old, because the upstream could not be reached.
    Stale,
    /// From an environment variable of this process, which the operator allowed.
    Environment,
}

impl Source {
    /// The source as a word for audit lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Cache => "cache",
            Self::Joined => "joined",
            Self::Stale => "stale",
            Self::Environment => "environment",
        }
    }
}

/// A secret, and where it came from.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The secret.
    pub secret: Secret,
    /// Where it came from.
    pub source: Source,
}

/// Who calls and how long they wait: never part of a cache key.
#[derive(Clone, Debug)]
pub struct Call {
    /// The caller's name for the audit log, where there is one.
    pub caller: Option<Arc<str>>,
    /// How long the caller waits for the whole call.
    pub timeout: Duration,
    /// Do not answer from the cache.
    pub fresh: bool,
    /// Where a backend's own words go. They are untrusted and may be secret.
    pub listener: Option<Arc<dyn Listener>>,
}

impl Default for Call {
    fn default() -> Self {
        Self { caller: None, timeout: CALL_TIMEOUT, fresh: false, listener: None }
    }
}

impl Call {
    /// Tells whoever listens what a layer decided.
    pub(crate) fn tell(&self, decision: Decision<'_>) {
        if let Some(listener) = &self.listener {
            listener.decision(&decision);
        }
    }
}

/// What can be asked of a backend. The words are those of WIT, manifest, policy and audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Read one secret.
    Read,
    /// Ask whether there is one.
    Exists,
    /// List names.
    List,
    /// Write one secret.
    Write,
    /// Delete one secret.
    Delete,
    /// Ask whether the upstream is ready.
    Check,
}

impl Operation {
    /// All of them, in the order in which people read them.
    pub const ALL: [Self; 6] = [Self::Read, Self::Exists, Self::List, Self::Write, Self::Delete, Self::Check];

    /// The operation as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Exists => "exists",
            Self::List => "list",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Check => "check",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A store of secrets: what a caller sees, and what every layer is.
pub(crate) trait SecretStore: Send + Sync + 'static {
    /// Reads one secret. Absent is an error of kind `not-found`, and nothing else is.
    fn read(&self, read: &Read, call: &Call) -> impl Future<Output = Result<Answer>> + Send;
    /// Asks whether there is such a secret.
    fn exists(&self, name: &Name, options: &Options, call: &Call) -> impl Future<Output = Result<bool>> + Send;
    /// Lists names, a page at a time.
    fn list(&self, listing: &Listing, call: &Call) -> impl Future<Output = Result<Page>> + Send;
    /// Writes a secret and answers its new version, where there is one.
    fn write(&self, new: &NewSecret, call: &Call) -> impl Future<Output = Result<Option<String>>> + Send;
    /// Deletes a secret.
    fn delete(&self, delete: &Delete, call: &Call) -> impl Future<Output = Result<()>> + Send;
    /// Asks whether the upstream answers and accepts us.
    fn check(&self, call: &Call) -> impl Future<Output = Result<Readiness>> + Send;
}
