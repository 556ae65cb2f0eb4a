//! Addresses that may be a slip or a trick: their domain is nearly one that is known, or only looks like it. Pure.

mod ending;

use app::{providers::provider_for, wire::Doubt};
use unicode_security::{RestrictionLevel, RestrictionLevelDetection, skeleton};

use ending::exists;

/// Domains that are often mistyped, the most used first.
pub const OFTEN: &[&str] = &[
    "gmail.com",
    "mail.ru",
    "yandex.ru",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "rambler.ru",
    "inbox.ru",
    "yandex.com",
    "googlemail.com",
    "protonmail.com",
    "fastmail.com",
    "mail.com",
    "live.com",
    "list.ru",
    "gmx.net",
    "t-online.de",
    "web.de",
    "aol.com",
    "proton.me",
];

/// Domains that others pretend to be, beside those.
pub const TEMPTING: &[&str] = &[
    "paypal.com",
    "google.com",
    "apple.com",
    "microsoft.com",
    "amazon.com",
    "ebay.com",
    "github.com",
    "facebook.com",
    "netflix.com",
    "dhl.com",
    "vk.com",
    "ya.ru",
    "sberbank.ru",
    "gosuslugi.ru",
    "nalog.ru",
    "tbank.ru",
    "vtb.ru",
    "alfabank.ru",
    "ozon.ru",
    "avito.ru",
];

/// Providers all of whose addresses have the one ending.
const OF_ONE_ENDING: &[&str] = &["gmail.com", "googlemail.com", "icloud.com"];

/// From this length on two slips are as likely as one is in a shorter domain, in letters.
const LONG: usize = 14;

/// Names shorter than this, without their ending, are close to many others: only exchanged letters are a slip.
const SHORT: usize = 5;

/// What is to be said of these addresses. `familiar` are domains that the person has to do with: nothing is said of those, and
/// others may be a slip for them.
pub fn doubts(emails: &[String], familiar: &[String]) -> Vec<Doubt> {
    let familiar: Vec<String> = familiar.iter().map(|domain| shown(domain)).collect();
    emails.iter().filter_map(|email| doubt(email, &familiar)).collect()
}

/// Those of these addresses whose domain is one of the person's own, and no provider's: there people know each other.
pub fn inside(emails: &[String], own: &[String]) -> Vec<String> {
    let is_own = |email: &&String| {
        let Some((_, domain)) = email.rsplit_once('@') else { return false };
        let domain = shown(domain);
        provider_for(&domain).is_none() && own.iter().any(|one| shown(one) == domain)
    };
    emails.iter().filter(is_own).cloned().collect()
}

/// A domain as people see it, in small letters.
pub fn shown(domain: &str) -> String {
    idna::domain_to_unicode(domain).0
}

fn doubt(email: &str, familiar: &[String]) -> Option<Doubt> {
    let (local, domain) = email.rsplit_once('@')?;
    let domain = shown(domain);
    if provider_for(&domain).is_some() || familiar.contains(&domain) || TEMPTING.contains(&domain.as_str()) {
        return None;
    }
    let known = || OFTEN.iter().copied().chain(familiar.iter().map(String::as_str));
    let looks = look(&domain);
    let copied = known().chain(TEMPTING.iter().copied()).find(|other| look(other) == looks);
    let slip = || {
        let close = known().filter_map(|other| Some((distance(&domain, other)?, other)));
        // Of several the first.
        close.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
    };
    let meant = copied.or_else(slip);
    // Of a domain in one script its name in ASCII says nothing to anybody.
    let ascii = (copied.is_some() || is_mixed(&domain)).then(|| idna::domain_to_ascii(&domain).ok()).flatten();
    let ascii = ascii.filter(|ascii| *ascii != domain);
    (meant.is_some() || ascii.is_some()).then(|| Doubt {
        email: email.to_owned(),
        meant: meant.map(|domain| format!("{local}@{domain}")),
        ascii,
    })
}

/// What a domain looks like: the same for all that look alike (UTS #39 §4).
pub fn look(domain: &str) -> String {
    skeleton(domain).flat_map(char::to_lowercase).collect()
}

/// Whether letters of scripts that do not go together are in one label (UTS #39 §5.2).
pub fn is_mixed(domain: &str) -> bool {
    domain.split('.').any(|label| !label.check_restriction_level(RestrictionLevel::HighlyRestrictive))
}

