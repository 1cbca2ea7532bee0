//! A component with everything the operator gave it, resolved: what a grant is asked for. Nothing of it has run yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use zeroize::Zeroizing;

use crate::{
    egress::{
        Caps, Egress, Resolver,
        client::Connector,
        credentials::{CredentialSource, Credentials, HostConnection, Sources},
        origin::{Origin, Scheme},
        rules::RequestRules,
    },
    error::{Error, Kind, Result},
    glob::Globs,
    grant::{Facts, Grant, GrantedCredential, GrantedOrigin, GrantedStorage, Withheld},
    manifest::{
        Manifest, Recipe,
        path::UrlTemplate,
        settings::{Given, Provenance, Resolved},
    },
    sandbox::{Parsed, Plan, limits::Limits, storage::Storage},
    store::SecretBytes,
    text::{Shown, nearest},
};

/// Environment variables. The library reads none by itself: whoever embeds it hands them in.
pub trait Environment: Send + Sync {
    /// The value of a variable, if it is set and is text.
    fn get(&self, name: &str) -> Option<Zeroizing<String>>;
    /// The names of all variables.
    fn names(&self) -> Vec<String>;
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        BTreeMap::get(self, name).map(|value| Zeroizing::new(value.clone()))
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// What an operator gives to one backend, before it is known what the backend makes of it.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    pub(crate) set: BTreeMap<String, String>,
    pub(crate) environment: Option<Arc<dyn Environment>>,
    pub(crate) credentials: BTreeMap<String, CredentialSource>,
    pub(crate) recipe: Option<String>,
    pub(crate) storage: Option<StorageInput>,
    pub(crate) home: Option<PathBuf>,
}

/// The storage that an operator names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageInput {
    /// A file.
    File(PathBuf),
    /// Environment variables: names, or globs of them.
    Environment(Vec<String>),
}

/// A component, and what it would be granted.
pub struct Candidate {
    pub(crate) parsed: Parsed,
    resolved: Resolved,
    recipe: Option<Recipe>,
    sources: Sources,
    environment: Option<Arc<dyn Environment>>,
    facts: Facts,
}

impl Candidate {
    pub(crate) fn new(parsed: Parsed, inputs: Inputs) -> Result<Self> {
        let manifest = parsed.manifest();
        let nothing = |_: &str| None::<String>;
        let read = inputs.environment.clone();
        let visible = move |name: &str| read.as_ref().and_then(|read| read.get(name)).map(|value| value.to_string());
        let env: &dyn Fn(&str) -> Option<String> = if inputs.environment.is_some() { &visible } else { &nothing };
        let resolved = if parsed.has_manifest() {
            manifest.resolve(&Given { set: &inputs.set, env }).map_err(|cause| config(cause.to_string()).caused_by(cause))?
        } else {
            unmanifested(&inputs)?
        };
        let available = available(manifest, &inputs)?;
        let recipe = choose(manifest, inputs.recipe.as_deref(), &resolved, &available)?;
        let needed: BTreeSet<&str> = recipe.iter().flat_map(|recipe| recipe.placeholders()).collect();
        let sources =
            Sources(available.into_iter().filter(|(name, _)| needed.contains(name.as_str())).collect());
        let storage = storage(manifest, &inputs)?;
        let facts = Facts {
            origins: resolved.origins.iter().map(granted_origin).collect(),
            recipe: recipe.as_ref().map(|recipe| recipe.name.clone()),
            credentials: granted_credentials(&resolved, recipe.as_ref(), &sources)?,
            variables: resolved
                .config
                .values()
                .filter_map(|value| match &value.from {
                    Provenance::Environment(variable) => Some(variable.clone()),
                    _ => None,
                })
                .collect(),
            storage,
        };
        Ok(Self { parsed, resolved, recipe, sources, environment: inputs.environment, facts })
    }

    /// The component.
    pub fn component(&self) -> &Parsed {
        &self.parsed
    }

    /// What it would be granted.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The origins it would reach.
    pub fn origins(&self) -> &[Origin] {
        &self.resolved.origins
    }

