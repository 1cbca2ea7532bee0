//! What the service's replies mean.

use std::collections::BTreeMap;

use secret_runtime_guest::{
    Entry, Error, Result, Secret,
    http::{Problem, Response},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

/// Metadata may hold anything. Of what is too much to be passed on, so many pairs of this size are.
const PAIRS: usize = 60;
const PAIR_BYTES: usize = 4 << 10;

/// What its owner wrote beside a secret.
type Metadata = BTreeMap<String, Box<RawValue>>;

/// A secret.
#[derive(Deserialize)]
pub(crate) struct Stored {
    value: String,
    version: u64,
    secret_type: String,
    access_tier: String,
    metadata: Option<Metadata>,
}

impl Stored {
    /// Reads the reply to a request for a secret.
    pub(crate) fn of(response: &Response) -> Result<Self> {
        match response.status {
            // The path of a namespace looks like that of a secret.
            200 if response.json::<Namespace>().is_ok() => Err(Error::NotFound),
            200 => response.json(),
            _ => Err(about_secret(response)),
        }
    }

    pub(crate) fn into_secret(self) -> Secret {
        let metadata = pairs(self.secret_type, self.access_tier, self.metadata);
        Secret { version: Some(self.version.to_string()), metadata, ..Secret::new(self.value) }
    }
}

/// What only a listing has.
#[derive(Deserialize)]
struct Namespace {
    #[serde(rename = "items")]
    _items: Vec<IgnoredAny>,
}

/// The secrets of a namespace.
#[derive(Deserialize)]
pub(crate) struct Listing {
    pub(crate) items: Vec<Item>,
    pub(crate) total: Option<u64>,
}

/// One of them.
#[derive(Deserialize)]
pub(crate) struct Item {
    namespace: String,
    key: String,
    version: u64,
    secret_type: String,
    access_tier: String,
    metadata: Option<Metadata>,
    expired: Option<bool>,
}

impl Item {
    pub(crate) fn into_entry(self) -> Entry {
        Entry {
            name: format!("{}/{}", self.namespace, self.key),
            version: Some(self.version.to_string()),
            expired: self.expired,
            metadata: pairs(self.secret_type, self.access_tier, self.metadata),
        }
    }
}

/// What the service tells of a write.
#[derive(Deserialize)]
pub(crate) struct Written {
    pub(crate) version: u64,
}

/// How the service says it is.
#[derive(Deserialize)]
pub(crate) struct Health {
    #[serde(rename = "status")]
    _status: String,
}

/// Type and tier, and then what the owner wrote: text as text, and anything else as JSON.
fn pairs(secret_type: String, access_tier: String, metadata: Option<Metadata>) -> Vec<(String, String)> {
    let text = |json: &RawValue| serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned());
    let owners = metadata.unwrap_or_default().into_iter().map(|(name, json)| (name, text(&json)));
    let owners = owners.filter(|(name, value)| {
        !matches!(name.as_str(), "type" | "tier") && name.len() <= PAIR_BYTES && value.len() <= PAIR_BYTES
    });
    [("type".into(), secret_type), ("tier".into(), access_tier)].into_iter().chain(owners.take(PAIRS)).collect()
}

/// The error of a request about one secret, where only the service itself says that this is missing.
pub(crate) fn about_secret(response: &Response) -> Error {
    if response.is_problem(404, "SECRET_NOT_FOUND") { Error::NotFound } else { failure(response) }
}

