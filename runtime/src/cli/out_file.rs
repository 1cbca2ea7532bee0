//! Files that values are written to: whole or not at all, and for their owner alone.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::Failed;

/// Nobody but the owner reads or writes it.
pub(crate) const PRIVATE: u32 = 0o600;

/// Puts a file with this content and mode in this place: what was there stays until all of it is on the disk.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), Failed> {
    replace(path, content, mode).map_err(|cause| {
        Failed::other(format!(
            "{} can't be written, and is as it was: {cause}",
            super::shell::word(&path.to_string_lossy())
        ))
    })
}

fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    // A link stays one: the file that it leads to is replaced.
    let path = match fs::canonicalize(path) {
        Ok(real) if fs::metadata(&real)?.is_file() => real,
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(cause) => return Err(cause),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new =
        tempfile::Builder::new().prefix(".new-").permissions(Permissions::from_mode(PRIVATE)).tempfile_in(folder)?;
    new.write_all(content)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    File::open(folder)?.sync_all()
}
