//! Secret Manager: secrets, global and by region, and their versions.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use serde_json::{Map, Value, json};

use super::{
    PROJECT_NUMBER, Spoiled,
    question::{Question, put},
    refusal::{Refusal, invalid, refuse},
    version::Version,
};

/// The most bytes in a version.
pub(super) const TOO_LARGE: usize = 65_536;
/// The most secrets on a page.
const PAGE: usize = 25_000;
/// When everything was made.
pub(super) const MADE: &str = "2026-01-31T09:30:00.123456Z";

/// All secrets, by where they are and by name.
#[derive(Default)]
pub(super) struct Secrets {
    all: BTreeMap<(Option<String>, String), Secret>,
    made: u64,
}

struct Secret {
    replication: Value,
    beside: Map<String, Value>,
    etag: String,
    versions: Vec<Version>,
}

impl Secrets {
    /// Answers a question about secrets. `path` is what follows the project.
    pub(super) fn answer(&mut self, question: &Question, path: &[&str], spoiled: Spoiled) -> Result<Value, Refusal> {
        let (place, rest) = match path {
            ["locations", place, rest @ ..] => (Some((*place).to_owned()), rest),
            rest => (None, rest),
        };
        match (question.method.as_str(), rest, question.verb.as_deref()) {
            ("GET", ["secrets"], None) => self.list(question, place.as_ref()),
            ("POST", ["secrets"], None) => self.create(question, place),
            (_, ["secrets", name, rest @ ..], verb) => {
                let key = (place, (*name).to_owned());
                let parent = resource(&key);
                let Some(secret) = self.all.get_mut(&key) else {
                    return refuse(404, "NOT_FOUND", format!("Secret [{parent}] not found."));
                };
                match (question.method.as_str(), rest, verb) {
                    ("GET", [], None) => secret.described(question, &parent),
                    ("POST", [], Some("addVersion")) => secret.add(question, &parent),
                    ("DELETE", [], None) => {
                        question.knows(&["etag"], &[])?;
                        if question.target.query("etag").is_some_and(|etag| etag != secret.etag) {
                            return refuse(400, "FAILED_PRECONDITION", "The etag does not match.");
                        }
                        self.all.remove(&key);
                        Ok(json!({}))
                    }
                    (_, ["versions", version], verb) => secret.version(question, &parent, version, verb, spoiled),
                    _ => refuse(404, "NOT_FOUND", "Method not found."),
                }
            }
            _ => refuse(404, "NOT_FOUND", "Method not found."),
        }
    }

    fn create(&mut self, question: &Question, place: Option<String>) -> Result<Value, Refusal> {
        question.knows(&["secretId"], &["replication", "labels", "annotations", "expireTime"])?;
        let name = question.target.query("secretId").unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=255).contains(&name.len()) || !name.bytes().all(plain) {
            return invalid("The secret ID does not match the expected format [[a-zA-Z_0-9]+].");
        }
        let replication = question.body.get("replication").cloned();
        match (&replication, &place) {
            (Some(_), Some(_)) => return invalid("Replication can't be set for regional secrets."),
            (Some(how), None) if !is_replication(how) => return invalid("Secret replication is invalid."),
            (None, None) => return invalid("Secret replication cannot be empty."),
            _ => {}
        }
        let mut beside = question.body.clone();
        beside.remove("replication");
        check_beside(&beside)?;
        let key = (place, name.to_owned());
        let parent = resource(&key);
        if self.all.contains_key(&key) {
            return refuse(409, "ALREADY_EXISTS", format!("Secret [{parent}] already exists."));
        }
        self.made += 1;
        let etag = format!("\"{:x}\"", 0x0006_2a3b_0000_0000 + self.made);
        let secret = Secret { replication: replication.unwrap_or_default(), beside, etag, versions: Vec::new() };
        let described = secret.json(&parent);
        self.all.insert(key, secret);
        Ok(described)
    }

    /// Pages in order of names; a page token is the first name of the page it stands for.
    fn list(&self, question: &Question, place: Option<&String>) -> Result<Value, Refusal> {
        question.knows(&["pageSize", "pageToken"], &[])?;
        let size = match question.target.query("pageSize").map(str::parse::<i32>) {
            None | Some(Ok(0)) => PAGE,
            Some(Ok(size)) if size > 0 => usize::try_from(size).unwrap_or(PAGE).min(PAGE),
            Some(_) => return invalid("Invalid page size."),
        };
        let token = question.target.query("pageToken").unwrap_or_default();
        let first = match URL_SAFE.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(first) => first,
            None => return invalid("Invalid page token."),
        };
        let here: Vec<_> = self.all.iter().filter(|((other, _), _)| other.as_ref() == place).collect();
        let mut rest = here.iter().filter(|((_, name), _)| *name >= first);
        let page: Vec<_> = rest.by_ref().take(size).map(|(key, secret)| secret.json(&resource(key))).collect();
        let mut reply = json!({ "totalSize": here.len() });
        if !page.is_empty() {
            put(&mut reply, "secrets", page);
        }
        if let Some(((_, next), _)) = rest.next() {
            put(&mut reply, "nextPageToken", URL_SAFE.encode(next));
        }
        Ok(reply)
    }
}

