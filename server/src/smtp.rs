//! Message submission (RFC 6409): one message over one connection, to all of its recipients or to none.

mod connect;
mod fault;
mod line;
mod message;
mod notify;
mod outcome;
mod scram;

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
    authentication::{self, Mechanism},
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    response::Response,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::{
    endpoint::{Credentials, Endpoint},
    mime::recipient,
    net::Dialer,
};
use fault::Fault;
pub use line::Limits;
use line::Patience;
pub use message::Message;
use message::{Chunks, Survey};
pub use outcome::{Outcome, hindered};
use outcome::{describe, lost, refusal, refused, rejected, unreadable, words};

/// How long a polite goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a person waits who asked whether there is a way.
const REHEARSAL: Duration = Duration::from_secs(40);

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

/// The way to a submission server.
#[derive(Debug, Clone)]
pub struct Transport {
    endpoint: Endpoint,
    dialer: Dialer,
    limits: Limits,
    for_known: bool,
    reporting: Option<String>,
    nameless: bool,
}

impl Transport {
    /// Reaches every address, and trusts the certificates that the platform trusts.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            dialer: Dialer::default(),
            limits: Limits::default(),
            for_known: false,
            reporting: None,
            nameless: false,
        }
    }

    /// Reaches and trusts what this dialer does.
    pub fn through(self, dialer: Dialer) -> Self {
        Self { dialer, ..self }
    }

    /// Says nothing of a message to a server that asks nobody who they are.
    pub fn for_known(self) -> Self {
        Self { for_known: true, ..self }
    }

    /// Names no sender to the server, so that nothing comes back (RFC 5321 §4.5.5).
    pub fn nameless(self) -> Self {
        Self { nameless: true, ..self }
    }

    /// Asks to be told what becomes of a message, whose envelope is called so in what is told.
    pub fn reporting(self, envelope: &str) -> Self {
        Self { reporting: Some(envelope.to_owned()), ..self }
    }

    /// Waits no longer than this.
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The largest message that the server says it takes (RFC 1870), in bytes, without logging in; none if it does not say.
    pub async fn largest(&self) -> Result<Option<u64>, wire::Error> {
        let host = &self.endpoint.host;
        let asked = timeout(REHEARSAL, async {
            let patience = Patience::new(self.limits);
            let (mut server, offers) = self.meet(&patience).await.map_err(|fault| fault.to_wire(host))?;
            let _ = timeout(GOODBYE, server.quit()).await;
            Ok(offers.size.filter(|size| *size > 0))
        });
        asked.await.map_err(|_| wire::Error::Unreachable { host: host.clone() })?
    }

    /// Hands a message over. Its line ends are made canonical on the way. Every wait has a limit. `announce` is awaited when the
    /// server has taken all recipients and is about to get the message; if it says why not, the message stays here.
    pub async fn submit<'a>(
        &self,
        credentials: &Credentials,
        envelope: &Envelope,
        message: impl Into<Message<'a>>,
        announce: impl AsyncFnOnce() -> Result<(), String>,
    ) -> Outcome {
        let handed_over = Arc::new(AtomicBool::new(false));
        let attempt = self.attempt(credentials, envelope, message.into(), announce, handed_over.clone());
        match timeout(self.limits.whole, attempt).await {
            Ok(Ok(outcome) | Err(outcome)) => outcome,
            Err(_) => lost(handed_over.load(Ordering::SeqCst), "the server took too long".to_owned()),
        }
    }

    /// Whether the server would take a message of this sender from whoever logs in: goes as far as the recipients, of
    /// whom one has to be taken, and takes it back. Nothing is sent.
    pub async fn rehearse(&self, credentials: &Credentials, envelope: &Envelope) -> Result<(), wire::Error> {
        let host = &self.endpoint.host;
        let unreachable = |_| wire::Error::Unreachable { host: host.clone() };
        timeout(REHEARSAL, self.rehearsal(credentials, envelope)).await.map_err(unreachable)?
    }

    async fn rehearsal(&self, credentials: &Credentials, envelope: &Envelope) -> Result<(), wire::Error> {
        let host = &self.endpoint.host;
        let bad = |email: &str| wire::Error::BadAddress { text: email.to_owned() };
        let (from, to) = addresses(envelope).map_err(|_| bad(&envelope.from))?;
        let patience = Patience::new(self.limits);
        let (mut server, _) = self.greet(credentials, &patience).await.map_err(|fault| fault.to_wire(host))?;
        let foreign = !AsRef::<str>::as_ref(&from).is_ascii();
        let parameters = if foreign { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
        let mut answer = server.command(Mail::new(Some(from), parameters)).await.map(drop);
        if answer.is_ok() {
            // Many servers judge the sender no sooner than here. That one recipient is not known says nothing of the sender.
            for recipient in to {
                let next = server.command(Rcpt::new(recipient, Vec::new())).await.map(drop);
                let was_refused = matches!(&answer, Err(error) if error.is_permanent());
                // A server that hangs up after a no has said no.
                if !(was_refused && matches!(&next, Err(error) if error.status().is_none())) {
                    answer = next;
                }
                if !matches!(&answer, Err(error) if error.is_permanent()) {
                    break;
                }
            }
        }
        let _ = timeout(GOODBYE, server.command(Rset)).await;
        let _ = timeout(GOODBYE, server.quit()).await;
        match answer {
            Err(error) if error.is_permanent() => Err(wire::Error::SenderRefused { text: describe(&error) }),
            Err(error) => Err(fault::said(&error, host)),
            Ok(()) => Ok(()),
        }
    }

    /// Connects, and hears what the server offers.
    async fn meet(&self, patience: &Patience) -> Result<(AsyncSmtpConnection, Offers), Fault> {
        let line = connect::connect(&self.dialer, &self.endpoint, patience).await?;
        let hello = ClientId::default();
        let mut server =
            AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello).await.map_err(Fault::Said)?;
        // lettre forgets what it does not know, the size limit among it (RFC 1870).
        let offers = Offers::read(&server.command(format!("EHLO {hello}\r\n")).await.map_err(Fault::Said)?);
        Ok((server, offers))
    }

    /// Connects and logs in.
    async fn greet(
        &self,
        credentials: &Credentials,
        patience: &Patience,
    ) -> Result<(AsyncSmtpConnection, Offers), Fault> {
        let (mut server, offers) = self.meet(patience).await?;
        if self.for_known && !offers.login {
            return Err(Fault::AsksNobody);
        }
        log_in(&mut server, &offers, credentials).await?;
        Ok((server, offers))
    }

    async fn attempt(
        &self,
        credentials: &Credentials,
        envelope: &Envelope,
        message: Message<'_>,
        announce: impl AsyncFnOnce() -> Result<(), String>,
        handed_over: Arc<AtomicBool>,
    ) -> Result<Outcome, Outcome> {
        let survey = Survey::of(message).await.map_err(unreadable)?;
        let (from, to) = addresses(envelope)?;
        let from = Some(from).filter(|_| !self.nameless);
        let patience = Patience::new(self.limits);
        let (mut server, offers) =
            self.greet(credentials, &patience).await.map_err(|fault| fault.into_outcome(&self.endpoint.host))?;

        let mut for_mail = parameters(&server, &offers, &survey, from.as_ref(), &to)?;
        let reporting = self.reporting.as_ref().filter(|_| offers.reports);
        for_mail.extend(reporting.into_iter().flat_map(|envelope| notify::mail(envelope)));
        server.command(Mail::new(from, for_mail)).await.map_err(refused)?;
        let mut refusals = Vec::new();
        let mut for_good = false;
        for recipient in &to {
            let asked = if reporting.is_some() { notify::recipient(recipient.as_ref()) } else { Vec::new() };
            let Err(error) = server.command(Rcpt::new(recipient.clone(), asked)).await else { continue };
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
        // Whoever hangs up here has sent nothing (RFC 5321 §4.1.1.4).
        announce().await.map_err(|reason| lost(false, reason))?;
        let chunks = Chunks::open(message, handed_over.clone(), patience.clone());
        match server.message_iter(chunks).await {
            Ok(response) if u16::from(response.code()) / 100 == 2 => {
                patience.for_commands();
                let _ = timeout(GOODBYE, server.quit()).await;
                let unreported = self.reporting.is_some() && !offers.reports;
                Ok(if unreported { Outcome::SentUnreported } else { Outcome::Sent })
            }
            Ok(response) => Err(lost(true, words(&response.message().collect::<Vec<_>>().join(" ")))),
            Err(error) if error.status().is_some() => Err(refused(error)),
            Err(error) => Err(lost(handed_over.load(Ordering::SeqCst), describe(&error))),
        }
    }
}

