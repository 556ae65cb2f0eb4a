//! The domains that a person has to do with, and what others do to be taken for them. Pure.

use std::collections::{HashMap, HashSet};

use app::providers::provider_for;
use unicode_security::{RestrictionLevel, RestrictionLevelDetection, skeleton};

use crate::{
    doubt::{OFTEN, TEMPTING, distance, is_mixed, look, shown},
    host::{ascii, organisation},
};

/// How many parts of a domain are looked at.
const PARTS: usize = 10;

/// Domains that are known: the person's own, those they have written to, and those that many know.
#[derive(Debug, Default)]
pub struct Familiar {
    /// The person's own, and those they have written to.
    domains: HashSet<String>,
    /// What each of all looks like.
    looks: HashMap<String, String>,
}

impl Familiar {
    pub fn new(domains: impl IntoIterator<Item = String>) -> Self {
        let domains: HashSet<String> = domains.into_iter().map(|domain| shown(&domain)).collect();
        let all = TEMPTING.iter().chain(OFTEN).copied().chain(domains.iter().map(String::as_str));
        let looks = all.map(|domain| (look(domain), domain.to_owned())).collect();
        Self { domains, looks }
    }

    fn knows(&self, domain: &str) -> bool {
        self.domains.contains(domain)
            || provider_for(domain).is_some()
            || OFTEN.contains(&domain)
            || TEMPTING.contains(&domain)
    }

    /// The domain that this one may be taken for: it looks the same, begins with it, or is a slip away from one of the person's.
    pub fn taken_for(&self, domain: &str) -> Option<String> {
        let domain = shown(domain);
        let rests = domain.match_indices('.').filter_map(|(at, _)| domain.get(at + 1..));
        let parts: Vec<&str> =
            std::iter::once(domain.as_str()).chain(rests).filter(|part| part.contains('.')).take(PARTS).collect();
        // Whoever has a domain has all that is below it.
        if parts.iter().any(|part| self.knows(part)) {
            return None;
        }
        let copied = parts.iter().find_map(|part| self.looks.get(&look(part)).cloned());
        copied.or_else(|| self.begins_with(&domain)).or_else(|| self.slip(&domain))
    }

    /// `paypal.com.pay.example`: on a narrow screen only its beginning is seen. Two more parts: `amazon.com.br` is Amazon's.
    fn begins_with(&self, domain: &str) -> Option<String> {
        let is_begun = |known: &&str| {
            let rest = domain.strip_prefix(*known).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| rest.contains('.'))
        };
        TEMPTING.iter().copied().chain(self.domains.iter().map(String::as_str)).find(is_begun).map(str::to_owned)
    }

    fn slip(&self, domain: &str) -> Option<String> {
        // RFC 1035 §2.3.4: no domain is longer, and to compare takes as long as both are long.
        if domain.len() > 253 {
            return None;
        }
        let own = shown(&organisation(domain));
        let close = self.domains.iter().filter_map(|known| Some((distance(&own, known)?, known)));
        close.min().map(|(_, known)| known.clone())
    }
}

/// How a domain is called in ASCII, if letters of scripts are in it that do not go together.
pub fn ascii_of_mixed(domain: &str) -> Option<String> {
    is_mixed(&shown(domain)).then(|| ascii(domain)).filter(|ascii| ascii.starts_with("xn--") || ascii.contains(".xn--"))
}

/// Whether a word of a name is made of letters of several scripts so that it looks like one in Latin letters: nobody
/// writes so who does not want to be taken for another. `VKонтакте` is plain to see.
pub fn is_mixed_name(name: &str) -> bool {
    name.split(|letter: char| !letter.is_alphanumeric()).any(|word| {
        let latin = word.chars().any(|letter| letter.is_ascii_alphabetic());
        latin
            && !word.is_ascii()
            && !word.check_restriction_level(RestrictionLevel::HighlyRestrictive)
            && skeleton(word).all(|letter| letter.is_ascii())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn familiar() -> Familiar {
        let domains = ["acme-works.example", "gmail.com", "xn--80a1acny.xn--p1ai", "firm.example"];
        Familiar::new(domains.map(str::to_owned))
    }

    #[test]
    fn who_wants_to_be_taken_for_another_is_noticed() {
        for (domain, meant) in [
            ("paypa1.com", "paypal.com"),
            ("service.paypa1.com", "paypal.com"),
            ("rnicrosoft.com", "microsoft.com"),
            ("gm\u{430}il.com", "gmail.com"),
            ("xn--80ak6aa92e.com", "apple.com"),
            ("acme-wroks.example", "acme-works.example"),
            ("mail.acme-wroks.example", "acme-works.example"),
            ("gmial.com", "gmail.com"),
            ("paypal.com.pay.example", "paypal.com"),
            ("firm.example.login.test", "firm.example"),
        ] {
            assert_eq!(familiar().taken_for(domain).as_deref(), Some(meant), "{domain}");
        }
    }

    #[test]
    fn others_are_who_they_are() {
        for domain in [
            "paypal.com",
            "mail.paypal.com",
            "amazon.com.br",
            "firm.example",
            "news.firm.example",
            "farm.test",
            "outlok.com",
            "ya.ru",
            "почта.рф",
            "bücher.example",
            "localhost",
            "",
        ] {
            assert_eq!(familiar().taken_for(domain), None, "{domain}");
        }
    }

    #[test]
    fn mixed_letters_are_noticed_where_they_deceive() {
        for (name, mixed) in [
            ("P\u{430}ypal", true),
            ("Support of G\u{43e}\u{43e}gle", true),
            ("Paypal", false),
            ("Сбербанк", false),
            ("VKонтакте", false),
            ("Анна (Acme)", false),
            ("Yıldız Şahin", false),
            ("ＮＴＴ", false),
            ("O’Neil", false),
            ("東京Tower", false),
        ] {
            assert_eq!(is_mixed_name(name), mixed, "{name}");
        }
        assert_eq!(ascii_of_mixed("m\u{443}company.example").as_deref(), Some("xn--mcompany-xch.example"));
        for domain in ["почта.рф", "bücher.example", "example.org", "xn--80a1acny.xn--p1ai", "a b"] {
            assert_eq!(ascii_of_mixed(domain), None, "{domain}");
        }
    }
}
