//! The key of a service account, and the assertions that are signed with it.

use std::{fmt, process::Command, sync::OnceLock};

use anyhow::{Context, Result, bail};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use crate::Venv;

/// Makes an RSA key, which ring can't: the private one in PEM, then the public one in base64.
const GENERATE: &str = r#"
import base64
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode(), end="=====\n")
print(base64.b64encode(key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.PKCS1)).decode())
"#;

/// The key of a service account.
pub struct AccountKey {
    pem: String,
    public: Vec<u8>,
}

impl AccountKey {
    /// A key of this process, made when it is first asked for.
    ///
    /// # Errors
    /// The packages that make it can't be had.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<AccountKey> = OnceLock::new();
        match SHARED.get() {
            Some(shared) => Ok(shared),
            None => {
                let made = Self::generate()?;
                Ok(SHARED.get_or_init(|| made))
            }
        }
    }

    /// A key that nobody has seen before.
    ///
    /// # Errors
    /// The packages that make it can't be had.
    pub fn generate() -> Result<Self> {
        let made = Command::new(Venv::google()?.program("python")).args(["-c", GENERATE]).output()?;
        if !made.status.success() {
            bail!("no key could be made: {}", String::from_utf8_lossy(&made.stderr));
        }
        let text = String::from_utf8(made.stdout)?;
        let (pem, public) = text.split_once("=====\n").context("the key that was made can't be read")?;
        Ok(Self { pem: pem.to_owned(), public: STANDARD.decode(public.trim())? })
    }

    /// The private key.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its id.
    pub fn id(&self) -> &'static str {
        "key-1"
    }

    /// The claims of an assertion that is signed with it.
    pub(super) fn claims(&self, assertion: &str) -> Option<Value> {
        let (signed, signature) = assertion.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let part = |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let head = part(head)?;
        if head.get("alg")?.as_str()? != "RS256" || head.get("kid").is_some_and(|kid| kid != self.id()) {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public);
        key.verify(signed.as_bytes(), &signature).ok()?;
        part(claims)
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountKey").field("id", &self.id()).finish_non_exhaustive()
    }
}
