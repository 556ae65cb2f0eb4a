//! What a server can do (RFC 2449).

use std::time::Duration;

/// What CAPA says. Where there is no CAPA, nothing is known and all has to be tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether there was an answer to CAPA.
    pub known: bool,
    /// USER and PASS.
    pub user: bool,
    /// AUTH PLAIN (RFC 5034).
    pub plain: bool,
    /// RFC 2595.
    pub stls: bool,
    pub top: bool,
    pub uidl: bool,
    /// Several commands may be sent before the first is answered (RFC 2449 §6.6).
    pub pipelining: bool,
    /// Logins must be so far apart (RFC 2449 §6.5).
    pub login_delay: Option<Duration>,
    /// Messages go by themselves after so many days (RFC 2449 §6.7); 0 means as soon as they were fetched.
    pub expire: Option<u32>,
}

impl Capabilities {
    /// Takes one line of the answer to CAPA.
    pub fn learn(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
        match keyword.as_str() {
            "USER" => self.user = true,
            "SASL" => self.plain |= words.any(|word| word.eq_ignore_ascii_case("PLAIN")),
            "STLS" => self.stls = true,
            "TOP" => self.top = true,
            "UIDL" => self.uidl = true,
            "PIPELINING" => self.pipelining = true,
            "LOGIN-DELAY" => {
                self.login_delay = words.next().and_then(|word| word.parse().ok()).map(Duration::from_secs)
            }
            // `NEVER` is no number.
            "EXPIRE" => self.expire = words.next().and_then(|word| word.parse().ok()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_capa_is_read() {
        let mut capabilities = Capabilities::default();
        for line in ["TOP", "user", "SASL LOGIN PLAIN", "UIDL", "LOGIN-DELAY 900 USER", "EXPIRE NEVER", "X-ODD", ""] {
            capabilities.learn(line);
        }
        assert!(capabilities.top && capabilities.user && capabilities.plain && capabilities.uidl);
        assert!(!capabilities.pipelining && !capabilities.stls);
        assert_eq!(capabilities.login_delay, Some(Duration::from_secs(900)));
        assert_eq!(capabilities.expire, None);
        capabilities.learn("EXPIRE 0");
        assert_eq!(capabilities.expire, Some(0));
    }
}
