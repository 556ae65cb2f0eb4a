//! Settings, read from the environment. Every field names its variable, if it has one; secrets also have a `_FILE` variant.

use std::{env, fs, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

use crate::{
    discover::Places,
    endpoint::{Endpoint, Protocol, Security},
    lines::Limits,
    net::{Dialer, Reach},
};

/// How this Pismo runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// `PISMO_LISTEN`: the address to serve.
    pub listen: SocketAddr,
    /// `PISMO_DATA`: the folder for the database, uploads, messages to send and the sealing key.
    pub data: PathBuf,
    /// `PISMO_DATABASE`: `postgres://…`, or nothing for SQLite in the data folder.
    pub database: Option<SecretString>,
    /// `PISMO_IMAP`: the server everyone signs in to; nothing means that each user names one.
    pub imap: Option<Endpoint>,
    /// `PISMO_SMTP`: the server that takes what is sent.
    pub smtp: Option<Endpoint>,
    /// `PISMO_SECRET`: seals credentials; made once in the data folder where it is not set.
    pub secret: Option<SecretString>,
    /// `PISMO_SECRET_BEFORE`: what `PISMO_SECRET` was before it was changed; what was sealed with it opens until it is sealed anew.
    pub secret_before: Option<SecretString>,
    /// `PISMO_ORIGIN`: the public origins, separated by commas; none means the one of the request's Host.
    pub origins: Vec<String>,
    /// `PISMO_TRUSTED_PROXIES`: networks whose `X-Forwarded-*` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `PISMO_METRICS_LISTEN`: the address for `/metrics`.
    pub metrics_listen: Option<SocketAddr>,
    /// `PISMO_ALLOW_INSECURE`: allow clear text to hosts that are not this machine.
    pub allow_insecure: bool,
    /// `PISMO_COLLECT_PRIVATE`: let people collect mail from servers in private networks, too, this machine among them.
    pub collect_private: bool,
    /// `PISMO_LOGIN_PRIVATE`: let people sign in to servers in private networks that they have typed themselves.
    pub login_private: bool,
    /// `PISMO_PORTS`: ports of mail servers that people name, beside the usual ones, separated by commas.
    pub ports: Vec<u16>,
    /// `PISMO_PICTURES_PRIVATE`: let messages show pictures of servers in private networks, too, this machine among them.
    pub pictures_private: bool,
    /// `PISMO_UPLOAD_LIMIT`: the largest file that can be attached, in bytes.
    pub upload_limit: u64,
    /// `PISMO_HOOK_SECRET`: with this the mail server may say that something has changed; nothing means that it may not.
    pub hook_secret: Option<SecretString>,
    /// `PISMO_AUTHSERV_ID`: how the mail server calls itself where it says what it has checked (RFC 8601), separated by commas;
    /// none means that this is learned.
    pub authserv: Vec<String>,
    /// No variable: whom is trusted and asked for names by all lines, unless it is who this machine trusts and asks.
    pub dialer: Dialer,
    /// No variable: where servers are looked for.
    pub places: Places,
    /// No variable: by how many files the process may open.
    pub lines: Limits,
}

/// `PISMO_LOG`: what is logged, as `tracing` writes it (`info`, `pismo=debug`). Whatever it says, no secret is in it, and nothing of
/// what people write and read.
pub fn log_filter(wanted: &str) -> anyhow::Result<EnvFilter> {
    // At trace async-imap writes whole commands, with the password in them, and tungstenite whole frames.
    Ok(EnvFilter::try_new(wanted)?
        .add_directive("async_imap=debug".parse()?)
        .add_directive("tungstenite=debug".parse()?))
}

/// A setting that cannot be used: one sentence that names it.
#[derive(Debug, thiserror::Error)]
#[error("{variable}: {why}")]
pub struct Invalid {
    variable: &'static str,
    why: String,
}

