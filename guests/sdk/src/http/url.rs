//! Building URLs: whatever a name holds, it stays where it was put.

use std::fmt;

/// An absolute URL in the making. Path segments and query values are percent-encoded as they are added.
///
/// ```
/// # use secret_runtime_guest::http::Url;
/// let url = Url::new("https://keeper.example.com/").segment("a/b").path("team/é ?").query("at", "1&2");
/// assert_eq!(url.as_str(), "https://keeper.example.com/a%2Fb/team/%C3%A9%20%3F?at=1%262");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    text: String,
    has_query: bool,
}

impl Url {
    /// Begins with an origin, and a path where the upstream does not live at the root. A slash at the end is dropped.
    pub fn new(base: &str) -> Self {
        Self { text: base.trim_end_matches('/').to_owned(), has_query: false }
    }

    /// Adds one path segment. A slash in it is encoded.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        self.text.push('/');
        encode(segment, &mut self.text);
        self
    }

    /// Adds path segments, divided by slashes. Empty ones are left out, so `a/` and `/a` are `a`, and nothing is nothing.
    #[must_use]
    pub fn path(self, path: &str) -> Self {
        path.split('/').filter(|segment| !segment.is_empty()).fold(self, Self::segment)
    }

    /// Adds a query parameter. The path has to be complete by then.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        encode(name, &mut self.text);
        self.text.push('=');
        encode(value, &mut self.text);
        self
    }

    /// Adds a query parameter if there is a value for it.
    #[must_use]
    pub fn maybe_query(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<Url> for String {
    fn from(url: Url) -> Self {
        url.text
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Percent-encodes every byte but RFC 3986's unreserved ones.
fn encode(text: &str, onto: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or_default();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            onto.push(char::from(byte));
        } else {
            onto.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn decode(segment: &str) -> String {
        let mut bytes = segment.bytes();
        let mut out = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                out.push(byte);
            }
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_in_a_path_or_query_leaves_its_place() {
        let url =
            Url::new("http://127.0.0.1:8200/").path("/a//b/").segment("c/%2F?#").query("q", "x&y=z").query("r", "");
        assert_eq!(url.as_str(), "http://127.0.0.1:8200/a/b/c%2F%252F%3F%23?q=x%26y%3Dz&r=");
    }

    #[test]
    fn an_absent_query_value_adds_nothing() {
        let url = Url::new("http://a").maybe_query("version", None).maybe_query("limit", Some("1"));
        assert_eq!(url.as_str(), "http://a?limit=1");
    }

    proptest! {
        #[test]
        fn a_segment_decodes_to_itself_and_holds_no_delimiter(text in "\\PC*|.*") {
            let url = Url::new("").segment(&text);
            let segment = url.as_str().strip_prefix('/').unwrap();
            prop_assert!(!segment.contains(['/', '?', '#', '&', ' ']) && segment.is_ascii());
            prop_assert_eq!(decode(segment), text);
        }
    }
}
