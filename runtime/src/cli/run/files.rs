//! Secrets as files: in a folder of their own, in memory, which nobody else can look into and which goes with the
//! program.

use std::{
    env,
    fs::{DirBuilder, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use secret_runtime::Shown;
use tempfile::TempDir;

use super::super::Failed;

/// The variable that tells the program where its secrets are.
pub(super) const VARIABLE: &str = "RUNTIME_SECRETS_DIR";

/// Where everybody can put what belongs into memory.
const SHARED_MEMORY: &str = "/dev/shm";

/// The folder. It is removed when this goes.
pub(super) struct Folder(TempDir);

impl Folder {
    /// Makes one that is kept in memory.
    pub(super) fn new() -> Result<Self, Failed> {
        let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let mut tried = Vec::new();
        for base in own.into_iter().chain([PathBuf::from(SHARED_MEMORY)]) {
            match Self::below(&base) {
                Ok(folder) => return Ok(folder),
                Err(cause) => tried.push(format!("{}: {cause}", Shown(&base.to_string_lossy()))),
            }
        }
        Err(Failed::other(format!(
            "--files needs a folder that is kept in memory, and there is none ({}); set XDG_RUNTIME_DIR to a tmpfs, or \
             go without --files",
            tried.join("; ")
        )))
    }

    fn below(base: &Path) -> io::Result<Self> {
        if !is_memory(base)? {
            return Err(io::Error::other("it is not kept in memory"));
        }
        let mut folder = tempfile::Builder::new();
        folder.prefix("runtime-secrets-").permissions(Permissions::from_mode(0o700));
        Ok(Self(folder.tempdir_in(base)?))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a value to a file that nobody may write and only its owner may read. The path was checked to lead to
    /// nowhere else.
    pub(super) fn write(&self, path: &str, value: &[u8]) -> Result<(), Failed> {
        let written = || {
            let path = self.path().join(path);
            if let Some(parent) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            }
            OpenOptions::new().write(true).create_new(true).mode(0o400).open(path)?.write_all(value)
        };
        written().map_err(|cause| Failed::other(format!("the file {} can't be written: {cause}", Shown(path))))
    }

    /// Removes it.
    pub(super) fn remove(self) {
        let path = self.path().to_owned();
        if let Err(cause) = self.0.close() {
            say!("runtime: {} can't be removed and may hold secrets: {cause}", path.display());
        }
    }
}

/// Whether what is written there stays in memory.
#[cfg(target_os = "linux")]
fn is_memory(folder: &Path) -> io::Result<bool> {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "its type differs between platforms")]
    let kind = rustix::fs::statfs(folder)?.f_type as u64 & 0xffff_ffff;
    Ok(kind == TMPFS || kind == RAMFS)
}

/// Nowhere else is there a way to tell.
#[cfg(not(target_os = "linux"))]
fn is_memory(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_on_a_disk_is_not_taken() {
        assert!(Folder::below(Path::new("/proc")).is_err());
        assert!(Folder::below(Path::new("/nowhere")).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn only_the_owner_can_look_and_nothing_is_left() {
        let folder = Folder::below(Path::new(SHARED_MEMORY)).unwrap();
        folder.write("team/db", b"canary\0").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
        let path = folder.path().to_owned();
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("team")), 0o700);
        assert_eq!(mode(&path.join("team/db")), 0o400);
        assert_eq!(std::fs::read(path.join("team/db")).unwrap(), b"canary\0");
        assert!(folder.write("team/db", b"again").is_err());
        folder.remove();
        assert!(!path.exists());
    }
}
