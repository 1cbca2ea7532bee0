//! The secrets themselves: versions, attributes, and the way from live to deleted and back.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// For how long a deleted secret can be recovered.
const RECOVERABLE_DAYS: u64 = 90;

/// All secrets of the vault, by name in lower case: names don't differ in case alone.
pub(super) struct Secrets {
    entries: BTreeMap<String, Secret>,
    /// How many requests about a name find it still on its way.
    pub(super) lag: u32,
    /// Whether nothing can be purged.
    pub(super) protected: bool,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), lag: 1, protected: false }
    }
}

/// One secret with all its versions, the current one last.
struct Secret {
    /// As it was first written.
    name: String,
    versions: Vec<Version>,
    stage: Stage,
}

/// One version. Each write makes a new one; nothing of the one before is taken over.
pub(super) struct Version {
    id: String,
    value: String,
    content_type: Option<String>,
    tags: Option<Value>,
    pub(super) enabled: bool,
    not_before: Option<u64>,
    expires: Option<u64>,
    created: u64,
}

/// Where a secret is between live and deleted; on the way, how many requests will still find it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Live,
    Deleting(u32),
    Deleted { at: u64 },
    Recovering(u32),
}

/// A secret's name, its stage at this moment and its versions.
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    pub(super) stage: Stage,
    pub(super) versions: &'a [Version],
}

impl Secrets {
    /// The secret of this name. Each look is one request: what is on its way gets a step further.
    pub(super) fn look(&mut self, name: &str, now: u64) -> Option<Found<'_>> {
        let secret = self.entries.get_mut(&name.to_ascii_lowercase())?;
        let stage = match secret.stage {
            Stage::Deleting(0) => Stage::Deleted { at: now },
            Stage::Recovering(0) => Stage::Live,
            stage => stage,
        };
        secret.stage = match stage {
            Stage::Deleting(left) => Stage::Deleting(left.saturating_sub(1)),
            Stage::Recovering(left) => Stage::Recovering(left.saturating_sub(1)),
            stage => stage,
        };
        Some(Found { name: &secret.name, stage, versions: &secret.versions })
    }

    /// Adds a version as the body of a `PUT` says; the secret is live, or new.
    pub(super) fn write(&mut self, name: &str, body: &Value, id: String, now: u64) {
        let attribute = |name: &str| body.pointer(&format!("/attributes/{name}"));
        let version = Version {
            id,
            value: body.get("value").and_then(Value::as_str).unwrap_or_default().to_owned(),
            content_type: body.get("contentType").and_then(Value::as_str).map(str::to_owned),
            tags: body.get("tags").cloned(),
            enabled: attribute("enabled").and_then(Value::as_bool).unwrap_or(true),
            not_before: attribute("nbf").and_then(Value::as_u64),
            expires: attribute("exp").and_then(Value::as_u64),
            created: now,
        };
        let new = || Secret { name: name.to_owned(), versions: Vec::new(), stage: Stage::Live };
        self.entries.entry(name.to_ascii_lowercase()).or_insert_with(new).versions.push(version);
    }

    /// The same for a test, whatever stage the secret is at.
    pub(super) fn force(&mut self, name: &str, body: &Value, now: u64) {
        let id = format!("{:032x}", self.versions(name) + 1);
        self.write(name, body, id, now);
        self.set(name, Stage::Live);
    }

    pub(super) fn delete(&mut self, name: &str) {
        self.set(name, Stage::Deleting(self.lag));
    }

    pub(super) fn recover(&mut self, name: &str) {
        self.set(name, Stage::Recovering(self.lag));
    }

    pub(super) fn purge(&mut self, name: &str) {
        self.entries.remove(&name.to_ascii_lowercase());
    }

    fn set(&mut self, name: &str, stage: Stage) {
        if let Some(secret) = self.entries.get_mut(&name.to_ascii_lowercase()) {
            secret.stage = stage;
        }
    }

    /// The secrets that are live, or those that are deleted, in the order of their names.
    pub(super) fn all(&self, live: bool) -> impl Iterator<Item = Found<'_>> {
        let wanted = move |secret: &&Secret| match secret.stage {
            Stage::Live => live,
            Stage::Deleted { .. } => !live,
            Stage::Deleting(_) | Stage::Recovering(_) => false,
        };
        self.entries.values().filter(wanted).map(|secret| Found {
            name: &secret.name,
            stage: secret.stage,
            versions: &secret.versions,
        })
    }

    pub(super) fn current(&self, name: &str) -> Option<Value> {
        let secret = self.entries.get(&name.to_ascii_lowercase()).filter(|secret| secret.stage == Stage::Live)?;
        let mut members = secret.versions.last()?.members(self.recovery_level());
        members.insert("value".into(), secret.versions.last()?.value.as_str().into());
        Some(members.into())
    }

    pub(super) fn versions(&self, name: &str) -> usize {
        self.entries.get(&name.to_ascii_lowercase()).map_or(0, |secret| secret.versions.len())
    }

    pub(super) fn recovery_level(&self) -> &'static str {
        if self.protected { "Recoverable" } else { "Recoverable+Purgeable" }
    }
}

