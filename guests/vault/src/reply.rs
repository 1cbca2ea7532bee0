//! What Vault's replies mean.

use std::collections::BTreeMap;

use secret_runtime_guest::{Error, Result, Timestamp, http::Response, time};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::code;

/// What is kept beside a secret, by its owner.
pub(crate) type CustomMetadata = BTreeMap<String, String>;

/// Every reply of Vault's is one of these.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    errors: Option<Vec<String>>,
}

/// A secret as it is now, or was in a version.
pub(crate) enum Current<'a> {
    /// There is no such secret, or no such version of it.
    Absent,
    /// There is one, but this version is deleted or destroyed.
    Deleted {
        /// The deleted version.
        version: Version,
    },
    /// There it is.
    Present {
        /// Its fields, a JSON object, as the server wrote it.
        data: &'a RawValue,
        /// Which version it is.
        version: Version,
    },
}

/// What Vault tells of one version.
#[derive(Deserialize)]
pub(crate) struct Version {
    /// Its number, counted from 1.
    #[serde(rename = "version")]
    pub(crate) number: u64,
    /// What is kept beside the secret.
    #[serde(default)]
    pub(crate) custom_metadata: Option<CustomMetadata>,
    created_time: String,
    #[serde(default)]
    deletion_time: String,
}

impl Version {
    /// When it was or will be deleted.
    pub(crate) fn deletion_time(&self) -> Result<Option<Timestamp>> {
        moment(&self.deletion_time)
    }

    /// What a caller may want to know of it, each name once.
    pub(crate) fn pairs(self) -> Vec<(String, String)> {
        let mut pairs = self.custom_metadata.unwrap_or_default();
        pairs.insert("created_time".into(), self.created_time);
        pairs.into_iter().collect()
    }
}

impl<'a> Current<'a> {
    /// Reads the reply to a request for a secret's data.
    pub(crate) fn of(response: &'a Response) -> Result<Self> {
        #[derive(Deserialize)]
        struct Data<'a> {
            #[serde(borrow)]
            data: Option<&'a RawValue>,
            metadata: Version,
        }
        if response.status == 404 && says_nothing_is_there(response)? {
            return Ok(Self::Absent);
        }
        if !matches!(response.status, 200 | 404) {
            return Err(failure(response));
        }
        let Data { data, metadata: version } = data(response)?;
        match (response.status, data) {
            (200, Some(data)) => Ok(Self::Present { data, version }),
            (404, None) => Ok(Self::Deleted { version }),
            _ => Err(Error::malformed("the reply's status and its data contradict each other")),
        }
    }
}

/// What versions there are of a secret.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    current_version: u64,
    /// By number, written as text.
    versions: BTreeMap<String, Fate>,
}

/// What became of a version.
#[derive(Deserialize)]
struct Fate {
    #[serde(default)]
    deletion_time: String,
    #[serde(default)]
    destroyed: bool,
}

impl Metadata {
    /// Reads the reply to a request for a secret's metadata; none if there is no such secret.
    pub(crate) fn of(response: &Response) -> Result<Option<Self>> {
        match response.status {
            200 => data(response).map(Some),
            404 if says_nothing_is_there(response)? => Ok(None),
            _ => Err(failure(response)),
        }
    }

    /// Whether the current version can be read at this time.
    pub(crate) fn is_readable(&self, now: Timestamp) -> Result<bool> {
        match self.versions.get(&self.current_version.to_string()) {
            Some(fate) => Ok(!fate.destroyed && moment(&fate.deletion_time)?.is_none_or(|deleted| now < deleted)),
            None => Ok(false),
        }
    }
}

/// The keys of a folder. A folder that is not there is an empty one.
pub(crate) fn keys(response: &Response) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<String>,
    }
    match response.status {
        200 => data(response).map(|Keys { keys }| keys),
        404 if says_nothing_is_there(response)? => Ok(Vec::new()),
        _ => Err(failure(response)),
    }
}

/// The number of the version that was written.
pub(crate) fn written(response: &Response) -> Result<u64> {
    match response.status {
        200 => data(response).map(|version: Version| version.number),
        _ => Err(failure(response)),
    }
}

/// Whether what was asked for is done, where Vault has nothing to tell of it.
pub(crate) fn done(response: &Response) -> Result<()> {
    if matches!(response.status, 200 | 204) { Ok(()) } else { Err(failure(response)) }
}