    /// The value of a setting, or of an option's default.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        let option = || self.parsed.manifest().options.get(name)?.default.as_deref();
        self.resolved.config.get(name).map(|value| value.value.as_str()).or_else(option)
    }

    /// The names of environment variables that hold its credentials.
    pub(crate) fn credential_variables(&self) -> BTreeSet<String> {
        let declared = self.parsed.manifest().credentials.values();
        declared.flat_map(|credential| credential.env.iter().chain(&credential.env_file)).cloned().collect()
    }

    /// A grant of all that it declares.
    pub fn grant(&self) -> Grant {
        Grant { digest: self.parsed.digest(), without: BTreeSet::new(), facts: self.facts.clone() }
    }

    /// Checks that a grant is for this component as it is now.
    ///
    /// # Errors
    /// [`Kind::Untrusted`], with what differs.
    pub fn covered_by(&self, grant: &Grant) -> Result<()> {
        if grant.digest != self.parsed.digest() {
            return Err(Error::new(
                Kind::Untrusted,
                format!("the component is {}, the grant is for {}", self.parsed.digest(), grant.digest),
            ));
        }
        if grant.facts != self.facts {
            let changed = self.facts.differences(&grant.facts).join("; ");
            return Err(Error::new(Kind::Untrusted, format!("what it would reach is not what was granted: {changed}")));
        }
        Ok(())
    }

    /// Everything a sandbox needs, within the grant.
    pub(crate) fn plan(
        &self,
        name: &Arc<str>,
        grant: &Grant,
        resolver: &Arc<dyn Resolver>,
        limits: Limits,
        caps: Caps,
    ) -> Result<Plan> {
        self.covered_by(grant)?;
        let manifest = self.parsed.manifest();
        let config: BTreeMap<_, _> =
            self.resolved.config.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect();
        let mut values = config.clone();
        for (key, option) in &manifest.options {
            if let Some(default) = option.default.as_ref().filter(|default| !default.is_empty()) {
                values.entry(key.clone()).or_insert_with(|| default.clone());
            }
        }
        let values = Arc::new(values);
        let credentials = match &self.recipe {
            Some(recipe) if !grant.without.contains(&Withheld::Credentials) => Some(Credentials::new(
                recipe.clone(),
                self.sources.clone(),
                values.clone(),
                target(&self.resolved, recipe),
                |url| self.host_connection(url, resolver, caps),
            )?),
            _ => None,
        };
        let rules = if self.parsed.has_manifest() { manifest.rules.clone() } else { RequestRules::default() };
        Ok(Plan {
            name: name.clone(),
            codes: manifest.codes.iter().cloned().collect(),
            option_names: manifest.options.keys().cloned().collect(),
            origins: self.resolved.origins.iter().map(|origin| (origin.name.clone(), origin.url())).collect(),
            credentials: manifest.credentials.keys().cloned().collect(),
            config,
            values,
            egress: Egress::new(self.resolved.origins.clone(), rules, credentials, resolver, caps),
            storage: if grant.without.contains(&Withheld::Storage) { Storage::None } else { self.storage() },
            limits,
        })
    }

    fn host_connection(&self, url: &UrlTemplate, resolver: &Arc<dyn Resolver>, caps: Caps) -> Result<HostConnection> {
        let (url, origin) = host_origin(&self.resolved, url)?;
        Ok(HostConnection { url, connector: Connector::new(&origin, resolver, caps) })
    }

    fn storage(&self) -> Storage {
        match &self.facts.storage {
            None => Storage::None,
            Some(GrantedStorage::Read(path)) => Storage::File { path: path.clone(), writable: false },
            Some(GrantedStorage::ReadWrite(path)) => Storage::File { path: path.clone(), writable: true },
            Some(GrantedStorage::Environment(names)) => Storage::Environment(
                names
                    .iter()
                    .filter_map(|name| Some((name.clone(), self.environment.as_ref()?.get(name)?)))
                    .collect(),
            ),
        }
    }
}

/// Without a manifest there is nothing but the settings given by name.
fn unmanifested(inputs: &Inputs) -> Result<Resolved> {
    use crate::manifest::settings::ConfigValue;
    if inputs.storage.is_some() || !inputs.credentials.is_empty() || inputs.recipe.is_some() {
        return Err(config(
            "the component declares nothing (it has no manifest; strip tools remove it), so it can be given settings only",
        ));
    }
    let set = |(key, value): (&String, &String)| {
        (key.clone(), ConfigValue { value: value.clone(), from: Provenance::Set })
    };
    Ok(Resolved { config: inputs.set.iter().map(set).collect(), origins: Vec::new() })
}

