//! JSON: an object of names and texts; what is no text is `{"value_base64": "…"}`.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secret_runtime::Shown;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::{Entry, Parsed, Problems, unique};

/// The one member of an object that stands for bytes.
pub(super) const BASE64: &str = "value_base64";

/// Reads an object.
pub(super) fn read(text: &str) -> Result<Parsed, Problems> {
    let item: Item = serde_json::from_str(text).map_err(|error| {
        // The place alone: the words could hold something of the text.
        Problems::one(format!("line {}, column {}: not JSON", error.line(), error.column()))
    })?;
    let Item::Object(members) = item else {
        return Err(Problems::one("it has to be an object of names and texts"));
    };
    let mut problems = Problems::default();
    let mut entries = Vec::new();
    for (name, item) in members {
        match item.value() {
            Ok(value) => entries.push(Entry::new(name, value)),
            Err(problem) => problems.of(&name, problem),
        }
    }
    unique(entries, problems)
}

/// What can stand in a file.
enum Item {
    Text(Zeroizing<String>),
    Object(Vec<(String, Item)>),
    Array,
    Scalar(&'static str),
}

impl Item {
    /// The bytes that it stands for.
    fn value(self) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Text(text) => Ok(text.as_bytes().to_vec()),
            Self::Scalar(problem) => Err(problem),
            Self::Array => Err("an array is no value"),
            Self::Object(members) => match members.as_slice() {
                [(name, Self::Text(text))] if name == BASE64 => decoded(text),
                _ => Err(NESTED),
            },
        }
    }
}

pub(super) const NESTED: &str = "an object is no value, but for {\"value_base64\": \"…\"}";

/// The bytes behind base64.
pub(super) fn decoded(text: &str) -> Result<Vec<u8>, &'static str> {
    STANDARD.decode(text).map_err(|_| "its base64 can't be read")
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Item, E> {
        Ok(Item::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Item, E> {
        Ok(Item::Scalar("true and false are no texts; put them in quotes"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Item, E> {
        Ok(Item::Scalar(NUMBER))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Item, E> {
        Ok(Item::Scalar(NUMBER))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Item, E> {
        Ok(Item::Scalar(NUMBER))
    }

    fn visit_unit<E>(self) -> Result<Item, E> {
        Ok(Item::Scalar("null is no text; leave it out, or write \"\""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Item, A::Error> {
        while items.next_element::<Item>()?.is_some() {}
        Ok(Item::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Item, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Item::Object(members))
    }
}

const NUMBER: &str = "a number is no text; put it in quotes";

/// Writes an object, a line for each member.
pub(super) fn write(entries: &[Entry]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    for entry in entries {
        let begun = !out.is_empty();
        out.extend_from_slice(if begun { b",\n  " } else { b"{\n  " });
        quote(&mut out, &entry.name);
        out.extend_from_slice(b": ");
        match entry.text() {
            Some(text) => quote(&mut out, text),
            None => {
                let encoded = Zeroizing::new(STANDARD.encode(entry.value.expose()));
                out.extend_from_slice(format!("{{ \"{BASE64}\": \"").as_bytes());
                out.extend_from_slice(encoded.as_bytes());
                out.extend_from_slice(b"\" }");
            }
        }
    }
    out.extend_from_slice(if entries.is_empty() { b"{}\n" } else { b"\n}\n" });
    out
}

/// Text as JSON has it. What a terminal acts on is escaped as well.
fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(br#"\""#),
            '\\' => out.extend_from_slice(br"\\"),
            '\n' => out.extend_from_slice(br"\n"),
            '\r' => out.extend_from_slice(br"\r"),
            '\t' => out.extend_from_slice(br"\t"),
            c if c.is_control() || Shown::escapes(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
