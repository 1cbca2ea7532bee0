//! What is in the file.

use std::{collections::BTreeMap, fmt};

use secret_runtime_guest::{Error, Result};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

/// Ciphertexts in base64, by the names of their secrets.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Ciphertexts(BTreeMap<String, String>);

impl Ciphertexts {
    /// Reads the file's content; none of it is an empty file.
    pub(crate) fn parse(data: &[u8]) -> Result<Self> {
        if data.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(data).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::malformed(format!(
                "line {line}, column {column}: the file has to be a JSON object from names to ciphertexts"
            ))
        })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn insert(&mut self, name: &str, ciphertext: String) {
        self.0.insert(name.to_owned(), ciphertext);
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    pub(crate) fn into_names(self) -> impl Iterator<Item = String> {
        self.0.into_keys()
    }

    /// The file's content: a line for each name, in order, so that a difference between two files shows what changed.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        let json = serde_json::to_vec_pretty(&self.0);
        let mut json = json.map_err(|_| Error::invalid("the name can't be written as JSON"))?;
        json.push(b'\n');
        Ok(json)
    }
}

/// Strictly: of a name that stands twice nobody can say which ciphertext is meant.
impl<'de> Deserialize<'de> for Ciphertexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Ciphertexts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object from names to ciphertexts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ciphertexts, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((name, ciphertext)) = map.next_entry()? {
                    if all.insert(name, ciphertext).is_some() {
                        return Err(serde::de::Error::custom("a name stands twice"));
                    }
                }
                Ok(Ciphertexts(all))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn names_are_written_in_order_and_read_back() {
        let mut all = Ciphertexts::parse(br#"{ "b": "QkI=", "a/\u00fc": "QQ==" }"#).unwrap();
        all.insert("\"c\"", "Qw==".into());
        let json = all.to_json().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&json),
            "{\n  \"\\\"c\\\"\": \"Qw==\",\n  \"a/ü\": \"QQ==\",\n  \"b\": \"QkI=\"\n}\n"
        );
        assert_eq!(Ciphertexts::parse(&json).unwrap(), all);
        assert_eq!(all.remove("b").as_deref(), Some("QkI="));
        assert!(!all.contains("b"));
        assert_eq!(all.into_names().collect::<Vec<_>>(), ["\"c\"", "a/ü"]);
    }

    #[test]
    fn no_file_and_an_empty_one_hold_nothing() {
        assert_eq!(Ciphertexts::parse(b"").unwrap(), Ciphertexts::default());
        assert_eq!(Ciphertexts::default().to_json().unwrap(), b"{}\n");
    }

    #[test]
    fn a_file_of_another_kind_is_malformed_and_not_shown() {
        for data in [&b"KEY=canary"[..], b"[]", b"{\"a\": 1}", b"{\"a\":\"canary\",\"a\":\"QQ==\"}", b"{} {}", b"\xff"]
        {
            let Err(Error::Malformed(message)) = Ciphertexts::parse(data) else { panic!("{data:?}") };
            assert!(message.starts_with("line 1") && !message.contains("canary"), "{message}");
        }
    }
}
