//! The files that the chain may see: read here, and handed to the vendor's crate as they were judged.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use aws_config::profile::ProfileSet;
use aws_types::os_shim_internal::Fs;

use super::{chain::Variables, ready};
use crate::{
    error::{Error, Kind, Result},
    private_file,
};

/// Bytes of one such file; the configuration of a hundred accounts takes a tenth of it.
const FILE_BYTES: u64 = 1 << 20;
/// Tokens of single sign-on that are looked at.
const CACHED_TOKENS: usize = 256;
/// The profile files: the variable that names another one, and where each is in the home folder.
const PROFILES: [(&str, &str); 2] =
    [("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")];

/// Files, as they were when they were read. They hold secrets, so they are not shown for debugging.
#[derive(Default)]
pub(super) struct Files {
    contents: HashMap<OsString, Vec<u8>>,
    home: Option<PathBuf>,
    foreign: Option<String>,
}

impl Files {
    /// Reads the profile files that are there.
    pub(super) fn profiles(variables: &mut Variables, home: Option<&Path>) -> Result<Self> {
        let mut files = Self { home: home.map(Path::to_owned), ..Self::default() };
        if let Some(home) = home.and_then(Path::to_str) {
            variables.set("HOME", home);
        }
        for (variable, below) in PROFILES {
            let own = home.map(|home| home.join(below));
            let named = variables.get(variable).map(|path| expanded(path, home));
            let Some(path) = named.or_else(|| own.clone()) else { continue };
            if !files.take(&path)? {
                continue;
            }
            if Some(&path) != own.as_ref() {
                files.foreign.get_or_insert(format!("{} is named by {variable}", path.display()));
            } else if let Err(why) = private_file::read(&path) {
                files.foreign.get_or_insert(format!("of {} it is true that {why}", path.display()));
            }
            // The vendor's crate looks for the file where it was found, in whatever way it expands names.
            if let Some(path) = path.to_str() {
                variables.set(variable, path);
            }
        }
        Ok(files)
    }

    /// The profiles that they define.
    pub(super) fn parsed(&self, variables: &Variables) -> Result<ProfileSet> {
        let broken = || config("the AWS profile files can't be read as such: a line is not key = value or [section]");
        let (fs, env) = (self.snapshot(), variables.env());
        let parsed = ready(aws_config::profile::load(&fs, &env, &Default::default(), None));
        parsed.and_then(Result::ok).ok_or_else(broken)
    }

    /// Why no program that they name may be run, if that is so.
    pub(super) fn foreign(&self) -> Option<&str> {
        self.foreign.as_deref()
    }

    /// Reads a token. It loses one newline at its end.
    pub(super) fn add_token(&mut self, path: &str) -> Result<()> {
        if !self.take(Path::new(path))? {
            return Err(config(format!("the token file {path} is not there")));
        }
        if let Some(token) = self.contents.get_mut(&OsString::from(path)) {
            let line = token.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line).len());
            token.truncate(line.unwrap_or(token.len()));
        }
        Ok(())
    }

    /// Reads the tokens that single sign-on left in the home folder.
    pub(super) fn add_sign_on(&mut self) -> Result<()> {
        let Some(folder) = self.sign_on() else { return Ok(()) };
        let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
        for entry in entries.flatten().take(CACHED_TOKENS) {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                self.take(&path)?;
            }
        }
        Ok(())
    }

    fn sign_on(&self) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(".aws/sso/cache"))
    }

    /// What the vendor's crate sees as the file system.
    pub(super) fn snapshot(&self) -> Fs {
        Fs::from_raw_map(self.contents.clone())
    }

    /// Keeps tokens of single sign-on that were renewed: the old ones are no longer good for renewing.
    pub(super) fn keep_renewed(&self, seen: &Fs) -> io::Result<()> {
        let Some(folder) = self.sign_on() else { return Ok(()) };
        for (path, before) in &self.contents {
            let path = Path::new(path);
            if path.parent() != Some(&folder) {
                continue;
            }
            if let Some(Ok(now)) = ready(seen.read_to_end(path))
                && now != *before
            {
                let mut file = tempfile::NamedTempFile::new_in(&folder)?;
                file.write_all(&now)?;
                file.persist(path)?;
            }
        }
        Ok(())
    }

    /// Takes a file in; answers whether it is there.
    fn take(&mut self, path: &Path) -> Result<bool> {
        let bad = |why: &dyn std::fmt::Display| config(format!("{} can't be read: {why}", path.display()));
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(cause) => return Err(bad(&cause)),
        };
        if !metadata.is_file() {
            return Err(bad(&"it is not a regular file"));
        }
        if metadata.len() > FILE_BYTES {
            return Err(bad(&"it is larger than 1 MiB"));
        }
        let contents = fs::read(path).map_err(|cause| bad(&cause))?;
        self.contents.insert(path.as_os_str().to_owned(), contents);
        Ok(true)
    }
}

fn expanded(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(path),
    }
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}