/// How many slips there are from one domain to another, if these are so few that the other is likely meant.
pub fn distance(typed: &str, other: &str) -> Option<usize> {
    let ((name, end), (other_name, other_end)) = (typed.split_once('.')?, other.split_once('.')?);
    let distance = strsim::osa_distance(typed, other);
    let length = other.chars().count();
    let is_slip = if name == other_name {
        match () {
            () if OF_ONE_ENDING.contains(&other) => true,
            // These exist, and are nobody's but who waits for slips.
            () if other_end == "com" => matches!(end, "co" | "cm" | "om") || !exists(end) && distance == 1,
            () => !exists(end) && distance == 1,
        }
    } else if other_name.chars().count() < SHORT {
        distance == 1 && end == other_end && sorted(name) == sorted(other_name)
    } else {
        distance <= if length < LONG { 1 } else { 2 }
    };
    is_slip.then_some(distance)
}

fn sorted(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.chars().collect();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(domain: &str) -> Option<Doubt> {
        let familiar =
            ["acme-works.example".to_owned(), "почта-банк.рф".to_owned(), "xn--80a1acny.xn--p1ai".to_owned()];
        doubts(&[format!("anna@{domain}")], &familiar).pop()
    }

    #[test]
    fn a_slip_is_noticed() {
        for (typed, meant) in [
            ("gmial.com", "gmail.com"),
            ("Gmail.con", "gmail.com"),
            ("gmail.ru", "gmail.com"),
            ("gmal.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("hotnail.com", "hotmail.com"),
            ("hotmail.co", "hotmail.com"),
            ("yandex.ri", "yandex.ru"),
            ("yadnex.ru", "yandex.ru"),
            ("yandx.ru", "yandex.ru"),
            ("mial.ru", "mail.ru"),
            ("ramber.ru", "rambler.ru"),
            ("outlok.com", "outlook.com"),
            ("protnmial.com", "protonmail.com"),
            ("acme-wroks.example", "acme-works.example"),
            ("acme-wrk.example", "acme-works.example"),
            ("почта-банк.рв", "почта-банк.рф"),
        ] {
            let found = one(typed).unwrap_or_else(|| panic!("{typed} is a slip"));
            assert_eq!((found.meant, found.ascii), (Some(format!("anna@{meant}")), None), "{typed}");
        }
    }

    #[test]
    fn what_only_looks_like_another_is_shown_as_it_is() {
        for (typed, meant, ascii) in [
            ("paypa1.com", Some("paypal.com"), None),
            ("gmai1.com", Some("gmail.com"), None),
            ("g00gle.com", Some("google.com"), None),
            ("rnicrosoft.com", Some("microsoft.com"), None),
            // With a Cyrillic а, wholly Cyrillic, and as it travels.
            ("gm\u{430}il.com", Some("gmail.com"), Some("xn--gmil-63d.com")),
            ("\u{430}\u{440}\u{440}\u{4cf}\u{435}.com", Some("apple.com"), Some("xn--80ak6aa92e.com")),
            ("xn--80ak6aa92e.com", Some("apple.com"), Some("xn--80ak6aa92e.com")),
            ("m\u{443}company.example", None, Some("xn--mcompany-l1h.example")),
        ] {
            let found = one(typed).unwrap_or_else(|| panic!("{typed} is a trick"));
            assert_eq!(found.meant, meant.map(|meant| format!("anna@{meant}")), "{typed}");
            assert_eq!(found.ascii.is_some(), ascii.is_some(), "{typed}: {:?}", found.ascii);
        }
    }

    #[test]
    fn whoever_is_somebody_else_is_left_alone() {
        for domain in [
            "gmail.com",
            "ymail.com",
            "email.com",
            "mail.com",
            "hotmail.it",
            "hotmail.be",
            "yahoo.ca",
            "outlook.es",
            "yandex.fr",
            "ya.ru",
            "ja.ru",
            "pm.me",
            "paypal.com",
            "acme-works.example",
            "ACME-works.EXAMPLE",
            "acme.example",
            "example.org",
            "почта.рф",
            "почта-банк.рф",
            "сбербанк.рф",
            "bücher.example",
            "日本語.jp",
            "b2b.example",
            "localhost",
            "[127.0.0.1]",
        ] {
            assert_eq!(one(domain), None, "{domain}");
        }
    }

    #[test]
    fn colleagues_are_those_of_ones_own_domain() {
        let own = ["firm.example".to_owned(), "gmail.com".to_owned(), "почта.рф".to_owned()];
        let emails = ["a@Firm.example", "b@gmail.com", "c@xn--80a1acny.xn--p1ai", "d@other.example", "e"];
        let emails: Vec<String> = emails.iter().map(|email| (*email).to_owned()).collect();
        assert_eq!(inside(&emails, &own), ["a@Firm.example", "c@xn--80a1acny.xn--p1ai"]);
    }
}
