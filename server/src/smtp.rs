//! Message submission (RFC 6409): one message over one connection, to all of its recipients or to none.

mod connect;
mod line;
mod message;
mod outcome;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::wire::{self, Draft};
use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    response::Response,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use crate::{endpoint::Endpoint, mime::recipient};
pub use line::Limits;
use line::Patience;
pub use message::Message;
use message::{Chunks, Survey};
pub use outcome::Outcome;
use outcome::{describe, lost, refusal, refused, rejected, unreadable, unwelcome, words};

/// How long a polite goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(2);

/// Who a message is from and for, as the server is told (RFC 5321 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub from: String,
    pub to: Vec<String>,
}

impl Envelope {
    /// From the owner of this address to everybody a draft names, once each. Refuses what is no address.
    pub fn of(from: &str, draft: &Draft) -> Result<Self, wire::Error> {
        let bad = |email: &str| wire::Error::BadAddress { text: email.to_owned() };
        recipient::check(from).map_err(|_| bad(from))?;
        let mut seen = HashSet::new();
        let mut to = Vec::new();
        for address in draft.to.iter().chain(&draft.cc).chain(&draft.bcc) {
            recipient::check(&address.email).map_err(|_| bad(&address.email))?;
            if seen.insert(address.email.to_lowercase()) {
                to.push(address.email.clone());
            }
        }
        Ok(Self { from: from.to_owned(), to })
    }
}

/// Hands a message over to a server whose certificate the platform trusts.
pub async fn submit<'a>(
    endpoint: &Endpoint,
    user: &str,
    password: &SecretString,
    envelope: &Envelope,
    message: impl Into<Message<'a>>,
) -> Outcome {
    Transport::new(endpoint.clone()).submit(user, password, envelope, message).await
}

/// The way to a submission server.
#[derive(Debug, Clone)]
pub struct Transport {
    endpoint: Endpoint,
    tls: Option<Arc<ClientConfig>>,
    limits: Limits,
}

impl Transport {
    /// Trusts the certificates that the platform trusts.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: None, limits: Limits::default() }
    }

    /// Trusts what this configuration trusts.
    pub fn with_tls(endpoint: Endpoint, tls: Arc<ClientConfig>) -> Self {
        Self { endpoint, tls: Some(tls), limits: Limits::default() }
    }

    /// Waits no longer than this.
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Hands a message over. Its line ends are made canonical on the way. Every wait has a limit.
    pub async fn submit<'a>(
        &self,
        user: &str,
        password: &SecretString,
        envelope: &Envelope,
        message: impl Into<Message<'a>>,
    ) -> Outcome {
        let handed_over = Arc::new(AtomicBool::new(false));
        let attempt = self.attempt(user, password, envelope, message.into(), handed_over.clone());
        match timeout(self.limits.whole, attempt).await {
            Ok(Ok(())) => Outcome::Sent,
            Ok(Err(outcome)) => outcome,
            Err(_) => lost(handed_over.load(Ordering::SeqCst), "the server took too long".to_owned()),
        }
    }

    async fn attempt(
        &self,
        user: &str,
        password: &SecretString,
        envelope: &Envelope,
        message: Message<'_>,
        handed_over: Arc<AtomicBool>,
    ) -> Result<(), Outcome> {
        let survey = Survey::of(message).await.map_err(unreadable)?;
        let (from, to) = addresses(envelope)?;
        let patience = Patience::new(self.limits);
        let line = connect::connect(&self.endpoint, self.tls.as_ref(), &patience)
            .await
            .map_err(|error| lost(false, error.to_string()))?;
        let hello = ClientId::default();
        let mut server =
            AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello).await.map_err(unwelcome)?;
        // lettre forgets what it does not know, the size limit among it (RFC 1870).
        let offers = Offers::read(&server.command(format!("EHLO {hello}\r\n")).await.map_err(unwelcome)?);
        log_in(&mut server, &offers, user, password).await?;

        let mail = Mail::new(Some(from.clone()), parameters(&server, &offers, &survey, &from, &to)?);
        server.command(mail).await.map_err(refused)?;
        let mut refusals = Vec::new();
        let mut for_good = false;
        for recipient in &to {
            let Err(error) = server.command(Rcpt::new(recipient.clone(), Vec::new())).await else { continue };
            let Some(refusal) = refusal(&error, Some(recipient.as_ref())) else { return Err(refused(error)) };
            for_good |= error.is_permanent();
            // 421: the server is closing; there is nobody to ask about the others.
            let closing = refusal.code == 421;
            refusals.push(refusal);
            if closing {
                return Err(Outcome::Retry(refusals));
            }
        }
        if !refusals.is_empty() {
            let _ = timeout(GOODBYE, server.command(Rset)).await;
            let _ = timeout(GOODBYE, server.quit()).await;
            return Err(if for_good { Outcome::Rejected(refusals) } else { Outcome::Retry(refusals) });
        }

        let go_on = server.command(Data).await.map_err(refused)?;
        if !go_on.has_code(354) {
            // What follows would be taken for commands.
            return Err(lost(false, words(&go_on.message().collect::<Vec<_>>().join(" "))));
        }
        let chunks = Chunks::open(message, handed_over.clone(), patience.clone()).map_err(unreadable)?;
        match server.message_iter(chunks).await {
            Ok(response) if u16::from(response.code()) / 100 == 2 => {
                patience.for_commands();
                let _ = timeout(GOODBYE, server.quit()).await;
                Ok(())
            }
            Ok(response) => Err(lost(true, words(&response.message().collect::<Vec<_>>().join(" ")))),
            Err(error) if error.status().is_some() => Err(refused(error)),
            Err(error) => Err(lost(handed_over.load(Ordering::SeqCst), describe(&error))),
        }
    }
}

