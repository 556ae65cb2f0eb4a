//! From a name to a line: which addresses may be called, and which certificates count.

mod address;
mod certificate;
mod fetch;
mod picture;
mod post;
mod web;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use app::wire::{CertificateFault, ProbeStep};
use hickory_resolver::TokioResolver;
use rustls::{ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::endpoint::{Endpoint, Protocol, Security};
pub use address::is_public;
pub use fetch::fetch;
pub use picture::{Picture, picture};
pub use post::post;

/// How long a name may take to be looked up.
const LOOKUP: Duration = Duration::from_secs(8);

/// How long one address of a server may take to accept.
const ONE_ADDRESS: Duration = Duration::from_secs(8);

/// How long all of them may take together.
const ALL_ADDRESSES: Duration = Duration::from_secs(10);

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All: for servers that the operator or the person who signs in has named.
    #[default]
    Anywhere,
    /// Only those of the public internet ([`is_public`]): what people name must not open this machine's own network to them.
    Public,
    /// The same and, as if it were there, one of this machine.
    #[cfg(test)]
    PublicAnd(SocketAddr),
}

/// Opens lines. A name is looked up, its addresses are judged, and one of these very addresses is called, so that a name that
/// changes in between leads nowhere else.
#[derive(Debug, Clone, Default)]
pub struct Dialer {
    reach: Reach,
    /// Ports of mail servers on the public internet, beside the [`usual_ports`].
    ports: Arc<[u16]>,
    tls: Option<Arc<ClientConfig>>,
    names: Option<Arc<TokioResolver>>,
}

/// Where servers of a protocol listen (RFC 8314 §7; for submission also where providers have it beside these). What listens
/// elsewhere is most likely none, and Pismo is nobody's way to speak to it.
fn usual_ports(protocol: Protocol) -> &'static [u16] {
    match protocol {
        Protocol::Imap => &[143, 993],
        Protocol::Pop3 => &[110, 995],
        Protocol::Smtp => &[25, 465, 587, 2465, 2525, 2587],
    }
}

/// Why there is no line.
#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub enum Error {
    #[error("the name of the server is not known")]
    UnknownHost { host: String },
    /// All its addresses are in a network that must not be reached from here.
    #[error("the server is in a private network")]
    Private { host: String },
    /// Mail servers of the public internet are not at such a port, and the operator has named none there (`PISMO_PORTS`).
    #[error("mail servers have another port than {port}")]
    Port { host: String, port: u16 },
    #[error("the server cannot be reached: {text}")]
    Unreachable { host: String, text: String },
    /// There is a server, but no TLS with it.
    #[error("the server speaks no TLS that can be used: {text}")]
    NoTls { host: String, text: String },
    #[error("the server's certificate does not hold: {fault:?}")]
    Certificate { host: String, fault: CertificateFault },
}

impl Error {
    /// At what the way to a server ends.
    pub fn step(&self) -> ProbeStep {
        match self {
            Error::UnknownHost { .. } | Error::Private { .. } => ProbeStep::Name,
            Error::Port { .. } | Error::Unreachable { .. } => ProbeStep::Line,
            Error::NoTls { .. } | Error::Certificate { .. } => ProbeStep::Tls,
        }
    }
}

impl Dialer {
    /// Calls these addresses, and trusts what this machine trusts.
    pub fn new(reach: Reach) -> Self {
        Self { reach, ..Self::default() }
    }

