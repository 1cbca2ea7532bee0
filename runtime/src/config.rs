//! `runtime.toml`: what an operator says once instead of typing it each time.
//!
//! ```toml
//! default-backend = "prod"
//! audit = "/var/log/secrets.jsonl"
//!
//! [backends.prod]
//! component = "vault"                          # an installed backend; a file has a / in it or ends in .wasm
//! digest = "sha256:…"
//! recipe = "approle"
//! set = { address = "https://vault.corp:8200", mount = "secret" }
//! credentials = { role-id = { env = "ROLE_ID" }, secret-id = { file = "/run/secrets/secret-id" } }
//! grant = { origins = ["https://vault.corp:8200"] }
//! hosted-keys = ["OPENAI_*", "team/**"]
//! cache = { ttl = "10m", entries = 1000, bytes = "4MiB" }
//!
//! [secrets.OPENAI_API_KEY]                     # what the program that you run calls it, and where it is
//! backend = "prod"
//! name = "team/openai"
//!
//! [serve]                                      # for `runtime serve`
//! owner = ["read:prod/**"]
//!
//! [profiles.staging.backends.prod]             # with `-P staging`, these count more
//! set = { address = "https://vault.staging:8200" }
//! grant = { origins = ["https://vault.staging:8200"] }
//! ```
//!
//! Every key is enforced or refused. With `digest` and `grant`, what is spelled out is the operator's word, and nobody
//! is asked; without them the trust store decides.

mod backend;
mod component;
mod defaults;
mod layered;
mod mistake;
mod reference;
mod secret;
mod serve;
mod tables;
mod units;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

pub use self::{
    backend::{ConfiguredBackend, CredentialPlace},
    component::installed_backends,
    defaults::defaults,
    layered::Given,
    mistake::Mistake,
    reference::{BadReference, Reference, is_file},
    serve::{FIELDS, Mount, Serve, ServerTls, Telemetry, unfit},
    units::{BadUnit, duration, size},
};
use crate::{
    error::{Error, Kind, Result},
    manifest::{
        ManifestError,
        fields::{Fields, Item},
    },
    private_file,
    sandbox::digest::Digest,
    text::{Shown, shown_path},
};

/// The name of a configuration that is looked for here and in the folders above.
pub const FILE_NAME: &str = "runtime.toml";

/// The JSON Schema of a configuration: every key, with what it means.
pub const SCHEMA: &str = include_str!("config/schema.json");

