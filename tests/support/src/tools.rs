//! What tests need and is made once: folders below `tools` in the target folder.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::layout;

/// Finds the folder `name`, or makes it. The name holds a hash of what it is made from, so that a changed pin is a new
/// folder. A lock lets several test programs start at once; a marker says that it is complete.
pub(crate) fn make(name: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let tools = layout::target().join("tools");
    let folder = tools.join(name);
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    let lock_path = tools.join(format!("{name}.lock"));
    fs::create_dir_all(&tools)?;
    let lock = File::create(&lock_path).with_context(|| format!("can't create {}", lock_path.display()))?;
    lock.lock().with_context(|| format!("can't lock {}", lock_path.display()))?;
    if complete.exists() {
        return Ok(folder);
    }
    eprintln!("Making {} with pinned packages, once.", folder.display());
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("can't remove the incomplete {}", folder.display()));
        }
        _ => {}
    }
    install(&folder)?;
    File::create(&complete)?;
    Ok(folder)
}

/// Runs a command that has to succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("can't run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(())
}
