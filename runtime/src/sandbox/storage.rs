//! Storage for backends without a server: one granted file, or the granted environment variables.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    error::{Error, Kind},
    store::SecretBytes,
    text::shown_path,
};

/// Bytes of the file that a backend may keep its secrets in: ten thousand keys of an ordinary `.env`.
pub(crate) const FILE_BYTES: u64 = 4 << 20;

/// What the operator granted.
#[derive(Debug, Default)]
pub(crate) enum Storage {
    /// Nothing.
    #[default]
    None,
    /// This file and no other; the path has no symbolic link in it.
    File { path: PathBuf, writable: bool },
    /// These variables, as they were when the backend was loaded.
    Environment(BTreeMap<String, Zeroizing<String>>),
}

/// What was stored under a key, and the name of this very content.
pub(crate) struct Blob {
    pub(crate) data: Zeroizing<Vec<u8>>,
    pub(crate) etag: String,
}

/// Why storage did not do it.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Error),
    Changed,
    Unavailable(Error),
}

impl Storage {
    /// Whether each secret has a place of its own, under its name.
    pub(crate) fn is_by_name(&self) -> bool {
        matches!(self, Self::Environment(_))
    }

    /// What is kept under this name; none where all secrets are in one place.
    pub(crate) fn of(&self, name: &str) -> Option<SecretBytes> {
        match self {
            Self::Environment(variables) => Some(SecretBytes::from(variables.get(name)?.as_bytes().to_vec())),
            Self::None | Self::File { .. } => None,
        }
    }

    pub(crate) fn keys(&self) -> Result<Vec<String>, Failure> {
        match self {
            Self::None => Err(not_granted()),
            Self::File { .. } => Ok(vec![String::new()]),
            Self::Environment(variables) => Ok(variables.keys().cloned().collect()),
        }
    }

    pub(crate) fn read(&self, key: &str) -> Result<Option<Blob>, Failure> {
        match self {
            Self::None => Err(not_granted()),
            Self::File { path, .. } if key.is_empty() => Ok(read_file(path)?.map(blob)),
            Self::File { .. } => Ok(None),
            Self::Environment(variables) => {
                Ok(variables.get(key).map(|value| blob(Zeroizing::new(value.as_bytes().to_vec()))))
            }
        }
    }

    /// Replaces the file's content if it is still the one named by `unchanged`; answers the name of the new content.
    pub(crate) fn replace(&self, key: &str, data: Option<&[u8]>, unchanged: Option<&str>) -> Result<String, Failure> {
        let Self::File { path, writable: true } = self else {
            return Err(match self {
                Self::None => not_granted(),
                _ => refused("the storage is granted for reading only", "storage"),
            });
        };
        if !key.is_empty() {
            return Err(refused("the granted storage is one file: it has no other keys", "storage"));
        }
        if data.is_some_and(|data| data.len() as u64 > FILE_BYTES) {
            return Err(refused("the file would become larger than 4 MiB", "storage-size"));
        }
        let folder = path.parent().unwrap_or(Path::new("/"));
        // The folder is locked, not the file: the file is replaced by renaming, and a lock on the old one would hold
        // nobody off the new one.
        let lock = File::open(folder).and_then(|folder| folder.lock().map(|()| folder)).map_err(unavailable(path))?;
        let found = read_file(path)?.map(|data| etag(&data));
        if found.as_deref() != unchanged {
            return Err(Failure::Changed);
        }
        match data {
            Some(data) => write_file(path, folder, data).map_err(unavailable(path))?,
            None if found.is_some() => std::fs::remove_file(path).map_err(unavailable(path))?,
            None => {}
        }
        drop(lock);
        Ok(data.map(etag).unwrap_or_default())
    }
}

fn read_file(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    // Not blocking, so that opening a FIFO returns; not following, so that a link put there later leads nowhere.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    // The same for its folders: what was granted is a path without links.
    if let Some(folder) = path.parent()
        && folder.canonicalize().is_ok_and(|now| now != folder)
    {
        return Err(refused(&format!("{} now leads through a symbolic link", shown_path(path)), "storage-link"));
    }
    #[allow(clippy::cast_possible_wrap, reason = "open(2) takes its flags as an int")]
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) if cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(refused(&format!("{} is a symbolic link", shown_path(path)), "storage-link"));
        }
        Err(cause) => return Err(unavailable(path)(cause)),
    };
    let metadata = file.metadata().map_err(unavailable(path))?;
    if !metadata.is_file() {
        return Err(refused(&format!("{} is not a regular file", shown_path(path)), "storage-kind"));
    }
    if metadata.len() > FILE_BYTES {
        return Err(refused(&format!("{} is larger than 4 MiB", shown_path(path)), "storage-size"));
    }
    // Room for all of it at once: growing would leave copies behind.
    let mut data = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
    file.take(FILE_BYTES + 1).read_to_end(&mut data).map_err(unavailable(path))?;
    Ok(Some(data))
}

/// Writes beside the file and renames, so that a reader sees the old content or the new one, whole. Who may read the
/// file may do so afterwards; a new one is its owner's alone.
fn write_file(path: &Path, folder: &Path, data: &[u8]) -> io::Result<()> {
    let mode = std::fs::metadata(path).map_or(0o600, |metadata| metadata.permissions().mode() & 0o777);
    let mut new = tempfile::Builder::new()
        .prefix(".secret-runtime-")
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    new.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    new.write_all(data)?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    File::open(folder)?.sync_all()
}

fn blob(data: Zeroizing<Vec<u8>>) -> Blob {
    let etag = etag(&data);
    Blob { data, etag }
}

/// A name for this content that tells nothing about it to anybody but who has it.
fn etag(data: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut name = String::with_capacity(64);
    for byte in Sha256::digest(data) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn not_granted() -> Failure {
    refused("the backend asks for storage and none is granted; name it with --storage FILE", "storage")
}

fn refused(reason: &str, rule: &'static str) -> Failure {
    Failure::Refused(Error::new(Kind::Refused, reason).by_rule(rule))
}

fn unavailable(path: &Path) -> impl Fn(io::Error) -> Failure + '_ {
    move |cause| {
        Failure::Unavailable(Error::new(Kind::Unavailable, format!("{}: {cause}", shown_path(path))).caused_by(cause))
    }
}
