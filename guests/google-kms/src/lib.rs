//! Google Cloud KMS: ciphertexts that the operator keeps in a file, or in environment variables.

use std::collections::BTreeMap;

use google::{Checksum, Done, Failure};
use secret_runtime_guest::{
    Check, Delete, DeleteMode, Error, Exists, List, NewSecret, Options, Page, Read, Readiness, Result, Secret, Write,
    base64::{self, Bytes},
    config,
    http::{Request, Url},
};
use serde::{Deserialize, de::DeserializeOwned};

struct Kms;

secret_runtime_guest::export!(Kms: Read, Exists, List, Write, Delete, Check);

/// The most bytes that Google encrypts.
const VALUE_BYTES: usize = 64 << 10;

/// What was decrypted. Google leaves out what is empty.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    #[serde(default = "nothing")]
    plaintext: Bytes,
    plaintext_crc32c: Checksum,
}

/// What was encrypted, and whether Google had from us what we meant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sealed {
    ciphertext: Bytes,
    ciphertext_crc32c: Checksum,
    #[serde(default)]
    verified_plaintext_crc32c: bool,
}

impl Read for Kms {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if version.is_some() {
            return Err(Error::unsupported("ciphertexts have no versions"));
        }
        let ciphertext = base64::decode(ciphertexts::get(name)?).unwrap_or_default();
        let opened: Opened = post(":decrypt", "ciphertext", &ciphertext, name).map_err(unusable)?;
        opened.plaintext_crc32c.verify(&opened.plaintext.0)?;
        Ok(Secret::new(opened.plaintext.0))
    }
}

impl Exists for Kms {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        ciphertexts::exists(name)
    }
}

impl List for Kms {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        ciphertexts::list(prefix, cursor, limit)
    }
}

impl Write for Kms {
    fn write(new: &NewSecret, _: &Options) -> Result<Option<String>> {
        if new.value.len() > VALUE_BYTES {
            return Err(Error::invalid("Cloud KMS encrypts values of up to 65536 bytes"));
        }
        ciphertexts::prepare(new)?;
        let sealed: Sealed = post(":encrypt", "plaintext", &new.value, &new.name)?;
        sealed.ciphertext_crc32c.verify(&sealed.ciphertext.0)?;
        if !sealed.verified_plaintext_crc32c {
            return Err(Error::malformed("Google does not say that what it encrypted is what it was sent"));
        }
        ciphertexts::put(new, &sealed.ciphertext.0)?;
        Ok(None)
    }
}

impl Delete for Kms {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        ciphertexts::delete(name, mode)
    }
}

impl Check for Kms {
    fn check() -> Result<Readiness> {
        google::readiness(google::send::<Done>(&Request::get(key("")?)))
    }
}

/// Where the key is, and what to do with it.
fn key(verb: &str) -> Result<String> {
    let url = Url::new(&config::require("api")?).segment("v1").path(&config::require("key")?);
    Ok(format!("{url}{verb}"))
}

/// Has the key do this with data, bound to what the settings say for this secret.
fn post<T: DeserializeOwned>(verb: &str, member: &str, data: &[u8], name: &str) -> Result<T, Failure> {
    let body = body(member, data, bound_to(name)?.as_deref());
    google::send(&Request::post(key(verb)?).json(&body)?)
}

/// Data and what it is bound to, each with its checksum. As in Google's replies, what is empty is left out.
fn body(member: &str, data: &[u8], aad: Option<&[u8]>) -> BTreeMap<String, String> {
    let mut body = BTreeMap::new();
    for (member, bytes) in [(member, Some(data)), ("additionalAuthenticatedData", aad)] {
        let Some(bytes) = bytes else { continue };
        body.insert(format!("{member}Crc32c"), Checksum::of(bytes).to_string());
        if !bytes.is_empty() {
            body.insert(member.to_owned(), base64::encode(bytes));
        }
    }
    body
}

/// The additional authenticated data of a secret's ciphertext.
fn bound_to(name: &str) -> Result<Option<Vec<u8>>> {
    match (config::get("aad"), config::get("bind-name")) {
        (None, None) => Ok(None),
        (Some(aad), None) => Ok(Some(aad.into_bytes())),
        (None, Some(_)) => Ok(Some(name.as_bytes().to_vec())),
        (Some(_), Some(_)) => Err(Error::invalid("of `aad` and `bind-name` only one can be set")),
    }
}

/// A ciphertext that does not open says nothing about the name that was asked for, nor about any value of the caller's.
fn unusable(failure: Failure) -> Error {
    const INVALID: &str = "INVALID_ARGUMENT";
    match failure {
        Failure { status, error: Error::Invalid(said) } if status == INVALID => Error::other(said).with_code(INVALID),
        failure => failure.error,
    }
}

fn nothing() -> Bytes {
    Bytes(Vec::new())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use secret_runtime_guest::http::Response;

    use super::*;

    #[test]
    fn what_is_empty_is_left_out_on_both_ways() {
        assert_eq!(
            body("plaintext", b"", None).into_iter().collect::<Vec<_>>(),
            [("plaintextCrc32c".into(), "0".into())]
        );
        let opened: Opened = Response::new(200, r#"{"plaintextCrc32c":"0","usedPrimary":true}"#).json().unwrap();
        assert_eq!(opened.plaintext_crc32c.verify(&opened.plaintext.0), Ok(()));
    }

    #[test]
    fn what_is_bound_goes_with_its_checksum() {
        let body = body("ciphertext", b"A", Some(b"123456789"));
        let expected = [
            ("additionalAuthenticatedData", "MTIzNDU2Nzg5"),
            ("additionalAuthenticatedDataCrc32c", "3808858755"),
            ("ciphertext", "QQ=="),
        ];
        for (member, value) in expected {
            assert_eq!(body.get(member).map(String::as_str), Some(value));
        }
        assert_eq!(body.len(), 4);
    }

    #[test]
    fn a_reply_without_a_checksum_is_malformed() {
        assert!(matches!(Response::new(200, r#"{"plaintext":"QQ=="}"#).json::<Opened>(), Err(Error::Malformed(_))));
        assert!(matches!(Response::new(200, r#"{"ciphertext":"QQ=="}"#).json::<Sealed>(), Err(Error::Malformed(_))));
    }

    #[test]
    fn a_ciphertext_that_does_not_open_is_no_fault_of_the_caller() {
        let failure = |status: &str, error: Error| Failure { status: status.into(), error };
        let said = failure("INVALID_ARGUMENT", Error::invalid("wrong key"));
        assert_eq!(unusable(said), Error::other("wrong key").with_code("INVALID_ARGUMENT"));
        assert_eq!(unusable(failure("", Error::invalid("of ours"))), Error::invalid("of ours"));
    }
}
