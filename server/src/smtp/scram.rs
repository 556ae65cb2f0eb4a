//! Logging in without telling the password (RFC 5802, RFC 7677), where a server takes no other way.

use base64::{Engine, prelude::BASE64_STANDARD};
use lettre::transport::smtp::{client::AsyncSmtpConnection, response::Response};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig};
use secrecy::ExposeSecret;

use super::{fault::Fault, outcome::words};
use crate::endpoint::Credentials;

/// What is known of it, the best first.
pub const MECHANISMS: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-1"];

/// Words of the server that are borne before it says yes or no.
const ROUNDS: usize = 4;
/// How often a server may have the password hashed. RFC 7677 asks for 4096 and more; millions would keep everybody waiting.
const MAX_ITERATIONS: u32 = 200_000;

/// Logs in by one of [`MECHANISMS`]. A server that does not prove that it knows the password as well is refused.
pub async fn log_in(server: &mut AsyncSmtpConnection, mechanism: &str, who: &Credentials) -> Result<(), Fault> {
    let odd = |what: &str| Fault::Lost(format!("{mechanism}: {what}"));
    let unfit = |_| odd("the name or the password has a character that is not allowed in it");
    let config = SASLConfig::with_credentials(None, who.user.clone(), who.password.expose_secret().to_owned());
    let name = Mechname::parse(mechanism.as_bytes()).map_err(|_| odd("no such way"))?;
    let mut session = SASLClient::new(config.map_err(unfit)?).start_suggested(&[name]).map_err(unfit)?;
    let mut said = Vec::new();
    let mut state = session.step(None, &mut said).map_err(|_| odd("the name or the password is not allowed in it"))?;
    let mut command = format!("AUTH {mechanism} {}\r\n", BASE64_STANDARD.encode(&said));
    for _ in 0..ROUNDS {
        let response = server.command(&command).await.map_err(Fault::Login)?;
        let done = response.has_code(235);
        if done && state.is_finished() {
            return Ok(());
        }
        if !done && (state.is_finished() || !response.has_code(334)) {
            return Err(Fault::Lost(words(&response.message().collect::<Vec<_>>().join(" "))));
        }
        // What proves the server may come with its yes (RFC 4954 §4).
        let heard = heard(&response).ok_or_else(|| odd("the server does not speak it"))?;
        if iterations(&heard) > MAX_ITERATIONS {
            return Err(odd("the server asks for too much work"));
        }
        said.clear();
        state = session.step(Some(heard.as_slice()), &mut said).map_err(|_| odd("the server does not prove itself"))?;
        if done {
            return if state.is_finished() { Ok(()) } else { Err(odd("the server does not prove itself")) };
        }
        command = format!("{}\r\n", BASE64_STANDARD.encode(&said));
    }
    Err(odd("the server comes to no end"))
}

fn heard(response: &Response) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(response.first_word()?).ok()
}

/// How often the password is to be hashed, where the server says so.
fn iterations(heard: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(heard);
    let count = text.split(',').find_map(|field| field.strip_prefix("i=").map(str::to_owned));
    count.map_or(0, |count| count.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_work_is_asked_for_is_known_before_it_is_done() {
        for (heard, expected) in [
            ("r=abc,s=QSXCR+Q6sek8bf92,i=4096", 4096),
            ("r=abc,s=QSXCR+Q6sek8bf92,i=4294967296", u32::MAX),
            ("r=abc,s=QSXCR+Q6sek8bf92,i=x", u32::MAX),
            ("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", 0),
            ("", 0),
        ] {
            assert_eq!(iterations(heard.as_bytes()), expected, "{heard}");
        }
    }
}
