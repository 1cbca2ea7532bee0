//! A backend on its way to being loaded: what it is given, and under which grant.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    backend::{Backend, Inner, Naming, Writing},
    candidate::{Candidate, Inputs, StorageInput},
    config::ConfiguredBackend,
    egress::{Caps, credentials::CredentialSource, stand_in::StandIn},
    environment::Environment,
    error::{Error, Kind, Result},
    glob::Globs,
    grant::Grant,
    layers::{
        AuditSettings, CacheSettings, FallbackSettings, Layers, PolicySettings, RetrySettings, policy::AccessMode,
    },
    measure::Meter,
    runtime::{Runtime, Shared},
    sandbox::{
        Component, Sandbox,
        digest::Digest,
        engine::{Allocation, PLACES},
        limits::{Limits, MEMORY_CEILING},
        load,
    },
    store::{CALL_TIMEOUT, Operation, SecretBytes},
};

/// Settings of one backend on its way to being loaded.
pub struct BackendBuilder {
    runtime: Runtime,
    name: Option<String>,
    component: Component,
    configured: Option<ConfiguredBackend>,
    inputs: Inputs,
    access_mode: AccessMode,
    hosted_keys: Option<Globs>,
    allow_options: Vec<String>,
    naming: Naming,
    writing: Writing,
    cache: Option<CacheSettings>,
    retry: bool,
    env_fallback: bool,
    limits: Limits,
    caps: Caps,
    timeout: Duration,
}

impl fmt::Debug for BackendBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendBuilder")
            .field("name", &self.name)
            .field("component", &self.component.digest())
            .finish_non_exhaustive()
    }
}

impl BackendBuilder {
    pub(crate) fn new(runtime: Runtime, component: Component) -> Self {
        Self {
            runtime,
            name: None,
            component,
            configured: None,
            inputs: Inputs::default(),
            access_mode: AccessMode::ReadOnly,
            hosted_keys: None,
            allow_options: Vec::new(),
            naming: Naming::default(),
            writing: Writing::default(),
            cache: Some(CacheSettings::default()),
            retry: true,
            env_fallback: false,
            limits: Limits::default(),
            caps: Caps::default(),
            timeout: CALL_TIMEOUT,
        }
    }

    /// Takes all settings of a configuration, and remembers the grant in it.
    pub(crate) fn configured(self, configured: &ConfiguredBackend) -> Result<Self> {
        let name = self.called();
        let applied = configured.apply(self).map_err(|error| error.in_backend(&name))?;
        Ok(Self { configured: Some(configured.clone()), ..applied })
    }

