//! One version of a secret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    Spoiled, checksum,
    question::{Question, bytes, put, unknown},
    refusal::{Refusal, invalid, not_now},
    secrets::{MADE, TOO_LARGE},
};

/// A version of a secret; without data once it is destroyed.
pub(super) struct Version {
    data: Option<Vec<u8>>,
    enabled: bool,
    checksum_given: bool,
}

impl Version {
    /// What `:addVersion` brings.
    pub(super) fn added(question: &Question) -> Result<Self, Refusal> {
        question.knows(&[], &["payload"])?;
        let empty = Map::new();
        let payload = question.body.get("payload").and_then(Value::as_object).unwrap_or(&empty);
        if let Some(name) = unknown(payload, &["data", "dataCrc32c"]).next() {
            return invalid(format!("Invalid JSON payload received. Unknown name \"{name}\"."));
        }
        let data = bytes(payload.get("data"))?;
        if data.is_empty() {
            return invalid("Secret Payload cannot be empty.");
        }
        if data.len() > TOO_LARGE {
            return invalid("The secret payload is larger than 65536 bytes.");
        }
        let checksum_given = checksum::verified(payload.get("dataCrc32c"), &data)?;
        Ok(Self { data: Some(data), enabled: true, checksum_given })
    }

    fn state(&self) -> &'static str {
        match (&self.data, self.enabled) {
            (None, _) => "DESTROYED",
            (Some(_), true) => "ENABLED",
            (Some(_), false) => "DISABLED",
        }
    }

    /// How replies describe it.
    pub(super) fn described(&self, name: &str) -> Value {
        let given = self.checksum_given;
        json!({ "name": name, "createTime": MADE, "state": self.state(), "clientSpecifiedPayloadChecksum": given })
    }

    /// `:access`
    pub(super) fn accessed(&self, name: &str, spoiled: Spoiled) -> Result<Value, Refusal> {
        let Some(data) = self.data.as_ref().filter(|_| self.enabled) else {
            return not_now(format!("Secret Version [{name}] is in {} state.", self.state()));
        };
        let mut payload = json!({ "data": STANDARD.encode(data) });
        if let Some(sum) = checksum::written(data, spoiled) {
            put(&mut payload, "dataCrc32c", sum);
        }
        Ok(json!({ "name": name, "payload": payload }))
    }

    /// `:enable`, `:disable` and `:destroy`
    pub(super) fn becomes(&mut self, verb: &str, name: &str) -> Result<Value, Refusal> {
        if self.data.is_none() {
            return not_now(format!("Secret Version [{name}] is in DESTROYED state."));
        }
        match verb {
            "destroy" => self.data = None,
            verb => self.enabled = verb == "enable",
        }
        Ok(self.described(name))
    }
}
