//! Files that values are written to: whole or not at all, and for their owner alone.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::Failed;

/// Nobody but the owner reads or writes it.
pub(crate) const PRIVATE: u32 = 0o600;

/// Puts a file with this content and mode in this place: what was there stays until all of it is on the disk.
///
/// A link into another folder is refused: with a repository come its links, and whoever made one would choose the file
/// that is overwritten.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), Failed> {
    put(path, content, mode, false)
}

/// The same for what was made from this very file, wherever it is.
pub(crate) fn write_over(path: &Path, content: &[u8], mode: u32) -> Result<(), Failed> {
    put(path, content, mode, true)
}

fn put(path: &Path, content: &[u8], mode: u32, anywhere: bool) -> Result<(), Failed> {
    replace(path, content, mode, anywhere).map_err(|cause| {
        Failed::other(format!(
            "{} can't be written, and is as it was: {cause}",
            super::shell::word(&path.to_string_lossy())
        ))
    })
}

fn replace(path: &Path, content: &[u8], mode: u32, anywhere: bool) -> io::Result<()> {
    let folder_of = |path: &Path| match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    // A link stays one: the file that it leads to is replaced.
    let path = match fs::canonicalize(path) {
        Ok(real) if !fs::metadata(&real)?.is_file() => return Err(io::Error::other("it is not a regular file")),
        Ok(real) if !anywhere && !real.starts_with(folder_of(path).canonicalize()?) => {
            let real = super::shell::word(&real.to_string_lossy());
            return Err(io::Error::other(format!("it is a link into another folder; if that is meant, name {real}")));
        }
        Ok(real) => real,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(cause) => return Err(cause),
    };
    let folder = folder_of(&path);
    fs::metadata(&folder)?; // in words of its own: what fails below names a file that nobody knows
    let mut new =
        tempfile::Builder::new().prefix(".new-").permissions(Permissions::from_mode(PRIVATE)).tempfile_in(&folder)?;
    new.write_all(content)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    File::open(folder)?.sync_all()
}
