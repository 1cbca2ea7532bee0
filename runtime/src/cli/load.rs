//! From the command line to a loaded backend: find the component, resolve what it is given, and see whether that is
//! trusted.

use std::{
    cell::Cell,
    collections::BTreeSet,
    io,
    net::ToSocketAddrs as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use secret_runtime::{
    Allocation, AuditLog, BackendBuilder, Candidate, Component, CredentialSource, Error, Globs, Kind,
    ProcessEnvironment, Runtime, SecretBytes, Shown, StorageInput,
    config::{self, Config, ConfiguredBackend, CredentialPlace, Reference},
    egress::{self, HostPattern, Origin},
    grant::{CredentialOrigin, Grant},
    layers::audit::{self, Event},
    nearest,
    stand_in::Script,
    trust::TrustStore,
};

use super::{
    Failed,
    args::Options,
    paths, shell,
    terminal::{self, Answer},
    trust::Change,
};

/// A component that was found, and under what name.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// The name it was asked for by, if it was not a path.
    pub(crate) name: Option<String>,
}

impl Found {
    /// How it is named on a command line.
    pub(crate) fn word(&self) -> String {
        shell::word(self.name.as_deref().unwrap_or(&self.path.to_string_lossy()))
    }
}

/// The component that is meant.
pub(crate) fn find(backend: Option<&str>, config: Option<&Config>) -> Result<Found, Failed> {
    let Some(asked) = backend.map(str::to_owned).or_else(|| config?.default_backend().map(str::to_owned)) else {
        return Err(Failed::usage(
            "no backend is named; give --backend FILE or NAME (`runtime backends` shows the names)",
        ));
    };
    if config::is_file(&asked) {
        return Ok(Found { path: PathBuf::from(asked), name: None });
    }
    if let Some(configured) = config.and_then(|config| config.backend(&asked)) {
        return Ok(Found { path: configured.component().to_owned(), name: Some(asked) });
    }
    let installed = paths::installed_backends().map(|folder| folder.join(format!("{asked}.wasm")));
    match installed {
        Some(path) if path.is_file() => Ok(Found { path, name: Some(asked) }),
        _ => Err(unknown(&asked, config)),
    }
}

/// Why there is no such backend, with the nearest that there is.
fn unknown(asked: &str, config: Option<&Config>) -> Failed {
    let installed: Vec<_> = paths::installed();
    let installed = installed.iter().filter_map(|path| path.file_stem()?.to_str());
    let known = config.iter().flat_map(|config| config.backends()).map(|(name, _)| name).chain(installed);
    let near = nearest(asked, known).map(|near| format!("; did you mean {}?", Shown(near))).unwrap_or_default();
    Failed::usage(format!(
        "there is no backend {}: it is neither in the configuration nor installed{near}; `runtime backends` shows the \
         names, and a file is named with a / or .wasm",
        Shown(asked)
    ))
}

pub(crate) fn trust_store() -> Result<TrustStore, Failed> {
    let path = paths::trust().ok_or_else(|| Failed::other("there is no home folder to keep the trust file in"))?;
    Ok(TrustStore::open(&path)?)
}

/// A runtime for one command: memory on demand, compiled code kept.
pub(crate) fn runtime(options: &Options, config: Option<&Config>) -> Result<Runtime, Failed> {
    runtime_with(Allocation::OnDemand, options, config)
}

/// A runtime that keeps compiled code, and whose instances get their memory in this way.
pub(crate) fn runtime_with(
    allocation: Allocation,
    options: &Options,
    config: Option<&Config>,
) -> Result<Runtime, Failed> {
    let mut builder = Runtime::builder()
        .allocation(allocation)
        .backtraces(options.trace)
        .on_compile(terminal::progress(options.trace));
    if let Some(folder) = paths::code_cache() {
        builder = builder.code_cache(folder);
    }
    if let Some(log) = audit_log(options, config)? {
        builder = builder.audit(log);
    }
    Ok(builder.build()?)
}

/// The audit log that was asked for, if one was.
pub(crate) fn audit_log(options: &Options, config: Option<&Config>) -> Result<Option<AuditLog>, Failed> {
    let asked = options.audit.as_deref().map(Path::new).or_else(|| config.and_then(Config::audit));
    Ok(match asked {
        None => None,
        Some(path) if path == Path::new("-") => Some(AuditLog::standard_error()),
        Some(path) => Some(AuditLog::open(path)?),
    })
}

