//! Cloud KMS: two symmetric keys.

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::{Value, json};

use super::{
    PROJECT, Spoiled, checksum,
    question::{Question, bytes, put},
    refusal::{Refusal, invalid, not_now, refuse},
    secrets::MADE,
};

pub(super) const KEY: &str = "projects/test-project/locations/global/keyRings/ring/cryptoKeys/key";
pub(super) const OTHER_KEY: &str = "projects/test-project/locations/global/keyRings/ring/cryptoKeys/other";

/// The most bytes to encrypt, and to bind to them.
const TOO_LARGE: usize = 65_536;

/// What a ciphertext begins with.
const HEADER: &[u8] = b"\x0a\x24\x00";

/// The keys by name.
pub(super) struct Keys(Vec<(&'static str, Key)>);

struct Key {
    sealing: LessSafeKey,
    enabled: bool,
}

impl Keys {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(vec![(KEY, Key::new()?), (OTHER_KEY, Key::new()?)]))
    }

    /// Answers a question about keys. `path` is what follows the project.
    pub(super) fn answer(&mut self, question: &Question, path: &[&str], spoiled: Spoiled) -> Result<Value, Refusal> {
        let (path, version) = match path {
            [path @ .., "cryptoKeyVersions", "1"] => (path, true),
            path => (path, false),
        };
        let name = format!("projects/{PROJECT}/{}", path.join("/"));
        let Some((_, key)) = self.0.iter_mut().find(|(known, _)| *known == name) else {
            return refuse(404, "NOT_FOUND", format!("CryptoKey {name} not found."));
        };
        match (question.method.as_str(), version, question.verb.as_deref()) {
            ("GET", false, None) => {
                question.knows(&[], &[])?;
                let state = if key.enabled { "ENABLED" } else { "DISABLED" };
                let primary = json!({ "name": format!("{name}/cryptoKeyVersions/1"), "state": state });
                Ok(json!({ "name": name, "purpose": "ENCRYPT_DECRYPT", "createTime": MADE, "primary": primary }))
            }
            ("PATCH", true, None) => {
                question.knows(&["updateMask"], &["state"])?;
                // Clients may write the words of an enumeration as numbers.
                key.enabled = [json!("ENABLED"), json!(1)].iter().any(|on| question.body.get("state") == Some(on));
                Ok(json!({ "name": format!("{name}/cryptoKeyVersions/1") }))
            }
            ("POST", false, Some("encrypt" | "decrypt")) if !key.enabled => {
                not_now(format!("{name}/cryptoKeyVersions/1 is not enabled, current state is: DISABLED."))
            }
            ("POST", false, Some("encrypt")) => key.encrypt(question, &name, spoiled),
            ("POST", false, Some("decrypt")) => key.decrypt(question, spoiled),
            _ => refuse(404, "NOT_FOUND", "Method not found."),
        }
    }
}

impl Key {
    fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).ok().context("the key is not one")?;
        Ok(Self { sealing: LessSafeKey::new(key), enabled: true })
    }

    fn encrypt(&self, question: &Question, name: &str, spoiled: Spoiled) -> Result<Value, Refusal> {
        let bound = Bound::of(question, "plaintext")?;
        let mut nonce = [0; NONCE_LEN];
        let mut sealed = bound.data.clone();
        let random = getrandom::fill(&mut nonce).is_ok();
        let aad = Aad::from(&bound.aad);
        let tag = self.sealing.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed);
        let Some(tag) = tag.ok().filter(|_| random) else {
            return refuse(500, "INTERNAL", "Internal error encountered.");
        };
        let ciphertext = [HEADER, &nonce, &sealed, tag.as_ref()].concat();
        let mut reply = json!({
            "name": format!("{name}/cryptoKeyVersions/1"),
            "ciphertext": STANDARD.encode(&ciphertext),
            "protectionLevel": "SOFTWARE",
        });
        for (verified, word) in [
            (bound.data_verified, "verifiedPlaintextCrc32c"),
            (bound.aad_verified, "verifiedAdditionalAuthenticatedDataCrc32c"),
        ] {
            if verified && spoiled != Spoiled::NoChecksums {
                put(&mut reply, word, true);
            }
        }
        if let Some(sum) = checksum::written(&ciphertext, spoiled) {
            put(&mut reply, "ciphertextCrc32c", sum);
        }
        Ok(reply)
    }

    fn decrypt(&self, question: &Question, spoiled: Spoiled) -> Result<Value, Refusal> {
        let bound = Bound::of(question, "ciphertext")?;
        let Some(plaintext) = self.open(&bound) else {
            return invalid(
                "Decryption failed: verify that 'name' refers to the correct CryptoKey and that the \
                 additional authenticated data, if any, is the one used when encrypting.",
            );
        };
        let mut reply = json!({ "usedPrimary": true, "protectionLevel": "SOFTWARE" });
        // What is empty is left out, as everywhere in replies of this kind.
        if !plaintext.is_empty() {
            put(&mut reply, "plaintext", STANDARD.encode(&plaintext));
        }
        if let Some(sum) = checksum::written(&plaintext, spoiled) {
            put(&mut reply, "plaintextCrc32c", sum);
        }
        Ok(reply)
    }

    fn open(&self, bound: &Bound) -> Option<Vec<u8>> {
        let (nonce, sealed) = bound.data.strip_prefix(HEADER)?.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plaintext = self.sealing.open_in_place(nonce, Aad::from(&bound.aad), &mut sealed).ok()?;
        Some(plaintext.to_vec())
    }
}

/// Data to encrypt or to decrypt, and what is bound to it.
struct Bound {
    data: Vec<u8>,
    data_verified: bool,
    aad: Vec<u8>,
    aad_verified: bool,
}

impl Bound {
    fn of(question: &Question, member: &str) -> Result<Self, Refusal> {
        const AAD: [&str; 2] = ["additionalAuthenticatedData", "additionalAuthenticatedDataCrc32c"];
        let checksum = format!("{member}Crc32c");
        question.knows(&[], &[member, &checksum, AAD[0], AAD[1]])?;
        let data = bytes(question.body.get(member))?;
        let aad = bytes(question.body.get(AAD[0]))?;
        if aad.len() > TOO_LARGE || (member == "plaintext" && data.len() > TOO_LARGE) {
            return invalid(format!("The {member} or what is bound to it is larger than 65536 bytes."));
        }
        let data_verified = checksum::verified(question.body.get(&checksum), &data)?;
        let aad_verified = checksum::verified(question.body.get(AAD[1]), &aad)?;
        Ok(Self { data, data_verified, aad, aad_verified })
    }
}
