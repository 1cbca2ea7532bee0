//! A runtime: what all backends of a process share.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Semaphore;
use wasmtime::Engine;

use crate::{
    builder::BackendBuilder,
    config::Config,
    egress::{Resolver, SystemResolver},
    environment::Environment,
    error::{Error, Kind, Result},
    layers::audit::AuditLog,
    sandbox::{
        CodeCache, Component, OnCompile,
        engine::{self, Allocation},
    },
    text::{Shown, nearest},
};

/// What all backends of a process share: the engine, the cache of compiled code, the resolver, the audit log.
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) engine: Engine,
    /// How many more instances there may be at this moment.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) allocation: Allocation,
    pub(crate) code_cache: Option<CodeCache>,
    pub(crate) on_compile: Option<OnCompile>,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) audit: Option<AuditLog>,
}

impl Runtime {
    /// A runtime with the defaults of a service: pooled instances, no cache on disk, no audit.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Begins to load a component. Nothing of it is compiled or run before a grant covers it.
    pub fn backend(&self, component: Component) -> BackendBuilder {
        BackendBuilder::new(self.clone(), component)
    }

    /// Begins to load the backend of this name as a configuration has it. Of the environment, what the configuration
    /// names is read, or what the manifest names where the configuration spells out no grant; without an environment,
    /// nothing. Its grant is the one that is spelled out: see [`BackendBuilder::load_configured`].
    ///
    /// # Errors
    /// [`Kind::Config`] if there is no backend of this name, its component can't be read, or a credential is not set;
    /// [`Kind::Component`] if the component can't be used.
    pub fn configured(
        &self,
        config: &Config,
        name: &str,
        environment: Option<Arc<dyn Environment>>,
    ) -> Result<BackendBuilder> {
        let configured = config.backend(name).ok_or_else(|| {
            let near = nearest(name, config.backends().map(|(known, _)| known));
            let hint = near.map(|near| format!("; did you mean {}?", Shown(near))).unwrap_or_default();
            Error::new(Kind::Config, format!("the configuration has no backend {}{hint}", Shown(name)))
        })?;
        let mut builder = self.backend(Component::from_file(configured.component())?).name(name);
        if let Some(environment) = environment {
            builder = builder.environment(environment);
        }
        builder.configured(configured)
    }

    /// The engine, so that benchmarks can measure what it costs by itself.
    #[doc(hidden)]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Whether compiled components are kept on disk: a folder was named, and only this user can write there.
    pub fn keeps_code(&self) -> bool {
        self.0.code_cache.is_some()
    }

    /// Whether compiled components could be kept in this folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`Kind::Config`] says why not: it can't be written, or somebody else could.
    pub fn check_code_cache(folder: &Path) -> Result<()> {
        CodeCache::usable(folder).map_err(|cause| Error::new(Kind::Config, cause.to_string()).caused_by(cause))
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
    backtraces: bool,
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

    /// Whether a trap tells where in the component it happened, in [`Error::guest_frames`]; otherwise it does not. For
    /// authors of backends: components are compiled another time for it, larger.
    #[must_use]
    pub fn backtraces(mut self, backtraces: bool) -> Self {
        self.backtraces = backtraces;
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    /// [`Kind::Other`] if the machine does not let it.
    pub fn build(self) -> Result<Runtime> {
        Ok(Runtime(Arc::new(Shared {
            engine: engine::build(self.allocation, self.backtraces)?,
            places: Arc::new(Semaphore::new(engine::PLACES)),
            allocation: self.allocation,
            code_cache: self.code_cache.as_deref().and_then(CodeCache::open),
            on_compile: self.on_compile,
            resolver: self.resolver.unwrap_or_else(|| Arc::new(SystemResolver)),
            audit: self.audit,
        })))
    }
}
