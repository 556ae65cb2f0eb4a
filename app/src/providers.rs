//! The mail servers of well-known providers, so that an address and a password are enough to sign in.

/// Where the mail of one provider is fetched and handed over. Implicit TLS (RFC 8314) wherever it is offered.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    pub name: &'static str,
    /// As in `PISMO_IMAP`.
    pub imap: &'static str,
    /// As in `PISMO_SMTP`.
    pub smtp: &'static str,
    /// Where a person makes the app password that this provider wants instead of the usual one.
    pub app_password_url: Option<&'static str>,
    /// What stands after the @.
    domains: &'static [&'static str],
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

/// All we know of.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Gmail",
        imap: "imaps://imap.gmail.com",
        smtp: "smtps://smtp.gmail.com",
        app_password_url: Some("https://myaccount.google.com/apppasswords"),
        domains: &["gmail.com", "googlemail.com"],
    },
    Provider {
        name: "Яндекс",
        imap: "imaps://imap.yandex.ru",
        smtp: "smtps://smtp.yandex.ru",
        app_password_url: Some("https://id.yandex.ru/security/app-passwords"),
        domains: &["yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "yandex.ua", "narod.ru"],
    },
    Provider {
        name: "Mail.ru",
        imap: "imaps://imap.mail.ru",
        smtp: "smtps://smtp.mail.ru",
        app_password_url: Some("https://account.mail.ru/user/2-step-auth/passwords/"),
        domains: &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "vk.com", "xmail.ru"],
    },
    Provider {
        name: "Outlook",
        imap: "imaps://outlook.office365.com",
        smtp: "smtp+starttls://smtp.office365.com",
        app_password_url: None,
        domains: &["outlook.com", "hotmail.com", "live.com", "msn.com"],
    },
    Provider {
        name: "iCloud",
        imap: "imaps://imap.mail.me.com",
        smtp: "smtp+starttls://smtp.mail.me.com",
        app_password_url: Some("https://account.apple.com/account/manage"),
        domains: &["icloud.com", "me.com", "mac.com"],
    },
    Provider {
        name: "Yahoo",
        imap: "imaps://imap.mail.yahoo.com",
        smtp: "smtps://smtp.mail.yahoo.com",
        app_password_url: Some("https://login.yahoo.com/account/security"),
        domains: &["yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com", "rocketmail.com"],
    },
    Provider {
        name: "Fastmail",
        imap: "imaps://imap.fastmail.com",
        smtp: "smtps://smtp.fastmail.com",
        app_password_url: Some("https://app.fastmail.com/settings/security/apps"),
        domains: &["fastmail.com", "fastmail.fm"],
    },
    Provider {
        name: "GMX",
        imap: "imaps://imap.gmx.net",
        smtp: "smtps://mail.gmx.net",
        app_password_url: None,
        domains: &["gmx.de", "gmx.net", "gmx.at", "gmx.ch"],
    },
    Provider {
        name: "GMX",
        imap: "imaps://imap.gmx.com",
        smtp: "smtps://mail.gmx.com",
        app_password_url: None,
        domains: &["gmx.com", "gmx.us", "gmx.co.uk"],
    },
    Provider {
        name: "Zoho",
        imap: "imaps://imap.zoho.com",
        smtp: "smtps://smtp.zoho.com",
        app_password_url: Some("https://accounts.zoho.com/home#security/app_password"),
        domains: &["zoho.com", "zohomail.com"],
    },
    Provider {
        name: "Rambler",
        imap: "imaps://imap.rambler.ru",
        smtp: "smtps://smtp.rambler.ru",
        app_password_url: None,
        domains: &["rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru"],
    },
    Provider {
        name: "WEB.DE",
        imap: "imaps://imap.web.de",
        smtp: "smtps://smtp.web.de",
        app_password_url: None,
        domains: &["web.de"],
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
    fn every_domain_has_one_provider() {
        let mut domains: Vec<_> = PROVIDERS.iter().flat_map(|provider| provider.domains).collect();
        let count = domains.len();
        domains.sort_unstable();
        domains.dedup();
        assert_eq!(domains.len(), count);
    }
}
