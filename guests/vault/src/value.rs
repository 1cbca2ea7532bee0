//! How the fields of a Vault secret and the one value of the contract fit together.
//!
//! A Vault secret is a JSON object. A call means one field of it, or, without a field, the object as a whole. JSON is
//! passed on as it was written, never parsed into numbers and back.

use std::collections::BTreeMap;

use secret_runtime_guest::{Error, Result};
use serde_json::value::{RawValue, to_raw_value};

/// The fields of a secret, each with its JSON.
pub(crate) type Fields = BTreeMap<String, Box<RawValue>>;

/// The value that a call means: a field's text, the JSON of a field that is no text, or the whole object.
pub(crate) fn pick(object: &RawValue, field: Option<&str>) -> Result<Vec<u8>> {
    let Some(field) = field else {
        return Ok(object.get().as_bytes().to_vec());
    };
    let fields = fields(object.get()).ok_or_else(|| Error::malformed("the secret is not a JSON object"))?;
    let json = fields.get(field).ok_or_else(|| Error::invalid(format!("the secret has no field `{field}`")))?.get();
    if !json.starts_with('"') {
        return Ok(json.as_bytes().to_vec());
    }
    let text: String = serde_json::from_str(json).map_err(|_| Error::malformed("the field is not valid text"))?;
    Ok(text.into_bytes())
}

/// The object with this value for this field, or the value itself as the object.
pub(crate) fn put(object: Option<&RawValue>, field: Option<&str>, value: &str) -> Result<Fields> {
    let Some(field) = field else {
        return fields(value).ok_or_else(|| Error::invalid("without a field, the value has to be a JSON object"));
    };
    let mut fields = match object {
        Some(object) => fields(object.get()).ok_or_else(|| Error::malformed("the secret is not a JSON object"))?,
        None => Fields::new(),
    };
    let json = to_raw_value(value).map_err(|_| Error::invalid("the value can't be written as JSON"))?;
    fields.insert(field.to_owned(), json);
    Ok(fields)
}

fn fields(object: &str) -> Option<Fields> {
    serde_json::from_str(object).ok()
}

/// The number that names a version.
///
/// # Errors
/// [`Error::Invalid`] for anything but a number from 1: Vault takes 0 for the current version.
pub(crate) fn version_number(version: &str) -> Result<u64> {
    let canonical = version.bytes().all(|byte| byte.is_ascii_digit()) && !version.starts_with('0');
    let number = version.parse().ok().filter(|_| canonical);
    number.ok_or_else(|| Error::invalid("a version of a Vault secret is a number from 1"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_field_is_its_text_and_other_json_stays_as_it_was_written() {
        let object =
            raw(r#"{"value":"a\n\u00e9\"b","n": 12345678901234567890.10 ,"o":{"b":1, "a":[]},"z":null,"e\u00e9":"x"}"#);
        let cases = [
            ("value", "a\né\"b"),
            ("n", "12345678901234567890.10"),
            ("o", r#"{"b":1, "a":[]}"#),
            ("z", "null"),
            ("eé", "x"),
        ];
        for (field, expected) in cases {
            assert_eq!(pick(object, Some(field)).unwrap(), expected.as_bytes(), "{field}");
        }
    }

    #[test]
    fn no_field_means_the_whole_object() {
        let json = r#"{"b": 1,"a":"x"}"#;
        assert_eq!(pick(raw(json), None).unwrap(), json.as_bytes());
    }

    #[test]
    fn a_missing_field_is_named_and_nothing_else_is() {
        let error = pick(raw(r#"{"other":"canary"}"#), Some("value"));
        assert_eq!(error, Err(Error::invalid("the secret has no field `value`")));
    }

    #[test]
    fn what_is_no_object_or_no_text_is_malformed() {
        assert!(matches!(pick(raw("[1]"), Some("value")), Err(Error::Malformed(_))));
        assert!(matches!(pick(raw(r#"{"value":"\ud800"}"#), Some("value")), Err(Error::Malformed(_))));
        assert!(matches!(put(Some(raw("1")), Some("value"), "x"), Err(Error::Malformed(_))));
    }

    #[test]
    fn a_written_field_leaves_the_others_as_they_were() {
        let written = put(Some(raw(r#"{"n":1.10,"value":"old"}"#)), Some("value"), "a\"\n").unwrap();
        assert_eq!(serde_json::to_string(&written).unwrap(), r#"{"n":1.10,"value":"a\"\n"}"#);
        let first = put(None, Some("value"), "").unwrap();
        assert_eq!(serde_json::to_string(&first).unwrap(), r#"{"value":""}"#);
    }

    #[test]
    fn a_whole_object_replaces_and_has_to_be_one() {
        let written = put(Some(raw(r#"{"old":1}"#)), None, r#" {"new": 1e400} "#).unwrap();
        assert_eq!(serde_json::to_string(&written).unwrap(), r#"{"new":1e400}"#);
        for value in ["", "text", "[]", "{", "{} {}", "null"] {
            assert!(matches!(put(None, None, value), Err(Error::Invalid(_))), "{value}");
        }
    }

    #[test]
    fn a_version_is_a_number_from_1() {
        assert_eq!(version_number("12"), Ok(12));
        for version in ["", "0", "01", "+1", "-1", "1.0", "latest", "99999999999999999999"] {
            assert!(matches!(version_number(version), Err(Error::Invalid(_))), "{version}");
        }
    }
}