/// A configuration that has been read and checked.
#[derive(Clone, Debug, Default)]
pub struct Config {
    default_backend: Option<String>,
    audit: Option<PathBuf>,
    backends: BTreeMap<String, ConfiguredBackend>,
    secrets: BTreeMap<String, Reference>,
    serve: Option<Serve>,
    profiles: BTreeMap<String, Self>,
    given: Vec<Given>,
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
            return Err(Error::new(Kind::Untrusted, format!("{} has just been changed", shown_path(path))));
        }
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        // What it names lies beside it, wherever the command is typed.
        let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
        read(text, path, &folder).map_err(|cause| {
            let mistake = Mistake::new(path.to_owned(), text, cause);
            Error::new(Kind::Config, format!("{}: {mistake}", shown_path(path))).caused_by(mistake)
        })
    }

    /// This configuration with one of its profiles over it; none if it has no such profile.
    pub fn profile(&self, name: &str) -> Option<&Self> {
        self.profiles.get(name)
    }

    /// The names of its profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// This configuration over another one: what it does not say, the other one says. A backend or a secret comes
    /// whole from one of them.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let given = layered::over(&self.given, &below.given);
        let (mut backends, mut secrets) = (below.backends, below.secrets);
        backends.extend(self.backends);
        secrets.extend(self.secrets);
        let mut profiles = below.profiles;
        profiles.extend(self.profiles);
        Self {
            default_backend: self.default_backend.or(below.default_backend),
            audit: self.audit.or(below.audit),
            backends,
            secrets,
            serve: self.serve.or(below.serve),
            profiles,
            given,
        }
    }

    /// Every value it gives, and where: by key, in alphabetical order.
    pub fn given(&self) -> &[Given] {
        &self.given
    }

    /// Where the secret of this name is, if the configuration says so.
    pub fn secret(&self, name: &str) -> Option<&Reference> {
        self.secrets.get(name)
    }

    /// The secrets that it says where to find, by the names that programs know them by.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Reference)> {
        self.secrets.iter().map(|(name, reference)| (name.as_str(), reference))
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

    /// What the daemon offers, if the configuration says anything of it.
    pub fn serve(&self) -> Option<&Serve> {
        self.serve.as_ref()
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
        for (name, reference) in &self.secrets {
            let _ = writeln!(text, "The secret {} is {}", Shown(name), secret::told(reference));
        }
        text.push_str(&self.describe_rest());
        for (name, profile) in &self.profiles {
            text.push_str(&self.describe_profile(name, profile));
        }
        text
    }

    /// What is said once, of no backend and no secret.
    fn describe_rest(&self) -> String {
        let mut text = String::new();
        if let Some(name) = &self.default_backend {
            let _ = writeln!(text, "The default backend is {}.", Shown(name));
        }
        if let Some(audit) = &self.audit {
            let _ = writeln!(text, "Every operation is written to {}.", Shown(&audit.to_string_lossy()));
        }
        for line in self.serve.iter().flat_map(Serve::describe) {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// What is otherwise with a profile, as whole as without one: trust covers it as well.
    fn describe_profile(&self, name: &str, profile: &Self) -> String {
        let mut text = String::new();
        let own = profile.given.iter().filter(|given| given.profile.is_some()).map(|given| Shown(&given.key));
        let own: Vec<_> = own.map(|key| key.to_string()).collect();
        let _ = writeln!(text, "The profile {} changes {}.", Shown(name), own.join(", "));
        let of = format!("With the profile {}", Shown(name));
        for (name, backend) in &profile.backends {
            let told = backend.describe();
            if self.backends.get(name).is_none_or(|plain| plain.describe() != told) {
                let _ = writeln!(text, "{of}, the backend {} is {told}", Shown(name));
            }
        }
        for (name, reference) in &profile.secrets {
            if self.secrets.get(name) != Some(reference) {
                let _ = writeln!(text, "{of}, the secret {} is {}", Shown(name), secret::told(reference));
            }
        }
        let plain = self.describe_rest();
        for line in profile.describe_rest().lines().filter(|line| !plain.lines().any(|plain| plain == *line)) {
            let _ = writeln!(text, "{of}: {line}");
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
        Ok(None) => Err(cant_read(path, rustix::io::Errno::NOENT.into())),
        Err(cause) if cause.kind() == std::io::ErrorKind::Other => {
            Err(Error::new(Kind::Untrusted, format!("{} has no effect: {cause}", shown_path(path))).caused_by(cause))
        }
        Err(cause) => Err(cant_read(path, cause)),
    }
}

fn cant_read(path: &Path, cause: std::io::Error) -> Error {
    Error::new(Kind::Config, format!("{} can't be read: {cause}", shown_path(path))).caused_by(cause)
}

fn read(text: &str, file: &Path, folder: &Path) -> std::result::Result<Config, ManifestError> {
    let mut top = Fields::document(text)?;
    let profiles = top.entries("profiles")?;
    let base = top.into_table();
    let mut config = Config { given: layered::given(&base, text, file, None), ..interpret(base.clone(), folder)? };
    for (name, item) in profiles {
        let place = item.path().to_owned();
        let toml::Value::Table(over) = item.value() else { return Err(item.wrong("must be a table")) };
        let mut table = base.clone();
        layered::overlay(&mut table, over);
        let given = layered::given(&table, text, file, Some(&name));
        let with = interpret(table, folder).map_err(|cause| cause.below(&place))?;
        config.profiles.insert(name, Config { given, ..with });
    }
    Ok(config)
}

fn default(item: Item) -> std::result::Result<String, ManifestError> {
    let file = item.wrong("the default backend goes by its name: a component's file is named by [backends.NAME]");
    let name = item.text()?;
    if is_file(&name) { Err(file) } else { Ok(name) }
}

/// Reads the tables of a configuration, without its profiles.
fn interpret(table: toml::Table, folder: &Path) -> std::result::Result<Config, ManifestError> {
    let mut top = Fields::table_of(table);
    let default_backend = top.take("default-backend").map(default).transpose()?;
    let audit = top.text("audit")?;
    let mut backends = BTreeMap::new();
    for (name, item) in top.entries("backends")? {
        if is_file(&name) {
            return Err(item.wrong("a backend's name has no / and does not end in .wasm: those are files"));
        }
        backends.insert(name, ConfiguredBackend::read(item.fields()?, folder)?);
    }
    let mut secrets = BTreeMap::new();
    for (name, item) in top.entries("secrets")? {
        let reference = secret::read(&name, item)?;
        secrets.insert(name, reference);
    }
    let serve = top.table("serve")?.map(|table| Serve::read(table, folder)).transpose()?;
    top.finish()?;
    let audit = audit.map(|audit| if audit == "-" { PathBuf::from(audit) } else { folder.join(audit) });
    Ok(Config { default_backend, audit, backends, secrets, serve, ..Config::default() })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
