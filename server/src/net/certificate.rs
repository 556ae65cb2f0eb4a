//! What is wrong with a certificate.

use app::wire::CertificateFault;
use rustls::CertificateError;

/// The fault of a certificate, as far as somebody can do something about it.
pub fn fault(reason: &CertificateError) -> CertificateFault {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => CertificateFault::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        CertificateError::Revoked => CertificateFault::Revoked,
        // webpki says so of a certificate that signed itself and calls itself an authority.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            CertificateFault::UnknownIssuer
        }
        other => CertificateFault::Other { text: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        for (reason, expected) in [
            (CertificateError::Expired, CertificateFault::Expired),
            (CertificateError::NotValidYet, CertificateFault::NotYetValid),
            (CertificateError::NotValidForName, CertificateFault::WrongName),
            (CertificateError::UnknownIssuer, CertificateFault::UnknownIssuer),
            (CertificateError::Revoked, CertificateFault::Revoked),
        ] {
            assert_eq!(fault(&reason), expected);
        }
        assert!(matches!(fault(&CertificateError::BadSignature), CertificateFault::Other { .. }));
    }
}
