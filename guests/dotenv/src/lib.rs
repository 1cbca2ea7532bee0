//! Secrets in one `.env` file, the one that the operator grants.
//!
//! [`dotenv_text`] reads the file and changes one definition in it; here it meets the contract.

use dotenv_text::{File, remove, set};
use secret_runtime_guest::{
    Delete, DeleteMode, Entry, Error, Exists, List, NewSecret, Options, Page, Read, Result, Secret, Write, WriteMode,
    storage,
};

/// The granted file has no other key.
const FILE: &str = "";

struct Dotenv;

secret_runtime_guest::export!(Dotenv: Read, Exists, List, Write, Delete);

impl Read for Dotenv {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if version.is_some() {
            return Err(Error::unsupported("a .env file keeps no versions"));
        }
        let text = content()?;
        let value = parsed(&text)?.last(name).ok_or(Error::NotFound)?.value.as_bytes().to_vec();
        Ok(Secret::new(value))
    }
}

impl Exists for Dotenv {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        Ok(parsed(&content()?)?.last(name).is_some())
    }
}

impl List for Dotenv {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        let text = content()?;
        let file = parsed(&text)?;
        let keys = file.definitions().iter().map(|definition| definition.key).filter(|key| key.starts_with(prefix));
        Ok(Page::of_all(keys.map(Entry::new).collect(), cursor, limit))
    }
}

impl Write for Dotenv {
    fn write(secret: &NewSecret, _: &Options) -> Result<Option<String>> {
        refuse_what_a_line_cannot_hold(secret)?;
        let value = secret.text()?;
        storage::update(FILE, |old| {
            let text = text(old.unwrap_or_default())?;
            let file = parsed(text)?;
            if secret.mode == WriteMode::CreateOnly && file.last(&secret.name).is_some() {
                return Err(Error::conflict("the file defines it already"));
            }
            Ok(Some(set(&file, &secret.name, value).map_err(|unfit| Error::invalid(unfit.to_string()))?.into_bytes()))
        })?;
        Ok(None)
    }
}

impl Delete for Dotenv {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        if let DeleteMode::Recoverable(Some(_)) = mode {
            return Err(Error::unsupported("what is deleted from a .env file can't be recovered"));
        }
        storage::update(FILE, |old| {
            let text = text(old.ok_or(Error::NotFound)?)?;
            Ok(Some(remove(&parsed(text)?, name).ok_or(Error::NotFound)?.into_bytes()))
        })
    }
}

fn parsed(text: &str) -> Result<File<'_>> {
    File::parse(text).map_err(|malformed| Error::malformed(malformed.to_string()))
}

/// The whole file as text; nothing if there is no file.
fn content() -> Result<String> {
    let data = storage::read(FILE)?.map(|blob| blob.data).unwrap_or_default();
    text(&data).map(str::to_owned)
}

fn text(data: &[u8]) -> Result<&str> {
    std::str::from_utf8(data).map_err(|error| {
        let before = data.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Error::malformed(format!("line {line}: not UTF-8 text"))
    })
}

/// What is asked for and can't be kept is refused, never dropped.
fn refuse_what_a_line_cannot_hold(secret: &NewSecret) -> Result<()> {
    let what = match secret {
        NewSecret { mode: WriteMode::IfVersion(_), .. } => "versions",
        NewSecret { description: Some(_), .. } => "descriptions",
        NewSecret { expires_at: Some(_), .. } => "expiry",
        NewSecret { tags, .. } if !tags.is_empty() => "tags",
        _ => return Ok(()),
    };
    Err(Error::unsupported(format!("a .env file does not keep {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_cannot_hold_is_refused_and_not_dropped() {
        let plain = NewSecret::new("KEY", "v");
        assert_eq!(refuse_what_a_line_cannot_hold(&plain), Ok(()));
        assert_eq!(refuse_what_a_line_cannot_hold(&NewSecret { mode: WriteMode::CreateOnly, ..plain.clone() }), Ok(()));
        for secret in [
            NewSecret { mode: WriteMode::IfVersion("1".into()), ..plain.clone() },
            NewSecret { description: Some("d".into()), ..plain.clone() },
            NewSecret { expires_at: Some(1), ..plain.clone() },
            NewSecret { tags: vec![("a".into(), "b".into())], ..plain.clone() },
        ] {
            assert!(matches!(refuse_what_a_line_cannot_hold(&secret), Err(Error::Unsupported(_))), "{secret:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_text_is_malformed_at_its_line() {
        assert_eq!(text(b"A=1\nB=\xff\n"), Err(Error::malformed("line 2: not UTF-8 text")));
    }
}
