//! AWS KMS: the operator keeps ciphertexts, in a file or in environment variables, and KMS has the key.

mod context;

use aws::{Failure, Service};
use secret_runtime_guest::{
    Check, Delete, DeleteMode, Error, Exists, List, NewSecret, Options, Page, Read, Readiness, Result, Secret, Write,
    base64::Bytes, config,
};
use serde::Deserialize;
use serde_json::json;

const API: Service = Service("TrentService");

/// How many bytes KMS encrypts; there has to be one.
const VALUE_BYTES: usize = 4096;

struct Kms;

secret_runtime_guest::export!(Kms: Read, Exists, List, Write, Delete, Check);

impl Read for Kms {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Decrypted {
            plaintext: Bytes,
        }
        if version.is_some() {
            return Err(Error::unsupported("there is one ciphertext of a name, without versions"));
        }
        let input = json!({
            "CiphertextBlob": ciphertexts::get(name)?,
            "KeyId": config::get("key"),
            "EncryptionContext": context::of(name)?,
        });
        let Decrypted { plaintext: Bytes(value) } = API.call("Decrypt", input)?;
        Ok(Secret::new(value))
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
    fn write(secret: &NewSecret, _: &Options) -> Result<Option<String>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Encrypted {
            ciphertext_blob: Bytes,
        }
        if !(1..=VALUE_BYTES).contains(&secret.value.len()) {
            return Err(Error::invalid(format!("AWS KMS encrypts values of 1 to {VALUE_BYTES} bytes")));
        }
        ciphertexts::prepare(secret)?;
        let input = json!({
            "KeyId": config::require("key")?,
            "Plaintext": Bytes(secret.value.clone()),
            "EncryptionContext": context::of(&secret.name)?,
        });
        let Encrypted { ciphertext_blob: Bytes(ciphertext) } = API.call("Encrypt", input)?;
        ciphertexts::put(secret, &ciphertext)?;
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
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Described {
            key_metadata: Key,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Key {
            enabled: bool,
        }
        let Some(key) = config::get("key") else {
            return Ok(Readiness::Unknown("without the setting `key` there is no key to ask for".into()));
        };
        let described: Result<Described, Failure> = API.call("DescribeKey", json!({ "KeyId": key }));
        match described {
            Ok(Described { key_metadata: Key { enabled: false } }) => {
                Err(Error::other("the key is not enabled").with_code("DisabledException"))
            }
            described => aws::readiness(described),
        }
    }
}
