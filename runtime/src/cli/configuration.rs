//! The configuration that counts: the file that was named, or one found here or above over the user's own, with the
//! profile that was asked for.

use std::path::{Path, PathBuf};

use secret_runtime::{
    Shown,
    config::{self, Config},
};

use super::{Failed, args::Options, load, paths, shell};

/// The configuration that counts; none if there is none. One that is found has no effect until it is trusted, which is
/// said.
pub(crate) fn read(options: &Options) -> Result<Option<Config>, Failed> {
    let (config, untrusted) = match &options.config_file {
        Some(path) => (Some(with_profile(options, Config::read(path)?)), None),
        None => layered(options)?,
    };
    if let Some(path) = &untrusted {
        let shown = shell::word(&path.to_string_lossy());
        say!("runtime: {shown} is not trusted and has no effect; `runtime trust {shown}` shows and trusts it");
    }
    match (&options.profile, config) {
        (None, config) => Ok(config.map(|(config, _)| config)),
        (Some(_), Some((config, true))) => Ok(Some(config)),
        (Some(name), config) => {
            let known = config.iter().flat_map(|(config, _)| config.profiles()).map(|name| Shown(name).to_string());
            let known = known.collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "there are none".to_owned() } else { format!("there are {known}") };
            Err(Failed::usage(format!("no configuration that counts has a profile {}; {known}", Shown(name))))
        }
    }
}

/// A configuration that lies here or above, if it is not the user's own, and whether it is trusted.
pub(crate) fn found() -> Result<Option<(PathBuf, bool)>, Failed> {
    let Some(path) = config::nearest() else { return Ok(None) };
    let own = paths::config().and_then(|own| own.canonicalize().ok());
    if own.is_some() && path.canonicalize().ok() == own {
        return Ok(None);
    }
    let (path, digest) = config::identity(&path)?;
    let trusted = load::trust_store()?.trusts_config(&path, digest);
    Ok(Some((path, trusted)))
}

/// The user's own configuration, if there is one.
pub(crate) fn own() -> Option<PathBuf> {
    paths::config().filter(|path| path.exists())
}

type Layered = (Option<(Config, bool)>, Option<PathBuf>);

/// What was found over the user's own, and what was found and has no effect.
fn layered(options: &Options) -> Result<Layered, Failed> {
    let own = own().map(Config::read).transpose()?.map(|config| with_profile(options, config));
    let Some((path, trusted)) = found()? else { return Ok((own, None)) };
    if !trusted {
        return Ok((own, Some(path)));
    }
    let found = with_profile(options, pinned(&path)?);
    Ok((
        Some(match own {
            Some((own, has)) => (found.0.over(own), found.1 || has),
            None => found,
        }),
        None,
    ))
}

/// Reads a configuration whose content was just seen to be trusted, unless it has changed since.
fn pinned(path: &Path) -> Result<Config, Failed> {
    let (path, digest) = config::identity(path)?;
    if !load::trust_store()?.trusts_config(&path, digest) {
        return Err(Failed::other(format!("{} has just been changed", Shown(&path.to_string_lossy()))));
    }
    Ok(Config::read_pinned(&path, digest)?)
}

/// With the profile that was asked for, and whether it has it.
fn with_profile(options: &Options, config: Config) -> (Config, bool) {
    match options.profile.as_deref().and_then(|name| config.profile(name)).cloned() {
        Some(profile) => (profile, true),
        None => (config, false),
    }
}
