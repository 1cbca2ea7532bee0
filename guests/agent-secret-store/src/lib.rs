//! Agent Secret Store: secrets with a type, an access tier and metadata, each in a namespace.
//!
//! [`reply`] says what comes back means; here it meets the contract.

mod reply;

use std::collections::BTreeMap;

use secret_runtime_guest::{
    Asked, Check, Delete, DeleteMode, Error, Exists, List, NewSecret, Options, Page, Read, Readiness, Result, Secret,
    Write, config, found,
    http::{Request, Url},
};
use serde::Serialize;

use crate::reply::{Health, Listing, Stored, Written, about_secret, failure};

struct AgentSecretStore;

secret_runtime_guest::export!(AgentSecretStore: Read, Exists, List, Write, Delete, Check);

/// The body of a write.
#[derive(Serialize)]
struct Body<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_tier: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'a str, &'a str>,
}

impl Read for AgentSecretStore {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if version.is_some() {
            return Err(Error::unsupported("only the current version can be read"));
        }
        stored(name).map(Stored::into_secret)
    }
}

impl Exists for AgentSecretStore {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        Ok(found(stored(name))?.is_some())
    }
}

impl List for AgentSecretStore {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        let namespace =
            prefix.rsplit_once('/').map(|(namespace, _)| namespace).filter(|namespace| !namespace.is_empty());
        let namespace = namespace.ok_or_else(|| Error::invalid("name the namespace to list, with a / after it"))?;
        let Listing { items, total } = Request::get(url(namespace)?).send()?.success(failure)?.json()?;
        let everything = prefix.len() == namespace.len() + 1;
        let entries = items.into_iter().map(reply::Item::into_entry).filter(|entry| entry.name.starts_with(prefix));
        let page = Page::of_all(entries.collect(), cursor, limit);
        Ok(Page { total: total.filter(|_| everything).or(page.total), ..page })
    }
}

impl Write for AgentSecretStore {
    fn write(secret: &NewSecret, options: &Options) -> Result<Option<String>> {
        secret.refuse("the service", &[Asked::CreateOnly, Asked::IfVersion, Asked::Expiry])?;
        let (secret_type, access_tier) = (options.get("type"), options.get("tier"));
        let body = Body { value: secret.text()?, secret_type, access_tier, metadata: secret.described_tags()? };
        let Written { version } = Request::put(url(&secret.name)?).json(&body)?.send()?.success(failure)?.json()?;
        Ok(Some(version.to_string()))
    }
}

impl Delete for AgentSecretStore {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        mode.refuse_days("what is deleted can't be recovered")?;
        Request::delete(url(name)?).send()?.success(about_secret).map(drop)
    }
}

impl Check for AgentSecretStore {
    fn check() -> Result<Readiness> {
        let url = Url::new(&config::require("address")?).path("v1/health");
        let _: Health = Request::get(url).send()?.success(failure)?.json()?;
        Ok(Readiness::Unknown("the service is up; a token is had only for a secret, so the key was not tried".into()))
    }
}

/// The secret as it is now, if there is one.
fn stored(name: &str) -> Result<Stored> {
    Stored::of(&Request::get(url(name)?).send()?)
}

/// Where a secret is, or a namespace.
fn url(path: &str) -> Result<Url> {
    Ok(Url::new(&config::require("address")?).path("v1/secrets").path(path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn description_and_tags_are_the_metadata() {
        let secret = NewSecret {
            description: Some("for the app".into()),
            tags: vec![("owner".into(), "team-a".into())],
            ..NewSecret::new("team/KEY", "v")
        };
        let (secret_type, access_tier) = (Some("api_key"), None);
        let body = Body {
            value: secret.text().unwrap(),
            secret_type,
            access_tier,
            metadata: secret.described_tags().unwrap(),
        };
        let expected =
            r#"{"value":"v","secret_type":"api_key","metadata":{"description":"for the app","owner":"team-a"}}"#;
        assert_eq!(serde_json::to_string(&body).unwrap(), expected);
    }
}
