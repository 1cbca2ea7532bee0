//! Signed assertions: what proves to a token endpoint that we hold a private key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair},
};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use zeroize::Zeroizing;

use crate::manifest::json::Json;

/// How an assertion is signed, both with RSA and SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// With PKCS #1 padding.
    Rs256,
    /// With PSS padding.
    Ps256,
}

/// The text holds no key that can sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds no RSA key of 2048 bits or more as PEM; a key with a password has to be decrypted first")]
pub(super) struct NoKey;

/// A private key.
pub(super) struct Signer(RsaKeyPair);

impl Signer {
    /// The first private key in a PEM text.
    ///
    /// # Errors
    /// There is none that can sign.
    pub(super) fn from_pem(pem: &str) -> Result<Self, NoKey> {
        let mut key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| NoKey)?;
        let pair = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(NoKey),
        };
        zeroize::Zeroize::zeroize(&mut key);
        pair.map(Self).map_err(|_| NoKey)
    }

    /// A signed assertion with this header, to which the algorithm is added, and these claims.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(super) fn assertion(
        &self,
        algorithm: Algorithm,
        header: &[(&str, &str)],
        claims: &[(&str, Json)],
    ) -> Result<Zeroizing<String>, NoKey> {
        let (name, encoding): (_, &dyn RsaEncoding) = match algorithm {
            Algorithm::Rs256 => ("RS256", &RSA_PKCS1_SHA256),
            Algorithm::Ps256 => ("PS256", &RSA_PSS_SHA256),
        };
        let mut head = vec![("alg", name), ("typ", "JWT")];
        head.extend(header);
        let header = Json::Object(head.iter().map(|(key, value)| ((*key).to_owned(), Json::text(value))).collect());
        let claims = Json::Object(claims.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect());
        let part = |json: &Json| json.to_bytes().map(|bytes| URL_SAFE_NO_PAD.encode(&*bytes)).ok_or(NoKey);
        let mut text = Zeroizing::new(format!("{}.{}", part(&header)?, part(&claims)?));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).map_err(|_| NoKey)?;
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(text)
    }
}
