//! Where credentials come from.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    error::{Error, Kind, Result},
    grant::CredentialOrigin,
    store::SecretBytes,
};

/// Bytes of a credential: a certificate chain with its key fits.
const CREDENTIAL_BYTES: usize = 64 << 10;

/// A credential, or the file that holds it.
#[derive(Clone)]
pub enum CredentialSource {
    /// This value, taken from an environment variable of that name.
    Environment {
        /// The variable's name.
        variable: String,
        /// What it held.
        value: SecretBytes,
    },
    /// This file, read again for each use, so that a rotated credential is picked up.
    File(PathBuf),
    /// This value, read from another backend.
    Reference {
        /// Where it was read: a [`Reference`](crate::config::Reference) as text.
        reference: String,
        /// What was read.
        value: SecretBytes,
    },
    /// This value.
    Value(SecretBytes),
}

impl CredentialSource {
    /// A credential given in code.
    pub fn value(value: impl Into<Vec<u8>>) -> Self {
        Self::Value(SecretBytes::from(value.into()))
    }

    /// Where it comes from, without the credential.
    pub fn origin(&self) -> CredentialOrigin {
        match self {
            Self::Environment { variable, .. } => CredentialOrigin::Env(variable.clone()),
            Self::File(path) => CredentialOrigin::File(path.clone()),
            Self::Reference { reference, .. } => CredentialOrigin::Reference(reference.clone()),
            Self::Value(_) => CredentialOrigin::Given,
        }
    }

    /// Reads it as text. A file loses one newline at its end.
    fn read(&self, name: &str) -> Result<Zeroizing<String>> {
        let bytes = match self {
            Self::Environment { value, .. } | Self::Reference { value, .. } | Self::Value(value) => value.clone(),
            Self::File(path) => SecretBytes::from(read_file(name, path)?),
        };
        let text = std::str::from_utf8(bytes.expose())
            .map_err(|_| Error::new(Kind::Config, format!("the credential {name} is not text")))?;
        let text = match self {
            Self::File(_) => text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line)),
            _ => text,
        };
        if text.is_empty() {
            return Err(Error::new(Kind::Config, format!("the credential {name} is empty")));
        }
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialSource({})", self.origin())
    }
}

/// Reads a credential's file whole.
pub(super) fn read_file(name: &str, path: &Path) -> Result<Vec<u8>> {
    let bad = |why: &dyn fmt::Display| {
        Error::new(Kind::Config, format!("the credential {name} can't be read from {}: {why}", path.display()))
    };
    let metadata = std::fs::metadata(path).map_err(|cause| bad(&cause))?;
    if !metadata.is_file() {
        return Err(bad(&"it is not a regular file"));
    }
    if metadata.len() > CREDENTIAL_BYTES as u64 {
        return Err(bad(&"it is larger than 64 KiB"));
    }
    std::fs::read(path).map_err(|cause| bad(&cause))
}

/// The credentials of one recipe, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(pub(crate) BTreeMap<String, CredentialSource>);

impl Sources {
    /// All of them, as they are now.
    pub(crate) fn read(&self) -> Result<BTreeMap<String, Zeroizing<String>>> {
        self.0.iter().map(|(name, source)| Ok((name.clone(), source.read(name)?))).collect()
    }
}
