//! Ciphertexts by name, where the operator keeps them: in one granted file, or in granted environment variables.
//!
//! The file is a JSON object from names to ciphertexts in base64, written with its names in order. A variable holds one
//! ciphertext in base64 and is called as the secret is; variables can't be written. The functions are those of a
//! backend's capabilities that need no key.

mod file;

use secret_runtime_guest::{
    DeleteMode, Entry, Error, NewSecret, Page, Result, WriteMode, base64,
    storage::{self, Blob},
};

use crate::file::Ciphertexts;

/// The granted file has no other key.
const FILE: &str = "";

/// The ciphertext of a secret, in base64 as it is stored.
///
/// # Errors
/// [`Error::NotFound`] if there is none, [`Error::Malformed`] if it is no base64, or the file is not what it should be;
/// why storage can't be read.
pub fn get(name: &str) -> Result<String> {
    let text = if is_file()? {
        Ciphertexts::parse(&content()?)?.remove(name).ok_or(Error::NotFound)?
    } else {
        let Blob { data, .. } = storage::read(name)?.ok_or(Error::NotFound)?;
        String::from_utf8(data).map_err(|_| not_base64())?
    };
    match base64::decode(&text) {
        Some(bytes) if !bytes.is_empty() => Ok(text),
        _ => Err(not_base64()),
    }
}

/// Whether there is a ciphertext of this name. Only its key's holder can tell whether it can be decrypted.
///
/// # Errors
/// As [`get`], but for the ciphertext itself.
pub fn exists(name: &str) -> Result<bool> {
    if is_file()? {
        return Ok(Ciphertexts::parse(&content()?)?.contains(name));
    }
    Ok(storage::keys()?.iter().any(|key| key == name))
}

/// Lists the names there are.
///
/// # Errors
/// As [`exists`].
pub fn list(prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Page> {
    let names = if is_file()? { Ciphertexts::parse(&content()?)?.into_names().collect() } else { storage::keys()? };
    let entries = names.into_iter().filter(|name| name.starts_with(prefix)).map(Entry::new).collect();
    Ok(Page::of_all(entries, cursor, limit))
}

/// Refuses a write that can't be kept, before anything is encrypted for it.
///
/// # Errors
/// [`Error::Unsupported`] for what a ciphertext can't carry and for variables, [`Error::Conflict`] if there must be
/// none of this name and there is one.
pub fn prepare(secret: &NewSecret) -> Result<()> {
    let what = match secret {
        NewSecret { mode: WriteMode::IfVersion(_), .. } => "versions",
        NewSecret { description: Some(_), .. } => "descriptions",
        NewSecret { expires_at: Some(_), .. } => "expiry",
        NewSecret { tags, .. } if !tags.is_empty() => "tags",
        _ if !is_file()? => return Err(read_only()),
        NewSecret { mode: WriteMode::CreateOnly, name, .. } if exists(name)? => return Err(taken()),
        _ => return Ok(()),
    };
    Err(Error::unsupported(format!("a file of ciphertexts does not keep {what}")))
}

/// Puts a secret's ciphertext into the file.
///
/// # Errors
/// [`Error::Conflict`] if there must be none of this name and there is one by now; why storage can't be written.
pub fn put(secret: &NewSecret, ciphertext: &[u8]) -> Result<()> {
    storage::update(FILE, |old| {
        let mut all = Ciphertexts::parse(old.unwrap_or_default())?;
        if secret.mode == WriteMode::CreateOnly && all.contains(&secret.name) {
            return Err(taken());
        }
        all.insert(&secret.name, base64::encode(ciphertext));
        all.to_json().map(Some)
    })
}

/// Takes a secret's ciphertext out of the file.
///
/// # Errors
/// [`Error::NotFound`] if there is none, [`Error::Unsupported`] for variables and where it shall be recoverable for some
/// days; why storage can't be written.
pub fn delete(name: &str, mode: DeleteMode) -> Result<()> {
    if !is_file()? {
        return Err(read_only());
    }
    if let DeleteMode::Recoverable(Some(_)) = mode {
        return Err(Error::unsupported("what is deleted from a file of ciphertexts can't be recovered"));
    }
    storage::update(FILE, |old| {
        let mut all = Ciphertexts::parse(old.unwrap_or_default())?;
        all.remove(name).ok_or(Error::NotFound)?;
        all.to_json().map(Some)
    })
}

/// Whether a file is granted, and not variables: those have names.
fn is_file() -> Result<bool> {
    Ok(storage::keys()?.iter().any(|key| key == FILE))
}

/// The whole file; nothing if there is none.
fn content() -> Result<Vec<u8>> {
    Ok(storage::read(FILE)?.map(|blob| blob.data).unwrap_or_default())
}

fn not_base64() -> Error {
    Error::malformed("what is stored under this name is not a ciphertext in base64")
}

fn read_only() -> Error {
    Error::unsupported("environment variables can't be changed; grant a file to keep ciphertexts in")
}

fn taken() -> Error {
    Error::conflict("there is a ciphertext of this name already")
}
