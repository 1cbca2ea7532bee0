//! `/v1/MOUNT/data/NAME`: one secret.

use std::{borrow::Cow, collections::BTreeMap, time::SystemTime};

use http::{Method, StatusCode};
use secret_runtime::{Answer, DeleteMode, Kind, Operation, Secret, Write, WriteMode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::envelope::Envelope;
use crate::serve::{
    mounts::Reach,
    reply::Reply,
    request::Asked,
    shape::{self, Fields},
};

/// The time that Go and its clients take for none.
pub(super) const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// What Vault says when a write does not find what it expects, and what its clients go by.
const MISMATCH: &str = "check-and-set parameter did not match the current version";

/// Answers what is asked of one secret.
pub(super) async fn answer(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    match asked.method {
        // Vault reads what is asked for with `list=true` as an attempt to list, which is not possible here.
        Method::GET if !super::wants_list(asked)? => read(reach, name, asked).await,
        Method::POST | Method::PUT => write(reach, name, asked).await,
        Method::DELETE => delete(reach, name, DeleteMode::Recoverable(None)).await,
        Method::PATCH => Err(super::not_possible("a secret is written whole: read it, and write it with PUT")),
        _ => Err(super::unsupported_operation()),
    }
}

/// What a read answers.
#[derive(Serialize)]
struct Data<'a> {
    data: Fields<'a>,
    metadata: Metadata<'a>,
}

async fn read(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    let version = asked.parameter("version")?.filter(|version| !matches!(*version, "" | "0"));
    let Answer { secret, source } = reach.read(name, version, shape::options(reach.mount)).await?;
    let data =
        Data { data: Fields::of(reach.mount, &secret), metadata: Metadata::of(reach.mount.shape.objects, &secret) };
    let reply = Envelope::new(data).marked(source);
    Ok(Reply::json(StatusCode::OK, &reply).marked(source))
}

/// The body of a write.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    cas: Option<Cas>,
}

/// The version that has to be the current one; 0 if there may be none. Clients write it as a number or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cas {
    Number(i64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl Cas {
    fn mode(&self) -> Result<WriteMode, Reply> {
        let number = match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Other(_) => None,
        };
        match number {
            Some(0) => Ok(WriteMode::CreateOnly),
            Some(version @ 1..) => Ok(WriteMode::IfVersion(version.to_string())),
            Some(_) => Err(bad(MISMATCH)),
            None => Err(bad("error parsing check-and-set parameter")),
        }
    }
}

async fn write(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    if asked.body.is_empty() {
        return Err(bad("no data provided"));
    }
    let Body { data, options } = asked.json()?;
    let value = shape::value(reach.mount, data.ok_or_else(|| bad("no data provided"))?)?;
    let mode = options.and_then(|options| options.cas).map(|cas| cas.mode()).transpose()?.unwrap_or_default();
    let condition = mode.clone();
    let write = Write { mode, options: shape::options(reach.mount).into_iter().collect(), ..Write::new(value) };
    let written = reach.write(name, &write).await.map_err(|error| match (error.kind(), condition) {
        (Kind::Conflict, WriteMode::CreateOnly | WriteMode::IfVersion(_)) => bad(MISMATCH),
        (Kind::Unsupported, condition) if writes(reach) => match condition {
            WriteMode::Upsert => error.into(),
            WriteMode::CreateOnly => bad("this backend can't write only what is not there yet: leave out `cas`"),
            WriteMode::IfVersion(_) => bad("this backend has no versions to check and set by: leave out `cas`"),
        },
        _ => error.into(),
    })?;
    let now = jiff::Timestamp::now().to_string();
    let metadata = Metadata::new(Some(&now), written.version.as_deref(), BTreeMap::new());
    Ok(Reply::json(StatusCode::OK, &Envelope::new(metadata)))
}

fn writes(reach: Reach<'_>) -> bool {
    reach.mount.backend.operations().any(|operation| operation == Operation::Write)
}

/// Deletes a secret. Vault says yes to deleting what never was, and so do we to its clients.
pub(super) async fn delete(reach: Reach<'_>, name: &str, mode: DeleteMode) -> Result<Reply, Reply> {
    match reach.delete(name, mode).await {
        Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
        _ => Ok(Reply::empty(StatusCode::NO_CONTENT)),
    }
}

fn bad(reason: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, reason)
}

/// What Vault tells of one version.
///
/// A backend whose versions are not numbers has version 0 here, which clients take for none; what the version is called
/// there is in the custom metadata, with what else the backend tells.
#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    pub(super) created_time: &'a str,
    pub(super) custom_metadata: Option<BTreeMap<&'a str, Cow<'a, str>>>,
    pub(super) deletion_time: String,
    destroyed: bool,
    pub(super) version: u64,
}

impl<'a> Metadata<'a> {
    /// What is known of a secret that was read.
    pub(super) fn of(objects: bool, secret: &'a Secret) -> Self {
        let mut created = None;
        let mut custom = BTreeMap::new();
        for (name, value) in secret.metadata() {
            if name == "created_time" && is_time(value) {
                created = Some(value.as_str());
            } else {
                custom.insert(name.as_str(), Cow::from(value));
            }
        }
        // Where objects pass, it is a version that Vault will delete then; elsewhere the secret stays, and stops being
        // valid. Clients take a version with a time in the past for deleted.
        let end = secret.expires_at().filter(|end| !objects || SystemTime::now() < *end).map(time);
        let deletion = match (objects, end) {
            (true, Some(end)) => end,
            (false, Some(end)) => {
                custom.insert("expires_at", end.into());
                String::new()
            }
            (_, None) => String::new(),
        };
        Self { deletion_time: deletion, ..Self::new(created, secret.version(), custom) }
    }

    fn new(created: Option<&'a str>, version: Option<&'a str>, mut custom: BTreeMap<&'a str, Cow<'a, str>>) -> Self {
        let number = version.and_then(|version| version.parse().ok());
        if let (Some(version), None) = (version, number) {
            custom.insert("version", version.into());
        }
        Self {
            created_time: created.unwrap_or(NO_TIME),
            custom_metadata: (!custom.is_empty()).then_some(custom),
            deletion_time: String::new(),
            destroyed: false,
            version: number.unwrap_or(0),
        }
    }
}

/// Whether a backend's word is a time as Vault writes it; clients trip over any other.
fn is_time(text: &str) -> bool {
    let shaped = text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
    shaped && text.parse::<jiff::Timestamp>().is_ok()
}

fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| NO_TIME.to_owned(), |time| time.to_string())
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
