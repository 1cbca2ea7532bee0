//! One `[backends.NAME]` table.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    Reference,
    component::component,
    tables::{cache, caps, limits},
    units::duration,
};
use crate::{
    builder::BackendBuilder,
    candidate::{Candidate, StorageInput},
    egress::{Caps, credentials::CredentialSource, origin::Origin},
    environment::Environment,
    error::{Error, Kind, Result},
    glob::Globs,
    grant::{Facts, Grant, GrantedStorage},
    layers::{CacheSettings, policy::AccessMode},
    manifest::{
        ManifestError,
        fields::{Fields, Item},
    },
    sandbox::{digest::Digest, limits::Limits},
    store::SecretBytes,
    text::Shown,
};

type Read<T> = std::result::Result<T, ManifestError>;

/// What a configuration says about one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredBackend {
    component: PathBuf,
    digest: Option<Digest>,
    recipe: Option<String>,
    set: BTreeMap<String, String>,
    credentials: BTreeMap<String, CredentialPlace>,
    grant: Option<Spelled>,
    access_mode: Option<AccessMode>,
    hosted_keys: Option<Globs>,
    allow_options: Vec<String>,
    write_prefix: Option<String>,
    map_names: bool,
    description: Option<String>,
    tags: BTreeMap<String, String>,
    cache: Option<CacheSettings>,
    env_fallback: bool,
    timeout: Option<Duration>,
    limits: Limits,
    caps: Caps,
}

/// Where a configured credential is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// In this environment variable.
    Environment(String),
    /// In this file.
    File(PathBuf),
    /// In another backend.
    Reference(Reference),
}

/// What the operator spells out as granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spelled {
    origins: BTreeSet<String>,
    variables: BTreeSet<String>,
    storage: Option<StorageInput>,
}

impl ConfiguredBackend {
    pub(super) fn read(mut fields: Fields, folder: &Path) -> Read<Self> {
        let path = |text: String| folder.join(text);
        let storage = |text: String| match text.strip_prefix("env:") {
            Some(names) => StorageInput::Environment(names.split(',').map(str::to_owned).collect()),
            None => StorageInput::File(path(text)),
        };
        let hosted = fields.take("hosted-keys");
        let backend = Self {
            component: component(fields.need("component")?, folder)?,
            digest: fields.take("digest").map(|item| item.parse(str::parse)).transpose()?,
            recipe: fields.text("recipe")?,
            set: settings(fields.entries("set")?)?,
            credentials: fields
                .entries("credentials")?
                .into_iter()
                .map(|(name, item)| Ok((name, credential(item, folder)?)))
                .collect::<Read<_>>()?,
            grant: fields.table("grant")?.map(|table| Spelled::read(table, storage)).transpose()?,
            access_mode: fields.take("access-mode").map(|item| item.parse(str::parse)).transpose()?,
            hosted_keys: hosted.map(globs).transpose()?,
            allow_options: fields.texts("allow-options")?,
            write_prefix: fields.text("write-prefix")?,
            map_names: fields.flag("map-names")?,
            description: fields.text("description")?,
            tags: texts(fields.entries("tags")?)?,
            cache: fields.table("cache")?.map(cache).transpose()?,
            env_fallback: fields.flag("env-fallback")?,
            timeout: fields.take("timeout").map(|item| item.parse(duration)).transpose()?,
            limits: fields.table("limits")?.map_or_else(|| Ok(Limits::default()), limits)?,
            caps: fields.table("requests")?.map_or_else(|| Ok(Caps::default()), caps)?,
        };
        fields.finish()?;
        Ok(backend)
    }

    /// Whether it spells out what it is granted, with `digest` and `grant`, so that nobody else needs to trust it.
    pub fn spells_a_grant(&self) -> bool {
        self.digest.is_some() && self.grant.is_some()
    }

    /// Whether the environment answers for names that it does not have.
    pub fn env_fallback(&self) -> bool {
        self.env_fallback
    }

    /// The component's file.
    pub fn component(&self) -> &Path {
        &self.component
    }

