//! Writing a secret without losing what is there already.
//!
//! Vault replaces a secret as a whole, and what is kept beside it too. So what is there is read first, the one field is
//! changed, and the write names the version it was made from: if somebody wrote in between, Vault refuses.
//!
//! Whoever may write and not look can still make what is not there yet: Vault itself sees to it that nothing is lost.

use secret_runtime_guest::{Error, NewSecret, Options, Result, Write, WriteMode, http::Response, log};
use serde::Serialize;

use crate::{
    Vault, code,
    place::Place,
    reply::{self, Current, CustomMetadata},
    value::{self, Fields},
};

/// How often to begin again when somebody else writes at the same time.
const TRIES: u32 = 8;

/// What Vault allows beside a secret: so many pairs, and so many bytes in a name and in a value.
const PAIRS: usize = 64;
const PAIR_NAME_BYTES: usize = 128;
const PAIR_VALUE_BYTES: usize = 512;

/// The body of a write.
#[derive(Debug, Serialize)]
struct Body {
    data: Fields,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Cas>,
}

/// Check and set: the version that has to be the current one; 0 if there may be none.
#[derive(Debug, PartialEq, Serialize)]
struct Cas {
    cas: u64,
}

/// The body of a write of what is kept beside a secret.
#[derive(Serialize)]
struct Beside {
    custom_metadata: CustomMetadata,
}

impl Write for Vault {
    fn write(secret: &NewSecret, options: &Options) -> Result<Option<String>> {
        if secret.expires_at.is_some() {
            return Err(Error::unsupported("Vault keeps no expiry for a version that is being written"));
        }
        let place = Place::of(options)?;
        let field = options.get("field");
        let value = secret.text()?;
        let pairs = pairs(secret)?;
        // A whole object on top of whatever is there needs no look at it, nor the permission to look.
        let blind = field.is_none() && secret.mode == WriteMode::Upsert && pairs.is_empty();
        for _ in 0..TRIES {
            let response = if blind { None } else { Some(place.get_data(&secret.name, None).send()?) };
            let (current, unseen) = match response.as_ref().map(Current::of).transpose() {
                Err(denied) if pairs.is_empty() && may_be_made(&secret.mode, response.as_ref()) => {
                    (Some(Current::Absent), Some(denied))
                }
                current => (current?, None),
            };
            let body = body(&secret.mode, field, value, current.as_ref())?;
            let response = place.post_data(&secret.name).json(&body)?.send()?;
            if let (Some(denied), WriteMode::Upsert, true) = (unseen, &secret.mode, reply::is_cas_mismatch(&response)) {
                // It is there, and what else is in it would be lost.
                return Err(denied);
            }
            if reply::is_cas_mismatch(&response) && secret.mode == WriteMode::Upsert && !blind {
                continue;
            }
            let version = reply::written(&response)?;
            if !pairs.is_empty() {
                let custom_metadata = beside(current, pairs);
                let response = place.post_metadata(&secret.name).json(&Beside { custom_metadata })?.send();
                response.and_then(|response| reply::done(&response)).inspect_err(|_| {
                    log::warn(&format!("version {version} was written, but not its description and tags"));
                })?;
            }
            return Ok(Some(version.to_string()));
        }
        Err(Error::conflict("somebody else keeps writing at the same time").with_code(code::CAS_MISMATCH))
    }
}

/// Whether a secret that we may not look at can be written if there is none.
fn may_be_made(mode: &WriteMode, looked: Option<&Response>) -> bool {
    looked.is_some_and(|response| response.status == 403) && !matches!(mode, WriteMode::IfVersion(_))
}

/// What to write over what is there; nothing is known of that in a blind write.
fn body(mode: &WriteMode, field: Option<&str>, value: &str, current: Option<&Current<'_>>) -> Result<Body> {
    let (object, number) = match current {
        None => return Ok(Body { data: value::put(None, field, value)?, options: None }),
        Some(Current::Absent) => (None, 0),
        Some(Current::Deleted { version }) => (None, version.number),
        Some(Current::Present { data, version }) => (Some(*data), version.number),
    };
    match mode {
        WriteMode::CreateOnly if object.is_some() => {
            return Err(Error::conflict("the secret exists already").with_code(code::CAS_MISMATCH));
        }
        WriteMode::IfVersion(wanted) if value::version_number(wanted)? != number => {
            return Err(Error::conflict("this is not its current version").with_code(code::CAS_MISMATCH));
        }
        _ => {}
    }
    Ok(Body { data: value::put(object, field, value)?, options: Some(Cas { cas: number }) })
}

/// What is to be kept beside the secret, refused here where Vault would refuse it after the value is written.
fn pairs(secret: &NewSecret) -> Result<CustomMetadata> {
    let mut pairs = CustomMetadata::new();
    pairs.extend(secret.tags.iter().cloned());
    if let Some(description) = &secret.description
        && pairs.insert("description".into(), description.clone()).is_some()
    {
        return Err(Error::invalid("a tag can't be called `description` beside a description"));
    }
    let fits = |text: &str, most: usize| (1..=most).contains(&text.len()) && !text.contains(char::is_control);
    let pair_fits = |(name, value): (&String, &String)| fits(name, PAIR_NAME_BYTES) && fits(value, PAIR_VALUE_BYTES);
    if pairs.len() > PAIRS || !pairs.iter().all(pair_fits) {
        return Err(Error::invalid(format!(
            "Vault keeps {PAIRS} tags with names of 1 to {PAIR_NAME_BYTES} bytes, and tags and descriptions of 1 to \
             {PAIR_VALUE_BYTES} bytes without control characters"
        )));
    }
    Ok(pairs)
}

/// What is kept beside the secret already, with these pairs.
fn beside(current: Option<Current<'_>>, pairs: CustomMetadata) -> CustomMetadata {
    let old = match current {
        Some(Current::Present { version, .. } | Current::Deleted { version }) => version.custom_metadata,
        Some(Current::Absent) | None => None,
    };
    let mut all = old.unwrap_or_default();
    all.extend(pairs);
    all
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
