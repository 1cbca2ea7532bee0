//! Standard base64 with padding: how JSON and text files carry bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Bytes as base64.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The bytes that base64 stands for; none if it is not base64 to the letter, without line breaks and with its padding.
pub fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Bytes that are base64 in JSON.
#[cfg(feature = "json")]
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

#[cfg(feature = "json")]
impl serde::Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not borrowed: JSON may write a slash as `\/`.
        let text = String::deserialize(deserializer)?;
        decode(text).map(Self).ok_or_else(|| serde::de::Error::custom("not base64"))
    }
}

/// Shows how many there are: they may be a secret.
#[cfg(feature = "json")]
impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_base64_and_come_back() {
        for (bytes, text) in
            [(&b""[..], ""), (b"\0", "AA=="), (b"\xff\xfe", "//4="), (b"abc", "YWJj"), (b"\xfb\xef", "++8=")]
        {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn what_is_nearly_base64_is_not_guessed_at() {
        for text in ["AA", "AA=", "AB==", "AA==\n", " AA==", "__4=", "AA==AA==", "A", "ä"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_holds_them_as_text_and_debug_not_at_all() {
        let bytes: Bytes = serde_json::from_str(r#""Y2Fu\/\/\/\/""#).unwrap_or(Bytes(Vec::new()));
        assert_eq!(bytes.0, b"can\xff\xff\xff");
        assert_eq!(serde_json::to_string(&bytes).unwrap_or_default(), r#""Y2Fu////""#);
        assert_eq!(format!("{bytes:?}"), "Bytes(6)");
        assert!(serde_json::from_str::<Bytes>(r#""canary!""#).is_err_and(|e| !e.to_string().contains("canary")));
    }
}
