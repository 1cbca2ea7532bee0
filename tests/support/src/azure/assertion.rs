//! Certificates that applications log in with, and the assertions that they sign.

use std::{fmt, process::Command, sync::OnceLock, time::Duration};

use anyhow::{Context, Result, bail};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    digest,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm},
};
use serde_json::Value;

use crate::Venv;

/// How far a client's clock may be off, in seconds.
const SKEW: u32 = 300;

/// Makes an RSA key and a certificate for it, which ring can't.
const GENERATE: &str = r#"
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)
cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
    .sign(key, hashes.SHA256()))
print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode(), end="")
print(cert.public_bytes(s.Encoding.PEM).decode(), end="")
"#;

/// A certificate with its RSA key.
#[derive(Clone)]
pub struct ClientCertificate {
    pem: String,
    public_key: Vec<u8>,
    thumbprints: [String; 2],
}

impl ClientCertificate {
    /// A certificate of this process, made when it is first asked for.
    ///
    /// # Errors
    /// The packages that make it can't be had.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<ClientCertificate> = OnceLock::new();
        match SHARED.get() {
            Some(shared) => Ok(shared),
            None => {
                let made = Self::generate()?;
                Ok(SHARED.get_or_init(|| made))
            }
        }
    }

    /// A certificate that nobody has seen before.
    ///
    /// # Errors
    /// The packages that make it can't be had.
    pub fn generate() -> Result<Self> {
        let made = Command::new(Venv::azure()?.program("python")).args(["-c", GENERATE]).output()?;
        if !made.status.success() {
            bail!("no certificate could be made: {}", String::from_utf8_lossy(&made.stderr));
        }
        Self::of_pem(String::from_utf8(made.stdout)?).context("the certificate that was made can't be read")
    }

    /// The key and the certificate, in one PEM file's text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    fn of_pem(pem: String) -> Option<Self> {
        let (_, certificate) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
        let (certificate, _) = certificate.split_once("-----END")?;
        let der = STANDARD.decode(certificate.split_whitespace().collect::<String>()).ok()?;
        let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &der));
        let thumbprints = [thumbprint(&digest::SHA256), thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY)];
        Some(Self { public_key: public_key(&der)?.to_vec(), thumbprints, pem })
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("thumbprints", &self.thumbprints).finish_non_exhaustive()
    }
}

/// Why an assertion is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Stranger,
    Signature,
    Claims,
    Expired,
}

impl Refused {
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Stranger => "AADSTS700027: The certificate with this thumbprint is not registered.",
            Self::Signature => "AADSTS700027: The signature of the assertion is wrong.",
            Self::Claims => "AADSTS700021: Issuer, subject or audience of the assertion is wrong.",
            Self::Expired => "AADSTS700024: The assertion is not within its valid time range.",
        }
    }
}

/// Whether one of these certificates signed the assertion, for this client and endpoint, and it holds now.
pub(super) fn check(
    assertion: &str,
    certificates: &[ClientCertificate],
    client: &str,
    endpoint: &str,
    now: u64,
) -> Result<(), Refused> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [head, claims, signature] = parts.as_slice() else { return Err(Refused::Signature) };
    let (Some(header), Some(signature)) = (json(head), URL_SAFE_NO_PAD.decode(signature).ok()) else {
        return Err(Refused::Signature);
    };
    // Some pad, though this kind of base64 is written without.
    let names = [header.get("x5t#S256"), header.get("x5t")]
        .map(|name| name.and_then(Value::as_str).map(|name| name.trim_end_matches('=')));
    let named = |certificate: &&ClientCertificate| {
        certificate.thumbprints.iter().zip(names).any(|(known, name)| name == Some(known))
    };
    let certificate = certificates.iter().find(named).ok_or(Refused::Stranger)?;
    let algorithm: &dyn VerificationAlgorithm = match header.get("alg").and_then(Value::as_str) {
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => return Err(Refused::Signature),
    };
    UnparsedPublicKey::new(algorithm, &certificate.public_key)
        .verify(format!("{head}.{claims}").as_bytes(), &signature)
        .map_err(|_| Refused::Signature)?;

    let claims = json(claims).ok_or(Refused::Claims)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // Some write fractions of a second.
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (now, skew) = (Duration::from_secs(now).as_secs_f64(), f64::from(SKEW));
    if text("iss") != Some(client) || text("sub") != Some(client) || text("aud") != Some(endpoint) {
        return Err(Refused::Claims);
    }
    if text("jti").is_none_or(str::is_empty) {
        return Err(Refused::Claims);
    }
    let begun = number("nbf").is_none_or(|nbf| nbf <= now + skew);
    match number("exp") {
        Some(expires) if begun && expires + skew > now => Ok(()),
        _ => Err(Refused::Expired),
    }
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The RSA public key in a certificate, as PKCS#1 writes it.
fn public_key(der: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let (certificate, _) = element(der)?;
    let (mut rest, _) = element(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.1;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for _ in 0..5 {
        rest = element(rest)?.1;
    }
    let (key, _) = element(rest)?;
    let (bits, _) = element(element(key)?.1)?;
    bits.strip_prefix(&[0])
}

/// The content of the first element of DER, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (digits.iter().try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add(usize::from(*digit)))?, rest)
    };
    rest.split_at_checked(length)
}