    /// Calls these addresses instead.
    pub fn within(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// Whom it asks for names; nothing where that is whom this machine asks.
    pub fn names(&self) -> Option<&TokioResolver> {
        self.names.as_deref()
    }

    /// Calls mail servers at these ports, too, wherever they are.
    pub fn with_ports(self, ports: &[u16]) -> Self {
        Self { ports: ports.into(), ..self }
    }

    /// Trusts what this configuration trusts.
    pub fn trusting(self, tls: Arc<ClientConfig>) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Asks these name servers, and not whom this machine asks.
    pub fn asking(self, names: TokioResolver) -> Self {
        Self { names: Some(Arc::new(names)), ..self }
    }

    /// A line to a mail server, still in clear text. Where it would stay so because the server is on this machine by its
    /// spelling, it leads to this machine only; any other clear text the operator has allowed (`PISMO_ALLOW_INSECURE`).
    pub async fn dial(&self, endpoint: &Endpoint) -> Result<TcpStream, Error> {
        let Endpoint { host, port, .. } = endpoint;
        let addresses = self.judged(host, *port).await?;
        if self.reach != Reach::Anywhere && !self.has_mail_at(endpoint) {
            return Err(Error::Port { host: host.clone(), port: *port });
        }
        let here = endpoint.security == Security::Insecure && endpoint.is_loopback();
        call(host, addresses, here).await
    }

    /// The same, and TLS over it. Its certificate must be for this very name.
    pub async fn dial_tls(&self, host: &str, port: u16) -> Result<TlsStream<TcpStream>, Error> {
        let stream = self.dial_plain(host, port).await?;
        self.secure(host, stream).await
    }

    fn has_mail_at(&self, endpoint: &Endpoint) -> bool {
        let mut ports = usual_ports(endpoint.protocol).iter().chain(self.ports.iter());
        ports.any(|&port| port == endpoint.port)
    }

    /// Whether a web server may be called at this port: on the public internet at its usual one alone.
    pub fn may_browse(&self, port: u16, usual: u16) -> bool {
        match self.reach {
            Reach::Anywhere => true,
            Reach::Public => port == usual,
            #[cfg(test)]
            Reach::PublicAnd(address) => port == usual || port == address.port(),
        }
    }

    /// A line to a web server in clear text.
    pub async fn dial_plain(&self, host: &str, port: u16) -> Result<TcpStream, Error> {
        call(host, self.judged(host, port).await?, false).await
    }

    /// The addresses of a name that may be called.
    async fn judged(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let found = timeout(LOOKUP, self.look_up(host, port)).await.ok().flatten();
        let mut addresses = found.ok_or_else(|| Error::UnknownHost { host: host.to_owned() })?;
        addresses.retain(|address| self.may_reach(*address));
        if addresses.is_empty() { Err(Error::Private { host: host.to_owned() }) } else { Ok(addresses) }
    }

    /// The addresses of a name; none where it has none.
    async fn look_up(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = match &self.names {
            Some(names) => names.lookup_ip(host).await.ok()?.iter().map(|address| (address, port).into()).collect(),
            None => tokio::net::lookup_host((host, port)).await.ok()?.collect(),
        };
        Some(addresses).filter(|addresses| !addresses.is_empty())
    }

    fn may_reach(&self, address: SocketAddr) -> bool {
        match self.reach {
            Reach::Anywhere => true,
            Reach::Public => is_public(address.ip()),
            #[cfg(test)]
            Reach::PublicAnd(other) => is_public(address.ip()) || address == other,
        }
    }

    /// The handshake. The certificate must be for this very name.
    pub async fn secure(&self, host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, Error> {
        let unusable = |error: rustls::Error| {
            tracing::error!(%error, "This machine has no certificates by which servers could be judged");
            let fault = CertificateFault::Other { text: error.to_string() };
            Error::Certificate { host: host.to_owned(), fault }
        };
        let config = match &self.tls {
            Some(config) => config.clone(),
            None => trusting_this_machine().map_err(unusable)?,
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::UnknownHost { host: host.to_owned() })?;
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| of_handshake(host.to_owned(), &error))
    }
}

/// A line to the first of these addresses that takes it; `here`, to one of this machine alone.
async fn call(host: &str, addresses: Vec<SocketAddr>, here: bool) -> Result<TcpStream, Error> {
    let unreachable = |text: &str| Error::Unreachable { host: host.to_owned(), text: text.to_owned() };
    let until = Instant::now() + ALL_ADDRESSES;
    let mut why = unreachable("it has no address");
    for address in addresses {
        // A name can point anywhere, so the spelling is not enough.
        if here && !address.ip().is_loopback() {
            why = unreachable("the name does not lead to this machine");
            continue;
        }
        match timeout_at(until.min(Instant::now() + ONE_ADDRESS), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Commands are small and each is waited for. A line that does not know this option works as well.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => why = unreachable(&error.kind().to_string()),
            Err(_) => why = unreachable("no answer in time"),
        }
    }
    Err(why)
}

/// One configuration for all lines, so that the roots are held once and TLS sessions are resumed.
fn trusting_this_machine() -> Result<Arc<ClientConfig>, rustls::Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

fn of_handshake(host: String, error: &io::Error) -> Error {
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match reason {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            Error::Certificate { host, fault: certificate::fault(reason) }
        }
        Some(rustls::Error::NoCertificatesPresented) => Error::Certificate { host, fault: CertificateFault::Missing },
        Some(rustls::Error::InvalidMessage(_)) => {
            Error::NoTls { host, text: "the server does not speak TLS on this port".to_owned() }
        }
        Some(reason) => Error::NoTls { host, text: reason.to_string() },
        None => Error::NoTls { host, text: "the line was closed before TLS".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_handshake_is_told_from_a_bad_certificate() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert!(matches!(of_handshake("x".to_owned(), &reset), Error::NoTls { .. }));
        let expired = io::Error::other(rustls::Error::InvalidCertificate(rustls::CertificateError::Expired));
        let fault = CertificateFault::Expired;
        assert_eq!(of_handshake("x".to_owned(), &expired), Error::Certificate { host: "x".to_owned(), fault });
    }

    #[tokio::test]
    async fn what_is_not_public_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let dialer = Dialer::new(Reach::Public).with_ports(&[port]);
        for host in ["127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0"] {
            let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, host, port);
            let refused = dialer.dial(&endpoint).await.expect_err(host);
            assert_eq!(refused, Error::Private { host: host.to_owned() });
        }
        let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, "127.0.0.1", port);
        Dialer::new(Reach::Anywhere).dial(&endpoint).await.expect("a line");
    }

    #[test]
    fn mail_servers_of_the_internet_are_called_at_ports_of_mail_alone() {
        let dialer = Dialer::new(Reach::Public).with_ports(&[10_993]);
        let has =
            |protocol, port| dialer.has_mail_at(&Endpoint::new(protocol, Security::Tls, "mail.example.org", port));
        for (protocol, usual) in [(Protocol::Imap, 993), (Protocol::Pop3, 110), (Protocol::Smtp, 587)] {
            assert!(has(protocol, usual) && has(protocol, 10_993));
            for port in [22, 80, 443, 6379, 11_211] {
                assert!(!has(protocol, port), "{port}");
            }
        }
        assert!(!has(Protocol::Smtp, 993));
    }

    #[tokio::test]
    async fn a_port_without_mail_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, "127.0.0.1", address.port());
        let dialer = Dialer::new(Reach::PublicAnd(address));
        let refused = dialer.dial(&endpoint).await.expect_err("a port of something else");
        assert_eq!(refused, Error::Port { host: "127.0.0.1".to_owned(), port: address.port() });
        dialer.with_ports(&[address.port()]).dial(&endpoint).await.expect("a port that the operator has named");
    }
}
