//! From bytes to something that can be called: parse, check, compile or take from the cache, link.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use wasmtime::{
    Engine,
    component::{HasSelf, InstancePre, Linker},
};

use super::{
    bindings::{BackendHost, exported},
    call::State,
    code_cache::CodeCache,
    digest::Digest,
    limits::{Bytes, COMPONENT_BYTES},
    wasi,
};
use crate::{
    error::{Error, Kind, Result},
    manifest::{
        Manifest,
        section::{Inspected, inspect},
    },
    store::Operation,
    text::{Shown, shown_path},
};

/// Every name of ours begins with it; the version follows after `@`.
const PACKAGE: &str = "secret-runtime:backend/";
/// The contract's version. Later ones of the same track are found by it too.
const VERSION: &str = "0.1.0";
/// What a backend may import.
const IMPORTS: [&str; 7] = ["common", "http", "config", "storage", "clock", "random", "log"];

/// A component that has been parsed but neither compiled nor run.
#[derive(Clone, Debug)]
pub struct Component {
    bytes: Arc<[u8]>,
    digest: Digest,
    manifest: Manifest,
    has_manifest: bool,
    exports: Vec<String>,
    imports: Vec<String>,
}

impl Component {
    /// Parses a component and its manifest. Nothing in it runs.
    ///
    /// # Errors
    /// [`Kind::Component`], saying what is wrong with it.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        if bytes.len() > COMPONENT_BYTES {
            return Err(at_fault(format!("it is larger than {}", Bytes(COMPONENT_BYTES))));
        }
        let Inspected { manifest_toml, mut shape } =
            inspect(&bytes).map_err(|cause| at_fault(cause.to_string()).caused_by(cause))?;
        let manifest = manifest_toml.as_deref().map(Manifest::parse).transpose();
        let manifest = manifest.map_err(|cause| at_fault(format!("its manifest: {cause}")).caused_by(cause))?;
        for import in &shape.imports {
            if interface(import).is_none_or(|name| !IMPORTS.contains(&name)) && !wasi::is_offered(import) {
                return Err(at_fault(format!(
                    "it imports {}, which the runtime does not offer; a backend may import {PACKAGE}{{{}}}@{VERSION} \
                     and the interfaces of WASI 0.2 only",
                    Shown(import),
                    IMPORTS.join(",")
                )));
            }
        }
        // Linkers put them in any order, another one for each build.
        shape.exports.sort_unstable();
        shape.imports.sort_unstable();
        let component = Self {
            digest: Digest::of(&bytes),
            bytes,
            has_manifest: manifest.is_some(),
            manifest: manifest.unwrap_or_default(),
            exports: shape.exports,
            imports: shape.imports,
        };
        if !component.operations().contains(&Operation::Read) {
            let found = exported_instead(&component.exports);
            return Err(at_fault(format!("it does not export {PACKAGE}read@{VERSION}; it exports {found}")));
        }
        Ok(component)
    }

    /// Reads a component from a file, once: what is hashed is what is compiled.
    ///
    /// # Errors
    /// [`Kind::Config`] if the file can't be read, [`Kind::Component`] if it is not a usable component.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bad = |cause: io::Error| {
            Error::new(Kind::Config, format!("the component {} can't be read: {cause}", shown_path(path)))
                .caused_by(cause)
        };
        let file = File::open(path).map_err(bad)?;
        if !file.metadata().map_err(bad)?.is_file() {
            return Err(bad(io::Error::other("it is not a regular file")));
        }
        let mut bytes = Vec::new();
        // One byte over the cap is enough to see that it is too large.
        file.take(COMPONENT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(bad)?;
        Self::new(bytes).map_err(|error| {
            let reason = format!("{}: {}", shown_path(path), error.reason());
            Error::new(error.kind(), reason).caused_by(error)
        })
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it declares; of a component without a manifest, nothing.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether it has a manifest at all.
    pub fn has_manifest(&self) -> bool {
        self.has_manifest
    }

    /// What it exports, in its own words. Untrusted.
    pub fn exports(&self) -> &[String] {
        &self.exports
    }

    /// What it imports.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The version of the contract that it was made for, where that is a later one than ours.
    fn later_version(&self) -> Option<&str> {
        let ours = self.imports.iter().chain(&self.exports).filter(|name| interface(name).is_some());
        let versions = ours.filter_map(|name| name.split_once('@')).map(|(_, version)| version);
        versions.filter(|version| *version != VERSION).max_by_key(|version| (version.len(), *version))
    }

    /// The operations it supports: those whose interface it exports.
    pub fn operations(&self) -> Vec<Operation> {
        let exported = |operation: &Operation| {
            self.exports.iter().any(|export| interface(export) == Some(interface_of(*operation)))
        };
        Operation::ALL.into_iter().filter(exported).collect()
    }
}

/// The interface name of an import or export of ours, if its version is of our track.
pub(crate) fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    let patch = version.strip_prefix("0.1.")?;
    (!patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit())).then_some(interface)
}

/// What there is in place of `read`: interfaces that are called so, else the first few.
fn exported_instead(exports: &[String]) -> String {
    let is_read = |export: &&String| export.split('@').next().is_some_and(|name| name.ends_with("/read"));
    let mut found: Vec<&String> = exports.iter().filter(is_read).collect();
    if found.is_empty() {
        found = exports.iter().collect();
    }
    match found.as_slice() {
        [] => "nothing".to_owned(),
        found => found.iter().take(3).map(|name| Shown(name).to_string()).collect::<Vec<_>>().join(", "),
    }
}

