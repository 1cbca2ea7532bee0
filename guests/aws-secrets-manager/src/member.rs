//! Secrets are the members of one JSON object, which is the value of one secret: the primary one.

use std::collections::BTreeMap;

use secret_runtime_guest::{DeleteMode, Entry, Error, NewSecret, Page, Result, Secret, WriteMode, time};
use serde_json::value::{RawValue, to_raw_value};

use crate::api;

/// How often to begin again when somebody else writes at the same time.
const TRIES: u32 = 8;

/// What the manifest makes of a delete for which nobody says how many days.
const PLAIN_DAYS: u32 = 7;

/// The members of the primary secret. JSON is passed on as it was written, never parsed into numbers and back.
type Members = BTreeMap<String, Box<RawValue>>;

/// The primary secret as it is, or was in a version.
struct Primary {
    members: Members,
    version: String,
}

impl Primary {
    fn get(id: &str, version: Option<&str>) -> Result<Self> {
        let value = match api::get(id, version).map_err(Error::from) {
            // Not what was asked for: that would be a member of it.
            Err(Error::NotFound) => {
                let what = if version.is_some() { "such a version of" } else { "" };
                return Err(Error::invalid(format!("there is no {what} secret that `primary-secret` names")));
            }
            got => got?,
        };
        let version = value.version_id.clone();
        Ok(Self { members: parse(&value.into_bytes()?)?, version })
    }
}

pub(crate) fn read(primary: &str, name: &str, version: Option<&str>) -> Result<Secret> {
    let Primary { members, version } = Primary::get(primary, version)?;
    let value = text(members.get(name).ok_or(Error::NotFound)?)?;
    Ok(Secret { version: Some(version), ..Secret::new(value) })
}

pub(crate) fn exists(primary: &str, name: &str) -> Result<bool> {
    Ok(Primary::get(primary, None)?.members.contains_key(name))
}

pub(crate) fn list(primary: &str, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Page> {
    let names = Primary::get(primary, None)?.members.into_keys().filter(|name| name.starts_with(prefix));
    Ok(Page::of_all(names.map(Entry::new).collect(), cursor, limit))
}

pub(crate) fn write(primary: &str, new: &NewSecret) -> Result<String> {
    if new.description.is_some() || !new.tags.is_empty() {
        return Err(Error::unsupported("a member of the primary secret has no description and no tags"));
    }
    let json = to_raw_value(new.text()?).map_err(|_| Error::invalid("the value can't be written as JSON"))?;
    change(primary, |Primary { members, version }| match &new.mode {
        WriteMode::CreateOnly if members.contains_key(&new.name) => Err(Error::conflict("there is such a member")),
        WriteMode::IfVersion(wanted) if wanted != version || !members.contains_key(&new.name) => {
            Err(Error::conflict("this is not the current version of the primary secret"))
        }
        _ => {
            members.insert(new.name.clone(), json.clone());
            Ok(())
        }
    })
}

pub(crate) fn delete(primary: &str, name: &str, mode: DeleteMode) -> Result<()> {
    if !matches!(mode, DeleteMode::Recoverable(None | Some(PLAIN_DAYS))) {
        return Err(Error::unsupported("a deleted member stays in older versions of the primary secret"));
    }
    change(primary, |Primary { members, .. }| members.remove(name).map(drop).ok_or(Error::NotFound)).map(drop)
}

/// Reads, edits and writes until nobody wrote in between. `edit` may run more than once.
fn change(primary: &str, mut edit: impl FnMut(&mut Primary) -> Result<()>) -> Result<String> {
    for tries in 0..TRIES {
        let mut current = Primary::get(primary, None)?;
        edit(&mut current)?;
        let json = serde_json::to_vec(&current.members);
        let json = json.map_err(|_| Error::invalid("the name can't be written as JSON"))?;
        api::fits(&json)?;
        if let Some(version) = api::put_over(primary, &json, &current.version)? {
            return Ok(version);
        }
        time::back_off(tries);
    }
    Err(Error::conflict("somebody else keeps writing at the same time"))
}

fn parse(value: &[u8]) -> Result<Members> {
    serde_json::from_slice(value).map_err(|_| Error::malformed("the primary secret is not a JSON object"))
}

/// A member's text, or the JSON of one that is no text.
fn text(member: &RawValue) -> Result<Vec<u8>> {
    let json = member.get();
    if !json.starts_with('"') {
        return Ok(json.as_bytes().to_vec());
    }
    let text: String = serde_json::from_str(json).map_err(|_| Error::malformed("the member is not valid text"))?;
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_member_is_its_text_and_other_json_stays_as_it_was_written() {
        let members = parse(br#"{"t":"a\n\u00e9","n": 1.10 ,"o":{"b":1, "a":[]},"z":null,"e":""}"#).unwrap();
        for (name, expected) in [("t", "a\né"), ("n", "1.10"), ("o", r#"{"b":1, "a":[]}"#), ("z", "null"), ("e", "")] {
            assert_eq!(text(&members[name]).unwrap(), expected.as_bytes(), "{name}");
        }
        assert_eq!(
            serde_json::to_string(&members).unwrap(),
            r#"{"e":"","n":1.10,"o":{"b":1, "a":[]},"t":"a\n\u00e9","z":null}"#
        );
    }

    #[test]
    fn what_is_no_object_or_no_text_is_malformed() {
        for value in [&b"[1]"[..], b"text", b"", b"{} {}", b"\xff"] {
            assert!(matches!(parse(value), Err(Error::Malformed(_))));
        }
        assert!(matches!(text(&parse(br#"{"t":"\ud800"}"#).unwrap()["t"]), Err(Error::Malformed(_))));
    }
}