/// The declared credentials that are there.
fn available(manifest: &Manifest, inputs: &Inputs) -> Result<BTreeMap<String, CredentialSource>> {
    if let Some(unknown) = inputs.credentials.keys().find(|name| !manifest.credentials.contains_key(*name)) {
        let near = nearest(unknown, manifest.credentials.keys().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        return Err(config(format!("the backend declares no credential {}{hint}", Shown(unknown))));
    }
    let mut found = BTreeMap::new();
    for (name, declared) in &manifest.credentials {
        let variable = |variable: &'_ String| {
            let value = inputs.environment.as_ref()?.get(variable)?;
            (!value.is_empty()).then(|| (variable.clone(), value))
        };
        let source = if let Some(given) = inputs.credentials.get(name) {
            Some(given.clone())
        } else if let Some((variable, value)) = declared.env.iter().find_map(variable) {
            let value = SecretBytes::from(value.as_bytes().to_vec());
            Some(CredentialSource::Environment { variable, value })
        } else if let Some((_, path)) = declared.env_file.iter().find_map(variable) {
            Some(CredentialSource::File(PathBuf::from(path.as_str())))
        } else {
            // A file is looked for only where the environment is: the library touches nothing it was not given.
            let home = inputs.environment.as_ref().and(inputs.home.as_deref());
            declared.file.as_deref().and_then(|file| existing(file, home)).map(CredentialSource::File)
        };
        if let Some(source) = source {
            found.insert(name.clone(), source);
        }
    }
    Ok(found)
}

fn existing(file: &str, home: Option<&Path>) -> Option<PathBuf> {
    let path = match file.strip_prefix("~/") {
        Some(below) => home?.join(below),
        None => {
            home?;
            PathBuf::from(file)
        }
    };
    path.is_file().then_some(path)
}

/// The recipe that is asked for, else the first whose credentials and settings are all there.
fn choose(
    manifest: &Manifest,
    asked: Option<&str>,
    resolved: &Resolved,
    available: &BTreeMap<String, CredentialSource>,
) -> Result<Option<Recipe>> {
    let lacks = |recipe: &Recipe| {
        let placeholders = recipe.placeholders();
        let credential = placeholders
            .iter()
            .find(|name| manifest.credentials.contains_key(**name) && !available.contains_key(**name))
            .map(|name| {
                let sources = manifest.credentials.get(*name).map(|declared| declared.env.join(" or ")).unwrap_or_default();
                if sources.is_empty() { format!("the credential {name}") } else { format!("the credential {name} ({sources})") }
            });
        credential.or_else(|| {
            recipe.needs.iter().find(|key| !resolved.config.contains_key(*key)).map(|key| format!("the setting {key}"))
        })
    };
    if let Some(asked) = asked {
        let recipe = manifest.recipe(asked).ok_or_else(|| {
            let known: Vec<_> = manifest.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
            config(format!("the backend has no recipe {}; it has: {}", Shown(asked), known.join(", ")))
        })?;
        if let Some(why) = not_runnable(recipe) {
            return Err(Error::new(Kind::Unsupported, format!("the recipe {asked} needs {why}, which this version does not have")));
        }
        return match lacks(recipe) {
            Some(lacking) => Err(config(format!("the recipe {asked} needs {lacking}, which is not set"))),
            None => Ok(Some(recipe.clone())),
        };
    }
    let mut lacking = Vec::new();
    for recipe in manifest.recipes.iter().filter(|recipe| not_runnable(recipe).is_none()) {
        match lacks(recipe) {
            None => return Ok(Some(recipe.clone())),
            Some(what) => lacking.push(format!("{} needs {what}", recipe.name)),
        }
    }
    if lacking.is_empty() {
        return Ok(None);
    }
    Err(config(format!("no credential is set to reach the upstream with: {}", lacking.join("; "))))
}

/// What a recipe needs that this version can't do.
fn not_runnable(recipe: &Recipe) -> Option<&'static str> {
    match recipe {
        Recipe { mtls: Some(_), .. } => Some("client certificates"),
        Recipe { identity: Some(_), .. } => Some("a built-in identity"),
        _ => None,
    }
}

/// The origin that gets the credential: the one that is named, else the first.
fn target(resolved: &Resolved, recipe: &Recipe) -> Option<usize> {
    let named = recipe.inject.as_ref()?.origin.as_deref();
    match named {
        Some(name) => resolved.origins.iter().position(|origin| origin.name == name),
        None => (!resolved.origins.is_empty()).then_some(0),
    }
}

fn granted_origin(origin: &Origin) -> GrantedOrigin {
    GrantedOrigin { url: origin.url(), private: origin.typed, ca: origin.ca.clone() }
}

