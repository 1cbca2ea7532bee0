//! TLS of an address, with a certificate that can be renewed while the daemon runs.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use secret_runtime::config::ServerTls;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The certificate and key that count now.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Arc<Mutex<Arc<ServerConfig>>>);

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub(crate) fn read(files: &ServerTls) -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(server(files)?))))
    }

    /// Reads them again; if that fails, the old ones stay.
    ///
    /// # Errors
    /// As [`Tls::read`].
    pub(crate) fn renew(&self, files: &ServerTls) -> io::Result<()> {
        let fresh = server(files)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// # Errors
    /// If the client does not complete the handshake in time.
    pub(super) async fn shake_hands(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let server = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        timeout(HANDSHAKE, TlsAcceptor::from(server).accept(stream)).await?
    }
}

fn server(files: &ServerTls) -> io::Result<Arc<ServerConfig>> {
    let bad = |file: &std::path::Path, why: String| io::Error::other(format!("{}: {why}", file.display()));
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| bad(&files.certificate, cause.to_string()))?;
    if certificates.is_empty() {
        return Err(bad(&files.certificate, "there is no certificate in it".to_owned()));
    }
    if fs::metadata(&files.key).is_ok_and(|metadata| metadata.mode() & 0o007 != 0) {
        return Err(bad(&files.key, "everybody on this machine can read the key; type chmod o= on it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|cause| bad(&files.key, cause.to_string()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|cause| bad(&files.certificate, cause.to_string()))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}
