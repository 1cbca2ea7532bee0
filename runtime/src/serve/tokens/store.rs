//! The file of what is known of tokens: ours alone, whole at every moment, and on the disk before anybody relies on it.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, flock, fstat, fsync, open, openat, renameat, unlinkat},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use crate::serve::listen::unix::make_private;

/// The file.
const FILE: &str = "tokens.json";

/// The next one, until it is whole.
const NEXT: &str = "tokens.json.new";

/// The version of its format.
const FORMAT: u32 = 1;

/// The most bytes of the file: several times what the most tokens with some scopes each take.
const FILE_BYTES: usize = 16 << 20;

/// What the file says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    version: u32,
    /// The latest time that was seen, in milliseconds since 1970; so are the others.
    pub(super) seen: u64,
    pub(super) tokens: Vec<SavedToken>,
}

/// A token, in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedToken {
    /// Its SHA-256, in hexadecimal digits.
    pub(super) sha256: String,
    pub(super) accessor: String,
    pub(super) scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) metrics: bool,
    pub(super) created: u64,
    pub(super) ttl: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

impl Saved {
    pub(super) fn new(seen: u64, tokens: Vec<SavedToken>) -> Self {
        Self { version: FORMAT, seen, tokens }
    }
}

/// The folder of the file, which no other daemon uses as long as this lives.
#[derive(Debug)]
pub(super) struct Store {
    folder: File,
    path: PathBuf,
    /// Whether there may be tokens in the file.
    filled: bool,
}

impl Store {
    /// Makes the folder ours, for as long as this lives.
    ///
    /// # Errors
    /// It can't be made, others can reach it, or another daemon has it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        make_private(path)?;
        let folder = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { folder: folder.into(), path: path.to_owned(), filled: false }),
            Err(Errno::WOULDBLOCK) => Err(other(format!(
                "another daemon keeps its tokens in {}; end it, or name another folder as serve.state",
                path.display()
            ))),
            Err(errno) => Err(errno.into()),
        }
    }

    /// What the file says; nothing if there is none.
    ///
    /// # Errors
    /// It can't be read, others can reach it, or it makes no sense.
    pub(super) fn read(&mut self) -> io::Result<Saved> {
        let bad = |why: String| {
            let path = self.path.join(FILE);
            other(format!("{} can't be relied on: {why}; mend it, or remove it and all tokens with it", path.display()))
        };
        // Not blocking, so that opening a FIFO returns.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(&self.folder, FILE, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(Saved::default()),
            Err(Errno::LOOP) => return Err(bad("it is a symbolic link".to_owned())),
            Err(errno) => return Err(bad(errno.to_string())),
        };
        let facts = fstat(&file)?;
        if !FileType::from_raw_mode(facts.st_mode).is_file() {
            return Err(bad("it is no regular file".to_owned()));
        }
        if facts.st_uid != rustix::process::geteuid().as_raw() {
            return Err(bad("it is another user's".to_owned()));
        }
        if facts.st_mode & 0o077 != 0 {
            return Err(bad(format!("its mode {:o} lets others at it", facts.st_mode & 0o777)));
        }
        let mut bytes = Vec::new();
        File::from(file).take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > FILE_BYTES {
            return Err(bad(format!("it is larger than {FILE_BYTES} bytes")));
        }
        let saved: Saved = serde_json::from_slice(&bytes).map_err(|cause| bad(cause.to_string()))?;
        if saved.version != FORMAT {
            return Err(bad(format!("it has the format {}, and {FORMAT} is the one that is known", saved.version)));
        }
        self.filled = !saved.tokens.is_empty();
        Ok(saved)
    }

    /// Whether there may be tokens in the file.
    pub(super) fn is_filled(&self) -> bool {
        self.filled
    }

    /// Writes the file anew, or leaves it as it is.
    ///
    /// # Errors
    /// What was written is not certainly on the disk.
    pub(super) fn write(&mut self, saved: &Saved) -> io::Result<()> {
        self.filled = true;
        let bytes = serde_json::to_vec(saved)?;
        if bytes.len() > FILE_BYTES {
            return Err(other(format!("all tokens together take more than {FILE_BYTES} bytes")));
        }
        let written = self.replace(&bytes);
        match &written {
            Ok(()) => self.filled = !saved.tokens.is_empty(),
            Err(_) => drop(unlinkat(&self.folder, NEXT, AtFlags::empty())),
        }
        written
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        // Of one that a crash has left, only the place is used.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut next = File::from(openat(&self.folder, NEXT, flags, Mode::RUSR | Mode::WUSR)?);
        next.write_all(bytes)?;
        next.sync_all()?;
        renameat(&self.folder, NEXT, &self.folder, FILE)?;
        Ok(fsync(&self.folder)?)
    }
}

fn other(why: String) -> io::Error {
    io::Error::other(why)
}