impl Config {
    /// Reads the environment of this process.
    pub fn from_env() -> Result<Self, Invalid> {
        Self::from_lookup(&|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Opens lines to the servers of accounts. Whoever may type any server must not have this machine's own network called.
    pub fn server_dialer(&self) -> Dialer {
        let anywhere = self.imap.is_some() || self.login_private;
        self.calling(anywhere).with_ports(&self.ports)
    }

    /// Opens lines to the servers that people name to collect their mail from.
    pub fn source_dialer(&self) -> Dialer {
        self.calling(self.collect_private).with_ports(&self.ports)
    }

    /// Opens lines to the servers of pictures that messages show.
    pub fn picture_dialer(&self) -> Dialer {
        self.calling(self.pictures_private)
    }

    fn calling(&self, anywhere: bool) -> Dialer {
        self.dialer.clone().within(if anywhere { Reach::Anywhere } else { Reach::Public })
    }

    fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Invalid> {
        let allow_insecure = switch("PISMO_ALLOW_INSECURE", lookup)?.unwrap_or_default();
        let endpoint = |variable: &'static str, protocol: Protocol| -> Result<Option<Endpoint>, Invalid> {
            let Some(text) = lookup(variable) else { return Ok(None) };
            let endpoint: Endpoint = parse(variable, &text)?;
            if endpoint.protocol != protocol {
                return Err(Invalid { variable, why: format!("{text:?} is for another protocol") });
            }
            if endpoint.security == Security::Insecure && !endpoint.is_loopback() && !allow_insecure {
                let why = "clear text is only for this machine; use TLS, or set PISMO_ALLOW_INSECURE=1".to_owned();
                return Err(Invalid { variable, why });
            }
            Ok(Some(endpoint))
        };
        let listen = lookup("PISMO_LISTEN").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let listen: SocketAddr = parse("PISMO_LISTEN", &listen)?;
        let origins = split(lookup("PISMO_ORIGIN"));
        for origin in &origins {
            if !(origin.starts_with("http://") || origin.starts_with("https://")) || origin.ends_with('/') {
                let why = format!("{origin:?} is not an origin; write it like https://mail.example.org");
                return Err(Invalid { variable: "PISMO_ORIGIN", why });
            }
        }
        let imap = endpoint("PISMO_IMAP", Protocol::Imap)?;
        let trusted_proxies: Vec<IpNet> = split(lookup("PISMO_TRUSTED_PROXIES"))
            .iter()
            .map(|network| match network.parse::<std::net::IpAddr>() {
                Ok(address) => Ok(IpNet::from(address)),
                Err(_) => parse("PISMO_TRUSTED_PROXIES", network),
            })
            .collect::<Result<_, _>>()?;
        // Who is on this machine may call what it reaches; behind a proxy anybody may be asking.
        let is_personal = listen.ip().is_loopback() && origins.is_empty() && trusted_proxies.is_empty();
        Ok(Self {
            listen,
            data: lookup("PISMO_DATA").unwrap_or_else(|| "./pismo-data".to_owned()).into(),
            database: secret("PISMO_DATABASE", lookup)?,
            hook_secret: hook_secret(imap.is_some(), lookup)?,
            authserv: authserv(imap.is_some(), lookup)?,
            imap,
            smtp: endpoint("PISMO_SMTP", Protocol::Smtp)?,
            secret: secret("PISMO_SECRET", lookup)?,
            secret_before: secret("PISMO_SECRET_BEFORE", lookup)?,
            origins,
            trusted_proxies,
            metrics_listen: lookup("PISMO_METRICS_LISTEN")
                .map(|text| parse("PISMO_METRICS_LISTEN", &text))
                .transpose()?,
            allow_insecure,
            login_private: switch("PISMO_LOGIN_PRIVATE", lookup)?.unwrap_or(is_personal),
            ports: split(lookup("PISMO_PORTS"))
                .iter()
                .map(|port| parse("PISMO_PORTS", port))
                .collect::<Result<_, _>>()?,
            pictures_private: switch("PISMO_PICTURES_PRIVATE", lookup)?.unwrap_or_default(),
            collect_private: switch("PISMO_COLLECT_PRIVATE", lookup)?.unwrap_or_default(),
            upload_limit: match lookup("PISMO_UPLOAD_LIMIT") {
                Some(text) => parse("PISMO_UPLOAD_LIMIT", &text)?,
                None => 50 * 1024 * 1024,
            },
            dialer: Dialer::default(),
            places: Places::default(),
            lines: Limits::of_this_process(),
        })
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(variable: &'static str, text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|error| Invalid { variable, why: format!("{text:?} cannot be used: {error}") })
}

/// What is on or off; none where nothing is said of it.
fn switch(variable: &'static str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<bool>, Invalid> {
    match lookup(variable).as_deref() {
        None => Ok(None),
        Some("1") => Ok(Some(true)),
        Some("0") => Ok(Some(false)),
        Some(other) => Err(Invalid { variable, why: format!("{other:?} is neither 1, for yes, nor 0, for no") }),
    }
}

fn split(text: Option<String>) -> Vec<String> {
    text.iter().flat_map(|text| text.split(',')).map(|item| item.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

fn secret(variable: &'static str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<SecretString>, Invalid> {
    if let Some(file) = lookup(&format!("{variable}_FILE")) {
        let text = fs::read_to_string(&file)
            .map(Zeroizing::new)
            .map_err(|error| Invalid { variable, why: format!("the file {file:?} of its _FILE variant: {error}") })?;
        let text = text.trim_end();
        if text.is_empty() {
            return Err(Invalid { variable, why: format!("the file {file:?} of its _FILE variant is empty") });
        }
        return Ok(Some(text.to_owned().into()));
    }
    Ok(lookup(variable).map(SecretString::from))
}

/// A hook's secret is sent by a program, so there is no reason for one that could be guessed.
const SHORTEST_SECRET: usize = 16;

fn hook_secret(own_server: bool, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<SecretString>, Invalid> {
    let variable = "PISMO_HOOK_SECRET";
    let invalid = |why: String| Err(Invalid { variable, why });
    match secret(variable, lookup)? {
        Some(_) if !own_server => invalid("the hook is for the mail server that PISMO_IMAP names; set both".to_owned()),
        Some(secret) if secret.expose_secret().len() < SHORTEST_SECRET => {
            invalid(format!("it has to be at least {SHORTEST_SECRET} letters long; openssl rand -hex 16 makes one"))
        }
        secret => Ok(secret),
    }
}

/// Servers that people name themselves may leave fields of this name to whoever writes some.
fn authserv(own_server: bool, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, Invalid> {
    let names = split(lookup("PISMO_AUTHSERV_ID"));
    if !names.is_empty() && !own_server {
        let why = "the name is that of the mail server that PISMO_IMAP names; set both".to_owned();
        return Err(Invalid { variable: "PISMO_AUTHSERV_ID", why });
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, Invalid> {
        Config::from_lookup(&|name| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_set_is_enough() {
        let config = read(&[]).expect("defaults");
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert!(config.imap.is_none() && config.origins.is_empty());
    }

    #[test]
    fn a_bad_setting_is_named() {
        for (variable, value) in [
            ("PISMO_LISTEN", "3000"),
            ("PISMO_IMAP", "mail.example.org"),
            ("PISMO_IMAP", "smtps://mail.example.org"),
            ("PISMO_IMAP", "imap+insecure://mail.example.org"),
            ("PISMO_SMTP", "smtp+insecure://192.0.2.1:25"),
            ("PISMO_ORIGIN", "mail.example.org"),
            ("PISMO_TRUSTED_PROXIES", "10.0.0.0/99"),
            ("PISMO_UPLOAD_LIMIT", "many"),
            ("PISMO_HOOK_SECRET", "long enough, but for no server"),
            ("PISMO_AUTHSERV_ID", "mx.example.org"),
            ("PISMO_ALLOW_INSECURE", "yes"),
            ("PISMO_LOGIN_PRIVATE", "true"),
            ("PISMO_COLLECT_PRIVATE", "on"),
            ("PISMO_PICTURES_PRIVATE", "2"),
            ("PISMO_PORTS", "993,70000"),
        ] {
            let error = read(&[(variable, value)]).expect_err(variable).to_string();
            assert!(error.starts_with(variable), "{error}");
        }
    }

    #[test]
    fn a_hook_needs_a_secret_that_nobody_guesses() {
        let server = ("PISMO_IMAP", "imaps://mail.example.org");
        assert!(read(&[server, ("PISMO_HOOK_SECRET", "0123456789abcdef")]).is_ok());
        let error = read(&[server, ("PISMO_HOOK_SECRET", "0123456789abcde")]).expect_err("too short").to_string();
        assert!(error.starts_with("PISMO_HOOK_SECRET: ") && !error.contains("0123"), "{error}");
    }

    #[test]
    fn private_networks_are_called_for_the_operator_and_for_who_is_on_this_machine() {
        let public =
            |settings: &[(&str, &str)]| !read(settings).expect("settings").server_dialer().may_browse(8080, 80);
        assert!(!public(&[]));
        assert!(public(&[("PISMO_LISTEN", "0.0.0.0:3000")]));
        assert!(public(&[("PISMO_ORIGIN", "https://mail.example.org")]));
        assert!(public(&[("PISMO_TRUSTED_PROXIES", "127.0.0.1")]));
        assert!(public(&[("PISMO_LOGIN_PRIVATE", "0")]));
        let origin = ("PISMO_ORIGIN", "https://mail.example.org");
        assert!(!public(&[origin, ("PISMO_LOGIN_PRIVATE", "1")]));
        assert!(!public(&[origin, ("PISMO_IMAP", "imaps://mail.lan")]));
        let pictures =
            |settings: &[(&str, &str)]| read(settings).expect("settings").picture_dialer().may_browse(8080, 80);
        assert!(
            !pictures(&[])
                && !pictures(&[("PISMO_COLLECT_PRIVATE", "1")])
                && pictures(&[("PISMO_PICTURES_PRIVATE", "1")])
        );
    }

    #[test]
    fn several_servers_may_be_believed() {
        let settings =
            [("PISMO_IMAP", "imaps://mail.example.org"), ("PISMO_AUTHSERV_ID", "mx1.example.org, mx2.example.org,")];
        assert_eq!(read(&settings).expect("settings").authserv, ["mx1.example.org", "mx2.example.org"]);
    }

    #[test]
    fn clear_text_needs_loopback_or_a_word() {
        assert!(read(&[("PISMO_IMAP", "imap+insecure://127.0.0.1:10143")]).is_ok());
        assert!(read(&[("PISMO_IMAP", "imap+insecure://mail.lan"), ("PISMO_ALLOW_INSECURE", "1")]).is_ok());
    }
}
