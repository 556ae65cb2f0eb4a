//! Where a mail server is, and how the line to it is protected.

use std::{fmt, str::FromStr};

use secrecy::SecretString;

/// A server of a user's mail: `imaps://host[:993]`, `imap+starttls://host[:143]`, `smtp+insecure://127.0.0.1:10587`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub protocol: Protocol,
    pub security: Security,
    /// A DNS name or an IP address (IPv6 without brackets).
    pub host: String,
    pub port: u16,
}

/// Who logs in there.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub user: String,
    pub password: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    Imap,
    Pop3,
    Smtp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3).
    Tls,
    /// STARTTLS, required: never clear text when the server does not offer it.
    StartTls,
    /// Clear text.
    Insecure,
}

/// Why a text is not an endpoint: a sentence for whoever wrote it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Invalid(String);

impl Endpoint {
    pub fn new(protocol: Protocol, security: Security, host: &str, port: u16) -> Self {
        Self { protocol, security, host: host.to_owned(), port }
    }

    /// Whether the host is this machine by its spelling: clear text needs that.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Endpoint {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = |why: &str| Invalid(format!("{text:?} is not a mail server's address: {why}"));
        let (scheme, rest) = text.split_once("://").ok_or_else(|| invalid("write it like imaps://mail.example.org"))?;
        let (protocol, security, default_port) = match scheme {
            "imaps" => (Protocol::Imap, Security::Tls, 993),
            "imap+starttls" => (Protocol::Imap, Security::StartTls, 143),
            "imap+insecure" => (Protocol::Imap, Security::Insecure, 143),
            "pop3s" => (Protocol::Pop3, Security::Tls, 995),
            "pop3+starttls" => (Protocol::Pop3, Security::StartTls, 110),
            "pop3+insecure" => (Protocol::Pop3, Security::Insecure, 110),
            "smtps" => (Protocol::Smtp, Security::Tls, 465),
            "smtp+starttls" => (Protocol::Smtp, Security::StartTls, 587),
            "smtp+insecure" => (Protocol::Smtp, Security::Insecure, 587),
            _ => {
                return Err(invalid(
                    "it begins with imaps, imap+starttls, pop3s, pop3+starttls, smtps or smtp+starttls",
                ));
            }
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match rest.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| invalid("the port is a number up to 65535"))?,
            None => default_port,
        };
        let named = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(named) {
            return Err(invalid("there is no host in it"));
        }
        Ok(Self { protocol, security, host: host.to_owned(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.protocol, self.security) {
            (Protocol::Imap, Security::Tls) => "imaps",
            (Protocol::Imap, Security::StartTls) => "imap+starttls",
            (Protocol::Imap, Security::Insecure) => "imap+insecure",
            (Protocol::Pop3, Security::Tls) => "pop3s",
            (Protocol::Pop3, Security::StartTls) => "pop3+starttls",
            (Protocol::Pop3, Security::Insecure) => "pop3+insecure",
            (Protocol::Smtp, Security::Tls) => "smtps",
            (Protocol::Smtp, Security::StartTls) => "smtp+starttls",
            (Protocol::Smtp, Security::Insecure) => "smtp+insecure",
        };
        if self.host.contains(':') {
            write!(formatter, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_read_and_written() {
        for (text, written) in [
            ("imaps://mail.example.org", "imaps://mail.example.org:993"),
            ("imap+starttls://mail.example.org:1143", "imap+starttls://mail.example.org:1143"),
            ("smtp+insecure://127.0.0.1:10587/", "smtp+insecure://127.0.0.1:10587"),
            ("smtps://[::1]", "smtps://[::1]:465"),
            ("pop3s://mail.example.org", "pop3s://mail.example.org:995"),
            ("pop3+starttls://mail.example.org", "pop3+starttls://mail.example.org:110"),
        ] {
            assert_eq!(text.parse::<Endpoint>().expect(text).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in [
            "",
            "mail.example.org",
            "http://x",
            "imaps://",
            "imaps://a b",
            "imaps://x:99999",
            "imaps://u@x",
            "pop3://x",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
