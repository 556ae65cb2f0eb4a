//! Tests a server from which mail is to be fetched, and says which step failed.

use std::time::Duration;

use app::wire::{self, ProbeFailure, ProbeStep};
use secrecy::SecretString;
use tokio::time::timeout;

use crate::{
    endpoint::{Credentials, Endpoint, Protocol},
    error::{pop3_to_wire, to_wire},
    imap,
    net::Dialer,
    pop3,
};

/// What a test has found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The name that the server took.
    pub user: String,
    /// Whether messages have names that last (always over IMAP; over POP3 where the server has UIDL). Without them what was
    /// brought is known by what it looks like.
    pub lasting_names: bool,
}

/// How long a test with one name may take. A server that says something now and then could keep it up for long.
const ALL: Duration = Duration::from_secs(60);

/// Servers lock out whoever tries too often.
const MOST_USERS: usize = 2;

/// Goes all the way to the mailbox and leaves it as it was. The names are tried in turn, two at most, and the second only
/// where the first was refused as such.
pub async fn probe(
    dialer: &Dialer,
    endpoint: &Endpoint,
    users: &[String],
    password: &SecretString,
) -> Result<Probed, ProbeFailure> {
    let mut failure = ProbeFailure { step: ProbeStep::Login, error: wire::Error::Credentials { text: String::new() } };
    for user in users.iter().take(MOST_USERS) {
        let credentials = Credentials { user: user.clone(), password: password.clone() };
        let mut step = ProbeStep::Name;
        let tested = timeout(ALL, async {
            match endpoint.protocol {
                Protocol::Imap => over_imap(dialer, endpoint, &credentials, &mut step).await,
                Protocol::Pop3 => over_pop3(dialer, endpoint, &credentials, &mut step).await,
                Protocol::Smtp => Err(wire::Error::BadServer { text: endpoint.to_string() }),
            }
        });
        let outcome = tested.await.unwrap_or_else(|_| Err(wire::Error::Unreachable { host: endpoint.host.clone() }));
        match outcome {
            Ok(lasting_names) => return Ok(Probed { user: user.clone(), lasting_names }),
            Err(error) => {
                let guess_again = step == ProbeStep::Login && matches!(error, wire::Error::Credentials { .. });
                failure = ProbeFailure { step, error };
                if !guess_again {
                    break;
                }
            }
        }
    }
    Err(failure)
}

async fn over_imap(
    dialer: &Dialer,
    endpoint: &Endpoint,
    credentials: &Credentials,
    step: &mut ProbeStep,
) -> Result<bool, wire::Error> {
    let mut session = imap::connect_noting(dialer, endpoint, credentials, step).await.map_err(to_wire)?;
    *step = ProbeStep::Capability;
    session.status(&["INBOX"]).await.map_err(to_wire)?;
    session.logout().await;
    Ok(true)
}

async fn over_pop3(
    dialer: &Dialer,
    endpoint: &Endpoint,
    credentials: &Credentials,
    step: &mut ProbeStep,
) -> Result<bool, wire::Error> {
    let mut session = pop3::connect_noting(dialer, endpoint, credentials, step).await.map_err(pop3_to_wire)?;
    *step = ProbeStep::Capability;
    let stat = session.stat().await.map_err(pop3_to_wire)?;
    let lasting_names = match stat.messages {
        0 => session.capabilities().uidl || !session.capabilities().known,
        _ => session.uidl_of(1).await.map_err(pop3_to_wire)?.is_some(),
    };
    // The maildrop is unlocked when the line is closed, and sooner by this; nothing else depends on it.
    let _ = session.quit().await;
    Ok(lasting_names)
}
