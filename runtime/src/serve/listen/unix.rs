//! The Unix socket: in a folder that is ours alone, and never in the place of somebody else's.

use std::{
    fs, io,
    os::unix::{
        fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use tokio::net::UnixListener;

/// A socket that listens; its file goes when it does.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    file: PathBuf,
    /// What the file was when it was made, so that another daemon's is not removed in its place.
    identity: (u64, u64),
    /// Held for as long as the socket is, so that two daemons that start at once don't both take the place.
    _lock: fs::File,
}

impl Socket {
    /// Listens at this place: folder 0700, socket 0600.
    ///
    /// # Errors
    /// If the folder is not ours alone, if something else is there, or if a daemon answers there.
    pub(crate) fn claim(file: &Path) -> io::Result<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        make_private(folder)?;
        let lock = lock(folder, file)?;
        clear(file)?;
        // Made under a name of its own and moved, so that nobody ever finds it with another mode.
        let fresh = folder.join(format!(".{}.{}", file.file_name().unwrap_or_default().display(), std::process::id()));
        let _ = fs::remove_file(&fresh);
        let listener = UnixListener::bind(&fresh)?;
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600))?;
        fs::rename(&fresh, file)?;
        let metadata = fs::symlink_metadata(file)?;
        Ok(Self { listener, file: file.to_owned(), identity: (metadata.dev(), metadata.ino()), _lock: lock })
    }

    pub(super) fn listener(&self) -> &UnixListener {
        &self.listener
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.file).is_ok_and(|found| (found.dev(), found.ino()) == self.identity);
        if ours {
            let _ = fs::remove_file(&self.file);
        }
    }
}

fn refused(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}

/// Makes a folder that nobody else can reach, or sees that it is one.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::metadata(folder)?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(format!("the folder {} is another user's", folder.display())));
    }
    if metadata.mode() & 0o077 != 0 {
        let reason = format!("others can reach the folder {0}; type chmod 700 {0}, or name another", folder.display());
        return Err(refused(reason));
    }
    Ok(())
}

fn answers(file: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, format!("a daemon answers at {}", file.display()))
}

/// Locks the place of a socket; the file that stands for the lock stays.
fn lock(folder: &Path, file: &Path) -> io::Result<fs::File> {
    let name = format!(".{}.lock", file.file_name().unwrap_or_default().display());
    let lock = fs::File::options().create(true).truncate(false).write(true).mode(0o600).open(folder.join(name))?;
    lock.try_lock().map_err(|cause| match cause {
        fs::TryLockError::WouldBlock => answers(file),
        fs::TryLockError::Error(cause) => cause,
    })?;
    Ok(lock)
}

/// Removes a socket that nobody listens at any more, and nothing else.
fn clear(file: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(file) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !metadata.file_type().is_socket() {
        return Err(refused(format!("{} is there, and is no socket", file.display())));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(format!("the socket {} is another user's", file.display())));
    }
    match UnixStream::connect(file) {
        Ok(_) => Err(answers(file)),
        Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(file),
        Err(cause) => Err(cause),
    }
}
