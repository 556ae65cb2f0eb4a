//! The mail servers of well-known providers, so that an address and a password are enough to sign in, or to
//! collect mail.

use crate::wire::SourceAdvice;

/// Where the mail of one provider is fetched and handed over. Implicit TLS (RFC 8314) wherever it is offered.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    pub name: &'static str,
    /// As in `PISMO_IMAP`.
    pub imap: &'static str,
    /// Where the provider has POP3 as well: `pop3s://host`.
    pub pop3: Option<&'static str>,
    /// As in `PISMO_SMTP`.
    pub smtp: &'static str,
    /// What a person has to know before typing a password.
    pub advice: Option<SourceAdvice>,
    /// Where a person makes the app password that this provider wants instead of the usual one.
    pub app_password_url: Option<&'static str>,
    /// What stands after the @.
    domains: &'static [&'static str],
    /// How the names end of the hosts that take mail for it (MX), for people's own domains, too.
    exchangers: &'static [&'static str],
}

impl Provider {
    /// Whether the usual password never does.
    pub fn wants_app_password(&self) -> bool {
        matches!(self.advice, Some(SourceAdvice::AppPassword | SourceAdvice::AppPasswordAndSwitchOn))
    }

    /// Whether its servers can be reached from everywhere.
    pub fn is_reachable(&self) -> bool {
        self.advice != Some(SourceAdvice::Bridge)
    }
}

/// The provider whose addresses end in this domain.
pub fn provider_for(domain: &str) -> Option<&'static Provider> {
    let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
    PROVIDERS.iter().find(|provider| provider.domains.contains(&domain.as_str()))
}

/// The provider of an address.
pub fn provider_of(address: &str) -> Option<&'static Provider> {
    provider_for(address.rsplit_once('@')?.1)
}

/// The provider whose host this is that takes mail (MX), in lower case and without a dot at its end.
pub fn provider_at(exchanger: &str) -> Option<&'static Provider> {
    let is_of =
        |suffix: &&str| exchanger.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    PROVIDERS.iter().find(|provider| provider.exchangers.iter().any(is_of))
}

