//! JSON, read strictly and written by us: what was checked is what is sent.
//!
//! Texts are overwritten when they go, because bodies hold secrets.

use std::{collections::BTreeMap, fmt};

use serde::{
    Serialize, Serializer,
    de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;
use zeroize::Zeroizing;

/// How deep JSON may be nested. Nothing that a secret manager speaks comes near it.
pub(crate) const JSON_DEPTH: usize = 32;

/// The largest whole number that every reader of JSON agrees on: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A JSON value without duplicate keys and without numbers that would change on the way.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// Nothing.
    Null,
    /// A flag.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(Zeroizing<String>),
    /// Values in order.
    Array(Vec<Self>),
    /// Members by key.
    Object(BTreeMap<String, Self>),
}

/// The bytes are not JSON as we accept it. Their content is not part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not strict JSON: it must be UTF-8, without duplicate keys, nested at most {JSON_DEPTH} deep")]
pub struct NotStrict;

impl Json {
    /// Reads a whole document.
    ///
    /// # Errors
    /// [`NotStrict`] for anything that two readers could understand differently.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotStrict> {
        let text = std::str::from_utf8(bytes).map_err(|_| NotStrict)?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let value = Reader { depth: JSON_DEPTH }.deserialize(&mut reader).map_err(|_| NotStrict)?;
        reader.end().map_err(|_| NotStrict)?;
        Ok(value)
    }

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(Zeroizing::new(text.to_owned()))
    }

    /// The value at a pointer.
    pub fn at(&self, pointer: &Pointer) -> Option<&Self> {
        pointer.0.iter().try_fold(self, |value, token| match value {
            Self::Object(members) => members.get(token),
            Self::Array(values) => values.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// Writes it without spaces, with the members of objects in order of their keys.
    pub fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.room()));
        serde_json::to_writer(&mut *bytes, self).ok()?;
        Some(bytes)
    }

    /// The same as text.
    pub(super) fn to_text(&self) -> Option<Zeroizing<String>> {
        let mut bytes = self.to_bytes()?;
        String::from_utf8(std::mem::take(&mut *bytes)).ok().map(Zeroizing::new)
    }

    /// About how many bytes it takes, so that writing leaves no outgrown buffers behind in memory.
    fn room(&self) -> usize {
        // A control character takes six bytes as an escape.
        let quoted =
            |text: &str| 2 + text.len() + 5 * text.bytes().filter(|b| *b < b' ' || b"\"\\".contains(b)).count();
        match self {
            Self::Null | Self::Boolean(_) => 5,
            Self::Number(_) => 32,
            Self::Text(text) => quoted(text),
            Self::Array(values) => 2 + values.iter().map(|value| 1 + value.room()).sum::<usize>(),
            Self::Object(members) => {
                2 + members.iter().map(|(key, value)| 2 + quoted(key) + value.room()).sum::<usize>()
            }
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(…)")
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

/// A place in a JSON document, RFC 6901.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Parses a pointer to something inside a document.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        split_pointer(text)?.map(unescape).collect::<Result<_, _>>().map(Self)
    }
}

/// The tokens of a pointer, still escaped.
pub(crate) fn split_pointer(text: &str) -> Result<impl Iterator<Item = &str>, &'static str> {
    let tokens = text.strip_prefix('/').ok_or("a JSON pointer begins with /")?;
    Ok(tokens.split('/'))
}

/// One token of a pointer without its escapes.
pub(crate) fn unescape(token: &str) -> Result<String, &'static str> {
    let mut parts = token.split('~');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut rest = part.chars();
        match rest.next() {
            Some('0') => plain.push('~'),
            Some('1') => plain.push('/'),
            _ => return Err("in a JSON pointer ~ is written ~0 and / is written ~1"),
        }
        plain.push_str(rest.as_str());
    }
    Ok(plain)
}

/// Reads one value; `depth` is how many levels may still follow.
struct Reader {
    depth: usize,
}

impl Reader {
    fn below<E: de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Boolean(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Json, E> {
        // Beyond this a whole number was too long to keep, and would be sent as another one.
        if number.abs() >= EXACT {
            return Err(E::custom("number too large"));
        }
        Number::from_f64(number).map(Json::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::text(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(Zeroizing::new(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(self.below()?)? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(self.below()?)?;
            if members.insert(key, value).is_some() {
                return Err(de::Error::custom("duplicate key"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_two_readers_could_understand_differently_is_refused() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":1}}"#,
            "{} {}",
            "",
            "{",
            r#""\ud800""#,
            "1e999",
            "123456789012345678901234567890",
            "NaN",
            "{'a':1}",
            "[1,]",
            "/**/1",
            &deep(JSON_DEPTH + 1),
            &deep(5000),
        ] {
            assert_eq!(Json::parse(bad.as_bytes()), Err(NotStrict), "{bad}");
        }
        assert_eq!(Json::parse(b"\"\xff\""), Err(NotStrict));
        assert_eq!(Json::parse(b"\xef\xbb\xbf{}"), Err(NotStrict));
        assert!(Json::parse(deep(JSON_DEPTH).as_bytes()).is_ok());
    }

    #[test]
    fn it_is_written_without_spaces_and_in_order() {
        let json = Json::parse(br#" { "b" : [ 1 , 2.5 , null ] , "a" : "\u00e9\n" } "#).unwrap();
        assert_eq!(&*json.to_text().unwrap(), r#"{"a":"é\n","b":[1,2.5,null]}"#);
    }

    #[test]
    fn a_pointer_finds_members_and_elements() {
        let json = Json::parse(br#"{"a/b":{"~":["x",7]}}"#).unwrap();
        let at = |pointer| json.at(&Pointer::parse(pointer).unwrap());
        assert_eq!(at("/a~1b/~0/0").and_then(Json::as_text), Some("x"));
        assert_eq!(at("/a~1b/~0/1").and_then(Json::as_u64), Some(7));
        assert_eq!(at("/a~1b/none"), None);
        assert!(Pointer::parse("a").is_err() && Pointer::parse("").is_err() && Pointer::parse("/~2").is_err());
    }

    #[test]
    fn debug_shows_nothing_of_a_body() {
        assert_eq!(format!("{:?}", Json::text("hunter2")), "Json(…)");
    }

    proptest! {
        #[test]
        fn any_text_survives_and_its_buffer_never_grows(text in any::<String>(), key in any::<String>()) {
            let json = Json::Object(BTreeMap::from([(key, Json::text(&text))]));
            let bytes = json.to_bytes().unwrap();
            prop_assert!(bytes.len() <= json.room());
            prop_assert_eq!(Json::parse(&bytes).unwrap(), json);
        }
    }
}
