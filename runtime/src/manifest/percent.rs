//! Percent-encoding: one way to write, one strict way to read.

use std::fmt::Write as _;

/// Why encoded text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadText {
    /// A `%` that no two hexadecimal digits follow.
    #[error("a % is not followed by two hexadecimal digits")]
    Escape,
    /// What is decoded is not UTF-8.
    #[error("it is not UTF-8 when decoded")]
    Utf8,
}

/// Encodes a path segment. `/` and `;` are encoded, because upstreams split at them.
pub(crate) fn encode_segment(text: &str) -> String {
    encode(text, b"-._~:@")
}

/// Encodes a key or a value of a query or form. A space becomes `%20`, which both read alike.
pub(crate) fn encode_pair(text: &str) -> String {
    encode(text, b"-._~")
}

fn encode(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Decodes once.
pub(crate) fn decode(text: &str) -> Result<String, BadText> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err(BadText::Escape),
        }
    }
    String::from_utf8(bytes).map_err(|_| BadText::Utf8)
}

/// Whether decoded text may be a path segment: not empty, no control character, no `\`, and no `.` or `..`, also not
/// between slashes that an upstream might decode before it splits.
pub(crate) fn is_safe_segment(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().any(|c| c.is_control() || c == '\\')
        && !text.split('/').any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_escapes_and_bad_text_are_refused() {
        for bad in ["%", "%4", "a%zz", "%+1", "%%41"] {
            assert_eq!(decode(bad), Err(BadText::Escape), "{bad}");
        }
        assert_eq!(decode("%ff"), Err(BadText::Utf8));
        assert_eq!(decode("%C0%AF"), Err(BadText::Utf8));
        assert_eq!(decode("a%2fb%2B+"), Ok("a/b++".into()));
    }

    #[test]
    fn a_segment_can_not_climb() {
        for bad in ["", ".", "..", "a/..", "../a", "a\\b", "a\0", "\u{85}"] {
            assert!(!is_safe_segment(bad), "{bad:?}");
        }
        for good in ["a", "...", "a..b", "a/b", ".env", "a b", "ü"] {
            assert!(is_safe_segment(good), "{good:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_back(text in any::<String>()) {
            for encoded in [encode_segment(&text), encode_pair(&text)] {
                prop_assert!(encoded.is_ascii() && !encoded.contains(['/', '?', '#', '&', ';', '+', ' ']));
                prop_assert_eq!(decode(&encoded).unwrap(), text.clone());
            }
        }
    }
}