/// All we know of.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        // IMAP is always on; POP3 has to be switched on in the settings (2026-11).
        name: "Gmail",
        imap: "imaps://imap.gmail.com",
        pop3: Some("pop3s://pop.gmail.com"),
        smtp: "smtps://smtp.gmail.com",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://myaccount.google.com/apppasswords"),
        domains: &["gmail.com", "googlemail.com"],
        exchangers: &["google.com", "googlemail.com"],
    },
    Provider {
        // Either has to be switched on under “Mail clients”; refusals do not say which is missing (2026-11).
        name: "Яндекс",
        imap: "imaps://imap.yandex.ru",
        pop3: Some("pop3s://pop.yandex.ru"),
        smtp: "smtps://smtp.yandex.ru",
        advice: Some(SourceAdvice::AppPasswordAndSwitchOn),
        app_password_url: Some("https://id.yandex.ru/security/app-passwords"),
        domains: &["yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "yandex.ua", "narod.ru"],
        exchangers: &["yandex.net", "yandex.ru"],
    },
    Provider {
        name: "Mail.ru",
        imap: "imaps://imap.mail.ru",
        pop3: Some("pop3s://pop.mail.ru"),
        smtp: "smtps://smtp.mail.ru",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://account.mail.ru/user/2-step-auth/passwords/"),
        domains: &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "vk.com", "xmail.ru"],
        exchangers: &["mail.ru"],
    },
    Provider {
        // Passwords of all kinds are refused: “Basic authentication is disabled” (2026-09).
        name: "Outlook",
        imap: "imaps://outlook.office365.com",
        pop3: Some("pop3s://outlook.office365.com"),
        smtp: "smtp+starttls://smtp.office365.com",
        advice: Some(SourceAdvice::NoPasswords),
        app_password_url: None,
        domains: &[
            "outlook.com",
            "hotmail.com",
            "live.com",
            "msn.com",
            "outlook.de",
            "outlook.fr",
            "hotmail.co.uk",
            "hotmail.de",
            "hotmail.fr",
            "live.de",
            "live.fr",
            "live.co.uk",
        ],
        exchangers: &["outlook.com"],
    },
    Provider {
        // There is no POP3.
        name: "iCloud",
        imap: "imaps://imap.mail.me.com",
        pop3: None,
        smtp: "smtp+starttls://smtp.mail.me.com",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://account.apple.com/account/manage"),
        domains: &["icloud.com", "me.com", "mac.com"],
        exchangers: &["mail.icloud.com"],
    },
    Provider {
        name: "Yahoo",
        imap: "imaps://imap.mail.yahoo.com",
        pop3: Some("pop3s://pop.mail.yahoo.com"),
        smtp: "smtps://smtp.mail.yahoo.com",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://login.yahoo.com/account/security"),
        domains: &[
            "yahoo.com",
            "yahoo.co.uk",
            "yahoo.de",
            "yahoo.fr",
            "yahoo.it",
            "yahoo.es",
            "yahoo.co.in",
            "yahoo.com.au",
            "yahoo.com.br",
            "ymail.com",
            "myyahoo.com",
            "rocketmail.com",
        ],
        exchangers: &["am0.yahoodns.net"],
    },
    Provider {
        name: "AOL",
        imap: "imaps://imap.aol.com",
        pop3: Some("pop3s://pop.aol.com"),
        smtp: "smtps://smtp.aol.com",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://login.aol.com/account/security"),
        domains: &["aol.com", "aim.com", "aol.de", "aol.fr", "aol.co.uk", "netscape.net", "compuserve.com"],
        exchangers: &["gm0.yahoodns.net"],
    },
    Provider {
        name: "Fastmail",
        imap: "imaps://imap.fastmail.com",
        pop3: Some("pop3s://pop.fastmail.com"),
        smtp: "smtps://smtp.fastmail.com",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://app.fastmail.com/settings/security/apps"),
        domains: &["fastmail.com", "fastmail.fm"],
        exchangers: &["messagingengine.com"],
    },
    Provider {
        name: "GMX",
        imap: "imaps://imap.gmx.net",
        pop3: Some("pop3s://pop.gmx.net"),
        smtp: "smtps://mail.gmx.net",
        advice: Some(SourceAdvice::SwitchOn),
        app_password_url: None,
        domains: &["gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.eu", "gmx.org", "gmx.info", "gmx.biz"],
        exchangers: &["gmx.net"],
    },
    Provider {
        name: "GMX",
        imap: "imaps://imap.gmx.com",
        pop3: Some("pop3s://pop.gmx.com"),
        smtp: "smtps://mail.gmx.com",
        advice: Some(SourceAdvice::SwitchOn),
        app_password_url: None,
        domains: &["gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr"],
        exchangers: &[],
    },
    Provider {
        name: "WEB.DE",
        imap: "imaps://imap.web.de",
        pop3: Some("pop3s://pop3.web.de"),
        smtp: "smtps://smtp.web.de",
        advice: Some(SourceAdvice::SwitchOn),
        app_password_url: None,
        domains: &["web.de"],
        exchangers: &["web.de"],
    },
    Provider {
        // POP3 and IMAP are for those who pay.
        name: "mail.com",
        imap: "imaps://imap.mail.com",
        pop3: Some("pop3s://pop.mail.com"),
        smtp: "smtps://smtp.mail.com",
        advice: Some(SourceAdvice::Paid),
        app_password_url: None,
        domains: &["mail.com", "email.com", "post.com", "usa.com", "europe.com", "consultant.com", "engineer.com"],
        exchangers: &["mail.com"],
    },
    Provider {
        // Paid organisations have servers of their own, so MX says nothing.
        name: "Zoho",
        imap: "imaps://imap.zoho.com",
        pop3: Some("pop3s://pop.zoho.com"),
        smtp: "smtps://smtp.zoho.com",
        advice: Some(SourceAdvice::AppPasswordAndSwitchOn),
        app_password_url: Some("https://accounts.zoho.com/home#security/app_password"),
        domains: &["zoho.com", "zohomail.com"],
        exchangers: &[],
    },
    Provider {
        name: "Rambler",
        imap: "imaps://imap.rambler.ru",
        pop3: None,
        smtp: "smtps://smtp.rambler.ru",
        advice: Some(SourceAdvice::SwitchOn),
        app_password_url: None,
        domains: &["rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru", "rambler.ua"],
        exchangers: &[],
    },
    Provider {
        name: "Telekom",
        imap: "imaps://secureimap.t-online.de",
        pop3: Some("pop3s://securepop.t-online.de"),
        smtp: "smtps://securesmtp.t-online.de",
        advice: Some(SourceAdvice::AppPassword),
        app_password_url: Some("https://www.telekom.de/hilfe/apps-dienste/e-mail/programme/passwort-verwalten"),
        domains: &["t-online.de", "magenta.de"],
        exchangers: &["t-online.de"],
    },
    Provider {
        name: "Posteo",
        imap: "imaps://posteo.de",
        pop3: Some("pop3s://posteo.de"),
        smtp: "smtps://posteo.de",
        advice: Some(SourceAdvice::AppPasswordWithTwoFactors),
        app_password_url: Some("https://posteo.de/en/help/app-passwords"),
        domains: &["posteo.de", "posteo.net", "posteo.org", "posteo.eu", "posteo.at", "posteo.ch", "posteo.com"],
        exchangers: &["posteo.de"],
    },
    Provider {
        name: "mailbox.org",
        imap: "imaps://imap.mailbox.org",
        pop3: None,
        smtp: "smtps://smtp.mailbox.org",
        advice: Some(SourceAdvice::AppPasswordWithTwoFactors),
        app_password_url: Some(
            "https://kb.mailbox.org/de/privat/sicherheit-und-privatsphaere/applikationspasswoerter-fuer-externe-programme/",
        ),
        domains: &["mailbox.org"],
        exchangers: &["mailbox.org"],
    },
    Provider {
        name: "Seznam",
        imap: "imaps://imap.seznam.cz",
        pop3: Some("pop3s://pop3.seznam.cz"),
        smtp: "smtps://smtp.seznam.cz",
        advice: Some(SourceAdvice::AppPasswordWithTwoFactors),
        app_password_url: None,
        domains: &["seznam.cz", "email.cz", "post.cz", "spoluzaci.cz"],
        exchangers: &["seznam.cz"],
    },
    Provider {
        // Its bridge listens on the machine on which it runs, with a certificate of its own.
        name: "Proton Mail",
        imap: "imap+starttls://127.0.0.1:1143",
        pop3: None,
        smtp: "smtp+starttls://127.0.0.1:1025",
        advice: Some(SourceAdvice::Bridge),
        app_password_url: Some("https://proton.me/mail/bridge"),
        domains: &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
        exchangers: &["protonmail.ch"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_enough_to_find_the_servers() {
        assert_eq!(provider_of("ana@Gmail.com").map(|provider| provider.imap), Some("imaps://imap.gmail.com"));
        assert_eq!(provider_of("оля@ya.ru").map(|provider| provider.name), Some("Яндекс"));
        assert_eq!(provider_of("ana@example.org"), None);
        assert_eq!(provider_of("ana"), None);
    }

    #[test]
    fn a_host_that_takes_mail_belongs_to_a_provider() {
        let name = |exchanger| provider_at(exchanger).map(|provider| provider.name);
        assert_eq!(name("aspmx.l.google.com"), Some("Gmail"));
        assert_eq!(name("example-org.mail.protection.outlook.com"), Some("Outlook"));
        assert_eq!(name("mx.yandex.net"), Some("Яндекс"));
        assert_eq!(name("emx.mail.ru"), Some("Mail.ru"));
        assert_eq!(name("mta7.am0.yahoodns.net"), Some("Yahoo"));
        assert_eq!(name("evilgoogle.com"), None);
        assert_eq!(name("google.com.example.org"), None);
    }

    #[test]
    fn every_domain_has_one_provider() {
        let mut domains: Vec<_> = PROVIDERS.iter().flat_map(|provider| provider.domains).collect();
        let count = domains.len();
        domains.sort_unstable();
        domains.dedup();
        assert_eq!(domains.len(), count);
    }
}