    /// What errors and audit lines call it; otherwise the name in its manifest.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Gives a setting by name; it counts more than the environment and the manifest's default.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.set.insert(key.into(), value.into());
        self
    }

    /// The same, where no other value was given.
    pub(crate) fn set_unless_given(mut self, key: &str, value: &str) -> Self {
        self.inputs.set.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        self
    }

    /// Lets the manifest's environment variables count. Without it none is read.
    #[must_use]
    pub fn environment(mut self, environment: Arc<dyn Environment>) -> Self {
        self.inputs.environment = Some(environment);
        self
    }

    /// Takes the environment back, so that a configuration can narrow it.
    pub(crate) fn take_environment(&mut self) -> Option<Arc<dyn Environment>> {
        self.inputs.environment.take()
    }

    /// The folder for which `~/` stands in a manifest, for credential files.
    #[must_use]
    pub fn home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.inputs.home = Some(folder.into());
        self
    }

    /// Gives a credential by name, in place of where the manifest would look for it.
    #[must_use]
    pub fn credential(mut self, name: impl Into<String>, source: CredentialSource) -> Self {
        self.inputs.credentials.insert(name.into(), source);
        self
    }

    pub(crate) fn has_credential(&self, name: &str) -> bool {
        self.inputs.credentials.contains_key(name)
    }

    /// Chooses a recipe; otherwise the first whose credentials are all there.
    #[must_use]
    pub fn recipe(mut self, name: impl Into<String>) -> Self {
        self.inputs.recipe = Some(name.into());
        self
    }

    /// Answers its requests in place of the network, to try or test a backend without its upstream.
    #[must_use]
    pub fn stand_in(mut self, stand_in: Arc<dyn StandIn>) -> Self {
        self.inputs.stand_in = Some(stand_in);
        self
    }

    /// Gives it the storage that its manifest asks for.
    #[must_use]
    pub fn storage(mut self, storage: StorageInput) -> Self {
        self.inputs.storage = Some(storage);
        self
    }

    /// In which direction secrets may travel; otherwise reading alone.
    #[must_use]
    pub fn access_mode(mut self, mode: AccessMode) -> Self {
        self.access_mode = mode;
        self
    }

    /// The names it answers for; otherwise all.
    #[must_use]
    pub fn hosted_keys(mut self, keys: Globs) -> Self {
        self.hosted_keys = Some(keys);
        self
    }

    /// Options that say where to look and are allowed beside hosted keys.
    #[must_use]
    pub fn allow_options(mut self, options: impl IntoIterator<Item = String>) -> Self {
        self.allow_options = options.into_iter().collect();
        self
    }

    /// Whether the manifest's character map applies to names; otherwise it does not.
    #[must_use]
    pub fn map_names(mut self, map: bool) -> Self {
        self.naming.map = map;
        self
    }

    /// What written names begin with; otherwise what the manifest says, if it does.
    #[must_use]
    pub fn write_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.naming.write_prefix = Some(prefix.into()).filter(|prefix| !prefix.is_empty());
        self
    }

    /// A description for secrets that are written without one.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.writing.description = Some(description.into());
        self
    }

    /// Tags for secrets that are written without these.
    #[must_use]
    pub fn tags(mut self, tags: BTreeMap<String, String>) -> Self {
        self.writing.tags = tags;
        self
    }

    /// How values are cached; none for not at all. Otherwise [`CacheSettings::default`].
    #[must_use]
    pub fn cache(mut self, cache: Option<CacheSettings>) -> Self {
        self.cache = cache;
        self
    }

    /// Loads values in use again before they are too old, unless the [`CacheSettings`] say whether to.
    #[must_use]
    pub fn refreshing(mut self) -> Self {
        if let Some(cache) = &mut self.cache {
            cache.refresh.get_or_insert(true);
        }
        self
    }

    /// Whether reads are tried again after a [transient](Kind::is_transient) failure; otherwise they are.
    #[must_use]
    pub fn retry(mut self, retry: bool) -> Self {
        self.retry = retry;
        self
    }

    /// Whether the environment answers for names this backend does not have. Needs [`BackendBuilder::environment`].
    #[must_use]
    pub fn env_fallback(mut self, fallback: bool) -> Self {
        self.env_fallback = fallback;
        self
    }

    /// What a call may use; otherwise [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What a request may use; otherwise [`Caps::default`].
    #[must_use]
    pub fn caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// How long a call may take as a whole; otherwise [`CALL_TIMEOUT`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Resolves everything it was given, so that a person or a trust store can decide.
    ///
    /// # Errors
    /// [`Kind::Config`] for what is missing or can't be right, [`Kind::Refused`] for what may never be granted.
    pub fn candidate(&self) -> Result<Candidate> {
        Candidate::new(self.component.clone(), self.inputs.clone()).map_err(|error| error.in_backend(&self.called()))
    }

    /// Loads it with all that it declares, if it is the component of this digest. Who pins a digest in code has read
    /// what `runtime inspect` shows for it.
    ///
    /// # Errors
    /// [`Kind::Untrusted`] if it is another component; as [`BackendBuilder::candidate`] and [`BackendBuilder::load`].
    pub fn load_pinned(self, digest: Digest) -> Result<Backend> {
        if self.component.digest() != digest {
            let reason = format!("the component is {}, not {digest} as pinned", self.component.digest());
            return Err(Error::new(Kind::Untrusted, reason).in_backend(&self.called()));
        }
        let grant = self.candidate()?.grant();
        self.load(&grant)
    }

    /// Loads it under the grant that its configuration spells out, with `digest` and `grant`. There is no other
    /// question to ask: what is not spelled out is not granted.
    ///
    /// # Errors
    /// [`Kind::Untrusted`] if it did not come from [`Runtime::configured`], is another component, or would reach
    /// something that is not spelled out; as [`BackendBuilder::candidate`] and [`BackendBuilder::load`].
    pub fn load_configured(self) -> Result<Backend> {
        let candidate = self.candidate()?;
        let grant = match &self.configured {
            Some(configured) => configured.granted(&candidate),
            None => Err(Error::new(Kind::Untrusted, "no configuration spells out a grant for it")),
        };
        let grant = grant.map_err(|error| error.in_backend(&self.called()))?;
        self.load(&grant)
    }

    /// Compiles and links it under a grant.
    ///
    /// # Errors
    /// [`Kind::Untrusted`] if the grant is for another component or other facts, [`Kind::Component`] if the component
    /// can't be used.
    pub fn load(self, grant: &Grant) -> Result<Backend> {
        let name = self.called();
        self.load_candidate(grant, &name).map_err(|error| error.in_backend(&name))
    }

    fn load_candidate(self, grant: &Grant, name: &Arc<str>) -> Result<Backend> {
        let Shared { engine, places, code_cache, on_compile, resolver, audit, allocation } = &*self.runtime.0;
        if self.limits.memory > MEMORY_CEILING {
            let ceiling = crate::sandbox::limits::Bytes(MEMORY_CEILING);
            return Err(Error::new(Kind::Config, format!("limits.memory may be {ceiling} at most")));
        }
        if !(1..=PLACES).contains(&self.limits.instances) {
            return Err(Error::new(Kind::Config, format!("limits.instances may be 1 to {PLACES}")));
        }
        let candidate = Candidate::new(self.component, self.inputs.clone())?;
        let meter = Arc::new(Meter::default());
        let plan = candidate.plan(name, grant, resolver, self.limits, self.caps, &meter)?;
        let loaded = load(engine, &candidate.component, code_cache.as_ref(), on_compile.as_ref())?;
        let sandbox = Sandbox::new(engine.clone(), places.clone(), loaded, plan, *allocation == Allocation::Pooled);
        let manifest = candidate.component.manifest();
        let digest = candidate.component.digest();
        let layers = Layers {
            audit: audit.as_ref().map(|log| AuditSettings {
                log: log.clone(),
                backend: name.clone(),
                digest: digest.to_string().into(),
            }),
            fallback: match (&self.inputs.environment, self.env_fallback) {
                (Some(environment), true) => {
                    let environment = environment.clone();
                    Some(FallbackSettings {
                        lookup: Arc::new(move |name| {
                            environment.get(name).map(|value| SecretBytes::from(value.as_bytes().to_vec()))
                        }),
                        credentials: candidate.credential_variables(),
                    })
                }
                _ => None,
            },
            policy: Some(PolicySettings {
                mode: self.access_mode,
                hosted_keys: self.hosted_keys.clone(),
                where_options: manifest.place_options().into_iter().map(str::to_owned).collect(),
                allow_options: self.allow_options,
                withheld: Operation::ALL.into_iter().filter(|operation| grant.withholds(*operation)).collect(),
            }),
            cache: self.cache,
            retry: self.retry.then(RetrySettings::default),
            meter: meter.clone(),
        };
        let mut naming = self.naming;
        naming.write_prefix = naming.write_prefix.or_else(|| manifest.names.write_prefix().map(str::to_owned));
        naming.refuse_absolute = self.hosted_keys.is_some() || naming.write_prefix.is_some();
        Ok(Backend(Arc::new(Inner {
            name: name.clone(),
            digest,
            manifest: manifest.clone(),
            operations: candidate.component.operations(),
            grant: grant.clone(),
            credential_variables: candidate.credential_variables(),
            naming,
            hosts_all: self.hosted_keys.is_none(),
            writing: self.writing,
            timeout: self.timeout,
            stack: layers.over(sandbox),
            meter,
        })))
    }

    fn called(&self) -> Arc<str> {
        let declared = || Some(self.component.manifest().name.clone()).filter(|name| !name.is_empty());
        self.name.clone().or_else(declared).unwrap_or_else(|| "backend".to_owned()).into()
    }
}