    /// Where its credentials are to be found, by their names in the manifest.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, &CredentialPlace)> {
        self.credentials.iter().map(|(name, place)| (name.as_str(), place))
    }

    /// The files it names: its storage, if that is one.
    pub fn storage_file(&self) -> Option<&Path> {
        match self.grant.as_ref()?.storage.as_ref()? {
            StorageInput::File(path) => Some(path),
            StorageInput::Environment(_) => None,
        }
    }

    /// The only component it is for, if it says so.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Gives everything it says to a builder. A credential in another backend has to be there already, read by whoever
    /// knows that backend. Where a grant is spelled out, only the variables named in it are read,
    /// of those that the builder's environment has.
    ///
    /// # Errors
    /// [`Kind::Config`] if a variable that a credential is taken from is not set, or one in another backend was not given.
    pub fn apply(&self, mut builder: BackendBuilder) -> Result<BackendBuilder> {
        let environment = builder.take_environment();
        for (name, from) in &self.credentials {
            let source = match from {
                CredentialPlace::Reference(_) if builder.has_credential(name) => continue,
                CredentialPlace::Reference(reference) => {
                    let reason = format!("the credential {} is {reference}, which nobody has read", Shown(name));
                    return Err(Error::new(Kind::Config, reason));
                }
                CredentialPlace::File(path) => CredentialSource::File(path.clone()),
                CredentialPlace::Environment(variable) => {
                    let value = environment.as_ref().and_then(|environment| environment.get(variable));
                    let value = value.filter(|value| !value.is_empty()).ok_or_else(|| {
                        let reason = format!(
                            "the environment variable {variable}, which holds the credential {}, is not set",
                            Shown(name)
                        );
                        Error::new(Kind::Config, reason)
                    })?;
                    CredentialSource::Environment {
                        variable: variable.clone(),
                        value: SecretBytes::from(value.as_bytes().to_vec()),
                    }
                }
            };
            builder = builder.credential(name, source);
        }
        if let Some(environment) = environment {
            builder = builder.environment(match &self.grant {
                Some(spelled) => Arc::new(Only { environment, names: spelled.readable() }),
                None => environment,
            });
        }
        for (key, value) in &self.set {
            builder = builder.set(key, value);
        }
        if let Some(recipe) = &self.recipe {
            builder = builder.recipe(recipe);
        }
        if let Some(storage) = self.grant.as_ref().and_then(|grant| grant.storage.clone()) {
            builder = builder.storage(storage);
        }
        if let Some(mode) = self.access_mode {
            builder = builder.access_mode(mode);
        }
        if let Some(keys) = &self.hosted_keys {
            builder = builder.hosted_keys(keys.clone());
        }
        if let Some(prefix) = &self.write_prefix {
            builder = builder.write_prefix(prefix);
        }
        if let Some(description) = &self.description {
            builder = builder.description(description);
        }
        if let Some(cache) = self.cache {
            builder = builder.cache(Some(cache));
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        Ok(builder
            .allow_options(self.allow_options.iter().cloned())
            .map_names(self.map_names)
            .tags(self.tags.clone())
            .env_fallback(self.env_fallback)
            .limits(self.limits)
            .caps(self.caps))
    }

    /// The grant, if everything the candidate would reach is spelled out here, for exactly this component.
    pub fn grant(&self, candidate: &Candidate) -> Option<Grant> {
        self.granted(candidate).ok()
    }

    /// As [`ConfiguredBackend::grant`], or what is not spelled out.
    pub(crate) fn granted(&self, candidate: &Candidate) -> Result<Grant> {
        let untrusted = |reason: String| Error::new(Kind::Untrusted, reason);
        let (Some(digest), Some(spelled)) = (self.digest, &self.grant) else {
            return Err(untrusted(
                "its configuration does not grant it anything: that takes digest and grant".to_owned(),
            ));
        };
        let found = candidate.component().digest();
        if digest != found {
            return Err(untrusted(format!("the component is {found}, not {digest} as its configuration says")));
        }
        match spelled.lacks(candidate.facts()) {
            None => Ok(candidate.grant()),
            Some(lacking) => Err(untrusted(format!("its configuration does not grant {lacking}"))),
        }
    }

    /// What it is, in plain words.
    pub(super) fn describe(&self) -> String {
        let mut text = format!("the component {}.\n", Shown(&self.component.to_string_lossy()));
        let mut line = |words: String| {
            text.push_str("  ");
            text.push_str(&words);
            text.push('\n');
        };
        match (&self.digest, &self.grant) {
            (Some(digest), Some(_)) => line(format!("It is granted what is written here, if it is {digest}.")),
            _ => line("You are asked before it is granted anything.".to_owned()),
        }
        for (key, value) in &self.set {
            line(format!("{} is {}", Shown(key), Shown(value)));
        }
        for (name, from) in &self.credentials {
            match from {
                CredentialPlace::Environment(variable) => {
                    line(format!("The credential {} is taken from {}.", Shown(name), Shown(variable)))
                }
                CredentialPlace::Reference(reference) => {
                    line(format!("The credential {} is the secret {}", Shown(name), super::secret::told(reference)))
                }
                CredentialPlace::File(path) => {
                    line(format!("The credential {} is taken from {}.", Shown(name), Shown(&path.to_string_lossy())))
                }
            }
        }
        for origin in self.grant.iter().flat_map(|grant| &grant.origins) {
            line(format!("It may call {}.", Shown(origin)));
        }
        // Each by itself: the end of a long list is shown too.
        let listed = |names: &mut dyn Iterator<Item = &String>| {
            names.map(|name| Shown(name).to_string()).collect::<Vec<_>>().join(", ")
        };
        if let Some(grant) = self.grant.as_ref().filter(|grant| !grant.variables.is_empty()) {
            let names = listed(&mut grant.variables.iter());
            line(format!("It can read {names} from your environment, as settings."));
        }
        match self.grant.as_ref().and_then(|grant| grant.storage.as_ref()) {
            Some(StorageInput::File(path)) => line(format!("It is given the file {}.", Shown(&path.to_string_lossy()))),
            Some(StorageInput::Environment(names)) => {
                line(format!("It can read {} from your environment, as secrets.", listed(&mut names.iter())))
            }
            None => {}
        }
        if let Some(mode) = self.access_mode.filter(|mode| *mode != AccessMode::ReadOnly) {
            line(format!("Its access mode is {}.", mode.as_str()));
        }
        if self.env_fallback {
            line("What it does not have is looked up in your environment.".to_owned());
        }
        text
    }
}

