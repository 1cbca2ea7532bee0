//! The secrets themselves.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State, error, invalid,
    tokens::{Token, seconds},
};
use crate::Reply;

const TYPES: [&str; 6] = ["api_key", "oauth_token", "db_credential", "ssh_key", "certificate", "custom"];
const TIERS: [&str; 3] = ["standard", "sensitive", "critical"];

/// A secret, as it is now: older versions are only counted.
#[derive(Default)]
pub(super) struct Stored {
    value: String,
    kind: String,
    pub(super) tier: String,
    metadata: Value,
    version: u64,
    pub(super) expired: bool,
}

impl Stored {
    pub(super) fn store(&mut self, value: &str, kind: &str, tier: &str, metadata: Value) {
        let version = self.version + 1;
        *self = Self { value: value.into(), kind: kind.into(), tier: tier.into(), metadata, version, expired: false };
    }

    pub(super) fn with_value(&self) -> Value {
        json!({
            "value": self.value,
            "secret_type": self.kind,
            "access_tier": self.tier,
            "metadata": self.metadata,
            "version": self.version,
        })
    }

    /// All but the value.
    fn describe(&self, namespace: &str, key: &str) -> Value {
        json!({
            "namespace": namespace,
            "key": key,
            "version": self.version,
            "secret_type": self.kind,
            "access_tier": self.tier,
            "metadata": self.metadata,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": rfc3339(SystemTime::now()),
        })
    }
}

/// What a write says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    value: String,
    secret_type: Option<String>,
    access_tier: Option<String>,
    #[serde(default)]
    metadata: Value,
}

/// Answers a request for what is at a path: a secret or, if there is none, a namespace.
pub(super) fn answer(state: &mut State, token: &Token, method: &str, path: &str, body: &[u8]) -> Reply {
    let is_path = !path.is_empty() && !path.split('/').any(str::is_empty);
    let (namespace, key) = path.rsplit_once('/').unwrap_or(("", path));
    let action = match method {
        "GET" if is_path && !state.secrets.contains_key(path) && token.covers("read", &format!("{path}/*")) => {
            return list(state, token, path);
        }
        "GET" => "read",
        "PUT" => "write",
        "DELETE" => "delete",
        _ => return error(405, "METHOD_NOT_ALLOWED", "Method not allowed"),
    };
    if !is_path || namespace.is_empty() {
        return invalid("the path has no namespace and key");
    }
    if !token.covers(action, path) {
        return error(403, "SCOPE_DENIED", "The token does not cover this");
    }
    let missing = || error(404, "SECRET_NOT_FOUND", "Secret not found");
    match action {
        "read" => state.secrets.get(path).map_or_else(missing, |stored| Reply::json(200, &stored.with_value())),
        "write" => write(state, path, namespace, key, body),
        _ if !token.is_person => error(403, "HUMAN_AUTH_REQUIRED", "A person has to delete secrets"),
        _ => state.secrets.remove(path).map_or_else(missing, |_| Reply::new(204, "")),
    }
}

fn write(state: &mut State, path: &str, namespace: &str, key: &str, body: &[u8]) -> Reply {
    let Ok(new) = serde_json::from_slice::<New>(body) else { return invalid("the secret can't be read") };
    let kind = new.secret_type.as_deref().unwrap_or("custom");
    let tier = new.access_tier.as_deref().unwrap_or("standard");
    if !TYPES.contains(&kind) || !TIERS.contains(&tier) || !(new.metadata.is_null() || new.metadata.is_object()) {
        return invalid("there is no such type or tier, or the metadata is no object");
    }
    let stored = state.secrets.entry(path.to_owned()).or_default();
    stored.store(&new.value, kind, tier, new.metadata);
    let mut described = stored.describe(namespace, key);
    if let Some(described) = described.as_object_mut() {
        described.insert("id".into(), json!(format!("sec_{namespace}_{key}")));
    }
    Reply::json(200, &described)
}

/// The secrets of one namespace, without their values.
pub(super) fn list(state: &State, token: &Token, namespace: &str) -> Reply {
    if !token.covers("read", &format!("{namespace}/*")) {
        return error(403, "SCOPE_DENIED", "The token does not cover this");
    }
    let inside = state.secrets.iter().filter_map(|(path, stored)| {
        let (parent, key) = path.rsplit_once('/')?;
        let mut item = stored.describe(namespace, key);
        item.as_object_mut()?.insert("expired".into(), json!(stored.expired));
        (parent == namespace).then_some(item)
    });
    let items: Vec<_> = inside.collect();
    Reply::json(200, &json!({ "namespace": namespace, "total": items.len(), "items": items }))
}

/// A time as the service writes it.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let seconds = seconds(time);
    let (days, clock) = (seconds / 86400, seconds % 86400);
    // Years begin in March here, so that the day that comes every four years is the last one.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", era * 400 + year + next)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn times_are_written_in_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_825_600, "2000-02-29T12:00:00Z"),
            (1_795_343_295, "2026-11-22T10:28:15Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }
}
