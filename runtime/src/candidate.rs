//! A component with everything the operator gave it, resolved: what a grant is asked for. Nothing of it has run yet.

mod audience;
mod choice;
mod place;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use self::{
    audience::{granted_credentials, granted_origin, host_origin, target},
    choice::{available, choose},
    place::storage,
};
use crate::{
    egress::{
        Caps, Egress, Resolver,
        client::Connector,
        credentials::{
            CredentialSource, Credentials, HostConnection, HostHttp, Sources,
            identity::{Identity, Surroundings},
        },
        origin::Origin,
        rules::RequestRules,
        stand_in::StandIn,
    },
    environment::Environment,
    error::{Error, Kind, Result},
    grant::{CredentialOrigin, Facts, Grant, GrantedStorage, Withheld},
    manifest::{
        IdentityFact, Manifest, Recipe,
        path::UrlTemplate,
        settings::{Given, Provenance, Resolved},
    },
    measure::Meter,
    sandbox::{Component, Plan, limits::Limits, storage::Storage},
};

/// What an operator gives to one backend, before it is known what the backend makes of it.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    pub(crate) set: BTreeMap<String, String>,
    pub(crate) environment: Option<Arc<dyn Environment>>,
    pub(crate) credentials: BTreeMap<String, CredentialSource>,
    pub(crate) recipe: Option<String>,
    pub(crate) storage: Option<StorageInput>,
    pub(crate) home: Option<PathBuf>,
    /// Answers in place of the network.
    pub(crate) stand_in: Option<Arc<dyn StandIn>>,
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
    pub(crate) component: Component,
    resolved: Resolved,
    recipe: Option<Recipe>,
    identity: Option<Arc<Identity>>,
    /// Whether that identity is in files of the user's.
    identity_in_files: bool,
    sources: Sources,
    environment: Option<Arc<dyn Environment>>,
    stand_in: Option<Arc<dyn StandIn>>,
    facts: Facts,
}

impl Inputs {
    /// Where built-in identities may look.
    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { environment: self.environment.as_ref(), home: self.home.as_deref() }
    }
}

impl Candidate {
    pub(crate) fn new(component: Component, inputs: Inputs) -> Result<Self> {
        let manifest = component.manifest();
        let nothing = |_: &str| None::<String>;
        let read = inputs.environment.clone();
        let visible = move |name: &str| read.as_ref().and_then(|read| read.get(name)).map(|value| value.to_string());
        let env: &dyn Fn(&str) -> Option<String> = if inputs.environment.is_some() { &visible } else { &nothing };
        let resolved = if component.has_manifest() {
            manifest
                .resolve(&Given {
                    set: &inputs.set,
                    env,
                    identity: &|fact| told(manifest, fact, inputs.surroundings()),
                })
                .map_err(|cause| config(cause.to_string()).caused_by(cause))?
        } else {
            unmanifested(&inputs)?
        };
        // With a stand-in for the whole upstream, there is nobody to show a credential to, and nowhere to go.
        let is_alone = inputs.stand_in.as_ref().is_some_and(|stand_in| stand_in.is_whole());
        let available = if is_alone { BTreeMap::new() } else { available(manifest, &inputs)? };
        let chosen = if is_alone { None } else { choose(manifest, &inputs, &resolved, &available)? };
        let (recipe, found) = chosen.map_or((None, None), |(recipe, found)| (Some(recipe), found));
        let needed: BTreeSet<&str> = recipe.iter().flat_map(|recipe| recipe.placeholders()).collect();
        let sources = Sources(available.into_iter().filter(|(name, _)| needed.contains(name.as_str())).collect());
        let storage = storage(manifest, &inputs)?;
        let facts = Facts {
            origins: if is_alone { Vec::new() } else { resolved.origins.iter().map(granted_origin).collect() },
            recipe: recipe.as_ref().map(|recipe| recipe.name.clone()),
            credentials: granted_credentials(&resolved, recipe.as_ref(), &sources, found.as_ref())?,
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
        let identity_in_files = found.as_ref().is_some_and(|found| found.in_files);
        let identity = found.map(|found| found.identity);
        let Inputs { environment, stand_in, .. } = inputs;
        Ok(Self { component, resolved, recipe, identity, identity_in_files, sources, environment, stand_in, facts })
    }

    /// The component.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// What it would be granted.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether a stand-in answers every request of it, so that nothing is sent.
    pub fn is_alone(&self) -> bool {
        self.stand_in.as_ref().is_some_and(|stand_in| stand_in.is_whole())
    }

    /// Whether files of the user's are read for it: its storage, its credentials, or authorities it would believe.
    pub fn reads_files(&self) -> bool {
        let storage = matches!(self.facts.storage, Some(GrantedStorage::Read(_) | GrantedStorage::ReadWrite(_)));
        let credential = self.facts.credentials.iter().any(|granted| matches!(granted.from, CredentialOrigin::File(_)));
        let authorities = self.facts.origins.iter().any(|origin| origin.ca.is_some());
        storage || credential || authorities || self.identity_in_files
    }

    /// The origins it would reach.
    pub fn origins(&self) -> &[Origin] {
        &self.resolved.origins
    }

    /// The value of a setting, or of an option's default.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        let option = || self.component.manifest().options.get(name)?.default.as_deref();
        self.resolved.config.get(name).map(|value| value.value.as_str()).or_else(option)
    }