impl Found<'_> {
    /// A secret as it is read.
    pub(super) fn bundle(&self, version: &Version, base: &str, level: &str) -> Value {
        let mut members = version.members(level);
        members.insert("id".into(), format!("{base}/secrets/{}/{}", self.name, version.id).into());
        members.insert("value".into(), version.value.as_str().into());
        members.into()
    }

    /// An item of a list: never with a value, and of the current version, whose id is left out.
    pub(super) fn item(&self, base: &str, level: &str) -> Option<Value> {
        let mut members = self.versions.last()?.members(level);
        members.insert("id".into(), format!("{base}/secrets/{}", self.name).into());
        self.add_deletion(&mut members, base);
        Some(members.into())
    }

    /// An item of the list of versions.
    pub(super) fn version_item(&self, version: &Version, base: &str, level: &str) -> Value {
        let mut members = version.members(level);
        members.insert("id".into(), format!("{base}/secrets/{}/{}", self.name, version.id).into());
        members.into()
    }

    /// A deleted secret, without its value.
    pub(super) fn deleted(&self, base: &str, level: &str, now: u64) -> Option<Value> {
        let version = self.versions.last()?;
        let mut members = version.members(level);
        members.insert("id".into(), format!("{base}/secrets/{}/{}", self.name, version.id).into());
        Found { stage: Stage::Deleted { at: now }, ..*self }.add_deletion(&mut members, base);
        Some(members.into())
    }

    /// What is known of a deletion.
    fn add_deletion(&self, members: &mut Map<String, Value>, base: &str) {
        if let Stage::Deleted { at } = self.stage {
            members.insert("recoveryId".into(), format!("{base}/deletedsecrets/{}", self.name).into());
            members.insert("deletedDate".into(), at.into());
            members.insert("scheduledPurgeDate".into(), (at + RECOVERABLE_DAYS * 86_400).into());
        }
    }
}

impl Version {
    pub(super) fn is(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }

    /// Everything but id and value.
    fn members(&self, level: &str) -> Map<String, Value> {
        let mut attributes = json!({
            "enabled": self.enabled,
            "created": self.created,
            "updated": self.created,
            "recoveryLevel": level,
            "recoverableDays": RECOVERABLE_DAYS,
        });
        let mut members = Map::new();
        if let Some(attributes) = attributes.as_object_mut() {
            for (name, moment) in [("nbf", self.not_before), ("exp", self.expires)] {
                attributes.extend(moment.map(|moment| (name.to_owned(), moment.into())));
            }
        }
        members.insert("attributes".into(), attributes);
        members.extend(self.content_type.as_ref().map(|text| ("contentType".to_owned(), text.as_str().into())));
        members.extend(self.tags.as_ref().map(|tags| ("tags".to_owned(), tags.clone())));
        members
    }
}
