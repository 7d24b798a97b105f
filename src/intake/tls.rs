//! TLS to a server: the system's authorities, or those of a PEM file.

use crate::fault::Fault;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Turns a connection into a TLS one whose certificate carries `host`.
///
/// # Errors
/// `Never` when there is no usable authority, or the certificate is not one for `host` signed by
/// them; else `Later`.
pub async fn protect(tcp: TcpStream, host: &str, ca: Option<&Path>) -> Result<TlsStream<TcpStream>, Fault> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|source| Fault::never(format!("reading the server name {host}"), source))?;
    // read at each connection, so that a renewed file counts without a restart
    let ca = ca.map(PathBuf::from);
    let roots = tokio::task::spawn_blocking(move || roots(ca.as_deref()))
        .await
        .map_err(|source| Fault::later("reading the certificate authorities", source))??;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| Fault::never("preparing TLS", source))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|source| {
        let doing = format!("TLS with {host}");
        if is_about_the_certificate(&source) {
            Fault::never(doing, source)
        } else {
            Fault::later(doing, source)
        }
    })
}

fn is_about_the_certificate(error: &std::io::Error) -> bool {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .is_some_and(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca {
        let doing = || format!("reading the authorities of {}", path.display());
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|source| Fault::never(doing(), source))?
        {
            let certificate = certificate.map_err(|source| Fault::never(doing(), source))?;
            roots.add(certificate).map_err(|source| Fault::never(doing(), source))?;
        }
        if roots.is_empty() {
            return Err(Fault::never(doing(), "it holds no certificate"));
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        // one odd file among the system's hundred and fifty must not stop the others
        let (_, _) = roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
            return Err(Fault::never("reading the system's certificate authorities", why));
        }
    }
    Ok(roots)
}
