//! Programs from Debian's packages, where the machine does not have them: unpacked under the target folder, nothing is
//! installed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::tools;

/// Programs that put a server under load, and one to compare it with.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where the packages are, if any had to be unpacked.
    unpacked: Option<PathBuf>,
}

impl Load {
    /// Finds `wrk` and `nginx`, or unpacks the packages of a Debian that has them.
    ///
    /// # Errors
    /// They are not there and this is no Debian; says what to install.
    pub fn find() -> Result<Self> {
        if ["wrk", "nginx"].into_iter().all(|program| on_path(program).is_some()) {
            return Ok(Self { unpacked: None });
        }
        let unpacked = tools::make("debian-load", unpack)
            .context("wrk and nginx are missing; install them, or use a Debian whose apt-get can download them")?;
        Ok(Self { unpacked: Some(unpacked) })
    }

    /// A command that runs one of them.
    ///
    /// # Errors
    /// It is not there after all.
    pub fn command(&self, program: &str) -> Result<Command> {
        let Some(folder) = &self.unpacked else { return Ok(Command::new(program)) };
        let places = [folder.join("usr/bin"), folder.join("usr/sbin")].map(|place| place.join(program));
        let Some(path) = places.into_iter().find(|path| path.is_file()) else {
            bail!("{program} is not in {}; remove that folder and try again", folder.display());
        };
        let mut command = Command::new(path);
        command.env("LD_LIBRARY_PATH", libraries(folder)?);
        Ok(command)
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The folder of the libraries that came along.
fn libraries(folder: &Path) -> Result<PathBuf> {
    let lib = folder.join("usr/lib");
    let mut folders = fs::read_dir(&lib)?.flatten().map(|entry| entry.path());
    folders.find(|path| path.to_string_lossy().ends_with("-linux-gnu")).context("the packages brought no libraries")
}

fn unpack(folder: &Path) -> Result<()> {
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)?;
    // apt checks what it downloads against the distribution's signature.
    tools::run(Command::new("apt-get").current_dir(&packages).args([
        "download",
        "--quiet",
        "wrk",
        "nginx",
        "libluajit-5.1-2",
    ]))?;
    for package in fs::read_dir(&packages)? {
        tools::run(Command::new("dpkg").arg("--extract").arg(package?.path()).arg(folder))?;
    }
    Ok(())
}
