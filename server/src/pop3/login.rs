//! Logging in: PLAIN, USER and PASS, APOP. One way, once: servers lock out whoever tries again and again.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use md5::{Digest, Md5};
use secrecy::ExposeSecret;

use super::{Capabilities, Error, connect::SessionLine};
use crate::endpoint::Credentials;

/// The longest command that every server takes (RFC 2449 §4).
const LONGEST: usize = 255;

/// Logs in. `stamp` is what APOP needs of the greeting.
pub(super) async fn log_in(
    line: &mut SessionLine,
    offered: &Capabilities,
    stamp: Option<&str>,
    credentials: &Credentials,
) -> Result<(), Error> {
    let (user, password) = (credentials.user.as_str(), credentials.password.expose_secret());
    if user.is_empty() || [user, password].iter().any(|text| text.contains(['\0', '\r', '\n'])) {
        return Err(Error::Credentials { text: String::new() });
    }
    let answer = match way(offered, stamp, user) {
        Some(Way::Plain) => plain(line, user, password).await,
        Some(Way::User) => {
            line.send(&format!("USER {user}")).await?;
            match line.answer().await {
                Ok(_) => {
                    line.send(&format!("PASS {password}")).await?;
                    line.answer().await.map(drop)
                }
                refused => refused.map(drop),
            }
        }
        Some(Way::Apop(stamp)) => {
            line.send(&format!("APOP {user} {}", digest(stamp, password))).await?;
            line.answer().await.map(drop)
        }
        None => return Err(Error::Unavailable { text: "the server offers no login with a password".to_owned() }),
    };
    answer.map_err(|error| error.of_login(false, offered.login_delay))
}

enum Way<'a> {
    Plain,
    User,
    Apop(&'a str),
}

/// APOP hides the password from listeners, which TLS does better, and its MD5 helps a server that wants to find the password
/// out (RFC 6151); so it comes last, and only with a stamp. Where there is no CAPA, USER is what every server knows.
fn way<'a>(offered: &Capabilities, stamp: Option<&'a str>, user: &str) -> Option<Way<'a>> {
    if offered.plain {
        return Some(Way::Plain);
    }
    // A space would end the name.
    if (offered.user || !offered.known) && !user.contains(' ') {
        return Some(Way::User);
    }
    stamp.filter(|_| !user.contains(' ')).map(Way::Apop)
}

/// AUTH PLAIN (RFC 5034), at once where the line is short enough for it.
async fn plain(line: &mut SessionLine, user: &str, password: &str) -> Result<(), Error> {
    let secret = BASE64.encode(format!("\0{user}\0{password}"));
    let command = format!("AUTH PLAIN {secret}");
    if command.len() + 2 <= LONGEST {
        line.send(&command).await?;
    } else {
        line.send("AUTH PLAIN").await?;
        line.asked().await?;
        line.send(&secret).await?;
    }
    line.answer().await.map(drop)
}

/// The stamp in a greeting, if it is a message id (RFC 1939 §7). Nothing else is hashed: a server that chooses the bytes freely
/// learns of the password (CVE-2007-1558).
pub(super) fn stamp(greeting: &str) -> Option<String> {
    let start = greeting.find('<')?;
    let (stamp, _) = greeting.get(start..)?.split_once('>')?;
    let (left, right) = stamp.strip_prefix('<')?.split_once('@')?;
    let allowed = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
    (allowed(left) && allowed(right)).then(|| format!("{stamp}>"))
}

fn digest(stamp: &str, password: &str) -> String {
    let mut text = String::new();
    for byte in Md5::new().chain_update(stamp).chain_update(password).finalize() {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_the_standard_comes_out() {
        let greeting = "POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
        let stamp = stamp(greeting).expect("a stamp");
        assert_eq!(stamp, "<1896.697170952@dbc.mtview.ca.us>");
        assert_eq!(digest(&stamp, "tanstaaf"), "c4c9334bac560ecc979e58001b3e22fb");
    }

    #[test]
    fn only_a_message_id_is_a_stamp() {
        for greeting in ["ready", "<no at>", "<a@>", "<@b>", "<a b@c>", "<a@b", "<a@b@c>", "<é@b>", "ready > <"] {
            assert_eq!(stamp(greeting), None, "{greeting}");
        }
    }

    #[test]
    fn ways_are_chosen_by_what_is_offered() {
        let offered = |known, plain, user| Capabilities { known, plain, user, ..Capabilities::default() };
        let stamp = Some("<a@b>");
        assert!(matches!(way(&offered(true, true, true), stamp, "ana"), Some(Way::Plain)));
        assert!(matches!(way(&offered(true, false, true), stamp, "ana"), Some(Way::User)));
        assert!(matches!(way(&offered(true, false, false), stamp, "ana"), Some(Way::Apop("<a@b>"))));
        assert!(way(&offered(true, false, false), None, "ana").is_none());
        assert!(matches!(way(&offered(false, false, false), stamp, "ana"), Some(Way::User)));
        assert!(way(&offered(false, false, false), None, "ana b").is_none());
    }
}