async fn log_in(server: &mut AsyncSmtpConnection, offers: &Offers, who: &Credentials) -> Result<(), Fault> {
    // A relay that asks nobody who they are; if it minds, it refuses what follows.
    if !offers.login {
        return Ok(());
    }
    let has = |mechanism: &&&str| offers.mechanisms.iter().any(|one| one == **mechanism);
    if !["PLAIN", "LOGIN"].iter().any(|one| has(&one))
        && let Some(mechanism) = scram::MECHANISMS.iter().find(has)
    {
        return scram::log_in(server, mechanism, who).await;
    }
    let (user, password) = (&who.user, who.password.expose_secret());
    // RFC 4616 §2: a NUL would end the user's name within PLAIN.
    if user.contains('\0') || password.contains('\0') {
        return Err(Fault::Lost("the password has a character that no server accepts".to_owned()));
    }
    let credentials = authentication::Credentials::new(user.clone(), password.to_owned());
    match server.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await {
        Ok(response) if response.has_code(235) => Ok(()),
        Ok(response) => Err(Fault::Lost(words(&response.message().collect::<Vec<_>>().join(" ")))),
        // None of its ways to log in is one with a password.
        Err(error) if error.is_client() => Err(Fault::NoPasswords),
        Err(error) => Err(Fault::Login(error)),
    }
}

/// What the server offers besides what lettre reads (RFC 5321 §4.1.1.1).
struct Offers {
    login: bool,
    /// Ways to log in (RFC 4954 §3), in capitals.
    mechanisms: Vec<String>,
    size: Option<u64>,
    /// What becomes of a message (RFC 3461).
    reports: bool,
}

impl Offers {
    fn read(response: &Response) -> Self {
        let mut offers = Self { login: false, mechanisms: Vec::new(), size: None, reports: false };
        for line in response.message().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                // `AUTH=` is how old servers wrote it.
                "AUTH" => {
                    offers.login = true;
                    offers.mechanisms.extend(words.map(str::to_ascii_uppercase));
                }
                keyword if keyword.starts_with("AUTH=") => offers.login = true,
                "DSN" => offers.reports = true,
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
    from: Option<&lettre::Address>,
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
    if let Some(address) = to.iter().chain(from).find(international) {
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
