//! What the vault answers.

use std::collections::BTreeMap;

use secret_runtime_guest::{
    Entry, Error, Page, Result, Secret, Timestamp,
    http::{Response, Url},
};
use serde::Deserialize;

/// A secret: as it was read or written, with its value; as an item of a list, or deleted, without.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    id: String,
    value: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    attributes: Attributes,
    tags: Option<BTreeMap<String, String>>,
    /// Of a deleted one that can be recovered.
    pub(crate) recovery_id: Option<String>,
}

/// Moments are in seconds since 1970.
#[derive(Default, Deserialize)]
struct Attributes {
    enabled: Option<bool>,
    nbf: Option<u64>,
    exp: Option<u64>,
    created: Option<u64>,
    updated: Option<u64>,
}

impl Item {
    /// Reads the reply to a request about the secret `name`.
    pub(crate) fn of(response: &Response, name: &str) -> Result<Self> {
        let item: Self = response.json()?;
        match item.place() {
            Some((found, Some(_))) if found.eq_ignore_ascii_case(name) => Ok(item),
            _ => Err(Error::malformed("the reply is about something else")),
        }
    }

    /// The version it is of.
    pub(crate) fn version(&self) -> Option<String> {
        self.place()?.1.map(str::to_owned)
    }

    /// Name and version, from the id that looks like `https://…/secrets/NAME/VERSION`.
    fn place(&self) -> Option<(&str, Option<&str>)> {
        let (_, place) = self.id.rsplit_once("/secrets/")?;
        let (name, version) = place.split_once('/').map_or((place, None), |(name, version)| (name, Some(version)));
        (!name.is_empty()).then_some((name, version))
    }

    pub(crate) fn into_secret(mut self) -> Result<Secret> {
        let value = self.value.take().ok_or_else(|| Error::malformed("the reply holds no value"))?;
        Ok(Secret {
            value: value.into_bytes(),
            version: self.version(),
            expires_at: self.expires_at(),
            metadata: self.metadata(),
        })
    }

    /// As an item of a list. Names are told in lower case, as callers ask for them.
    fn into_entry(self, now: Timestamp) -> Result<Entry> {
        let (name, _) = self.place().ok_or_else(|| Error::malformed("an item of the list has no name"))?;
        Ok(Entry {
            name: name.to_ascii_lowercase(),
            version: None,
            expired: self.expires_at().map(|moment| moment <= now),
            metadata: self.metadata(),
        })
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.attributes.exp?.saturating_mul(1000))
    }

    /// The tags, and what the vault knows beside them under its own words.
    fn metadata(self) -> Vec<(String, String)> {
        let Attributes { enabled, nbf, created, updated, .. } = self.attributes;
        let mut pairs = self.tags.unwrap_or_default();
        pairs.extend(self.content_type.map(|text| ("contentType".into(), text)));
        pairs.extend(enabled.filter(|enabled| !enabled).map(|enabled| ("enabled".into(), enabled.to_string())));
        for (word, moment) in [("nbf", nbf), ("created", created), ("updated", updated)] {
            pairs.extend(moment.map(|moment| (word.into(), moment.to_string())));
        }
        pairs.into_iter().collect()
    }
}

/// Reads a page of the list, which came from `here`: the names that begin with `prefix`, and the cursor of the next one.
pub(crate) fn page(response: &Response, here: &Url, prefix: &str, now: Timestamp) -> Result<Page> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Listing {
        value: Vec<Item>,
        next_link: Option<String>,
    }
    let Listing { value, next_link } = response.json()?;
    let mut entries = value.into_iter().map(|item| item.into_entry(now)).collect::<Result<Vec<_>>>()?;
    entries.retain(|entry| entry.name.starts_with(prefix));
    let next = next_link.filter(|link| !link.is_empty()).map(|link| cursor(here, &link)).transpose()?;
    Ok(Page { entries, next, total: None })
}

/// What a link to the next page adds to ours. A link to anywhere else is not followed.
fn cursor(here: &Url, link: &str) -> Result<String> {
    let query = here.query_of(link).ok_or_else(|| Error::malformed("the next page is said to be somewhere else"))?;
    let known = |name: &str| matches!(name, "api-version" | "maxresults" | "$skiptoken");
    let mut tokens = query.iter().filter(|(name, _)| name == "$skiptoken");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) if query.iter().all(|(name, _)| known(name)) => Ok(token.clone()),
        _ => Err(Error::malformed("the link to the next page can't be read")),
    }
}

/// Refuses what can't be a version. `versions` would be one in a path, and asks for the list of them.
pub(crate) fn check_version(version: &str) -> Result<()> {
    match version.len() == 32 && version.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(()),
        false => Err(Error::invalid("a version of a secret is 32 hexadecimal digits")),
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
