//! A secret here is a secret there.

use aws::Failure;
use secret_runtime_guest::{DeleteMode, Entry, Error, NewSecret, Page, Result, Secret, WriteMode, config, log};
use serde_json::{Value as Json, json};

use crate::api;

/// For how many days a secret can be restored again whose new value could not be written.
const PUT_BACK_DAYS: u32 = 30;

const NOT_FOUND: &str = "ResourceNotFoundException";
const EXISTS: &str = "ResourceExistsException";
/// The state of the secret forbids it, which most often means that it is about to be deleted.
const NOT_NOW: &str = "InvalidRequestException";

pub(crate) fn read(name: &str, version: Option<&str>) -> Result<Secret> {
    let value = match api::get(name, version) {
        Err(failure) if failure.is(NOT_NOW) && is_deleted(name)? => return Err(Error::NotFound),
        got => got?,
    };
    let metadata = vec![("arn".into(), value.arn.clone()), ("stages".into(), value.version_stages.join(","))];
    Ok(Secret { version: Some(value.version_id.clone()), metadata, ..Secret::new(value.into_bytes()?) })
}

pub(crate) fn exists(name: &str) -> Result<bool> {
    match api::describe(name) {
        Ok(secret) => Ok(!secret.is_deleted() && secret.current().is_some()),
        Err(failure) if failure.is(NOT_FOUND) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

pub(crate) fn list(prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Page> {
    let listing = api::list(prefix, cursor, limit)?;
    let found = listing.secret_list.into_iter().filter(|secret| secret.name.starts_with(prefix));
    let entries = found.map(|secret| {
        let version = secret.current().map(str::to_owned);
        let described = secret.description.filter(|text| !text.is_empty()).map(|text| ("description".into(), text));
        let metadata = [("arn".into(), secret.arn)].into_iter().chain(described).collect();
        Entry { version, metadata, ..Entry::new(secret.name) }
    });
    Ok(Page { entries: entries.collect(), next: listing.next_token.filter(|token| !token.is_empty()), total: None })
}

pub(crate) fn delete(name: &str, mode: DeleteMode) -> Result<()> {
    // AWS says yes to purging what never was, so ask first.
    let is_deleted = is_deleted(name)?;
    match mode {
        DeleteMode::Recoverable(_) if is_deleted => return Err(Error::NotFound),
        DeleteMode::Recoverable(days) => api::delete(name, days, false)?,
        DeleteMode::Permanent => api::delete(name, None, true)?,
    };
    Ok(())
}

pub(crate) fn write(new: &NewSecret) -> Result<String> {
    api::fits(&new.value)?;
    let mut written = match &new.mode {
        WriteMode::Upsert => put(new),
        WriteMode::CreateOnly => create(new),
        WriteMode::IfVersion(version) => return put_over(new, version),
    };
    if new.mode == WriteMode::Upsert && fails_as(&written, NOT_FOUND) {
        written = create(new);
        // Somebody else was faster.
        if fails_as(&written, EXISTS) {
            written = put(new);
        }
    }
    if (fails_as(&written, NOT_NOW) || fails_as(&written, EXISTS)) && is_deleted(&new.name)? {
        written = put_in_place_of_deleted(new);
    }
    Ok(written?)
}

fn fails_as<T>(outcome: &Result<T, Failure>, code: &str) -> bool {
    outcome.as_ref().is_err_and(|failure| failure.is(code))
}

fn is_deleted(name: &str) -> Result<bool> {
    Ok(api::describe(name)?.is_deleted())
}

fn create(new: &NewSecret) -> Result<String, Failure> {
    if new.name.starts_with("arn:") {
        return Err(Error::invalid("an ARN names a secret that there is; a new one is created by its name").into());
    }
    let beside = json!({ "Description": new.description, "KmsKeyId": config::get("kms-key"), "Tags": tags(new) });
    let version = api::create(&new.name, &new.value, beside)?;
    replicate(&new.name)?;
    Ok(version)
}

fn put(new: &NewSecret) -> Result<String, Failure> {
    let version = api::put(&new.name, &new.value)?;
    keep_beside(new, None)
        .inspect_err(|_| log::warn(&format!("version {version} was written, but not its description and tags")))?;
    Ok(version)
}

fn put_over(new: &NewSecret, current: &str) -> Result<String> {
    let other = || Error::conflict("this is not its current version");
    let secret = match api::describe(&new.name) {
        Err(failure) if failure.is(NOT_FOUND) => return Err(other()),
        described => described?,
    };
    if secret.is_deleted() || secret.current() != Some(current) {
        return Err(other());
    }
    let version = api::put_over(&new.name, &new.value, current)?.ok_or_else(other)?;
    keep_beside(new, None)?;
    Ok(version)
}

/// Restores the secret and makes it what a new one would be. One that can't be written is deleted again: nobody asked
/// for its old value.
fn put_in_place_of_deleted(new: &NewSecret) -> Result<String, Failure> {
    api::restore(&new.name)?;
    let key = config::get("kms-key");
    let put = keep_beside(new, key.as_deref()).and_then(|()| api::put(&new.name, &new.value));
    let version = put.inspect_err(|_| {
        if api::delete(&new.name, Some(PUT_BACK_DAYS), false).is_err() {
            log::warn("the secret was deleted; it is restored now, with its old value, and could not be deleted again");
        }
    })?;
    replicate(&new.name)?;
    Ok(version)
}

fn keep_beside(new: &NewSecret, kms_key: Option<&str>) -> Result<(), Failure> {
    if new.description.is_some() || kms_key.is_some() {
        api::update(&new.name, new.description.as_deref(), kms_key)?;
    }
    if let Some(tags) = tags(new) {
        api::tag(&new.name, &tags)?;
    }
    Ok(())
}

fn replicate(name: &str) -> Result<(), Failure> {
    let regions = config::list("replica-regions");
    if !regions.is_empty() {
        api::replicate(name, &regions)
            .inspect_err(|_| log::warn("the secret was written, but not replicated to other regions"))?;
    }
    Ok(())
}

/// Tags as AWS wants them; none if there are none.
fn tags(new: &NewSecret) -> Option<Json> {
    let tags: Vec<_> = new.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    (!tags.is_empty()).then_some(Json::Array(tags))
}