async fn log_in(
    server: &mut AsyncSmtpConnection,
    offers: &Offers,
    user: &str,
    password: &SecretString,
) -> Result<(), Outcome> {
    // A relay that asks nobody who they are; if it minds, it refuses what follows.
    if !offers.login {
        return Ok(());
    }
    let password = password.expose_secret();
    // RFC 4616 §2: a NUL would end the user's name within PLAIN.
    if user.contains('\0') || password.contains('\0') {
        return Err(lost(false, "the password has a character that no server accepts".to_owned()));
    }
    let credentials = Credentials::new(user.to_owned(), password.to_owned());
    match server.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await {
        Ok(response) if response.has_code(235) => Ok(()),
        Ok(response) => Err(lost(false, words(&response.message().collect::<Vec<_>>().join(" ")))),
        // A password that is wrong now may be right after the next sign-in.
        Err(error) => Err(unwelcome(error)),
    }
}

/// What the server offers besides what lettre reads (RFC 5321 §4.1.1.1).
struct Offers {
    login: bool,
    size: Option<u64>,
}

impl Offers {
    fn read(response: &Response) -> Self {
        let mut offers = Self { login: false, size: None };
        for line in response.message().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                // `AUTH=` is how old servers wrote it.
                "AUTH" => offers.login = true,
                keyword if keyword.starts_with("AUTH=") => offers.login = true,
                "SIZE" => offers.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                _ => {}
            }
        }
        offers
    }
}

fn parameters(
    server: &AsyncSmtpConnection,
    offers: &Offers,
    survey: &Survey,
    from: &lettre::Address,
    to: &[lettre::Address],
) -> Result<Vec<MailParameter>, Outcome> {
    let mut parameters = Vec::new();
    if let Some(limit) = offers.size {
        if limit > 0 && survey.size > limit {
            return Err(rejected(
                None,
                552,
                format!("The server takes messages of up to {limit} bytes; this one has {}", survey.size),
            ));
        }
        parameters.push(MailParameter::Size(usize::try_from(survey.size).unwrap_or(usize::MAX)));
    }
    if survey.eight_bit {
        if !server.server_info().supports_feature(Extension::EightBitMime) {
            return Err(rejected(None, 0, "The server does not take 8-bit messages".to_owned()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let international = |address: &&lettre::Address| !AsRef::<str>::as_ref(*address).is_ascii();
    if let Some(address) = to.iter().chain([from]).find(international) {
        if !server.server_info().supports_feature(Extension::SmtpUtfEight) {
            let address = AsRef::<str>::as_ref(address);
            return Err(rejected(Some(address), 0, "The server does not take addresses in this script".to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    Ok(parameters)
}

/// The envelope in the transport's own type, whose spelling cannot hold another command.
fn addresses(envelope: &Envelope) -> Result<(lettre::Address, Vec<lettre::Address>), Outcome> {
    let typed = |email: &String| {
        let invalid = |text: String| rejected(Some(email), 0, text);
        recipient::check(email).map_err(|error| invalid(error.to_string()))?;
        recipient::to_ascii(email).parse::<lettre::Address>().map_err(|error| invalid(error.to_string()))
    };
    let from = typed(&envelope.from)?;
    let to = envelope.to.iter().map(typed).collect::<Result<Vec<_>, _>>()?;
    if to.is_empty() {
        return Err(rejected(None, 0, "There is no recipient".to_owned()));
    }
    Ok((from, to))
}
