//! Which records are meant by a word: a file, a name, a digest, a configuration. The file itself may be gone.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use secret_runtime::{
    Digest, Error, Kind, Shown,
    trust::{Record, TrustStore, TrustedConfig},
};

use super::{
    super::{Failed, args::Options, configuration, load},
    is_configuration,
};

/// What was found on record.
pub(super) struct Selected<'a> {
    pub(super) components: Vec<&'a Record>,
    pub(super) configurations: Vec<&'a TrustedConfig>,
}

/// The fewest characters of a digest that name it.
const DIGITS: usize = 8;

/// The records that are meant; at least one.
pub(super) fn select<'a>(options: &Options, store: &'a TrustStore, what: Option<&str>) -> Result<Selected<'a>, Failed> {
    let Some(word) = what.or(options.backend.as_deref()) else {
        return Err(Failed::usage("nothing is named; give a FILE, a NAME, a digest or a runtime.toml"));
    };
    let selected = if word.starts_with("sha256:") {
        by_digest(store, word)?
    } else if is_configuration(word) {
        let place = place(Path::new(word));
        let is_it = |config: &&TrustedConfig| config.path == place;
        Selected { components: Vec::new(), configurations: store.configurations().filter(is_it).collect() }
    } else {
        by_file_or_name(options, store, word)?
    };
    if selected.components.is_empty() && selected.configurations.is_empty() {
        let reason = format!("no grant of {} is on record; `runtime trust list` shows what is", Shown(word));
        return Err(Error::new(Kind::Untrusted, reason).into());
    }
    Ok(selected)
}

fn by_digest<'a>(store: &'a TrustStore, word: &str) -> Result<Selected<'a>, Failed> {
    if word.len() < "sha256:".len() + DIGITS {
        return Err(Failed::usage(format!("a digest is named by {DIGITS} or more of its digits")));
    }
    let is_it = |digest: Digest| digest.to_string().starts_with(word);
    let selected = Selected {
        components: store.components().filter(|record| is_it(record.grant.digest)).collect(),
        configurations: store.configurations().filter(|config| is_it(config.digest)).collect(),
    };
    let found = selected.components.iter().map(|record| record.grant.digest);
    let found: BTreeSet<_> = found
        .chain(selected.configurations.iter().map(|config| config.digest))
        .map(|digest| digest.to_string())
        .collect();
    if found.len() > 1 {
        return Err(Failed::usage(format!("several digests begin with {}; give more of it", Shown(word))));
    }
    Ok(selected)
}

/// Records of the component that lies there, of any that was trusted there, and of any that calls itself so.
fn by_file_or_name<'a>(options: &Options, store: &'a TrustStore, word: &str) -> Result<Selected<'a>, Failed> {
    let is_file = word.contains('/') || word.ends_with(".wasm");
    let path = if is_file {
        Some(PathBuf::from(word))
    } else {
        load::find(Some(word), configuration::read(options)?.as_ref()).ok().map(|found| found.path)
    };
    let digest = path.as_deref().and_then(|path| fs::read(path).ok()).map(|bytes| Digest::of(&bytes));
    let place = path.as_deref().map(place);
    let is_it = |record: &&Record| {
        digest == Some(record.grant.digest)
            || place.is_some() && record.path == place
            || !is_file && record.name == word
    };
    Ok(Selected { components: store.components().filter(is_it).collect(), configurations: Vec::new() })
}

/// The canonical path of what is there, or was.
fn place(path: &Path) -> PathBuf {
    let gone = || {
        let absolute = std::path::absolute(path).ok()?;
        Some(absolute.parent()?.canonicalize().ok()?.join(absolute.file_name()?))
    };
    path.canonicalize().ok().or_else(gone).or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}
