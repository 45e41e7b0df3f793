//! TLS for connections of our own: the platform's authorities, or any certificate at all.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::ConfigVerifierExt as _;

use super::{Certificates, bundled_roots};

/// What a connection is made with.
pub(super) fn settings(certificates: Certificates) -> Arc<ClientConfig> {
    let mut settings = match certificates {
        // A slim container has no CA files.
        Certificates::Trusted => ClientConfig::with_platform_verifier().unwrap_or_else(|_| bundled_roots()),
        Certificates::Any => {
            let builder = ClientConfig::builder();
            let anyone = Anyone(builder.crypto_provider().clone());
            builder.dangerous().with_custom_certificate_verifier(Arc::new(anyone)).with_no_client_auth()
        }
    };
    settings.alpn_protocols = vec!["http/1.1".into()];
    Arc::new(settings)
}

/// Takes every certificate, of which the other side must still hold the key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
