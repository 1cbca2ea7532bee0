//! Pinned npm packages, installed once under the target folder.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::tools;

/// The oldest Node.js that the packages run on.
const NODE: u32 = 20;

/// A folder that holds exactly what a lock file pins, hashes checked. No package's own scripts were run in it.
#[derive(Clone, Debug)]
pub struct Npm {
    folder: PathBuf,
}

/// What a folder is made from.
struct Group {
    name: &'static str,
    package: &'static str,
    lock: &'static str,
}

const AGENT_SECRET_STORE: Group = Group {
    name: "agent-secret-store",
    package: include_str!("../npm/agent-secret-store/package.json"),
    lock: include_str!("../npm/agent-secret-store/package-lock.json"),
};

const OAUTH: Group = Group {
    name: "oauth",
    package: include_str!("../npm/oauth/package.json"),
    lock: include_str!("../npm/oauth/package-lock.json"),
};

impl Npm {
    /// The vendor's client for Agent Secret Store. The package lacks the file that `import` would load; programs use
    /// `createRequire(import.meta.url)("@agentsecretstore/sdk")` of `node:module`.
    ///
    /// # Errors
    /// Node.js is missing, or a package can't be had.
    pub fn agent_secret_store() -> Result<Self> {
        Self::make(&AGENT_SECRET_STORE)
    }

    /// A real OAuth server.
    ///
    /// # Errors
    /// Node.js is missing, or a package can't be had.
    pub fn oauth() -> Result<Self> {
        Self::make(&OAUTH)
    }

    /// `node` with this program, an ECMAScript module that finds the packages by name. What is added to the command are
    /// the program's own arguments.
    ///
    /// # Errors
    /// The program can't be put beside the packages.
    pub fn node(&self, program: &str) -> Result<Command> {
        let mut command = Command::new("node");
        command.arg(self.program(program)?);
        Ok(command)
    }

    /// Puts a program beside the packages: Node looks for them from where a module lies.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn program(&self, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("program-{:016x}.mjs", hash(&[text])));
        if !path.exists() {
            // Whole or not at all, and several tests may do it at once.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            io::Write::write_all(&mut file, text.as_bytes())?;
            file.persist(&path)?;
        }
        Ok(path)
    }

    fn make(group: &Group) -> Result<Self> {
        let folder =
            tools::make(&format!("npm-{}-{:016x}", group.name, hash(&[group.package, group.lock])), |folder| {
                install(group, folder)
            })?;
        Ok(Self { folder })
    }
}

fn hash(texts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for text in texts {
        hasher.write(text.as_bytes());
    }
    hasher.finish()
}

fn install(group: &Group, folder: &Path) -> Result<()> {
    node()?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), group.package)?;
    fs::write(folder.join("package-lock.json"), group.lock)?;
    tools::run(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"])
            .current_dir(folder),
    )
    .with_context(|| format!("the packages of tests/support/npm/{} can't be installed", group.name))
}

/// Checks for Node.js and npm.
///
/// # Errors
/// One of them is missing or too old; says what to install.
pub fn node() -> Result<()> {
    const ADVICE: &str = "Node.js 20 or later with npm is needed: https://nodejs.org, or on Debian and Ubuntu: \
                          apt-get install nodejs npm";
    let asked = |program: &str| Command::new(program).arg("--version").stdin(Stdio::null()).output().context(ADVICE);
    asked("npm")?;
    let version = String::from_utf8_lossy(&asked("node")?.stdout).trim().to_owned();
    let major = version.strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("node is {version}, which is too old; {ADVICE}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_package_is_pinned_with_a_hash() {
        for group in [AGENT_SECRET_STORE, OAUTH] {
            let lock: Value = serde_json::from_str(group.lock).unwrap();
            let packages = lock.get("packages").and_then(Value::as_object).unwrap();
            assert!(packages.len() > 1, "{}", group.name);
            for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
                let hash = package.get("integrity").and_then(Value::as_str).unwrap_or_default();
                assert!(hash.starts_with("sha512-") && package.get("version").is_some(), "{path}");
            }
        }
    }

    #[test]
    fn a_program_finds_the_packages_and_gets_its_arguments() {
        let import = "console.log(typeof (await import(process.argv[2])).Provider);";
        let require = "import { createRequire } from 'node:module';\n\
                       console.log(typeof createRequire(import.meta.url)(process.argv[2]).AgentVault);";
        for (npm, package, program) in [
            (Npm::agent_secret_store().unwrap(), "@agentsecretstore/sdk", require),
            (Npm::oauth().unwrap(), "oidc-provider", import),
        ] {
            let output = npm.node(program).unwrap().arg(package).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "function\n", "{output:?}");
        }
    }
}
