//! What there is on this machine apart from backends: the configuration, the trust file, the audit log, the cache.

use std::path::Path;

use secret_runtime::{
    AuditLog, Error, Kind, Runtime,
    config::{self, Config},
    trust::TrustStore,
};

use super::{
    super::{args::Options, configuration, paths, shell},
    modes::{self, Closed},
    report::Report,
};

const CONFIGURATION: &str = "configuration";

/// The configuration that counts, with the profile that was asked for, as far as it is right.
pub(super) fn configuration(options: &Options, store: Option<&TrustStore>, report: &mut Report) -> Option<Config> {
    let layers: Vec<Config> = match &options.config_file {
        Some(path) => read(Config::read(path), path, "is read, since it was named", report).into_iter().collect(),
        None => {
            let own = configuration::own();
            // What counts most comes first.
            let found = found(own.as_deref(), store, report);
            let own = own.and_then(|path| read(Config::read(&path), &path, "is your own", report));
            found.into_iter().chain(own).collect()
        }
    };
    if layers.is_empty() && !report.tells_of(CONFIGURATION) {
        report.ok(CONFIGURATION, "there is none, and none is needed; `runtime init` writes one");
    }
    let Some(name) = options.profile.as_deref() else { return layers.into_iter().reduce(Config::over) };
    if !layers.iter().any(|layer| layer.profile(name).is_some()) {
        let known: Vec<_> = layers.iter().flat_map(Config::profiles).collect();
        report.fail(CONFIGURATION, format!("it has no profile {name}"), format!("those it has: {}", known.join(", ")));
    }
    layers.into_iter().map(|layer| layer.profile(name).cloned().unwrap_or(layer)).reduce(Config::over)
}

/// The configuration that lies here or above, if it is trusted.
fn found(own: Option<&Path>, store: Option<&TrustStore>, report: &mut Report) -> Option<Config> {
    let path = config::nearest()?;
    if own.is_some_and(|own| own.canonicalize().ok() == path.canonicalize().ok()) {
        return None;
    }
    let (path, digest) = match config::identity(&path) {
        Ok(identity) => identity,
        Err(error) => {
            wrong(&error, &path, report);
            return None;
        }
    };
    let (shown, word) = (path.display(), shell::word(&path.to_string_lossy()));
    if store.is_some_and(|store| store.trusts_config(&path, digest)) {
        return read(Config::read_pinned(&path, digest), &path, "is trusted", report);
    }
    if store.is_some_and(|store| store.configurations().any(|known| known.path == path)) {
        let advice = format!("runtime trust diff {word}, then runtime trust {word}");
        report.warn(CONFIGURATION, format!("{shown} was changed since it was trusted, and has no effect"), advice);
    } else {
        let advice = format!("runtime trust {word} shows what it says, and asks");
        report.warn(CONFIGURATION, format!("{shown} is not trusted and has no effect"), advice);
    }
    None
}

fn read(read: secret_runtime::Result<Config>, path: &Path, why: &str, report: &mut Report) -> Option<Config> {
    match read {
        Ok(config) => {
            report.ok(CONFIGURATION, format!("{} {why}", path.display()));
            Some(config)
        }
        Err(error) => {
            wrong(&error, path, report);
            None
        }
    }
}

fn wrong(error: &Error, path: &Path, report: &mut Report) {
    let advice = match error.kind() {
        Kind::Untrusted => format!("chmod go-w {}", shell::word(&path.to_string_lossy())),
        _ => "mend what is named".to_owned(),
    };
    report.fail(CONFIGURATION, error.reason(), advice);
}

/// What is trusted, if that can be told.
pub(super) fn trust_file(report: &mut Report) -> Option<TrustStore> {
    const ABOUT: &str = "trust file";
    let Some(path) = paths::trust() else {
        report.fail(ABOUT, "there is no home folder to keep it in", "set HOME");
        return None;
    };
    let store = match TrustStore::open(&path) {
        Ok(store) => store,
        Err(error) => {
            report.fail(ABOUT, error.reason(), format!("ls -l {}", shell::word(&path.to_string_lossy())));
            return None;
        }
    };
    match modes::examine(ABOUT, &path, Closed::Wholly, report) {
        Ok(()) => {
            let (components, configurations) = (store.components().count(), store.configurations().count());
            let what = format!("{}, grants: {components}, configurations: {configurations}", path.display());
            report.ok(ABOUT, what);
        }
        Err(_) => report.ok(ABOUT, "nothing is trusted yet"),
    }
    if let Some(folder) = path.parent() {
        // Whoever can write to it can put another file in the place of this one.
        let _ = modes::examine(ABOUT, folder, Closed::ToWriting, report);
    }
    Some(store)
}

/// Whether audit lines can be written, where they are asked for. A file that is missing is not made.
pub(super) fn audit_log(options: &Options, config: Option<&Config>, report: &mut Report) {
    const ABOUT: &str = "audit log";
    let asked = options.audit.as_deref().map(Path::new).or_else(|| config.and_then(Config::audit));
    let Some(path) = asked.filter(|path| *path != Path::new("-")) else { return };
    if !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return match folder.is_dir() {
            true => report.ok(ABOUT, format!("{} will be made", path.display())),
            false => report.fail(
                ABOUT,
                format!("there is no folder for {}", path.display()),
                format!("mkdir -p {}", shell::word(&folder.to_string_lossy())),
            ),
        };
    }
    match AuditLog::open(path) {
        Ok(_) => report.ok(ABOUT, format!("{} can be written", path.display())),
        Err(error) => report.fail(ABOUT, error.reason(), format!("ls -l {}", shell::word(&path.to_string_lossy()))),
    }
}

/// Whether compiled code is kept. Without, every command compiles its component again, which is slow and nothing worse.
pub(super) fn code_cache(report: &mut Report) {
    const ABOUT: &str = "cache";
    const ADVICE: &str = "compiled code is not kept: give it a folder that is yours alone, by XDG_CACHE_HOME";
    let Some(folder) = paths::code_cache() else {
        return report.warn(ABOUT, "there is no folder for it", ADVICE);
    };
    match Runtime::check_code_cache(&folder) {
        Ok(()) => report.ok(ABOUT, format!("compiled code is kept in {}", folder.display())),
        Err(error) => report.warn(ABOUT, error.reason(), ADVICE),
    }
}
