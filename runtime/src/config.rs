//! `runtime.toml`: what an operator says once instead of typing it each time.
//!
//! ```toml
//! default-backend = "prod"
//! audit = "/var/log/secrets.jsonl"
//!
//! [backends.prod]
//! component = "vault.wasm"
//! digest = "sha256:…"
//! recipe = "approle"
//! set = { address = "https://vault.corp:8200", mount = "secret" }
//! credentials = { role-id = { env = "ROLE_ID" }, secret-id = { file = "/run/secrets/secret-id" } }
//! grant = { origins = ["https://vault.corp:8200"] }
//! hosted-keys = ["OPENAI_*", "team/**"]
//! cache = { ttl = "10m", entries = 1000, bytes = "4MiB" }
//! ```
//!
//! Every key is enforced or refused. With `digest` and `grant`, what is spelled out is the operator's word, and nobody
//! is asked; without them the trust store decides.

mod backend;
mod units;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

pub use self::{
    backend::ConfiguredBackend,
    units::{BadUnit, duration, size},
};
use crate::{
    error::{Error, Kind, Result},
    manifest::{ManifestError, fields::Fields},
    private_file,
    sandbox::digest::Digest,
    text::Shown,
};

/// The name of a configuration that is looked for here and in the folders above.
pub const FILE_NAME: &str = "runtime.toml";

/// A configuration that has been read and checked.
#[derive(Clone, Debug)]
pub struct Config {
    default_backend: Option<String>,
    audit: Option<PathBuf>,
    backends: BTreeMap<String, ConfiguredBackend>,
}

impl Config {
    /// Reads a configuration that the operator names.
    ///
    /// # Errors
    /// [`Kind::Untrusted`] if others can write it, [`Kind::Config`] if it can't be read or is not right.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = text(path)?;
        Self::parse(&text, path)
    }

    /// Reads a configuration if its content is the one of this digest.
    ///
    /// # Errors
    /// As [`Config::read`]; [`Kind::Untrusted`] if the content is another.
    pub fn read_pinned(path: &Path, digest: Digest) -> Result<Self> {
        let text = text(path)?;
        if Digest::of(text.as_bytes()) != digest {
            return Err(Error::new(Kind::Untrusted, format!("{} has just been changed", path.display())));
        }
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        // What it names lies beside it, wherever the command is typed.
        let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
        read(text, &folder)
            .map_err(|cause| Error::new(Kind::Config, format!("{}: {cause}", path.display())).caused_by(cause))
    }

    /// The backend that is meant when none is named.
    pub fn default_backend(&self) -> Option<&str> {
        self.default_backend.as_deref()
    }

    /// Where audit lines go; `-` is standard error.
    pub fn audit(&self) -> Option<&Path> {
        self.audit.as_deref()
    }

    /// The backend of this name.
    pub fn backend(&self, name: &str) -> Option<&ConfiguredBackend> {
        self.backends.get(name)
    }

    /// All backends, by name.
    pub fn backends(&self) -> impl Iterator<Item = (&str, &ConfiguredBackend)> {
        self.backends.iter().map(|(name, backend)| (name.as_str(), backend))
    }

    /// What it would bring about, in plain words.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for (name, backend) in &self.backends {
            let _ = writeln!(text, "The backend {} is {}", Shown(name), backend.describe());
        }
        if let Some(audit) = &self.audit {
            let _ = writeln!(text, "Every operation is written to {}.", Shown(&audit.to_string_lossy()));
        }
        text
    }
}

/// The configuration that lies here or in the nearest folder above.
pub fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// What trust is given to: the canonical path of a configuration, and its content.
///
/// # Errors
/// As [`Config::read`].
pub fn identity(path: &Path) -> Result<(PathBuf, Digest)> {
    let canonical = path.canonicalize().map_err(|cause| cant_read(path, cause))?;
    let digest = Digest::of(text(&canonical)?.as_bytes());
    Ok((canonical, digest))
}

fn text(path: &Path) -> Result<String> {
    match private_file::read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(cant_read(path, std::io::ErrorKind::NotFound.into())),
        Err(cause) if cause.kind() == std::io::ErrorKind::Other => {
            Err(Error::new(Kind::Untrusted, format!("{} has no effect: {cause}", path.display())).caused_by(cause))
        }
        Err(cause) => Err(cant_read(path, cause)),
    }
}

fn cant_read(path: &Path, cause: std::io::Error) -> Error {
    Error::new(Kind::Config, format!("{} can't be read: {cause}", path.display())).caused_by(cause)
}

fn read(text: &str, folder: &Path) -> std::result::Result<Config, ManifestError> {
    let mut top = Fields::document(text)?;
    let default = top.take("default-backend");
    let audit = top.text("audit")?;
    let mut backends = BTreeMap::new();
    for (name, item) in top.entries("backends")? {
        if name.contains('/') || name.ends_with(".wasm") {
            return Err(item.wrong("a backend's name has no / and does not end in .wasm: those are files"));
        }
        backends.insert(name, ConfiguredBackend::read(item.fields()?, folder)?);
    }
    top.finish()?;
    let known = |name: &str| {
        if backends.contains_key(name) { Ok(name.to_owned()) } else { Err("there is no backend of this name") }
    };
    let default_backend = default.map(|item| item.parse(known)).transpose()?;
    let audit = audit.map(|audit| if audit == "-" { PathBuf::from(audit) } else { folder.join(audit) });
    Ok(Config { default_backend, audit, backends })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
