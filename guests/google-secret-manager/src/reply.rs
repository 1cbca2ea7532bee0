//! What comes back.

use std::collections::BTreeMap;

use google::Checksum;
use secret_runtime_guest::{Error, Result, base64::Bytes};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A version with its value.
#[derive(Deserialize)]
pub(crate) struct Accessed {
    pub(crate) name: String,
    pub(crate) payload: Payload,
}

#[derive(Deserialize)]
pub(crate) struct Payload {
    pub(crate) data: Bytes,
    #[serde(rename = "dataCrc32c")]
    pub(crate) checksum: Option<Checksum>,
}

/// A version without its value.
#[derive(Deserialize)]
pub(crate) struct Version {
    pub(crate) name: String,
    state: String,
}

impl Version {
    /// Whether its value can be read: it is neither disabled nor destroyed.
    pub(crate) fn is_enabled(&self) -> bool {
        self.state == "ENABLED"
    }
}

/// A page of secrets. Google leaves out what is empty, down to `{}`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct Names {
    pub(crate) names: Vec<String>,
    pub(crate) next: Option<String>,
    pub(crate) total: Option<u64>,
}

impl TryFrom<Map<String, Value>> for Names {
    type Error = &'static str;

    fn try_from(page: Map<String, Value>) -> Result<Self, Self::Error> {
        const SECRETS: &str = "secrets";
        const NEXT: &str = "nextPageToken";
        const TOTAL: &str = "totalSize";
        if !page.is_empty() && ![SECRETS, NEXT, TOTAL].iter().any(|key| page.contains_key(*key)) {
            return Err("no page of secrets");
        }
        let name = |secret: &Value| secret.get("name")?.as_str()?.rsplit_once('/').map(|(_, name)| name.to_owned());
        let names = match page.get(SECRETS) {
            None => Some(Vec::new()),
            Some(secrets) => secrets.as_array().and_then(|secrets| secrets.iter().map(name).collect()),
        };
        let next = page.get(NEXT).map(|token| token.as_str().ok_or("no token")).transpose()?;
        Ok(Self {
            names: names.ok_or("no names")?,
            next: next.filter(|token| !token.is_empty()).map(str::to_owned),
            total: page.get(TOTAL).and_then(Value::as_u64),
        })
    }
}

/// A secret, and what is kept beside its versions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) expire_time: Option<String>,
}

/// The last part of a full name such as `projects/1/secrets/KEY/versions/2`.
pub(crate) fn last(name: String) -> Result<String> {
    match name.rsplit_once('/') {
        Some((_, last)) if !last.is_empty() => Ok(last.to_owned()),
        _ => Err(Error::malformed("a name in the reply is not a full one")),
    }
}

/// A version as a caller may name it: by number, or by an alias that somebody gave it.
pub(crate) fn known_version(version: &str) -> Result<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=63).contains(&version.len()) && version.bytes().all(plain) {
        Ok(version)
    } else {
        Err(Error::invalid("a version is a number, or an alias of letters, digits, - and _"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use secret_runtime_guest::http::Response;

    use super::*;

    #[test]
    fn a_value_is_read_with_and_without_its_checksum() {
        let reply = r#"{"name":"projects/1/secrets/K/versions/7","payload":{"data":"AP8=","dataCrc32c":"3"}}"#;
        let read: Accessed = Response::new(200, reply).json().unwrap();
        assert_eq!((read.payload.data.0.as_slice(), read.payload.checksum.is_some()), (&[0, 0xff][..], true));
        assert_eq!(last(read.name).unwrap(), "7");
        let reply = r#"{"name":"n/7","payload":{"data":""}}"#;
        assert_eq!(Response::new(200, reply).json::<Accessed>().unwrap().payload.checksum, None);
    }

    #[test]
    fn a_reply_of_another_shape_is_malformed_and_not_shown() {
        for reply in [
            r#"{"name":"n/7","payload":{}}"#,
            r#"{"name":"n/7","payload":{"data":"canary"}}"#,
            r#"{"name":"n/7","payload":{"data":7}}"#,
            r#"{"name":"n/7","payload":{"data":"","dataCrc32c":"canary"}}"#,
            r#"{"payload":{"data":""}}"#,
            "canary",
        ] {
            let error = Response::new(200, reply).json::<Accessed>().err().unwrap();
            assert!(matches!(error, Error::Malformed(_)) && !format!("{error:?}").contains("canary"), "{error:?}");
        }
        for name in ["", "7", "projects/1/"] {
            assert!(matches!(last(name.into()), Err(Error::Malformed(_))), "{name}");
        }
    }

    #[test]
    fn a_page_is_read_and_an_empty_one_is_one() {
        let page = |reply: &str| Response::new(200, reply).json::<Names>();
        let reply = r#"{"secrets":[{"name":"projects/1/secrets/A","etag":"x"},{"name":"projects/1/secrets/B"}],"nextPageToken":"t","totalSize":7}"#;
        let expected = Names { names: vec!["A".into(), "B".into()], next: Some("t".into()), total: Some(7) };
        assert_eq!(page(reply), Ok(expected));
        assert_eq!(page("{}"), Ok(Names::default()));
        assert_eq!(page(r#"{"totalSize":0,"nextPageToken":""}"#), Ok(Names { total: Some(0), ..Names::default() }));
        for other in [
            r#"{"canary":1}"#,
            "[]",
            r#"{"secrets":{}}"#,
            r#"{"secrets":[{"name":7}]}"#,
            r#"{"secrets":[{}]}"#,
            r#"{"secrets":[{"name":"A"}]}"#,
            r#"{"totalSize":1,"nextPageToken":7}"#,
        ] {
            assert!(matches!(page(other), Err(Error::Malformed(_))), "{other}");
        }
    }

    #[test]
    fn a_version_is_a_number_or_an_alias() {
        for version in ["1", "12", "latest", "prod-2_b"] {
            assert_eq!(known_version(version), Ok(version));
        }
        for version in ["", "1:access", "1/2", "..", "a b", "ü", &"x".repeat(64)] {
            assert!(matches!(known_version(version), Err(Error::Invalid(_))), "{version}");
        }
    }
}
