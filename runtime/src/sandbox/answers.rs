//! What crosses the boundary, in our own types: what a guest returns is checked and capped, its words stay its words.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use super::{
    Plan,
    bindings::common,
    host::cut,
    limits::{Bytes, METADATA_PAIRS, PAGE_ENTRIES, TEXT_BYTES},
};
use crate::{
    error::{Error, Kind, Result},
    store::{DeleteMode, Entry, NewSecret, Page, Readiness, Secret, SecretBytes, WriteMode},
};

/// The longest that an upstream's wish to be left alone is believed.
const RETRY_AFTER: Duration = Duration::from_secs(3600);

pub(super) fn secret(mut secret: common::Secret, plan: &Plan) -> Result<Secret> {
    if secret.value.len() > plan.limits.value {
        return Err(too_much(format!("a value of more than {}", Bytes(plan.limits.value))));
    }
    let version = secret.version.take().map(short).transpose()?;
    let metadata = pairs(std::mem::take(&mut secret.metadata))?;
    let expires_at = secret.expires_at.and_then(moment);
    Ok(Secret::new(SecretBytes::from(std::mem::take(&mut secret.value)), version, expires_at, metadata))
}

pub(super) fn page(page: common::Page, _: &Plan) -> Result<Page> {
    if page.entries.len() > PAGE_ENTRIES {
        return Err(too_much(format!("a page of more than {PAGE_ENTRIES} entries")));
    }
    let entry = |entry: common::Entry| {
        Ok(Entry {
            name: short(entry.name)?,
            version: entry.version.map(short).transpose()?,
            expired: entry.expired,
            metadata: pairs(entry.metadata)?,
        })
    };
    Ok(Page {
        entries: page.entries.into_iter().map(entry).collect::<Result<_>>()?,
        next: page.next.map(short).transpose()?,
        total: page.total,
    })
}

pub(super) fn version(version: Option<String>, _: &Plan) -> Result<Option<String>> {
    version.map(short).transpose()
}

pub(super) fn readiness(readiness: common::Readiness, _: &Plan) -> Result<Readiness> {
    Ok(match readiness {
        common::Readiness::Ready => Readiness::Ready,
        common::Readiness::Unknown(why) => Readiness::Unknown(cut(&why, TEXT_BYTES).to_owned()),
    })
}

#[allow(clippy::unnecessary_wraps, reason = "stands beside functions that can fail")]
pub(super) fn same<T>(answer: T, _: &Plan) -> Result<T> {
    Ok(answer)
}

/// A guest's error as ours: our words, its kind, a declared code; its own words apart.
pub(super) fn error(error: common::Error, codes: &BTreeSet<String>) -> Error {
    use common::Error as Guest;
    let plain = |kind, reason: &str| Error::new(kind, reason);
    let message = |kind, reason: &str, message: &str| plain(kind, reason).with_guest_message(cut(message, TEXT_BYTES));
    let detailed = |kind, reason: &str, detail: &common::Detail| {
        let error = message(kind, reason, &detail.message);
        match codes.get(&detail.code) {
            Some(code) => error.with_code(code.as_str().into()),
            None => error,
        }
    };
    match &error {
        Guest::NotFound => plain(Kind::NotFound, "there is no such secret"),
        Guest::Invalid(why) => message(Kind::Invalid, "the backend does not accept this name, value or option", why),
        Guest::Denied(detail) => detailed(Kind::Denied, "the upstream denies access to it", detail),
        Guest::Unauthenticated(detail) => {
            detailed(Kind::Unauthenticated, "the upstream does not accept our credentials", detail)
        }
        Guest::RateLimited(seconds) => plain(Kind::RateLimited, "the upstream asks to come back later")
            .with_retry_after(seconds.map(|seconds| Duration::from_secs(seconds.into()).min(RETRY_AFTER))),
        Guest::Unavailable(detail) => detailed(Kind::Unavailable, "the upstream can't answer now", detail),
        Guest::Timeout => plain(Kind::Timeout, "the upstream took too long"),
        Guest::Conflict(detail) => detailed(Kind::Conflict, "it exists already, or somebody else changed it", detail),
        Guest::ApprovalRequired(id) => {
            plain(Kind::ApprovalRequired, "a person has to approve this first").with_approval(cut(id, TEXT_BYTES))
        }
        Guest::Unsupported(what) => message(Kind::Unsupported, "the backend does not support this", what),
        Guest::Malformed(what) => {
            message(Kind::Malformed, "what the backend got is not in the shape it should have", what)
        }
        Guest::Other(detail) => detailed(Kind::Other, "the backend reports a failure", detail),
    }
}

pub(super) fn new_secret(new: &NewSecret) -> common::NewSecret {
    common::NewSecret {
        name: new.name.as_str().to_owned(),
        value: new.value.expose().to_vec(),
        mode: match &new.mode {
            WriteMode::Upsert => common::WriteMode::Upsert,
            WriteMode::CreateOnly => common::WriteMode::CreateOnly,
            WriteMode::IfVersion(version) => common::WriteMode::IfVersion(version.clone()),
        },
        description: new.description.clone(),
        tags: new.tags.clone(),
        expires_at: new.expires_at.map(|moment| {
            let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        }),
    }
}

pub(super) fn lower_mode(mode: DeleteMode) -> common::DeleteMode {
    match mode {
        DeleteMode::Recoverable(days) => common::DeleteMode::Recoverable(days),
        DeleteMode::Permanent => common::DeleteMode::Permanent,
    }
}

fn moment(milliseconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

fn pairs(pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    if pairs.len() > METADATA_PAIRS {
        return Err(too_much(format!("more than {METADATA_PAIRS} pairs of metadata")));
    }
    pairs.into_iter().map(|(key, value)| Ok((short(key)?, short(value)?))).collect()
}

fn short(text: String) -> Result<String> {
    if text.len() > TEXT_BYTES { Err(too_much(format!("a text of more than {}", Bytes(TEXT_BYTES)))) } else { Ok(text) }
}

fn too_much(what: String) -> Error {
    Error::new(Kind::Component, format!("the component returned {what}"))
}
