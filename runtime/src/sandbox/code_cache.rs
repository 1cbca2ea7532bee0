//! Compiled components, kept so that a command does not compile the same one twice.
//!
//! Whoever can change a file here runs code in this process, so a folder counts only if nobody else can: it is ours,
//! closed to others, and so is everything above it. Else there is no cache.
#![allow(unsafe_code, reason = "mapping compiled code is the one thing that needs it")]

use std::{
    fs::{self, DirBuilder, File},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use wasmtime::{Engine, component::Component};

use super::digest::Digest;

/// A folder of compiled components that only we can write.
#[derive(Clone, Debug)]
pub(crate) struct CodeCache {
    folder: PathBuf,
}

impl CodeCache {
    /// Opens the cache in `folder`, making it where it is missing; none if others could write there.
    pub(crate) fn open(folder: &Path) -> Option<Self> {
        match safe_folder(folder) {
            Ok(folder) => Some(Self { folder }),
            Err(cause) => {
                tracing::info!(folder = %folder.display(), %cause, "no cache for compiled components");
                None
            }
        }
    }

    /// Says why compiled components can't be kept in `folder`, making it where it is missing.
    pub(crate) fn usable(folder: &Path) -> io::Result<()> {
        tempfile::Builder::new().prefix(".new-").tempfile_in(safe_folder(folder)?).map(drop)
    }

    /// The compiled component, if it is here and of this engine.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        path.exists().then(|| {
            // SAFETY: the file was written by `store` below into a folder that only this user can write
            // (`safe_folder`), from wasmtime's own serialisation; wasmtime checks version and settings itself.
            unsafe { Component::deserialize_file(engine, &path) }
                .inspect_err(|cause| tracing::info!(%cause, "a compiled component is compiled again"))
                .ok()
        })?
    }

    /// Waits until no other process compiles for this cache, so that what takes seconds is done once: whoever comes
    /// second finds it here. Dropping the file lets the next one in.
    pub(crate) fn lock(&self) -> Option<File> {
        let lock = File::options().write(true).create(true).truncate(false).mode(0o600).open(self.folder.join("lock"));
        lock.and_then(|lock| lock.lock().map(|()| lock)).ok()
    }

    /// Keeps a compiled component. Failing to is no failure: it will be compiled again.
    pub(crate) fn store(&self, engine: &Engine, digest: &Digest, component: &Component) {
        let kept = component.serialize().map_err(io::Error::other).and_then(|code| {
            let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
            file.write_all(&code)?;
            file.persist(self.path(engine, digest))?;
            Ok(())
        });
        if let Err(cause) = kept {
            tracing::info!(%cause, "a compiled component is not kept");
        }
    }

    fn path(&self, engine: &Engine, digest: &Digest) -> PathBuf {
        let mut settings = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut settings);
        self.folder.join(format!("{}-{:016x}.cwasm", digest.to_hex(), settings.finish()))
    }
}

fn safe_folder(folder: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let folder = fs::canonicalize(folder)?;
    let user = rustix::process::geteuid().as_raw();
    let refuse = |path: &Path, why: &str| Err(io::Error::other(format!("{} {why}", path.display())));
    for (depth, path) in folder.ancestors().enumerate() {
        let metadata = fs::metadata(path)?;
        let mode = metadata.permissions().mode();
        if metadata.uid() != user && (depth == 0 || metadata.uid() != 0) {
            return refuse(path, "belongs to somebody else");
        }
        if mode & 0o022 != 0 {
            return refuse(path, "can be written by others");
        }
        if depth == 0 && mode & 0o077 != 0 {
            return refuse(path, "is open to others");
        }
    }
    Ok(folder)
}
