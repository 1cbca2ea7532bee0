//! The requests, and what they answer.

use std::collections::BTreeMap;

use aws::{Done, Failure, Service};
use secret_runtime_guest::{Error, Result, base64, base64::Bytes, random};
use serde::Deserialize;
use serde_json::{Value as Json, json};

const API: Service = Service("secretsmanager");

/// The label of the version that is read when none is named.
const CURRENT: &str = "AWSCURRENT";

/// The label of a version that is written and not yet the current one.
const STAGED: &str = "secret-runtime";

/// How many bytes a value may have; it has to have one.
const VALUE_BYTES: usize = 65_536;

/// How many secrets AWS lists at once.
const PAGE: u32 = 100;

/// A value, as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Value {
    #[serde(rename = "ARN")]
    pub(crate) arn: String,
    pub(crate) version_id: String,
    #[serde(default)]
    pub(crate) version_stages: Vec<String>,
    secret_string: Option<String>,
    secret_binary: Option<Bytes>,
}

impl Value {
    /// The value's bytes: those of the text, or those that are kept as bytes.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>> {
        match (self.secret_string, self.secret_binary) {
            (Some(text), None) => Ok(text.into_bytes()),
            (None, Some(Bytes(bytes))) => Ok(bytes),
            _ => Err(Error::malformed("the reply holds not one value")),
        }
    }
}

/// The labels of each version.
type Stages = BTreeMap<String, Vec<String>>;

/// What AWS tells of a secret without its value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Description {
    #[serde(rename = "ARN")]
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    deleted_date: Option<Json>,
    /// In a description.
    version_ids_to_stages: Option<Stages>,
    /// The same in a listing.
    secret_versions_to_stages: Option<Stages>,
}

impl Description {
    /// Whether it is about to be deleted: then it can't be read, only restored.
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted_date.is_some()
    }

    /// The version that is read when none is named.
    pub(crate) fn current(&self) -> Option<&str> {
        let stages = self.version_ids_to_stages.as_ref().or(self.secret_versions_to_stages.as_ref());
        stages?
            .iter()
            .find(|(_, stages)| stages.iter().any(|stage| stage == CURRENT))
            .map(|(version, _)| version.as_str())
    }
}

/// The page of a listing.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listing {
    pub(crate) secret_list: Vec<Description>,
    #[serde(default)]
    pub(crate) next_token: Option<String>,
}

/// What was written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    version_id: String,
}

/// Reads a value. What looks like an id of AWS's is a version's id, and all else its label.
pub(crate) fn get(id: &str, version: Option<&str>) -> Result<Value, Failure> {
    let (version_id, stage) = match version {
        Some(version) if is_uuid(version) => (Some(version), None),
        stage => (None, stage),
    };
    API.call("GetSecretValue", json!({ "SecretId": id, "VersionId": version_id, "VersionStage": stage }))
}

pub(crate) fn describe(id: &str) -> Result<Description, Failure> {
    API.call("DescribeSecret", json!({ "SecretId": id }))
}

/// Lists secrets whose names begin so, and perhaps others: what a filter means differs a little from server to server.
pub(crate) fn list(prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Listing, Failure> {
    // An exclamation mark at its beginning would turn the filter round.
    let filterable = !prefix.is_empty() && !prefix.starts_with('!');
    let filters = filterable.then(|| json!([{ "Key": "name", "Values": [prefix] }]));
    let limit = limit.clamp(1, PAGE);
    API.call("ListSecrets", json!({ "MaxResults": limit, "NextToken": cursor, "Filters": filters }))
}

/// Refuses a value that AWS would refuse, before anything is sent.
pub(crate) fn fits(value: &[u8]) -> Result<()> {
    match value.len() {
        1..=VALUE_BYTES => Ok(()),
        _ => Err(Error::invalid(format!("AWS keeps values of 1 to {VALUE_BYTES} bytes"))),
    }
}

/// Creates a secret; `beside` is what is kept with it.
pub(crate) fn create(name: &str, value: &[u8], beside: Json) -> Result<String, Failure> {
    let mut input = json!({ "Name": name });
    merge(&mut input, beside);
    write("CreateSecret", input, value)
}

/// Writes a new version and makes it the current one.
pub(crate) fn put(id: &str, value: &[u8]) -> Result<String, Failure> {
    write("PutSecretValue", json!({ "SecretId": id }), value)
}

/// Writes a new version and makes it the current one if that still is `current`; none if it is not.
///
/// AWS has no condition for a write, but for moving a label. A version that lost its race keeps a label of ours until
/// the next one takes that.
pub(crate) fn put_over(id: &str, value: &[u8], current: &str) -> Result<Option<String>, Failure> {
    let version = write("PutSecretValue", json!({ "SecretId": id, "VersionStages": [STAGED] }), value)?;
    let moved = API.call::<Done>(
        "UpdateSecretVersionStage",
        json!({
            "SecretId": id, "VersionStage": CURRENT, "MoveToVersionId": version, "RemoveFromVersionId": current
        }),
    );
    match moved {
        Ok(Done {}) => Ok(Some(version)),
        Err(failure) if failure.is("InvalidParameterException") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Changes what is kept beside the value.
pub(crate) fn update(id: &str, description: Option<&str>, kms_key: Option<&str>) -> Result<Done, Failure> {
    API.call("UpdateSecret", json!({ "SecretId": id, "Description": description, "KmsKeyId": kms_key }))
}

pub(crate) fn tag(id: &str, tags: &Json) -> Result<Done, Failure> {
    API.call("TagResource", json!({ "SecretId": id, "Tags": tags }))
}

pub(crate) fn replicate(id: &str, regions: &[String]) -> Result<Done, Failure> {
    let regions: Vec<_> = regions.iter().map(|region| json!({ "Region": region })).collect();
    API.call("ReplicateSecretToRegions", json!({ "SecretId": id, "AddReplicaRegions": regions }))
}

pub(crate) fn restore(id: &str) -> Result<Done, Failure> {
    API.call("RestoreSecret", json!({ "SecretId": id }))
}

/// Deletes a secret, for good after so many days, or at once.
pub(crate) fn delete(id: &str, days: Option<u32>, at_once: bool) -> Result<Done, Failure> {
    let at_once = at_once.then_some(true);
    let input = json!({ "SecretId": id, "RecoveryWindowInDays": days, "ForceDeleteWithoutRecovery": at_once });
    API.call("DeleteSecret", input)
}

fn write(operation: &str, mut input: Json, value: &[u8]) -> Result<String, Failure> {
    merge(
        &mut input,
        match std::str::from_utf8(value) {
            Ok(text) => json!({ "SecretString": text }),
            Err(_) => json!({ "SecretBinary": base64::encode(value) }),
        },
    );
    merge(&mut input, json!({ "ClientRequestToken": uuid(&random::bytes(16)) }));
    API.call(operation, input).map(|Written { version_id }| version_id)
}

fn merge(input: &mut Json, more: Json) {
    if let (Json::Object(input), Json::Object(more)) = (input, more) {
        input.extend(more);
    }
}

/// Random bytes as a UUID: a write's token, which becomes the id of the version.
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // The version, 4, and the variant stand where RFC 9562 puts them.
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
