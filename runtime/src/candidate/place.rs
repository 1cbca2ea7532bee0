//! The storage that is declared and given.

use std::path::{Path, PathBuf};

use super::{Inputs, StorageInput, config};
use crate::{error::Result, glob::Globs, grant::GrantedStorage, manifest::Manifest, text::shown_path};

/// The storage that is declared and given, as a fact.
pub(super) fn storage(manifest: &Manifest, inputs: &Inputs) -> Result<Option<GrantedStorage>> {
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
    let bad = |cause: std::io::Error| {
        config(format!("the storage {} can't be used: {cause}", shown_path(path))).caused_by(cause)
    };
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
