//! How a backend's one value and the fields of an interface fit together.
//!
//! A client of Vault's or Dapr's interface knows secrets with fields; most backends keep a single value. Such a value
//! appears under each of the mount's fields, so that clients find it under the name they know. A mount of `objects`
//! passes JSON objects whole, as they were written: JSON is never parsed into numbers and back.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use secret_runtime::{Secret, Shown};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{mounts::Mount, reply::Reply};

/// The option by which a backend that keeps objects gives one field of them, or the object if it is empty.
const FIELD: &str = "field";

/// What a field's name ends in if its value is bytes that are no text, in Base64.
pub(crate) const BASE64: &str = "_base64";

/// The options under which a mount's backend reads and writes what the mount shows.
pub(crate) fn options(mount: &Mount) -> Option<(String, String)> {
    let whole = mount.shape.objects && mount.backend.manifest().options.contains_key(FIELD);
    whole.then(|| (FIELD.to_owned(), String::new()))
}

/// The option that picks one field of an object.
pub(crate) fn field(name: &str) -> (String, String) {
    (FIELD.to_owned(), name.to_owned())
}

/// A secret's fields, as its mount shows them. Serialises as a JSON object.
pub(crate) enum Fields<'a> {
    /// An object of the backend's own.
    Object(&'a RawValue),
    /// One text under each of these names.
    Text(&'a [String], &'a str),
    /// One value of bytes under each of these names, in Base64.
    Bytes(&'a [String], Zeroizing<String>),
}

impl<'a> Fields<'a> {
    /// The fields of a secret of this mount.
    pub(crate) fn of(mount: &'a Mount, secret: &'a Secret) -> Self {
        Self::shaped(mount.shape.objects, &mount.shape.fields, secret)
    }

    /// The fields of a secret: under these names, unless it is an object and objects pass.
    pub(crate) fn shaped(objects: bool, names: &'a [String], secret: &'a Secret) -> Self {
        let Some(text) = secret.expose_str() else {
            return Self::Bytes(names, Zeroizing::new(STANDARD.encode(secret.expose())));
        };
        objects.then(|| object(text)).flatten().map_or(Self::Text(names, text), Self::Object)
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(object) => object.serialize(serializer),
            Self::Text(names, text) => serializer.collect_map(names.iter().map(|name| (name, text))),
            Self::Bytes(names, base64) => {
                let mut map = serializer.serialize_map(Some(names.len()))?;
                for name in *names {
                    map.serialize_entry(&format_args!("{name}{BASE64}"), base64.as_str())?;
                }
                map.end()
            }
        }
    }
}

/// The text as a JSON object, if it is one.
fn object(text: &str) -> Option<&RawValue> {
    let json: &RawValue = serde_json::from_str(text).ok()?;
    json.get().starts_with('{').then_some(json)
}

/// The value that a write of these fields means to a mount.
///
/// # Errors
/// The reply that says which fields are possible.
pub(crate) fn value(mount: &Mount, fields: &RawValue) -> Result<Vec<u8>, Reply> {
    if mount.shape.objects { whole(fields) } else { single(&mount.shape.fields, fields) }
}

fn whole(fields: &RawValue) -> Result<Vec<u8>, Reply> {
    match object(fields.get()) {
        Some(object) => Ok(object.get().as_bytes().to_vec()),
        None => Err(wrong("the data is not a JSON object")),
    }
}

fn single(names: &[String], fields: &RawValue) -> Result<Vec<u8>, Reply> {
    let fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(fields.get()).map_err(|_| wrong("the data is not a JSON object"))?;
    let possible = || format!("one of: {}", Shown(&names.join(", ")));
    let mut fields = fields.into_iter();
    let (Some((field, json)), None) = (fields.next(), fields.next()) else {
        let many = "a secret has a single value here: write exactly one field";
        return Err(wrong(&format!("{many}, {}", possible())));
    };
    let is_name = |field: &str| names.iter().any(|name| name == field);
    let text = || {
        serde_json::from_str::<String>(json.get())
            .map_err(|_| wrong(&format!("the field {} has to be a JSON string", Shown(&field))))
    };
    if is_name(&field) {
        return text().map(String::into_bytes);
    }
    if field.strip_suffix(BASE64).is_some_and(is_name) {
        let decoded = STANDARD.decode(Zeroizing::new(text()?).as_bytes());
        return decoded.map_err(|_| wrong(&format!("the field {} is not Base64", Shown(&field))));
    }
    Err(wrong(&format!("a secret has no field {} here: write {}", Shown(&field), possible())))
}

fn wrong(reason: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, reason)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use secret_runtime::SecretBytes;

    use super::*;

    fn names() -> Vec<String> {
        ["value", "key"].map(str::to_owned).to_vec()
    }

    fn shown(objects: bool, value: &[u8]) -> String {
        let secret = Secret::new(SecretBytes::from(value.to_vec()), None, None, Vec::new());
        serde_json::to_string(&Fields::shaped(objects, &names(), &secret)).unwrap()
    }

    #[test]
    fn a_single_value_appears_under_every_field() {
        assert_eq!(shown(false, b"a\"b"), r#"{"value":"a\"b","key":"a\"b"}"#);
        assert_eq!(shown(false, b""), r#"{"value":"","key":""}"#);
        assert_eq!(shown(false, br#"{"a":1}"#), r#"{"value":"{\"a\":1}","key":"{\"a\":1}"}"#);
        assert_eq!(shown(false, b"\xff\x00"), r#"{"value_base64":"/wA=","key_base64":"/wA="}"#);
    }

    #[test]
    fn an_object_passes_as_it_was_written_and_nothing_else_does() {
        let object = r#"{"n":12345678901234567890.10,"b":{"z":1, "a":[]},"e":1e400}"#;
        assert_eq!(shown(true, object.as_bytes()), object);
        for other in ["text", "[1]", "1", "\"a\"", "{", "{} {}"] {
            let expected = serde_json::json!({ "value": other, "key": other });
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown(true, other.as_bytes())).unwrap(), expected);
        }
        assert_eq!(shown(true, b"\xff"), r#"{"value_base64":"/w==","key_base64":"/w=="}"#);
    }

    #[test]
    fn a_write_gives_exactly_one_of_the_fields() {
        let raw = |json: &str| serde_json::from_str::<Box<RawValue>>(json).unwrap();
        for (json, value) in
            [(r#"{"value":"a\nb"}"#, &b"a\nb"[..]), (r#"{"key":""}"#, b""), (r#"{"key_base64":"/wA="}"#, b"\xff\x00")]
        {
            assert_eq!(single(&names(), &raw(json)).ok().unwrap(), value, "{json}");
        }
        for json in [
            "{}",
            "[]",
            "\"a\"",
            r#"{"value":"a","key":"a"}"#,
            r#"{"other":"a"}"#,
            r#"{"other_base64":"YQ=="}"#,
            r#"{"value":1}"#,
            r#"{"value":null}"#,
            r#"{"value":{"value":"a"}}"#,
            r#"{"value_base64":"*"}"#,
        ] {
            assert_eq!(single(&names(), &raw(json)).err().unwrap().status, 400, "{json}");
        }
    }

    #[test]
    fn a_written_object_is_handed_on_whole() {
        let raw = |json: &str| serde_json::from_str::<Box<RawValue>>(json).unwrap();
        assert_eq!(whole(&raw(r#"{"a": 1.10, "b":"x"}"#)).ok().unwrap(), br#"{"a": 1.10, "b":"x"}"#);
        for json in ["[]", "\"a\"", "1"] {
            assert_eq!(whole(&raw(json)).err().unwrap().status, 400, "{json}");
        }
    }
}
