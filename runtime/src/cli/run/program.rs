//! The program that is meant: found as a shell finds it, before any secret is read.

use std::{
    env,
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use secret_runtime::Shown;

/// There is no such program.
pub(super) const NOT_FOUND: u8 = 127;
/// There is one, but it can't be run.
pub(super) const NOT_RUN: u8 = 126;

/// Where programs are looked for without a `PATH`, as the C library does.
const USUAL: &str = "/bin:/usr/bin";

/// Finds a program: a word with a `/` is a path, any other is looked for along `PATH`. If there is none, answers the
/// exit code that shells have for it, having said why.
pub(super) fn find(word: &OsStr) -> Result<PathBuf, u8> {
    found(word, env::var_os("PATH").as_deref().unwrap_or(OsStr::new(USUAL))).map_err(|(code, why)| {
        say!("runtime: {} {why}", Shown(&word.to_string_lossy()));
        code
    })
}

fn found(word: &OsStr, path: &OsStr) -> Result<PathBuf, (u8, String)> {
    if word.as_bytes().contains(&b'/') {
        return match runs(Path::new(word)) {
            Ok(()) => Ok(PathBuf::from(word)),
            Err(cause) => Err(failure(&cause)),
        };
    }
    let nowhere = (NOT_FOUND, "is not found: no folder of PATH has it".to_owned());
    if word.is_empty() {
        return Err(nowhere);
    }
    let mut first = nowhere;
    for folder in env::split_paths(path) {
        // An empty entry means the folder one is in.
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let program = folder.join(word);
        match runs(&program) {
            Ok(()) => return Ok(program),
            // One that can't be run further up does not hide one that can.
            Err(cause) if first.0 == NOT_FOUND && cause.kind() != io::ErrorKind::NotFound => {
                // A folder of PATH that can't be searched, or is none, hides no program.
                if program.symlink_metadata().is_ok() {
                    first = failure(&cause);
                }
            }
            Err(_) => {}
        }
    }
    Err(first)
}

fn runs(program: &Path) -> io::Result<()> {
    if program.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(accessat(CWD, program, Access::EXEC_OK, AtFlags::EACCESS)?)
}

/// The exit code and the words for what came of looking for a program, or of starting it.
pub(super) fn failure(cause: &io::Error) -> (u8, String) {
    match cause.kind() {
        io::ErrorKind::NotFound => (NOT_FOUND, format!("is not found: {cause}")),
        io::ErrorKind::ArgumentListTooLong => {
            (NOT_RUN, "can't be run: the secrets are too large to be environment variables; use --files".to_owned())
        }
        _ => (NOT_RUN, format!("can't be run: {cause}")),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn a_program_is_found_as_a_shell_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str, mode: u32| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        file("one/tool", 0o644);
        let tool = file("two/tool", 0o755);
        file("one/plain", 0o644);
        fs::create_dir(folder.path().join("two/folder")).unwrap();
        let path = env::join_paths(["none", "one", "two", "two/tool"].map(|name| folder.path().join(name))).unwrap();
        let code = |word: &str| found(OsStr::new(word), &path).map_err(|(code, _)| code);
        assert_eq!(code("tool"), Ok(tool.clone()));
        assert_eq!(code("plain"), Err(NOT_RUN));
        assert_eq!(code("folder"), Err(NOT_RUN));
        assert_eq!(code("absent"), Err(NOT_FOUND));
        assert_eq!(code(""), Err(NOT_FOUND));
        assert_eq!(code(tool.to_str().unwrap()), Ok(tool));
        assert_eq!(code(&format!("{}/", folder.path().display())), Err(NOT_RUN));
        assert_eq!(code("./absent"), Err(NOT_FOUND));
    }
}
