//! Who else can read or write a file.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use super::{super::shell, report::Report};

/// What others must not be able to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// Neither read nor write it: there are secrets in it.
    Wholly,
    /// Write it: it decides what is done.
    ToWriting,
}

/// Says that others can do more with a file than they should, if they can; whether the file is there.
pub(super) fn examine(about: &str, path: &Path, closed: Closed, report: &mut Report) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    let shown = path.to_string_lossy();
    if mode & 0o022 != 0 {
        report.fail(about, format!("others can write {shown}"), format!("chmod go-w {}", shell::word(&shown)));
    } else if closed == Closed::Wholly && mode & 0o077 != 0 {
        report.warn(about, format!("others can read {shown}"), format!("chmod go= {}", shell::word(&shown)));
    }
    Ok(())
}
