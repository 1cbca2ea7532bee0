//! Certificates of a test's own authority, and servers that show or ask for them.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use tempfile::TempDir;

/// A certificate authority that lives as long as the test, with a folder for the files it makes.
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
    issued: AtomicUsize,
}

/// Whom a TLS server lets in.
#[derive(Clone, Copy, Debug)]
pub enum Clients<'a> {
    /// Everybody; it asks for no certificate.
    Anybody,
    /// Everybody; it asks for a certificate of this authority, and the test sees whether one came.
    Asked(&'a Authority),
    /// Only who shows a certificate of this authority.
    Known(&'a Authority),
}

impl Authority {
    /// A new authority, which nobody trusts yet.
    ///
    /// # Errors
    /// The system gives no random bytes, or no room for the files.
    pub fn new() -> Result<Self> {
        let mut params = params("Test authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let folder = tempfile::Builder::new().prefix("authority-").tempdir()?;
        fs::write(folder.path().join("ca.pem"), certificate.pem())?;
        Ok(Self { certificate, issuer: Issuer::new(params, key), folder, issued: AtomicUsize::new(0) })
    }

    /// Its own certificate, in PEM: what a client trusts it by.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for a server on this machine: `127.0.0.1` and `localhost`.
    ///
    /// # Errors
    /// It can't be made or written.
    pub fn server(&self) -> Result<Identity> {
        self.issue("localhost", &["127.0.0.1", "localhost"], ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a client of this name.
    ///
    /// # Errors
    /// It can't be made or written.
    pub fn client(&self, name: &str) -> Result<Identity> {
        self.issue(name, &[], ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, name: &str, hosts: &[&str], usage: ExtendedKeyUsagePurpose) -> Result<Identity> {
        let mut params = params(name, hosts)?;
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let path = |what: &str| self.folder.path().join(format!("{number}-{what}.pem"));
        let identity = Identity { certificate, certificate_file: path("certificate"), key_file: path("key"), key };
        fs::write(&identity.certificate_file, identity.certificate_pem())?;
        fs::write(&identity.key_file, identity.key_pem())?;
        Ok(identity)
    }

    /// The settings of a server with a new certificate of this authority.
    pub(crate) fn server_config(&self, clients: Clients<'_>) -> Result<Arc<ServerConfig>> {
        let provider = Arc::new(default_provider());
        let verifier = |authority: &Self| -> Result<_> {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate.der().clone())?;
            Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)))
        };
        let clients: Arc<dyn ClientCertVerifier> = match clients {
            Clients::Anybody => Arc::new(NoClientAuth),
            Clients::Asked(authority) => verifier(authority)?.allow_unauthenticated().build()?,
            Clients::Known(authority) => verifier(authority)?.build()?,
        };
        let (certificate, key) = self.server()?.into_der()?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate], key)?;
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

/// A certificate with its key, also as files that last as long as their authority.
pub struct Identity {
    certificate: Certificate,
    key: KeyPair,
    certificate_file: PathBuf,
    key_file: PathBuf,
}

impl Identity {
    /// The file with the certificate.
    pub fn certificate_file(&self) -> &Path {
        &self.certificate_file
    }

    /// The file with the key.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// The certificate in PEM.
    pub fn certificate_pem(&self) -> String {
        self.certificate.pem()
    }

    /// The key in PEM.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The certificate as a server sees it.
    pub fn certificate_der(&self) -> &[u8] {
        self.certificate.der()
    }

    fn into_der(self) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).map_err(anyhow::Error::msg)?;
        Ok((self.certificate.into(), key))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate_file", &self.certificate_file).finish_non_exhaustive()
    }
}

fn params(name: &str, hosts: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(hosts.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
