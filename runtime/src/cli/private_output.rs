//! Files that hold secrets: for their owner alone, whole or not there.

use std::{
    fs::Permissions,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::Failed;

/// Writes a file that only its owner may read, in place of one of that name. A link is followed, so that what it leads
/// to is replaced; whatever fails, the old content stays.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failed> {
    atomically(path, content).map_err(|cause| Failed::other(format!("{} can't be written: {cause}", path.display())))
}

fn atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = match path.canonicalize() {
        Ok(path) => path,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(cause) => return Err(cause),
    };
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().prefix(".runtime-").permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