/// Everything that command line, configuration and environment say about the backend.
pub(crate) fn builder(
    options: &Options,
    config: Option<&Config>,
    runtime: &Runtime,
    found: &Found,
    credentials: Vec<(String, CredentialSource)>,
) -> Result<BackendBuilder, Failed> {
    let component = Component::from_file(&found.path)?;
    let mut builder = runtime.backend(component).environment(Arc::new(ProcessEnvironment));
    if let Some(home) = dirs::home_dir() {
        builder = builder.home(home);
    }
    if let Some(name) = &found.name {
        builder = builder.name(name);
    }
    for (name, source) in credentials {
        builder = builder.credential(name, source);
    }
    if let Some(configured) = found.name.as_deref().and_then(|name| config?.backend(name)) {
        builder = configured.apply(builder)?;
    }
    if let Some(path) = &options.stand_in {
        let script = Script::read(path)?;
        builder = script.settings().fold(builder, |builder, (key, value)| builder.set(key, value));
        say!("runtime: {} answers the backend's requests; nothing is sent", shell::word(&path.to_string_lossy()));
        builder = builder.stand_in(Arc::new(script));
    }
    for (key, value) in &options.set {
        builder = builder.set(key, value);
    }
    if let Some(storage) = &options.storage {
        builder = builder.storage(storage_input(storage));
    }
    if let Some(recipe) = &options.auth {
        builder = builder.recipe(recipe);
    }
    if let Some(mode) = options.access_mode {
        builder = builder.access_mode(mode);
    }
    if !options.hosted_keys.is_empty() {
        let globs = Globs::new(&options.hosted_keys).map_err(|cause| Failed::usage(cause.to_string()))?;
        builder = builder.hosted_keys(globs);
    }
    if options.map_names {
        builder = builder.map_names(true);
    }
    if options.env_fallback {
        builder = builder.env_fallback(true);
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    Ok(builder)
}

fn storage_input(text: &str) -> StorageInput {
    match text.strip_prefix("env:") {
        Some(names) => StorageInput::Environment(names.split(',').map(str::to_owned).collect()),
        None => StorageInput::File(PathBuf::from(text)),
    }
}

/// The credentials of a backend that the configuration has in other backends.
pub(crate) fn referred(config: Option<&Config>, found: &Found) -> Vec<(String, Reference)> {
    let configured = found.name.as_deref().and_then(|name| config?.backend(name));
    let places = configured.into_iter().flat_map(ConfiguredBackend::credentials);
    let referred = places.filter_map(|(name, place)| match place {
        CredentialPlace::Reference(reference) => Some((name.to_owned(), reference.clone())),
        CredentialPlace::Environment(_) | CredentialPlace::File(_) => None,
    });
    referred.collect()
}

/// The same, for a question alone: where they come from, without what they are.
pub(crate) fn unread(config: Option<&Config>, found: &Found) -> Vec<(String, CredentialSource)> {
    let nothing = || SecretBytes::from(Vec::new());
    let source =
        |reference: Reference| CredentialSource::Reference { reference: reference.to_string(), value: nothing() };
    referred(config, found).into_iter().map(|(name, reference)| (name, source(reference))).collect()
}

/// Environment variables that hold credentials of backends that the configuration has, as far as it says so or trust
/// in the component that lies there was given with them. No component is read for that.
pub(crate) fn credential_variables(config: &Config) -> Result<BTreeSet<String>, Failed> {
    let named = config.backends().flat_map(|(_, backend)| backend.credentials()).filter_map(|(_, place)| match place {
        CredentialPlace::Environment(variable) => Some(variable.clone()),
        CredentialPlace::File(_) | CredentialPlace::Reference(_) => None,
    });
    let components: Vec<_> =
        config.backends().filter_map(|(_, backend)| backend.component().canonicalize().ok()).collect();
    let store = trust_store()?;
    let granted =
        store.components().filter(|record| record.path.as_ref().is_some_and(|path| components.contains(path)));
    let granted = granted.flat_map(|record| &record.grant.facts.credentials);
    let granted = granted.filter_map(|credential| match &credential.from {
        CredentialOrigin::Env(variable) => Some(variable.clone()),
        _ => None,
    });
    Ok(named.chain(granted).collect())
}

/// The grant under which the backend runs. Where there is none, the person at the terminal is asked, if `ask` says so.
pub(crate) fn grant(
    options: &Options,
    config: Option<&Config>,
    runtime: &Runtime,
    candidate: &Candidate,
    found: &Found,
    ask: bool,
) -> Result<Grant, Failed> {
    let digest = candidate.component().digest();
    if let Some(Some(pinned)) = options.trust {
        if pinned != digest {
            let reason = format!("the component is {digest}, not {pinned} as --trust says");
            return Err(Error::new(Kind::Untrusted, reason).into());
        }
        return Ok(candidate.grant());
    }
    let store = trust_store()?;
    if options.trust.is_some() {
        let canonical = found.path.canonicalize().ok();
        let name = &candidate.component().manifest().name;
        if let Some(record) = store.replaced(digest, candidate.facts(), name, canonical.as_deref()) {
            let reason = format!(
                "another component ({}) is trusted under this name or path, and --trust alone does not replace it; \
                 look at the new one with `runtime trust {}`",
                record.grant.digest,
                found.word()
            );
            return Err(Error::new(Kind::Untrusted, reason).into());
        }
        terminal::print(&description(candidate).0);
        say!("Granted for this run, by --trust.");
        return Ok(candidate.grant());
    }
    if let Some(grant) = found.name.as_deref().and_then(|name| config?.backend(name)?.grant(candidate)) {
        return Ok(grant);
    }
    if let Some(grant) = store.covering(digest, candidate.facts()) {
        return Ok(grant.clone());
    }
    let change = Change::of(&store, candidate, found);
    let answer = if ask {
        let (mut question, answer) = description(candidate);
        question.push_str(&change.as_ref().map(Change::words).unwrap_or_default());
        terminal::tell(&question);
        let granted = terminal::ask(super::trust::QUESTION, answer)?;
        if granted == Some(false) {
            return Err(Error::new(Kind::Untrusted, answer.refusal()).into());
        }
        granted
    } else {
        None
    };
    match answer {
        Some(true) => {
            super::trust::record(store, runtime.audit(), candidate, found, candidate.grant())?;
            Ok(candidate.grant())
        }
        _ => {
            let why = match &change {
                None => "the component is not trusted yet".to_owned(),
                Some(change) if change.is_of_same_component() => {
                    format!("the component is trusted, but not with these facts: {}", change.brief())
                }
                Some(_) => format!(
                    "the component is not trusted yet, another version of it is; `runtime trust diff {}` shows what \
                     has changed",
                    found.word()
                ),
            };
            let reason = format!(
                "{why}; type `runtime trust --digest {digest} {}` with the same options and environment, or --trust={digest} for one run",
                found.word()
            );
            Err(Error::new(Kind::Untrusted, reason)
                .in_backend(&Arc::from(candidate.component().manifest().name.as_str()))
                .into())
        }
    }
}

/// What would be granted, with the addresses that hosts have now, and how a person answers to it.
pub(crate) fn description(candidate: &Candidate) -> (String, Answer) {
    let private = Cell::new(false);
    // Where nothing is sent, nobody need be asked where it would go.
    let text = candidate.describe(&|origin| {
        let found = if candidate.is_alone() { None } else { addresses(origin).ok() }?;
        private.set(private.get() || found.private);
        (!found.words.is_empty()).then(|| found.words.join(", "))
    });
    let answer = if candidate.reads_files() {
        Answer::Word("a file of yours is in it")
    } else if private.get() {
        Answer::Word("a private address is in it")
    } else {
        Answer::Key
    };
    (text, answer)
}

/// Where an origin is.
struct Place {
    /// What a person should know of it: its addresses, and whether they are private.
    words: Vec<String>,
    private: bool,
}

fn addresses(origin: &Origin) -> io::Result<Place> {
    let host = match &origin.host {
        HostPattern::Exact(host) => host.to_string(),
        HostPattern::Below(_) => return Err(io::ErrorKind::NotFound.into()),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut found: Vec<_> = (bare, origin.port).to_socket_addrs()?.map(|address| address.ip()).collect();
    found.dedup();
    let private = found.iter().any(|address| egress::is_private(*address));
    let mut words: Vec<_> = found.iter().take(3).map(ToString::to_string).filter(|address| *address != bare).collect();
    if private {
        words.push("private".to_owned());
    }
    Ok(Place { words, private })
}

/// A line in the audit log for a change of trust.
pub(crate) fn audit_trust(
    log: Option<&AuditLog>,
    operation: &'static str,
    name: &str,
    digest: String,
) -> Result<(), Failed> {
    match log {
        Some(log) => Ok(log.record(&Event {
            operation,
            backend: name,
            digest: &digest,
            outcome: audit::OK,
            ..Event::default()
        })?),
        None => Ok(()),
    }
}
