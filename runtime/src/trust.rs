//! The trust store: which grants the operator has given, in one file that only the operator can change.

mod declared;

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use self::declared::Declared;
use crate::{
    error::{Error, Kind, Result},
    grant::{Facts, Grant},
    private_file,
    sandbox::digest::Digest,
};

/// The version of the file's format.
const FORMAT: u32 = 1;

/// A grant on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// The backend's name in its own words.
    pub name: String,
    /// Where the component lay when it was trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// When, in RFC 3339.
    pub granted_at: String,
    /// What was granted.
    pub grant: Grant,
    /// What the component declared, to tell a later version of it from this one; older records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
}

/// A configuration file that was found beside a project and trusted as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedConfig {
    /// Its canonical path.
    pub path: PathBuf,
    /// The digest of its content.
    pub digest: Digest,
    /// When, in RFC 3339; older records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_at: Option<String>,
    /// What it would bring about, in lines, to tell a later content from this one; older records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Contents {
    version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    component: Vec<Record>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    config: Vec<TrustedConfig>,
}

/// All grants on record.
#[derive(Clone, Debug)]
pub struct TrustStore {
    path: PathBuf,
    contents: Contents,
}

impl TrustStore {
    /// Opens the store; a missing file is an empty one.
    ///
    /// # Errors
    /// [`Kind::Untrusted`] if it can't be read, others could have written it, or it is not in its format.
    pub fn open(path: &Path) -> Result<Self> {
        let bad = |why: String| {
            Error::new(
                Kind::Untrusted,
                format!(
                    "the trust file {} can't be relied on: {why}; mend it, or remove it and trust again",
                    path.display()
                ),
            )
        };
        let contents = match private_file::read(path) {
            Ok(Some(text)) => toml::from_str::<Contents>(&text).map_err(|cause| bad(cause.message().to_owned()))?,
            Ok(None) => Contents { version: FORMAT, ..Contents::default() },
            Err(cause) => return Err(bad(cause.to_string()).caused_by(cause)),
        };
        if contents.version != FORMAT {
            return Err(bad(format!("its format is version {}, this program knows {FORMAT}", contents.version)));
        }
        Ok(Self { path: path.to_owned(), contents })
    }

    /// The grant that covers this component with exactly these facts.
    pub fn covering(&self, digest: Digest, facts: &Facts) -> Option<&Grant> {
        self.of(digest).map(|record| &record.grant).find(|grant| grant.facts == *facts)
    }

    /// All records of a component.
    pub fn of(&self, digest: Digest) -> impl Iterator<Item = &Record> {
        self.contents.component.iter().filter(move |record| record.grant.digest == digest)
    }

    /// All records of components, in the order in which they were made.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.contents.component.iter()
    }

    /// All configuration files that are trusted.
    pub fn configurations(&self) -> impl Iterator<Item = &TrustedConfig> {
        self.contents.config.iter()
    }

    /// The latest record that this component is to be compared with: one of itself, else one of its path, else one of
    /// its name.
    pub fn latest(&self, digest: Digest, name: &str, path: Option<&Path>) -> Option<&Record> {
        let last = |is: &dyn Fn(&&Record) -> bool| self.components().rev().find(is);
        last(&|record| record.grant.digest == digest)
            .or_else(|| last(&|record| path.is_some() && record.path.as_deref() == path))
            .or_else(|| last(&|record| record.name == name))
    }

    /// Records under the same path or name for another component: a replacement has to be trusted by hand. That it was
    /// trusted to ask a stand-in, where nothing is sent, says nothing of origins.
    pub fn replaced(&self, digest: Digest, facts: &Facts, name: &str, path: Option<&Path>) -> Option<&Record> {
        let reaches_none = |facts: &Facts| facts.origins.is_empty();
        self.contents.component.iter().find(|record| {
            record.grant.digest != digest
                && (record.name == name || path.is_some() && record.path.as_deref() == path)
                && self.of(digest).all(|known| reaches_none(&known.grant.facts) && !reaches_none(facts))
        })
    }

    /// Whether a configuration file is trusted as it is.
    pub fn trusts_config(&self, path: &Path, digest: Digest) -> bool {
        self.contents.config.iter().any(|config| config.path == path && config.digest == digest)
    }

    /// Records a grant, in place of one with the same facts.
    ///
    /// # Errors
    /// [`Kind::Config`] if the file can't be written, [`Kind::Untrusted`] if what is in it can't be relied on.
    pub fn add(&mut self, record: Record) -> Result<()> {
        self.change(|contents| {
            let same =
                |known: &Record| known.grant.digest == record.grant.digest && known.grant.facts == record.grant.facts;
            contents.component.retain(|known| !same(known));
            contents.component.push(record);
        })
    }

    /// Records that a configuration file is trusted as it is, in place of an earlier content of it.
    ///
    /// # Errors
    /// As [`TrustStore::add`].
    pub fn add_config(&mut self, config: TrustedConfig) -> Result<()> {
        self.change(|contents| {
            contents.config.retain(|known| known.path != config.path);
            contents.config.push(config);
        })
    }

    /// Forgets all grants of a component; answers how many there were.
    ///
    /// # Errors
    /// As [`TrustStore::add`].
    pub fn revoke(&mut self, digest: Digest) -> Result<usize> {
        let mut gone = 0;
        self.change(|contents| {
            let before = contents.component.len();
            contents.component.retain(|record| record.grant.digest != digest);
            gone = before - contents.component.len();
        })?;
        Ok(gone)
    }

    /// Forgets that a configuration file is trusted; answers whether it was.
    ///
    /// # Errors
    /// As [`TrustStore::add`].
    pub fn revoke_config(&mut self, path: &Path) -> Result<bool> {
        let mut was = false;
        self.change(|contents| {
            was = contents.config.iter().any(|config| config.path == path);
            contents.config.retain(|config| config.path != path);
        })?;
        Ok(was)
    }

    /// Changes the file as it is now, not as it was when this store was opened.
    fn change(&mut self, change: impl FnOnce(&mut Contents)) -> Result<()> {
        let cant = |cause: io::Error| {
            Error::new(Kind::Config, format!("the trust file {} can't be written: {cause}", self.path.display()))
                .caused_by(cause)
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(cant)?;
        let lock = File::open(folder).and_then(|folder| folder.lock().map(|()| folder)).map_err(cant)?;
        let mut now = Self::open(&self.path)?.contents;
        change(&mut now);
        let text = toml::to_string(&now).map_err(|cause| cant(io::Error::other(cause)))?;
        let mut file = tempfile::Builder::new()
            .prefix(".trust-")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(folder)
            .map_err(cant)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(cant)?;
        file.persist(&self.path).map_err(|cause| cant(cause.error))?;
        drop(lock);
        self.contents = now;
        Ok(())
    }
}