/// How a server says it is.
#[derive(Deserialize)]
pub(crate) struct Health {
    initialized: bool,
    sealed: bool,
    #[serde(skip)]
    status: u16,
}

impl Health {
    /// Reads the reply to a question for the server's health. Its status is a code of its own: 429 is a standby node.
    pub(crate) fn of(response: &Response) -> Result<Self> {
        match (response.status, response.json()) {
            (200 | 429 | 472 | 473 | 501 | 503, Ok(health)) => Ok(Self { status: response.status, ..health }),
            // A proxy in between, or a limit on requests.
            _ => Err(failure(response)),
        }
    }

    /// Whether it answers requests, be it by handing them on to the active node.
    pub(crate) fn is_serving(&self) -> Result<()> {
        if !self.initialized {
            return Err(Error::unavailable("the server is not initialised"));
        }
        if self.sealed {
            return Err(Error::unavailable("the server is sealed").with_code(code::SEALED));
        }
        if self.status == 472 {
            return Err(Error::unavailable("the server is a disaster recovery standby").with_code(code::STANDBY));
        }
        Ok(())
    }
}

/// Whether what is mounted here is a key/value store, version 2.
pub(crate) fn is_kv_v2(response: &Response) -> Result<()> {
    #[derive(Deserialize)]
    struct Mount {
        r#type: String,
        options: Option<BTreeMap<String, String>>,
    }
    if response.status != 200 {
        return Err(failure(response));
    }
    let Mount { r#type, options } = data(response)?;
    match options.unwrap_or_default().get("version").map(String::as_str) {
        Some("2") if r#type == "kv" => Ok(()),
        _ => Err(Error::other("what is mounted here is no key/value store, version 2").with_code(code::NOT_KV_V2)),
    }
}

/// What a reply holds, read in this shape.
fn data<'a, T: Deserialize<'a>>(response: &'a Response) -> Result<T> {
    let data = response.json::<Envelope<'_>>()?.data;
    let shaped = data.and_then(|data| serde_json::from_str(data.get()).ok());
    shaped.ok_or_else(|| Error::malformed("the reply is not one of a key/value store, version 2"))
}

/// What Vault says in an error.
fn errors(response: &Response) -> Option<Vec<String>> {
    response.json::<Envelope<'_>>().ok()?.errors
}

/// Whether a 404 says, as Vault says it, that nothing is there. An error in words is about the path itself.
fn says_nothing_is_there(response: &Response) -> Result<bool> {
    match errors(response) {
        Some(errors) if errors.is_empty() => Ok(true),
        Some(_) => Err(failure(response)),
        None => Ok(false),
    }
}

/// Whether a write was refused because it was not the version it said it was.
pub(crate) fn is_cas_mismatch(response: &Response) -> bool {
    // Vault has no codes: these words are what its own clients go by.
    response.status == 400 && errors(response).is_some_and(|errors| errors.iter().any(|e| e.contains("check-and-set")))
}

/// The error that a status other than success stands for.
pub(crate) fn failure(response: &Response) -> Error {
    let errors = errors(response);
    let said = match &errors {
        Some(errors) if !errors.is_empty() => errors.join("; "),
        _ => format!("the server answered with status {}", response.status),
    };
    match response.status {
        400 if is_cas_mismatch(response) => Error::conflict(said).with_code(code::CAS_MISMATCH),
        400 => Error::Invalid(said),
        403 => Error::denied(said),
        // No engine at this path, or one that does not know this request.
        404 | 405 if errors.is_some() => Error::other(said).with_code(code::NOT_KV_V2),
        307 | 472 | 473 => Error::unavailable("this node is a standby; name the active one").with_code(code::STANDBY),
        // A node that has not yet seen what another one wrote.
        412 => Error::unavailable(said),
        503 if errors.is_some() => Error::unavailable(said).with_code(code::SEALED),
        _ => response.error(),
    }
}

/// A time that may be unset, which Vault writes as nothing.
fn moment(text: &str) -> Result<Option<Timestamp>> {
    if text.is_empty() {
        return Ok(None);
    }
    time::from_rfc3339(text).map(Some).ok_or_else(|| Error::malformed("a time in the reply is none"))
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
