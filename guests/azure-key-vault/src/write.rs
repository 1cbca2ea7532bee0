//! Writing a new version, also over a name that is deleted and not yet free.

use std::collections::BTreeMap;

use secret_runtime_guest::{Asked, Error, NewSecret, Options, Result, Write};
use serde::Serialize;

use crate::{
    KeyVault,
    reply::Item,
    vault::{Vault, Waiting, code},
};

/// The most bytes of a value.
const VALUE_BYTES: usize = 25_600;

/// A new version: all that it has; nothing of the one before is taken over.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Attributes>,
}

#[derive(Debug, Serialize)]
struct Attributes {
    /// In seconds since 1970.
    exp: u64,
}

impl Write for KeyVault {
    fn write(secret: &NewSecret, options: &Options) -> Result<Option<String>> {
        // To look first and write then would lose what somebody else writes in between.
        secret.refuse("Key Vault", &[Asked::CreateOnly, Asked::IfVersion])?;
        put(&Vault::open()?, &secret.name, &body(secret, options.get("content-type"))?)
    }
}

fn body<'a>(secret: &'a NewSecret, content_type: Option<&'a str>) -> Result<Body<'a>> {
    let value = secret.text()?;
    secret.fits("Key Vault", 0..=VALUE_BYTES)?;
    let mut tags: BTreeMap<_, _> = secret.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if let Some(description) = secret.description.as_deref().filter(|text| !text.is_empty())
        && tags.insert("description", description).is_some()
    {
        return Err(Error::invalid("a tag can't be called `description` beside a description"));
    }
    let attributes = secret.expires_at.map(|moment| Attributes { exp: moment / 1000 });
    Ok(Body { value, content_type, tags, attributes })
}

/// Writes a version and answers its name. A deleted secret is recovered first, for its name is taken until it is purged.
fn put(vault: &Vault, name: &str, body: &Body<'_>) -> Result<Option<String>> {
    let request = vault.put(name).json(body)?;
    let (mut waiting, mut recovered) = (Waiting::default(), false);
    loop {
        let error = match vault.send(&request) {
            Ok(response) => return Item::of(&response, name).map(|item| item.version()),
            Err(error) => error,
        };
        match &error {
            Error::Conflict(detail) if detail.code == code::DELETED => match vault.send(&vault.recover(name)) {
                // Somebody else may be at it.
                Ok(_) | Err(Error::NotFound | Error::Conflict(_)) => recovered = true,
                Err(error) => return Err(error),
            },
            Error::Conflict(detail) if matches!(&*detail.code, code::BEING_DELETED | code::BEING_RECOVERED) => {}
            _ if recovered => return Err(error.with_note("it was deleted, and its old value can be read again")),
            _ => return Err(error),
        }
        waiting.pause();
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