    /// The names of environment variables that hold its credentials.
    pub(crate) fn credential_variables(&self) -> BTreeSet<String> {
        let manifest = self.component.manifest();
        let declared =
            manifest.credentials.values().flat_map(|credential| credential.env.iter().chain(&credential.env_file));
        let identities = manifest.recipes.iter().filter_map(|recipe| recipe.identity.as_ref());
        let found = identities.flat_map(|identity| Identity::credential_variables(identity.kind));
        // The operator may have named others.
        let given = self.facts.credentials.iter().filter_map(|credential| match &credential.from {
            CredentialOrigin::Env(variable) => Some(variable),
            _ => None,
        });
        declared.chain(given).cloned().chain(found.map(|name| (*name).to_owned())).collect()
    }

    /// A grant of all that it declares.
    pub fn grant(&self) -> Grant {
        Grant { digest: self.component.digest(), without: BTreeSet::new(), facts: self.facts.clone() }
    }

    /// Checks that a grant is for this component as it is now.
    ///
    /// # Errors
    /// [`Kind::Untrusted`], with what differs.
    pub fn covered_by(&self, grant: &Grant) -> Result<()> {
        if grant.digest != self.component.digest() {
            return Err(Error::new(
                Kind::Untrusted,
                format!("the component is {}, the grant is for {}", self.component.digest(), grant.digest),
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
        meter: &Arc<Meter>,
    ) -> Result<Plan> {
        self.covered_by(grant)?;
        let manifest = self.component.manifest();
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
                self.identity.clone().map(|identity| (identity, self.host_http(resolver, caps))),
                |url| self.host_connection(url, resolver, caps),
            )?),
            _ => None,
        };
        let rules = if self.component.has_manifest() { manifest.rules.clone() } else { RequestRules::default() };
        let egress = Egress::new(self.resolved.origins.clone(), rules, credentials, resolver, caps)
            .asking(self.stand_in.clone(), &manifest.recipes)
            .measured_by(meter.clone());
        Ok(Plan {
            name: name.clone(),
            codes: manifest.codes.iter().cloned().collect(),
            option_names: manifest.options.keys().cloned().collect(),
            origins: self.resolved.origins.iter().map(|origin| (origin.name.clone(), origin.url())).collect(),
            credentials: manifest.credentials.keys().cloned().collect(),
            config,
            values,
            egress,
            storage: if grant.without.contains(&Withheld::Storage) { Storage::None } else { self.storage() },
            limits,
            meter: meter.clone(),
        })
    }

    fn host_connection(&self, url: &UrlTemplate, resolver: &Arc<dyn Resolver>, caps: Caps) -> Result<HostConnection> {
        let (url, origin) = host_origin(&self.resolved, url)?;
        Ok(HostConnection { url, connector: Connector::new(&origin, resolver, caps) })
    }

    fn host_http(&self, resolver: &Arc<dyn Resolver>, caps: Caps) -> HostHttp {
        HostHttp::new(self.resolved.origins.clone(), resolver, caps)
    }

    fn storage(&self) -> Storage {
        match &self.facts.storage {
            None => Storage::None,
            Some(GrantedStorage::Read(path)) => Storage::File { path: path.clone(), writable: false },
            Some(GrantedStorage::ReadWrite(path)) => Storage::File { path: path.clone(), writable: true },
            Some(GrantedStorage::Environment(names)) => Storage::Environment(
                names.iter().filter_map(|name| Some((name.clone(), self.environment.as_ref()?.get(name)?))).collect(),
            ),
        }
    }
}

/// What the identities of a manifest's recipes know without a request.
fn told(manifest: &Manifest, fact: IdentityFact, around: Surroundings<'_>) -> Option<String> {
    let mut kinds = manifest.recipes.iter().filter_map(|recipe| recipe.identity.as_ref()).map(|identity| identity.kind);
    kinds.find_map(|kind| Identity::fact(kind, fact, around))
}

/// Without a manifest there is nothing but the settings given by name.
fn unmanifested(inputs: &Inputs) -> Result<Resolved> {
    use crate::manifest::settings::ConfigValue;
    if inputs.storage.is_some() || !inputs.credentials.is_empty() || inputs.recipe.is_some() {
        return Err(config(
            "the component declares nothing (it has no manifest; strip tools remove it), so it can be given settings only",
        ));
    }
    let set =
        |(key, value): (&String, &String)| (key.clone(), ConfigValue { value: value.clone(), from: Provenance::Set });
    Ok(Resolved { config: inputs.set.iter().map(set).collect(), origins: Vec::new() })
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}
