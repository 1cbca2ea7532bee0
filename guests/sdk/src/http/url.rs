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

    /// The query of a link that leads to this very place, apart from the query: its pairs, decoded. None for a link
    /// that leads anywhere else or can't be decoded. So a link that came in a reply can be used without being trusted.
    ///
    /// ```
    /// # use secret_runtime_guest::http::Url;
    /// let here = Url::new("https://keeper.example.com").segment("keys").query("size", "25");
    /// let next = here.query_of("https://keeper.example.com:443/keys?after=a%2Fb").unwrap_or_default();
    /// assert_eq!(next, [("after".to_owned(), "a/b".to_owned())]);
    /// assert_eq!(here.query_of("https://evil.example.com/keys?after=a"), None);
    /// ```
    pub fn query_of(&self, link: &str) -> Option<Vec<(String, String)>> {
        let (here, _) = self.text.split_once('?').unwrap_or((&self.text, ""));
        let (there, query) = link.split_once('?').unwrap_or((link, ""));
        if place(here)? != place(there)? {
            return None;
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(k, v)| Some((decode(k)?, decode(v)?)))
            .collect()
    }
}

/// Scheme, host and port, and path. The port that goes without saying is not told apart.
fn place(url: &str) -> Option<(&str, String, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let default = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    Some((scheme, authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase(), path))
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

/// Undoes [`encode`], and only that: a plus is a plus.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn a_link_is_read_only_if_it_leads_to_the_same_place() {
        let here = Url::new("https://a.example/base").segment("keys").query("size", "5");
        let read = |link: &str| here.query_of(link).map(|pairs| pairs.len());
        assert_eq!(read("https://A.example:443/base/keys?x=1&$y=%41+&z"), Some(3));
        assert_eq!(read("https://a.example/base/keys"), Some(0));
        for elsewhere in [
            "https://a.example/base/keys/x?x=1",
            "https://a.example/base/Keys?x=1",
            "https://a.example/base/../base/keys?x=1",
            "https://a.example:8443/base/keys?x=1",
            "https://a.example@b.example/base/keys?x=1",
            "https://b.example/base/keys?https://a.example/base/keys",
            "http://a.example:443/base/keys?x=1",
            "//a.example/base/keys?x=1",
            "/base/keys?x=1",
            "https://a.example/base/keys?x=%zz",
            "https://a.example/base/keys?x=%+1",
            "https://a.example/base/keys?x=%ff",
            "",
        ] {
            assert_eq!(read(elsewhere), None, "{elsewhere}");
        }
    }

    proptest! {
        #[test]
        fn a_segment_decodes_to_itself_and_holds_no_delimiter(text in "\\PC*|.*") {
            let url = Url::new("").segment(&text);
            let segment = url.as_str().strip_prefix('/').unwrap();
            prop_assert!(!segment.contains(['/', '?', '#', '&', ' ']) && segment.is_ascii());
            prop_assert_eq!(decode(segment), Some(text));
        }
    }
}