/// The error that a status other than success stands for.
pub(crate) fn failure(response: &Response) -> Error {
    let Some(Problem { code, .. }) = response.problem() else { return response.error() };
    match response.status {
        400 | 422 => Error::invalid("the service does not accept this value, type, tier or metadata"),
        403 if code == "HUMAN_AUTH_REQUIRED" => Error::denied("this takes a person, not an agent").with_code(&code),
        401 => Error::unauthenticated("the service does not accept our token").with_code(&code),
        403 => Error::denied("the service denies access").with_code(&code),
        404 => Error::other("the service knows no such address").with_code(&code),
        _ => response.error(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const STORED: &str = r#"{"value":"v","secret_type":"api_key","access_tier":"standard","version":3,"metadata":"#;

    fn error(status: u16, code: &str) -> Response {
        Response::new(status, format!(r#"{{"error":{{"code":"{code}","message":"canary"}}}}"#))
    }

    #[test]
    fn a_secret_brings_its_version_type_tier_and_metadata() {
        let body = format!(r#"{STORED}{{"owner":"te\u0061m","n":1.10,"nested":{{"a": []}},"type":"mine"}}}}"#);
        let secret = Stored::of(&Response::new(200, body)).unwrap().into_secret();
        assert_eq!((secret.value.as_slice(), secret.version.as_deref()), (b"v".as_slice(), Some("3")));
        let pairs: Vec<_> = secret.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let owners = [("n", "1.10"), ("nested", r#"{"a": []}"#), ("owner", "team")];
        assert_eq!(pairs, [[("type", "api_key"), ("tier", "standard")].as_slice(), &owners].concat());
    }

    #[test]
    fn metadata_that_is_too_much_does_not_keep_a_secret_from_being_read() {
        let many: Vec<_> = (0..100).map(|n| format!(r#""k{n}":"{}""#, "x".repeat(n * 60))).collect();
        let body = format!("{STORED}{{{}}}}}", many.join(","));
        let secret = Stored::of(&Response::new(200, body)).unwrap().into_secret();
        assert_eq!((secret.value.as_slice(), secret.metadata.len()), (b"v".as_slice(), 2 + PAIRS));
        let none = Stored::of(&Response::new(200, format!("{STORED}null}}"))).unwrap();
        assert_eq!(none.into_secret().metadata.len(), 2);
    }

    #[test]
    fn only_the_service_says_that_a_secret_is_missing() {
        assert_eq!(Stored::of(&error(404, "SECRET_NOT_FOUND")).err(), Some(Error::NotFound));
        assert_eq!(Stored::of(&Response::new(200, r#"{"namespace":"a/b","items":[]}"#)).err(), Some(Error::NotFound));
        assert!(matches!(Stored::of(&Response::new(404, "<html>")), Err(Error::Malformed(_))));
        assert!(matches!(Stored::of(&error(404, "NOT_FOUND")), Err(Error::Other(_))));
        for shape in ["", "{}", "null", "[]", r#"{"value":1}"#, r#"{"items":{}}"#] {
            assert!(matches!(Stored::of(&Response::new(200, shape)), Err(Error::Malformed(_))), "{shape}");
        }
    }

    #[test]
    fn refusals_keep_their_code_and_not_the_words_of_the_service() {
        let cases = [
            (
                error(403, "HUMAN_AUTH_REQUIRED"),
                Error::denied("this takes a person, not an agent"),
                "HUMAN_AUTH_REQUIRED",
            ),
            (error(403, "SCOPE_DENIED"), Error::denied("the service denies access"), "SCOPE_DENIED"),
            (
                error(401, "UNAUTHORIZED"),
                Error::unauthenticated("the service does not accept our token"),
                "UNAUTHORIZED",
            ),
        ];
        for (response, expected, code) in cases {
            assert_eq!(failure(&response), expected.with_code(code));
        }
        assert_eq!(failure(&error(429, "RATE_LIMITED")), Error::RateLimited(None));
        assert!(matches!(failure(&error(400, "VALIDATION_ERROR")), Error::Invalid(_)));
        assert!(matches!(failure(&error(503, "X")), Error::Unavailable(_)));
    }

    #[test]
    fn a_listing_has_whole_names_versions_and_what_has_expired() {
        let item = r#"{"namespace":"a/b","key":"K","version":2,"secret_type":"custom","access_tier":"critical","metadata":null,"expired":true}"#;
        let body = format!(r#"{{"namespace":"a/b","total":7,"items":[{item}]}}"#);
        let Listing { items, total } = Response::new(200, body).json().unwrap();
        let entries: Vec<_> = items.into_iter().map(Item::into_entry).collect();
        let metadata = vec![("type".into(), "custom".into()), ("tier".into(), "critical".into())];
        let expected = Entry { version: Some("2".into()), expired: Some(true), metadata, ..Entry::new("a/b/K") };
        assert_eq!((entries, total), (vec![expected], Some(7)));
    }
}
