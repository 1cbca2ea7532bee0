//! Writing a secret: there is a secret, and then a version of it.

use std::collections::BTreeMap;

use google::{Checksum, Failure};
use secret_runtime_guest::{
    Error, NewSecret, Options, Result, Write, WriteMode, base64::Bytes, config, http::Request, log,
};
use serde::Serialize;

use crate::{
    SecretManager,
    beside::Beside,
    reply::{self, Named, Version},
    secret, secrets,
};

/// The most bytes that Google keeps in a version.
const VALUE_BYTES: usize = 64 << 10;

impl Write for SecretManager {
    fn write(new: &NewSecret, _: &Options) -> Result<Option<String>> {
        new.fits("Google", 1..=VALUE_BYTES)?;
        let beside = Beside::of(new)?;
        let version = match &new.mode {
            WriteMode::CreateOnly => {
                create(new, &beside)?;
                add_to_created(new)?
            }
            WriteMode::IfVersion(_) => {
                return Err(Error::unsupported("Google adds a version without conditions"));
            }
            WriteMode::Upsert => match settle(new, &beside)? {
                // Most often there is such a secret: then one request is all.
                true => match add(new) {
                    Err(failure) if failure.is("NOT_FOUND") && beside.is_empty() => create_and_add(new, &beside)?,
                    added => added.map_err(Failure::about_secret)?,
                },
                false => create_and_add(new, &beside)?,
            },
        };
        Ok(Some(version))
    }
}

/// Whether there is a secret, as far as that has to be known: one that is there can't be given other labels without
/// losing those it has.
fn settle(new: &NewSecret, beside: &Beside) -> Result<bool> {
    if beside.is_empty() {
        return Ok(true);
    }
    match google::send::<Named>(&Request::get(secret(&new.name)?)) {
        Ok(there) if beside.is_with(&there) => Ok(true),
        Ok(_) => Err(Error::unsupported(
            "the secret is there already, and its description, tags and expiry can only be set when it is created",
        )),
        Err(failure) if failure.is("NOT_FOUND") => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

fn create_and_add(new: &NewSecret, beside: &Beside) -> Result<String> {
    match create(new, beside) {
        // Somebody else was faster, and the secret is there; but not with what we keep beside it.
        Err(failure) if failure.is("ALREADY_EXISTS") && beside.is_empty() => add(new).map_err(Failure::into),
        Err(failure) => Err(failure.into()),
        Ok(()) => add_to_created(new),
    }
}

fn add_to_created(new: &NewSecret) -> Result<String> {
    add(new).map_err(Failure::into).inspect_err(|_| log::warn("the secret was created, but it has no value yet"))
}

/// The body of a creation.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    replication: Option<Replication>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    #[serde(rename = "expireTime", skip_serializing_if = "Option::is_none")]
    expire_time: Option<&'a str>,
}

/// Where Google keeps copies.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Replication {
    Automatic {},
    UserManaged { replicas: Vec<Replica> },
}

#[derive(Serialize)]
struct Replica {
    location: String,
}

fn create(new: &NewSecret, beside: &Beside) -> Result<(), Failure> {
    let replicas = config::list("replicas").into_iter().map(|location| Replica { location }).collect::<Vec<_>>();
    let replication = match (config::get("location"), replicas) {
        (Some(_), replicas) if !replicas.is_empty() => {
            return Err(Error::invalid("a secret of one region has no replicas: unset `location` or `replicas`").into());
        }
        (Some(_), _) => None,
        (None, replicas) if replicas.is_empty() => Some(Replication::Automatic {}),
        (None, replicas) => Some(Replication::UserManaged { replicas }),
    };
    let Beside { labels, annotations, expire_time } = beside;
    let body = Created { replication, labels, annotations, expire_time: expire_time.as_deref() };
    google::send::<Named>(&Request::post(secrets()?.query("secretId", &new.name)).json(&body)?).map(drop)
}

/// The body of a new version.
#[derive(Serialize)]
struct Added {
    payload: Payload,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    data: Bytes,
    data_crc32c: Checksum,
}

/// Adds a version and answers which it is.
fn add(new: &NewSecret) -> Result<String, Failure> {
    let payload = Payload { data: Bytes(new.value.clone()), data_crc32c: Checksum::of(&new.value) };
    let url = secrets()?.segment(&format!("{}:addVersion", new.name));
    let version: Version = google::send(&Request::post(url).json(&Added { payload })?)?;
    Ok(reply::last(version.name)?)
}
