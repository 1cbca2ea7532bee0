//! The user's folders.

use std::path::PathBuf;

pub(crate) use secret_runtime::config::installed_backends;

/// The name of our folder in each of the user's.
const FOLDER: &str = "secret-runtime";

/// Compiled components.
pub(crate) fn code_cache() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join(FOLDER).join("code"))
}

/// The components in the folder of installed backends.
pub(crate) fn installed() -> Vec<PathBuf> {
    let entries = installed_backends().and_then(|folder| folder.read_dir().ok());
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm")).collect()
}

/// The trust file.
pub(crate) fn trust() -> Option<PathBuf> {
    Some(settings()?.join("trust.toml"))
}

/// The user's own configuration.
pub(crate) fn config() -> Option<PathBuf> {
    Some(settings()?.join(secret_runtime::config::FILE_NAME))
}

/// What a daemon remembers: in the folder that systemd has made for it, or else in the user's.
pub(crate) fn state() -> Option<PathBuf> {
    // Of several, it is the first.
    let given = std::env::var_os("STATE_DIRECTORY");
    let given = given.and_then(|folders| std::env::split_paths(&folders).next()).filter(|path| path.is_absolute());
    given.or_else(|| Some(dirs::state_dir()?.join(FOLDER)))
}

fn settings() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    Some(config.or_else(|| Some(dirs::home_dir()?.join(".config")))?.join(FOLDER))
}