impl Secret {
    fn json(&self, name: &str) -> Value {
        let mut json = json!({ "name": name, "createTime": MADE, "etag": self.etag });
        if !self.replication.is_null() {
            put(&mut json, "replication", self.replication.clone());
        }
        for (key, value) in &self.beside {
            put(&mut json, key, value.clone());
        }
        json
    }

    fn described(&self, question: &Question, name: &str) -> Result<Value, Refusal> {
        question.knows(&[], &[])?;
        Ok(self.json(name))
    }

    fn add(&mut self, question: &Question, parent: &str) -> Result<Value, Refusal> {
        let version = Version::added(question)?;
        let name = format!("{parent}/versions/{}", self.versions.len() + 1);
        let described = version.described(&name);
        self.versions.push(version);
        Ok(described)
    }

    /// A question about one version; `latest` is the one that was added last, whatever its state.
    fn version(
        &mut self,
        question: &Question,
        parent: &str,
        version: &str,
        verb: Option<&str>,
        spoiled: Spoiled,
    ) -> Result<Value, Refusal> {
        question.knows(&[], &["etag"])?;
        let number = match version {
            "latest" => self.versions.len(),
            digits => digits.parse().unwrap_or_default(),
        };
        let Some(version) = number.checked_sub(1).and_then(|index| self.versions.get_mut(index)) else {
            return refuse(404, "NOT_FOUND", format!("Secret [{parent}] not found or has no versions."));
        };
        let name = format!("{parent}/versions/{number}");
        match (question.method.as_str(), verb) {
            ("GET", None) => Ok(version.described(&name)),
            ("GET", Some("access")) => version.accessed(&name, spoiled),
            ("POST", Some(verb @ ("enable" | "disable" | "destroy"))) => version.becomes(verb, &name),
            _ => refuse(404, "NOT_FOUND", "Method not found."),
        }
    }
}

/// The full name of a secret, with the project's number.
fn resource((place, name): &(Option<String>, String)) -> String {
    match place {
        Some(place) => format!("projects/{PROJECT_NUMBER}/locations/{place}/secrets/{name}"),
        None => format!("projects/{PROJECT_NUMBER}/secrets/{name}"),
    }
}

/// Automatic, or to named places.
fn is_replication(how: &Value) -> bool {
    let places = |how: &Value| {
        let replicas = how.pointer("/userManaged/replicas")?.as_array()?;
        (!replicas.is_empty())
            .then(|| replicas.iter().all(|replica| replica.get("location").is_some_and(Value::is_string)))
    };
    match how.as_object().map(|how| how.keys().map(String::as_str).collect::<Vec<_>>()).as_deref() {
        Some(["automatic"]) => how.get("automatic").is_some_and(Value::is_object),
        Some(["userManaged"]) => places(how).unwrap_or(false),
        _ => false,
    }
}

/// Labels are short and of few characters, annotations are not; a secret expires in the future.
fn check_beside(beside: &Map<String, Value>) -> Result<(), Refusal> {
    let texts = |key: &str| -> Result<Vec<(String, String)>, Refusal> {
        let Some(value) = beside.get(key) else { return Ok(Vec::new()) };
        let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        match value.as_object().and_then(|pairs| pairs.iter().map(pair).collect()) {
            Some(pairs) => Ok(pairs),
            None => invalid(format!("Invalid value at '{key}'.")),
        }
    };
    let letter = |c: char| c.is_alphabetic() && !c.is_uppercase();
    let plain = |text: &str| text.chars().all(|c| letter(c) || c.is_numeric() || "_-".contains(c));
    let short = |text: &str| text.chars().count() <= 63 && text.len() <= 128;
    let labels = texts("labels")?;
    let fits = |(name, value): &(String, String)| {
        name.starts_with(letter) && plain(name) && plain(value) && short(name) && short(value)
    };
    if labels.len() > 64 || !labels.iter().all(fits) {
        return invalid("The labels do not match the expected format.");
    }
    let annotations = texts("annotations")?;
    if annotations.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > 16 << 10 {
        return invalid("The annotations are larger than 16 KiB.");
    }
    match beside.get("expireTime").map(|time| time.as_str().is_some_and(is_future)) {
        Some(false) => invalid("Secret expiration must be in the future."),
        _ => Ok(()),
    }
}

/// Whether an RFC 3339 time in UTC is still to come, to the day.
fn is_future(time: &str) -> bool {
    let mut numbers = time.split(['-', 'T']).map(|part| part.parse::<u64>().ok());
    let date = (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten());
    let (Some(year), Some(month), Some(day)) = date else { return false };
    // A month counted as 31 days is close enough to tell yesterday's years from tomorrow's.
    let days = (year.saturating_sub(1970) * 365) + (month * 31) + day;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400;
    time.ends_with('Z') && days > now
}