fn interface_of(operation: Operation) -> &'static str {
    match operation {
        // An interface called `list` would hide `typing.List` in Python.
        Operation::List => "listing",
        other => other.as_str(),
    }
}

/// The typed ways into a component, one per capability it has.
pub(crate) struct Capabilities {
    pub(super) read: exported::read::GuestIndices,
    pub(super) exists: Option<exported::exists::GuestIndices>,
    pub(super) list: Option<exported::listing::GuestIndices>,
    pub(super) write: Option<exported::write::GuestIndices>,
    pub(super) delete: Option<exported::delete::GuestIndices>,
    pub(super) check: Option<exported::check::GuestIndices>,
}

/// A component ready to be instantiated.
pub(crate) struct Loaded {
    pub(super) pre: InstancePre<State>,
    pub(super) capabilities: Capabilities,
}

/// A component on its way to being compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiling {
    /// It begins: a component of this size. A second for every one or two million bytes.
    Begins {
        /// Bytes of the component.
        bytes: usize,
        /// Whether the result is kept on disk; otherwise every process compiles it again.
        kept: bool,
    },
    /// It is over, however it ended.
    Over,
}

/// Told when a component begins to be compiled, and when that is over.
pub type OnCompile = Arc<dyn Fn(Compiling) + Send + Sync>;

/// Compiles and links a component.
pub(crate) fn load(
    engine: &Engine,
    component: &Component,
    cache: Option<&CodeCache>,
    on_compile: Option<&OnCompile>,
) -> Result<Loaded> {
    let compiled = match cache.and_then(|cache| cache.load(engine, &component.digest)) {
        Some(compiled) => compiled,
        None => compile(engine, component, cache, on_compile)?,
    };
    let mut linker = Linker::new(engine);
    let misfit = |cause: wasmtime::Error| misfit(component, &cause);
    BackendHost::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(misfit)?;
    // Linking them takes time that most backends need not spend.
    if component.imports.iter().any(|import| wasi::is_offered(import)) {
        wasi::link(&mut linker).map_err(misfit)?;
    }
    let pre = linker.instantiate_pre(&compiled).map_err(misfit)?;
    let capabilities = Capabilities {
        read: exported::read::GuestIndices::new(&pre).map_err(misfit)?,
        exists: optional(&pre, "exists", exported::exists::GuestIndices::new).map_err(misfit)?,
        list: optional(&pre, "listing", exported::listing::GuestIndices::new).map_err(misfit)?,
        write: optional(&pre, "write", exported::write::GuestIndices::new).map_err(misfit)?,
        delete: optional(&pre, "delete", exported::delete::GuestIndices::new).map_err(misfit)?,
        check: optional(&pre, "check", exported::check::GuestIndices::new).map_err(misfit)?,
    };
    Ok(Loaded { pre, capabilities })
}

/// Compiles a component and keeps it, unless another process does so first.
fn compile(
    engine: &Engine,
    component: &Component,
    cache: Option<&CodeCache>,
    on_compile: Option<&OnCompile>,
) -> Result<wasmtime::component::Component> {
    let said = on_compile.map(|said| {
        said(Compiling::Begins { bytes: component.bytes.len(), kept: cache.is_some() });
        Said(said)
    });
    let _lock = cache.and_then(CodeCache::lock);
    if let Some(compiled) = cache.and_then(|cache| cache.load(engine, &component.digest)) {
        return Ok(compiled);
    }
    // The bytes that were hashed are the bytes that are compiled: the file is not read again.
    let compiled = wasmtime::component::Component::from_binary(engine, &component.bytes)
        .map_err(|cause| at_fault(format!("it does not compile: {}", Shown(&format!("{cause:#}")))))?;
    drop(said);
    if let Some(cache) = cache {
        cache.store(engine, &component.digest, &compiled);
    }
    Ok(compiled)
}

/// Absent means unsupported; present and ill-formed is an error, never "unsupported".
fn optional<I>(
    pre: &InstancePre<State>,
    interface: &str,
    new: impl FnOnce(&InstancePre<State>) -> wasmtime::Result<I>,
) -> wasmtime::Result<Option<I>> {
    let exported = pre.component().get_export_index(None, format!("{PACKAGE}{interface}@{VERSION}"));
    exported.map(|_| new(pre)).transpose()
}

/// Says that compiling is over, however it ends.
struct Said<'a>(&'a OnCompile);

impl Drop for Said<'_> {
    fn drop(&mut self) {
        (self.0)(Compiling::Over);
    }
}

/// What it exports or imports is not of the contract's types.
fn misfit(component: &Component, cause: &wasmtime::Error) -> Error {
    let later = match component.later_version() {
        Some(version) => format!("it was made for {version} of the contract, and this runtime has {VERSION}; "),
        None => String::new(),
    };
    at_fault(format!("it does not fit the contract: {later}{}", Shown(&format!("{cause:#}"))))
}

/// An exported interface has functions of other types than the contract's.
pub(super) fn ill_typed(operation: Operation, cause: &wasmtime::Error) -> Error {
    let interface = interface_of(operation);
    at_fault(format!("it does not fit the contract: {PACKAGE}{interface}: {}", Shown(&format!("{cause:#}"))))
}

fn at_fault(reason: String) -> Error {
    Error::new(Kind::Component, format!("the component can't be used: {reason}"))
}