/// Where each credential goes: into requests for the target, and into the recipe's own requests.
fn granted_credentials(resolved: &Resolved, recipe: Option<&Recipe>, sources: &Sources) -> Result<Vec<GrantedCredential>> {
    let Some(recipe) = recipe else { return Ok(Vec::new()) };
    let mut places: Vec<(Vec<&str>, String)> = Vec::new();
    if let Some(origin) = target(resolved, recipe).and_then(|target| resolved.origins.get(target)) {
        protected(origin)?;
        places.push((recipe.injected(), origin.url()));
    }
    let own = recipe.exchange.as_ref().map(|exchange| &exchange.request).into_iter().chain(&recipe.verify);
    for request in own {
        let (_, origin) = host_origin(resolved, &request.url)?;
        protected(&origin)?;
        places.push((request.placeholders(), Origin { base: String::new(), ..origin }.url()));
    }
    let granted = |(name, source): (&String, &CredentialSource)| {
        let to: BTreeSet<_> =
            places.iter().filter(|(names, _)| names.contains(&name.as_str())).map(|(_, url)| url.clone()).collect();
        GrantedCredential { name: name.clone(), from: source.origin(), to: to.into_iter().collect() }
    };
    Ok(sources.0.iter().map(granted).collect())
}

/// A credential goes to exact origins over TLS, or to an address literal of this machine.
fn protected(origin: &Origin) -> Result<()> {
    let local = match &origin.host {
        crate::egress::origin::HostPattern::Exact(url::Host::Ipv4(v4)) => v4.is_loopback(),
        crate::egress::origin::HostPattern::Exact(url::Host::Ipv6(v6)) => v6.is_loopback(),
        _ => false,
    };
    if origin.is_exact() && (origin.scheme == Scheme::Https || local) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!("a credential would go to {} in the clear; use https, or 127.0.0.1 for a server on this machine", origin.url()),
    )
    .by_rule("credential-audience"))
}

/// The URL and origin of a request that the host makes of its own.
fn host_origin(resolved: &Resolved, template: &UrlTemplate) -> Result<(url::Url, Origin)> {
    let bad = |why: &dyn std::fmt::Display| config(format!("the recipe's own address {template} can't be used: {why}"));
    let text = template.expand(resolved).ok_or_else(|| bad(&"a setting in it is missing or can't stand there"))?;
    let url = url::Url::parse(&text).map_err(|cause| bad(&cause))?;
    let mut origin = Origin::parse(&text).map_err(|cause| bad(&cause))?;
    let same = |known: &&Origin| (known.scheme, &known.host, known.port) == (origin.scheme, &origin.host, origin.port);
    if let Some(known) = resolved.origins.iter().find(same) {
        (origin.typed, origin.ca) = (known.typed, known.ca.clone());
    } else {
        let whole = template.whole_host(resolved).and_then(|name| resolved.config.get(name));
        origin.typed = whole.is_some_and(|config| config.from != Provenance::Default);
    }
    Ok((url, origin))
}

/// The storage that is declared and given, as a fact.
fn storage(manifest: &Manifest, inputs: &Inputs) -> Result<Option<GrantedStorage>> {
    let Some(declared) = &manifest.storage else {
        return match &inputs.storage {
            Some(_) => Err(config("the backend declares no storage, so it can't be given any")),
            None => Ok(None),
        };
    };
    match &inputs.storage {
        None => Err(config("the backend keeps its secrets in storage, and none is named: give --storage FILE")),
        Some(StorageInput::File(path)) if declared.file => {
            let path = settled(path)?;
            Ok(Some(if declared.writes { GrantedStorage::ReadWrite(path) } else { GrantedStorage::Read(path) }))
        }
        Some(StorageInput::Environment(globs)) if declared.environment => {
            Ok(Some(GrantedStorage::Environment(variables(globs, inputs)?)))
        }
        Some(StorageInput::File(_)) => Err(config("the backend can't use a file as storage; give --storage env:NAMES")),
        Some(StorageInput::Environment(_)) => {
            Err(config("the backend can't use environment variables as storage; give --storage FILE"))
        }
    }
}

/// The variables that are set now and match: a grant holds names, so that another one needs another grant.
fn variables(globs: &[String], inputs: &Inputs) -> Result<Vec<String>> {
    let wanted = Globs::new(globs).map_err(|cause| config(cause.to_string()))?;
    let mut names = inputs.environment.as_ref().map(|environment| environment.names()).unwrap_or_default();
    names.retain(|name| wanted.matches(name));
    names.sort_unstable();
    if names.is_empty() {
        return Err(config(format!("no environment variable matches {}", globs.join(", "))));
    }
    Ok(names)
}

/// The path with no symbolic link left in it. The file itself may be missing: a backend can make it.
fn settled(path: &Path) -> Result<PathBuf> {
    let bad = |cause: std::io::Error| config(format!("the storage {} can't be used: {cause}", path.display())).caused_by(cause);
    match path.canonicalize() {
        Ok(settled) => Ok(settled),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let name = path.file_name().ok_or_else(|| config("the storage names a folder, not a file"))?;
            Ok(folder.canonicalize().map_err(bad)?.join(name))
        }
        Err(cause) => Err(bad(cause)),
    }
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}