impl Spelled {
    fn read(mut fields: Fields, storage: impl Fn(String) -> StorageInput) -> Read<Self> {
        let origins = fields
            .items("origins")?
            .into_iter()
            .map(|item| item.parse(|url| Origin::parse(url).map(|origin| origin.url())));
        let spelled = Self {
            origins: origins.collect::<Read<_>>()?,
            variables: fields.texts("variables")?.into_iter().collect(),
            storage: fields.text("storage")?.map(storage),
        };
        fields.finish()?;
        Ok(spelled)
    }

    /// The variables that count: those named as settings, and those named as storage.
    fn readable(&self) -> Vec<String> {
        let stored = match &self.storage {
            Some(StorageInput::Environment(names)) => names.clone(),
            _ => Vec::new(),
        };
        self.variables.iter().cloned().chain(stored).collect()
    }

    /// The first fact that is not spelled out.
    fn lacks(&self, facts: &Facts) -> Option<String> {
        let called = facts.origins.iter().map(|origin| &origin.url);
        let sent = facts.credentials.iter().flat_map(|credential| &credential.to);
        if let Some(url) = called.chain(sent).find(|url| !self.origins.contains(*url)) {
            return Some(format!("the origin {}", Shown(url)));
        }
        if let Some(variable) = facts.variables.iter().find(|variable| !self.variables.contains(*variable)) {
            return Some(format!("the variable {}", Shown(variable)));
        }
        let storage = match &facts.storage {
            None => true,
            Some(GrantedStorage::Environment(names)) => self.covers(names),
            Some(GrantedStorage::Read(_) | GrantedStorage::ReadWrite(_)) => {
                matches!(self.storage, Some(StorageInput::File(_)))
            }
        };
        (!storage).then(|| "the storage".to_owned())
    }

    fn covers(&self, names: &[String]) -> bool {
        match &self.storage {
            Some(StorageInput::Environment(globs)) => {
                Globs::new(globs).is_ok_and(|globs| names.iter().all(|name| globs.matches(name)))
            }
            _ => false,
        }
    }
}

/// An environment of which only some variables are seen.
struct Only {
    environment: Arc<dyn Environment>,
    names: Vec<String>,
}

impl Only {
    fn shows(&self, name: &str) -> bool {
        Globs::new(&self.names).is_ok_and(|names| names.matches(name))
    }
}

impl Environment for Only {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        if self.shows(name) { self.environment.get(name) } else { None }
    }

    fn names(&self) -> Vec<String> {
        self.environment.names().into_iter().filter(|name| self.shows(name)).collect()
    }
}

fn texts(entries: Vec<(String, Item)>) -> Read<BTreeMap<String, String>> {
    entries.into_iter().map(|(key, item)| Ok((key, item.text()?))).collect()
}

/// Settings reach the backend, so that no secret may stand in them.
fn settings(entries: Vec<(String, Item)>) -> Read<BTreeMap<String, String>> {
    for (_, item) in &entries {
        if item.value().as_str().is_some_and(Reference::is_meant) {
            return Err(
                item.wrong("a reference can't be a setting: the backend would see the secret; name it in credentials")
            );
        }
    }
    texts(entries)
}

fn credential(item: Item, folder: &Path) -> Read<CredentialPlace> {
    if let Some(text) = item.value().as_str() {
        if !Reference::is_meant(text) {
            return Err(item.wrong(
                "a credential is not written here, only where it is: { env = \"…\" }, { file = \"…\" } or \"ref+BACKEND://NAME\"",
            ));
        }
        return item.parse(str::parse).map(CredentialPlace::Reference);
    }
    let one = item.wrong("names one of env and file");
    let mut fields = item.fields()?;
    let (env, file) = (fields.text("env")?, fields.text("file")?);
    fields.finish()?;
    match (env, file) {
        (Some(variable), None) => Ok(CredentialPlace::Environment(variable)),
        (None, Some(file)) => Ok(CredentialPlace::File(folder.join(file))),
        _ => Err(one),
    }
}

fn globs(item: Item) -> Read<Globs> {
    let path = item.path().to_owned();
    let patterns = item.items()?.into_iter().map(Item::text).collect::<Read<Vec<_>>>()?;
    Globs::new(&patterns).map_err(|cause| ManifestError::value(path, cause.to_string()))
}
