//! The target of a request, taken apart as a server of the vendor's does it.

use crate::Seen;

/// Path segments and query pairs, each decoded once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
}

impl Target {
    /// None: an escape is broken, or what comes out is not UTF-8.
    pub(crate) fn of(seen: &Seen) -> Option<Self> {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let segments =
            path.strip_prefix('/')?.split('/').map(|segment| decoded(segment, false)).collect::<Option<_>>()?;
        Some(Self { segments, query: pairs(query)? })
    }

    /// The segments, to be matched against.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads `a=b&c=d`, as a query or a form has it.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(key, true)?, decoded(value, true)?))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(bytes.next())? * 16 + digit(bytes.next())?).ok()?
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn target(target: &str) -> Option<Target> {
        let (headers, body) = (Vec::new(), Vec::new());
        Target::of(&Seen {
            method: "GET".into(),
            target: target.into(),
            headers,
            body,
            connection: 1,
            certificate: None,
        })
    }

    #[test]
    fn segments_and_query_are_decoded_once_and_apart() {
        let found = target("/a%2Fb/c+%252F//?q=x%26y+z&empty=&bare").unwrap();
        assert_eq!(found.path(), ["a/b", "c+%2F", "", ""]);
        assert_eq!(found.query("q"), Some("x&y z"));
        assert_eq!((found.query("empty"), found.query("bare"), found.query("none")), (Some(""), Some(""), None));
    }

    #[test]
    fn broken_escapes_are_no_target() {
        for broken in ["/a%", "/a%2", "/a%zz", "/%ff", "/a?q=%ff", "a"] {
            assert_eq!(target(broken), None, "{broken}");
        }
    }
}
