//! Reading files that decide what is trusted: only if nobody else could have written them.

use std::{
    fs::{Metadata, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

/// Bytes of such a file; a hundred backends take a tenth of it.
const FILE_BYTES: u64 = 1 << 20;

/// The text of a file that others could not have written; none if there is no such file.
///
/// # Errors
/// Says that the file can't be read, is no text, or could have been written by others.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    // Not blocking, so that opening a FIFO returns.
    #[allow(clippy::cast_possible_wrap, reason = "open(2) takes its flags as an int")]
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if let Some(why) = writable_by_others(&metadata) {
        return Err(io::Error::other(why));
    }
    if metadata.len() > FILE_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    let mut text = String::new();
    file.take(FILE_BYTES).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Says who else could write it, if somebody could.
fn writable_by_others(metadata: &Metadata) -> Option<&'static str> {
    if metadata.permissions().mode() & 0o022 != 0 {
        return Some("others can write it (chmod go-w)");
    }
    let owner = metadata.uid();
    (owner != 0 && owner != rustix::process::geteuid().as_raw()).then_some("it belongs to another user")
}
