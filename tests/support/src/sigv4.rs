//! Reading requests as AWS does: who signed them for what, and whether the signature is right.

use std::fmt::Write as _;

use ring::{digest, hmac};

use crate::Seen;

/// What the `Authorization` header of a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The access key's name.
    pub key: String,
    /// Date, region and service.
    pub scope: [String; 3],
    /// The headers that are signed.
    pub headers: Vec<String>,
    /// The signature.
    pub signature: String,
    /// The session token that came along.
    pub token: Option<String>,
}

impl Signed {
    /// Reads the signature of a request; none if it has none in headers.
    pub fn of(seen: &Seen) -> Option<Self> {
        let rest = seen.header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let part = |name: &str| rest.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let mut credential = part("Credential")?.split('/').map(str::to_owned);
        let key = credential.next()?;
        let scope = [credential.next()?, credential.next()?, credential.next()?];
        Some(Self {
            key,
            scope,
            headers: part("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: part("Signature")?.to_owned(),
            token: seen.header("x-amz-security-token").map(str::to_owned),
        })
    }

    /// Whether this secret makes the signature of that request, over what came.
    pub fn is_by(&self, secret: &str, seen: &Seen) -> bool {
        let [date, region, service] = &self.scope;
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let time = seen.header("x-amz-date").unwrap_or_default();
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(self.canonical(seen).as_bytes()));
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [date, region, service, "aws4_request", &text] {
            let signing = hmac::Key::new(hmac::HMAC_SHA256, &key);
            key = hmac::sign(&signing, part.as_bytes()).as_ref().to_vec();
        }
        hex(&key) == self.signature
    }

    fn canonical(&self, seen: &Seen) -> String {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let mut pairs: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        pairs.sort_unstable();
        let mut headers = String::new();
        for name in &self.headers {
            let _ = writeln!(headers, "{name}:{}", seen.header(name).unwrap_or_default().trim());
        }
        let (path, query, names) = (encoded(path), pairs.join("&"), self.headers.join(";"));
        format!("{}\n{path}\n{query}\n{headers}\n{names}\n{}", seen.method, hash(&seen.body))
    }
}

/// A path that is encoded already, encoded once more.
fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
