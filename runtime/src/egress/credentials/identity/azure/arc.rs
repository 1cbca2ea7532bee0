//! Azure Arc asks for a proof that we may read a file which only its own group can read.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{
    egress::client::Reply,
    error::{Error, Kind, Result},
};

/// Where the agent puts its keys.
const KEYS: &str = "/var/opt/azcmagent/tokens";
/// The variable that names another folder.
pub(super) const FOLDER: &str = "SECRET_RUNTIME_ARC_KEYS";
/// Bytes of a key, as the agent documents it.
const KEY_BYTES: u64 = 4 << 10;

/// The folder that keys are read from, and no other: the service names the file, and what is in it is sent there.
#[derive(Debug)]
pub(super) struct KeyFolder(PathBuf);

impl KeyFolder {
    /// The one that the operator allows, else the agent's.
    pub(super) fn of(allowed: Option<&str>) -> Self {
        Self(allowed.unwrap_or(KEYS).into())
    }

    /// The header that proves who we are, after a reply that asks for it.
    pub(super) fn proof(&self, reply: &Reply) -> Result<Zeroizing<String>> {
        let realm = reply.header("www-authenticate").and_then(realm).filter(|_| reply.status == 401);
        let malformed = || Error::new(Kind::Malformed, "the Azure Arc agent does not say which key it wants");
        let path = Path::new(realm.ok_or_else(malformed)?);
        let key = self.key(path).map_err(|why| {
            let reason = format!("the key that the Azure Arc agent asks for is not used: {why}");
            Error::new(Kind::Refused, reason).by_rule("arc-key")
        })?;
        Ok(Zeroizing::new(format!("Basic {}", key.strip_suffix('\n').unwrap_or(&key))))
    }

    fn key(&self, path: &Path) -> Result<Zeroizing<String>, &'static str> {
        if path.extension().is_none_or(|extension| extension != "key") {
            return Err("its name does not end in .key");
        }
        // Links are followed first, so that none leads out of the folder.
        let path = path.canonicalize().map_err(|_| "it can't be found")?;
        let folder = self.0.canonicalize().map_err(|_| "its folder can't be found")?;
        if path.parent() != Some(&folder) {
            return Err("it is not in the agent's folder");
        }
        let about = std::fs::metadata(&path).map_err(|_| "it can't be read")?;
        if !about.is_file() || about.len() > KEY_BYTES {
            return Err("it is not a file of 4 KiB at most");
        }
        std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|_| "it can't be read")
    }
}

/// The file in `Basic realm=FILE`.
fn realm(header: &str) -> Option<&str> {
    let (scheme, rest) = header.split_once(' ')?;
    let (key, file) = rest.trim().split_once('=')?;
    let named = scheme.eq_ignore_ascii_case("basic") && key.eq_ignore_ascii_case("realm");
    named.then(|| file.trim_matches('"')).filter(|file| !file.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    fn asks(status: u16, header: &str) -> Reply {
        let headers = vec![("www-authenticate".to_owned(), Zeroizing::new(header.to_owned()))];
        Reply { status, headers, ..Reply::default() }
    }

    #[test]
    fn a_key_is_read_from_the_agents_folder_alone() {
        let (keys, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = |folder: &tempfile::TempDir, name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let folder = KeyFolder::of(keys.path().to_str());
        let proof = |path: &str| folder.proof(&asks(401, &format!("Basic realm={path}")));
        for quoted in [false, true] {
            let path = file(&keys, "a.key", "the key\n");
            let path = if quoted { format!("\"{path}\"") } else { path };
            assert_eq!(proof(&path).unwrap().as_str(), "Basic the key");
        }
        let linked = keys.path().join("link.key");
        std::os::unix::fs::symlink(file(&outside, "secret.key", "canary"), &linked).unwrap();
        for refused in [
            file(&keys, "a.txt", "canary"),
            file(&keys, "key", "canary"),
            file(&keys, "below/a.key", "canary"),
            file(&keys, "large.key", &"x".repeat(4097)),
            file(&outside, "a.key", "canary"),
            format!("{}/../{}/a.key", keys.path().display(), outside.path().file_name().unwrap().display()),
            linked.display().to_string(),
            keys.path().join("missing.key").display().to_string(),
            "a.key".to_owned(),
        ] {
            let error = proof(&refused).unwrap_err();
            assert_eq!((error.kind(), error.rule()), (Kind::Refused, Some("arc-key")), "{refused}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_reply_that_asks_for_no_key_is_malformed() {
        let folder = KeyFolder::of(None);
        for reply in [asks(200, "Basic realm=/a.key"), asks(401, "Basic realm="), asks(401, "Bearer realm=/a.key")] {
            assert_eq!(folder.proof(&reply).unwrap_err().kind(), Kind::Malformed);
        }
    }
}
