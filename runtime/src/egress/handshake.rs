//! Who we are in a TLS handshake: a client certificate with its key, and what a server says to it.

use std::{error::Error as StdError, io};

use reqwest::Identity;
use rustls::{
    AlertDescription, Error as TlsError,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::credentials::Sources;
use crate::{
    error::{Error, Kind, Result},
    manifest::{Scope, Template, Value, recipe::Mtls},
};

/// A client certificate and its key, read again for each use.
#[derive(Debug)]
pub(crate) struct ClientCertificate {
    mtls: Mtls,
    /// The credentials that it is made of, and no others.
    sources: Sources,
}

/// What was read, in PEM.
pub(super) struct Read {
    certificate: Zeroizing<String>,
    key: Zeroizing<String>,
}

impl ClientCertificate {
    pub(super) fn new(mtls: &Mtls, sources: &Sources) -> Self {
        let used = mtls.placeholders();
        let sources = sources.0.iter().filter(|(name, _)| used.contains(&name.as_str()));
        let sources = Sources(sources.map(|(name, source)| (name.clone(), source.clone())).collect());
        Self { mtls: mtls.clone(), sources }
    }

    /// Both, as they are now.
    pub(super) fn read(&self) -> Result<Read> {
        let scope = Credentials(self.sources.read()?);
        let filled = |template: &Template, what| {
            let missing = || Error::new(Kind::Config, format!("the recipe's client certificate lacks its {what}"));
            template.expand(&scope).map(|text| Zeroizing::new(text.to_string())).ok_or_else(missing)
        };
        Ok(Read { certificate: filled(&self.mtls.certificate, "certificate")?, key: filled(&self.mtls.key, "key")? })
    }

    /// What was read as a client shows it. Nothing of a key, or of what is no key, gets into an error.
    pub(super) fn identity(&self, read: &Read) -> Result<Identity> {
        let [certificate, key] = [&self.mtls.certificate, &self.mtls.key].map(|template| self.named(template));
        let bad = |why: String| Error::new(Kind::Config, why);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(read.certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| bad(format!("{certificate} is not well-formed PEM")))?;
        if chain.is_empty() {
            return Err(bad(format!("{certificate} holds no certificate in PEM")));
        }
        let secret = PrivateKeyDer::from_pem_slice(read.key.as_bytes())
            .map_err(|_| bad(format!("{key} holds no private key in PEM that is not encrypted")))?;
        CertifiedKey::from_der(chain, secret, &default_provider()).map_err(|cause| match cause {
            TlsError::InconsistentKeys(_) => bad(format!("{key} is not the key of {certificate}")),
            TlsError::InvalidCertificate(_) => bad(format!("{certificate} holds a certificate that is malformed")),
            _ => bad(format!("{key} holds a key of a kind that can't be used; RSA, ECDSA and Ed25519 can")),
        })?;
        let mut both = Zeroizing::new(Vec::with_capacity(read.certificate.len() + read.key.len() + 1));
        both.extend_from_slice(read.certificate.as_bytes());
        both.push(b'\n');
        both.extend_from_slice(read.key.as_bytes());
        Identity::from_pem(&both).map_err(|_| bad(format!("{certificate} and {key} can't be used as they are")))
    }

    /// The credentials of a template, and where each comes from.
    fn named(&self, template: &Template) -> String {
        let one = |name: &str| {
            let from = self.sources.0.get(name).map(|source| format!(" in {}", source.origin())).unwrap_or_default();
            format!("the credential {name}{from}")
        };
        template.placeholders().map(one).collect::<Vec<_>>().join(" with ")
    }
}

impl Read {
    /// Differs where what was read differs.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((self.certificate.len() as u64).to_le_bytes());
        hash.update(self.certificate.as_bytes());
        hash.update(self.key.as_bytes());
        hash.finalize().into()
    }
}

/// Credentials alone, by name.
struct Credentials(std::collections::BTreeMap<String, Zeroizing<String>>);

impl Scope for Credentials {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        self.0.get(name).map(|value| Value::Text(value.as_str().into()))
    }
}

/// What `origin` holds against who we are, if that is why it ended the connection.
pub(super) fn objection(origin: &str, shows: bool, alert: AlertDescription) -> Option<Error> {
    use AlertDescription as Alert;
    let reason = match alert {
        Alert::CertificateRequired => format!("{origin} asks for a client certificate, and the recipe shows it none"),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::DecryptError
        | Alert::AccessDenied
            if shows =>
        {
            format!("{origin} does not accept our client certificate ({alert:?})")
        }
        _ => return None,
    };
    Some(Error::new(Kind::Unauthenticated, reason))
}

/// The alert with which the other side ended a TLS connection, if that is what happened.
pub(super) fn alert(cause: &(dyn StdError + 'static)) -> Option<AlertDescription> {
    let mut next = Some(cause);
    while let Some(cause) = next {
        if let Some(TlsError::AlertReceived(alert)) = cause.downcast_ref() {
            return Some(*alert);
        }
        // What an I/O error wraps is not its source, but the wrapped error's source is.
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    None
}
