//! The path of a request, decoded exactly once. A path that could mean two things is refused.

use percent_encoding::percent_decode_str;
use secret_runtime::store::NAME_BYTES;

/// The most bytes of a path that are looked at: the longest name, all of it percent-encoded, behind a mount of the
/// same length.
const PATH_BYTES: usize = 2 * 3 * NAME_BYTES;

/// Why a path is refused. What it was is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPath {
    #[error("the path is longer than {PATH_BYTES} bytes")]
    Long,
    #[error("a percent sign in the path is not followed by two hexadecimal digits")]
    Escape,
    #[error("the path is not UTF-8")]
    Text,
    #[error("the path has an empty segment")]
    Empty,
    #[error("the path has a segment `.` or `..`")]
    Dots,
    #[error("a segment of the path holds an encoded slash, backslash, control character or percent escape")]
    Hidden,
}

/// The segments of a path, decoded. `folder` if it ended in a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    pub(crate) folder: bool,
}

impl Path {
    /// Reads the path of a request as it was sent.
    pub(crate) fn read(raw: &str) -> Result<Self, BadPath> {
        if raw.len() > PATH_BYTES {
            return Err(BadPath::Long);
        }
        let inner = raw.strip_prefix('/').ok_or(BadPath::Empty)?;
        let (inner, folder) = inner.strip_suffix('/').map_or((inner, false), |inner| (inner, true));
        if inner.is_empty() {
            return if folder { Err(BadPath::Empty) } else { Ok(Self { segments: Vec::new(), folder: true }) };
        }
        let segments = inner.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self { segments, folder })
    }
}

/// Decodes one segment.
fn segment(raw: &str) -> Result<String, BadPath> {
    if has_escape(raw, |digits| !digits.iter().all(u8::is_ascii_hexdigit) || digits.len() < 2) {
        return Err(BadPath::Escape);
    }
    let text = percent_decode_str(raw).decode_utf8().map_err(|_| BadPath::Text)?;
    match &*text {
        "" => Err(BadPath::Empty),
        "." | ".." => Err(BadPath::Dots),
        // Whoever decodes once more would see something else.
        _ if text.contains(['/', '\\']) || text.chars().any(char::is_control) => Err(BadPath::Hidden),
        _ if has_escape(&text, |digits| digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)) => {
            Err(BadPath::Hidden)
        }
        _ => Ok(text.into_owned()),
    }
}

/// Whether any percent sign is followed by such (at most two) bytes.
fn has_escape(text: &str, such: impl Fn(&[u8]) -> bool) -> bool {
    let bytes = text.as_bytes();
    let after = |at: usize| bytes.get(at + 1..(at + 3).min(bytes.len())).unwrap_or_default();
    bytes.iter().enumerate().any(|(at, byte)| *byte == b'%' && such(after(at)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_decoded_exactly_once_or_refused() {
        let path = |segments: &[&str], folder| {
            Ok(Path { segments: segments.iter().map(|segment| (*segment).to_owned()).collect(), folder })
        };
        for (raw, expected) in [
            ("/v1/prod/data/a", path(&["v1", "prod", "data", "a"], false)),
            ("/v1/prod/metadata/", path(&["v1", "prod", "metadata"], true)),
            ("/v1/a%20b%C3%A9", path(&["v1", "a bé"], false)),
            ("/v1/100%25", path(&["v1", "100%"], false)),
            ("/", path(&[], true)),
            ("", Err(BadPath::Empty)),
            ("*", Err(BadPath::Empty)),
            ("//", Err(BadPath::Empty)),
            ("/v1//a", Err(BadPath::Empty)),
            ("/v1/a//", Err(BadPath::Empty)),
            ("/v1/../a", Err(BadPath::Dots)),
            ("/v1/./a", Err(BadPath::Dots)),
            ("/v1/%2e%2E/a", Err(BadPath::Dots)),
            ("/v1/a%2fb", Err(BadPath::Hidden)),
            ("/v1/a%2Fb", Err(BadPath::Hidden)),
            ("/v1/a%5cb", Err(BadPath::Hidden)),
            ("/v1/a%00", Err(BadPath::Hidden)),
            ("/v1/a%0a", Err(BadPath::Hidden)),
            ("/v1/a%252fb", Err(BadPath::Hidden)),
            ("/v1/a%2525", Err(BadPath::Hidden)),
            ("/v1/a%ff", Err(BadPath::Text)),
            ("/v1/a%2", Err(BadPath::Escape)),
            ("/v1/a%", Err(BadPath::Escape)),
            ("/v1/a%zz", Err(BadPath::Escape)),
        ] {
            assert_eq!(Path::read(raw), expected, "{raw}");
        }
        assert_eq!(Path::read(&format!("/{}", "a".repeat(PATH_BYTES))), Err(BadPath::Long));
    }

    proptest! {
        #[test]
        fn what_a_client_encodes_is_what_is_read(name in "[^/\\\\%\\p{Cc}]{1,40}") {
            prop_assume!(name != "." && name != "..");
            let raw = format!("/v1/{}", utf8_percent_encode(&name, NON_ALPHANUMERIC));
            prop_assert_eq!(Path::read(&raw).unwrap().segments, ["v1".to_owned(), name]);
        }

        #[test]
        fn no_path_panics_or_yields_a_segment_that_leads_elsewhere(raw in "/[ -~]{0,60}") {
            for segment in Path::read(&raw).map(|path| path.segments).unwrap_or_default() {
                prop_assert!(!segment.is_empty() && segment != "." && segment != ".." && !segment.contains('/'));
            }
        }
    }
}
