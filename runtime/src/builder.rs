//! Building a runtime, and loading backends into it.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use wasmtime::Engine;

use crate::{
    backend::{Backend, Inner, Naming, Writing},
    candidate::{Candidate, Environment, Inputs, StorageInput},
    egress::{Caps, Resolver, SystemResolver, credentials::CredentialSource},
    error::{Error, Kind, Result},
    glob::Globs,
    grant::Grant,
    layers::{
        AuditSettings, CacheSettings, FallbackSettings, Layers, PolicySettings, RetrySettings,
        audit::AuditLog,
        policy::AccessMode,
    },
    sandbox::{
        CodeCache, OnCompile, Parsed, Sandbox,
        digest::Digest,
        engine::{self, Allocation},
        limits::{Limits, MEMORY_CEILING},
        load,
    },
    store::{CALL_TIMEOUT, SecretBytes},
};

/// What all backends of a process share: the engine, the cache of compiled code, the resolver, the audit log.
#[derive(Clone)]
pub struct Runtime(Arc<Shared>);

struct Shared {
    engine: Engine,
    allocation: Allocation,
    code_cache: Option<CodeCache>,
    on_compile: Option<OnCompile>,
    resolver: Arc<dyn Resolver>,
    audit: Option<AuditLog>,
}

impl Runtime {
    /// A runtime with the defaults of a service: pooled instances, no cache on disk, no audit.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Begins to load a component. Nothing of it is compiled or run before a grant covers it.
    pub fn backend(&self, component: Parsed) -> BackendBuilder {
        BackendBuilder {
            runtime: self.clone(),
            name: None,
            component,
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

    /// The audit log, for events beside operations.
    pub fn audit(&self) -> Option<&AuditLog> {
        self.0.audit.as_ref()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("allocation", &self.0.allocation).finish_non_exhaustive()
    }
}

/// Settings of a [`Runtime`].
#[derive(Default)]
pub struct RuntimeBuilder {
    allocation: Allocation,
    code_cache: Option<PathBuf>,
    on_compile: Option<OnCompile>,
    resolver: Option<Arc<dyn Resolver>>,
    audit: Option<AuditLog>,
}

impl fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeBuilder").field("allocation", &self.allocation).finish_non_exhaustive()
    }
}

impl RuntimeBuilder {
    /// How instances get their memory.
    #[must_use]
    pub fn allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// Keeps compiled components in this folder, if only this user can write there.
    #[must_use]
    pub fn code_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.code_cache = Some(folder.into());
        self
    }

    /// Is told when a component begins to be compiled, and when that is over.
    #[must_use]
    pub fn on_compile(mut self, said: OnCompile) -> Self {
        self.on_compile = Some(said);
        self
    }

    /// Finds addresses in another way than the operating system's. What it answers is checked all the same.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Writes one line for every operation of every backend.
    #[must_use]
    pub fn audit(mut self, log: AuditLog) -> Self {
        self.audit = Some(log);
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    /// [`Kind::Other`] if the machine does not let it.
    pub fn build(self) -> Result<Runtime> {
        Ok(Runtime(Arc::new(Shared {
            engine: engine::build(self.allocation)?,
            allocation: self.allocation,
            code_cache: self.code_cache.as_deref().and_then(CodeCache::open),
            on_compile: self.on_compile,
            resolver: self.resolver.unwrap_or_else(|| Arc::new(SystemResolver)),
            audit: self.audit,
        })))
    }
}

/// Settings of one backend on its way to being loaded.
pub struct BackendBuilder {
    runtime: Runtime,
    name: Option<String>,
    component: Parsed,
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
        f.debug_struct("BackendBuilder").field("name", &self.name).field("component", &self.component.digest()).finish_non_exhaustive()
    }
}

impl BackendBuilder {
    /// What errors and audit lines call it; otherwise the name in its manifest.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Gives a setting by name.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.set.insert(key.into(), value.into());
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

    /// Chooses a recipe; otherwise the first whose credentials are all there.
    #[must_use]
    pub fn recipe(mut self, name: impl Into<String>) -> Self {
        self.inputs.recipe = Some(name.into());
        self
    }

    /// Gives it storage.
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

    /// Applies the manifest's character map to names.
    #[must_use]
    pub fn map_names(mut self, map: bool) -> Self {
        self.naming.map = map;
        self
    }

    /// What written names begin with.
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

    /// How values are cached; none for not at all.
    #[must_use]
    pub fn cache(mut self, cache: Option<CacheSettings>) -> Self {
        self.cache = cache;
        self
    }

    /// Whether reads are tried again after a transient failure.
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

    /// What a call may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What a request may use.
    #[must_use]
    pub fn caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// How long a call may take as a whole.
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
        let Shared { engine, code_cache, on_compile, resolver, audit, allocation } = &*self.runtime.0;
        if self.limits.memory > MEMORY_CEILING {
            let ceiling = crate::sandbox::limits::Bytes(MEMORY_CEILING);
            return Err(Error::new(Kind::Config, format!("limits.memory may be {ceiling} at most")));
        }
        let candidate = Candidate::new(self.component, self.inputs.clone())?;
        let plan = candidate.plan(name, grant, resolver, self.limits, self.caps)?;
        let loaded = load(engine, &candidate.parsed, code_cache.as_ref(), on_compile.as_ref())?;
        let sandbox = Sandbox::new(engine.clone(), loaded, plan, *allocation == Allocation::Pooled);
        let manifest = candidate.parsed.manifest();
        let digest = candidate.parsed.digest();
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
            }),
            cache: self.cache,
            retry: self.retry.then(RetrySettings::default),
        };
        let mut naming = self.naming;
        naming.write_prefix = naming.write_prefix.or_else(|| manifest.names.write_prefix().map(str::to_owned));
        naming.refuse_absolute = self.hosted_keys.is_some() || naming.write_prefix.is_some();
        Ok(Backend(Arc::new(Inner {
            name: name.clone(),
            digest,
            manifest: manifest.clone(),
            operations: candidate.parsed.operations(),
            grant: grant.clone(),
            naming,
            writing: self.writing,
            timeout: self.timeout,
            stack: layers.over(sandbox),
        })))
    }

    fn called(&self) -> Arc<str> {
        let declared = || Some(self.component.manifest().name.clone()).filter(|name| !name.is_empty());
        self.name.clone().or_else(declared).unwrap_or_else(|| "backend".to_owned()).into()
    }
}

impl Parsed {
    /// Reads a component from a file, once: what is hashed is what is compiled.
    ///
    /// # Errors
    /// [`Kind::Config`] if the file can't be read, [`Kind::Component`] if it is not a usable component.
    pub fn from_file(path: &Path) -> Result<Self> {
        use std::io::Read as _;
        let bad = |cause: std::io::Error| {
            Error::new(Kind::Config, format!("the component {} can't be read: {cause}", path.display())).caused_by(cause)
        };
        let file = std::fs::File::open(path).map_err(bad)?;
        if !file.metadata().map_err(bad)?.is_file() {
            return Err(bad(std::io::Error::other("it is not a regular file")));
        }
        let mut bytes = Vec::new();
        // One byte over the cap is enough to see that it is too large.
        file.take(crate::sandbox::limits::COMPONENT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(bad)?;
        Self::new(bytes).map_err(|error| error.caused_by(std::io::Error::other(path.display().to_string())))
    }
}
