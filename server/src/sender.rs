//! Who wrote a message: why somebody should look twice. Pure.
//!
//! What is said here is what can be seen, and no judgement: whoever reads knows best with whom they have to do.

use app::{
    providers::provider_for,
    wire::{Address, Checks, Outcome, Suspicion},
};

use crate::{
    doubt::{OFTEN, shown},
    familiar::{Familiar, ascii_of_mixed, is_mixed_name},
    host::{ascii, belong_together},
    mime::Headers,
};

/// How many senders of one message are looked at, and how many are named.
const MOST: usize = 10;
const NAMED: usize = 3;

/// The longest name that is looked through, and the longest that is shown, in characters.
const LONGEST_NAME: usize = 1000;
const LONGEST_SHOWN: usize = 80;

/// Why to look twice, the weightiest first. `checks` are those of [`crate::mime::authentic`].
pub fn suspicions(headers: &Headers, checks: Option<&Checks>, familiar: &Familiar) -> Vec<Suspicion> {
    let mut from = headers.addresses("From");
    from.truncate(MOST);
    let mut found: Vec<Suspicion> = checks.and_then(|checks| unproven(checks, &from)).into_iter().collect();
    found.extend(from.iter().filter_map(|one| of_domain(one, familiar)));
    found.extend(from.iter().filter_map(of_name));
    found.extend(several(headers, &from));
    found.extend(elsewhere(headers, &from));
    found.dedup();
    found
}

fn domain(email: &str) -> Option<&str> {
    email.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}

/// DMARC speaks for the domain of the sender; without it, both others have to say no.
fn unproven(checks: &Checks, from: &[Address]) -> Option<Suspicion> {
    let failed = |outcome: Outcome| outcome == Outcome::Failed;
    let is_unproven = match checks.dmarc.as_ref().map(|check| check.outcome).filter(|one| *one != Outcome::Unclear) {
        Some(outcome) => failed(outcome),
        None => {
            let spf = checks.spf.as_ref().is_some_and(|check| failed(check.outcome));
            spf && !checks.dkim.is_empty() && checks.dkim.iter().all(|check| failed(check.outcome))
        }
    };
    let domain = from.iter().find_map(|one| domain(&one.email))?;
    is_unproven.then(|| Suspicion::Unproven { domain: shown(domain), by: checks.by.clone() })
}

fn of_domain(from: &Address, familiar: &Familiar) -> Option<Suspicion> {
    let domain = domain(&from.email)?;
    if let Some(ascii) = ascii_of_mixed(domain) {
        return Some(Suspicion::MixedDomain { domain: shown(domain), ascii });
    }
    let meant = familiar.taken_for(domain)?;
    Some(Suspicion::LooksLike { domain: shown(domain), meant })
}

fn of_name(from: &Address) -> Option<Suspicion> {
    let Address { name, email } = from;
    let name: String = name.chars().take(LONGEST_NAME).collect();
    if let Some(claimed) = addresses_in(&name).into_iter().find(|claimed| is_another(claimed, email)) {
        return Some(Suspicion::OtherAddress { claimed, email: email.clone() });
    }
    is_mixed_name(&name).then(|| Suspicion::MixedName { name: name.chars().take(LONGEST_SHOWN).collect() })
}

/// The addresses in a name, as far as they look like some.
fn addresses_in(name: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | '+' | '@');
    // Forms of the sign that look like it.
    let name = name.replace(['\u{ff20}', '\u{fe6b}'], "@");
    let words = name.split(|letter: char| !is_part(letter)).map(|word| word.trim_matches(['.', '-']));
    let is_address = |word: &&str| {
        word.split_once('@').is_some_and(|(local, domain)| {
            let end = domain.rsplit_once('.').map_or("", |(_, end)| end);
            !local.is_empty()
                && !domain.contains('@')
                && end.chars().count() > 1
                && end.chars().all(char::is_alphabetic)
        })
    };
    words.filter(is_address).map(str::to_owned).collect()
}

/// Whether an address is somebody else's: at a provider everybody is somebody else, in a firm `info` and `noreply` are one.
fn is_another(claimed: &str, email: &str) -> bool {
    let (Some(of_claimed), Some(own)) = (domain(claimed), domain(email)) else { return true };
    if ascii(of_claimed) != ascii(own) {
        return !belong_together(of_claimed, own);
    }
    let own = shown(own);
    let is_shared = provider_for(&own).is_some() || OFTEN.contains(&own.as_str());
    is_shared && !claimed.eq_ignore_ascii_case(email)
}

/// RFC 5322 §3.6 has one field and allows several senders in it. What is shown and what was checked may be two of them.
fn several(headers: &Headers, from: &[Address]) -> Option<Suspicion> {
    let first = from.first().and_then(|one| domain(&one.email))?;
    let strangers = from.iter().filter_map(|one| domain(&one.email)).any(|other| !belong_together(first, other));
    (strangers || headers.all("From").nth(1).is_some()).then(|| {
        let emails = from.iter().map(|one| one.email.clone()).filter(|email| !email.is_empty());
        Suspicion::SeveralSenders { emails: emails.take(NAMED).collect() }
    })
}

/// Lists have answers sent to themselves, and say who they are (RFC 2919, RFC 2369). Anybody can say so; whoever answers sees
/// where that goes.
fn elsewhere(headers: &Headers, from: &[Address]) -> Option<Suspicion> {
    let is_list = ["List-Id", "List-Post"].iter().any(|field| headers.raw(field).is_some());
    let first = from.first().and_then(|one| domain(&one.email)).filter(|_| !is_list)?;
    let is_known = |reply: &str| {
        let mut domains = from.iter().filter_map(|one| domain(&one.email));
        domains.any(|own| domain(reply).is_some_and(|to| belong_together(own, to)))
    };
    let replies = headers.addresses("Reply-To").into_iter().take(MOST);
    let other = replies.map(|one| one.email).find(|email| email.contains('@') && !is_known(email))?;
    Some(Suspicion::RepliesElsewhere { domain: shown(first), email: other })
}

#[cfg(test)]
mod tests {
    use app::wire::Check;

    use super::*;

    fn found(header: &str) -> Vec<&'static str> {
        let headers = Headers::parse(header.replace('\n', "\r\n").as_bytes());
        let familiar = Familiar::new(["firm.example".to_owned()]);
        suspicions(&headers, None, &familiar).iter().map(Suspicion::name).collect()
    }

    #[test]
    fn ordinary_senders_are_let_alone() {
        for header in [
            "From: Ana <ana@example.org>",
            "From: ana@example.org\nReply-To: Ana <ana@example.org>",
            "From: Ana <ana@mail.example.org>\nReply-To: support@example.org",
            "From: \"info@example.org\" <noreply@example.org>",
            "From: \"info@example.org\" <noreply@mail.example.org>",
            "From: Анна <anna@почта.рф>\nReply-To: anna@xn--80a1acny.xn--p1ai",
            "From: a@example.org, b@news.example.org",
            "From: Bo <bo@example.org>\nReply-To: list@lists.test\nList-Id: <list.lists.test>",
            "From: Bo <bo@example.org>\nReply-To: list@lists.test\nList-Post: <mailto:list@lists.test>",
            "From: C@fe Central <hello@cafe.example>",
            "From: Ana @ Work <ana@example.org>",
            "From: Firm <noreply@firm.example>",
            "From:",
            "From: Mailer",
            "Subject: nobody",
        ] {
            assert_eq!(found(header), [""; 0], "{header}");
        }
    }

    #[test]
    fn senders_who_are_not_what_they_seem_are_noticed() {
        for (header, expected) in [
            ("From: \"bank@bank.example\" <thief@evil.test>", &["other_address"][..]),
            ("From: bank@bank.example <thief@evil.test>", &["other_address"]),
            ("From: \"The Bank (bank@bank.example)\" <thief@evil.test>", &["other_address"]),
            ("From: \"boss@gmail.com\" <thief@gmail.com>", &["other_address"]),
            ("From: =?utf-8?Q?bank=EF=BC=A0bank.example?= <thief@evil.test>", &["other_address"]),
            ("From: =?utf-8?Q?bank=40b=E2=80=8Bank.example?= <thief@evil.test>", &["other_address"]),
            ("From: =?utf-8?Q?P=D0=B0ypal?= <x@evil.test>", &["mixed_name"]),
            ("From: Paypal <x@paypa1.com>", &["looks_like"]),
            ("From: Paypal <x@p\u{430}yp\u{430}l-x.example>", &["mixed_domain"]),
            ("From: a@example.org, b@evil.test", &["several_senders"]),
            ("From: a@example.org\nFrom: b@example.org", &["several_senders"]),
            ("From: Bank <a@example.org> <b@evil.test>", &["several_senders"]),
            ("From: a@example.org\nReply-To: b@evil.test", &["replies_elsewhere"]),
            ("From: a@example.org\nReply-To: a@example.org, b@evil.test", &["replies_elsewhere"]),
            (
                "From: \"a@bank.example\" <x@paypa1.com>\nReply-To: b@evil.test",
                &["looks_like", "other_address", "replies_elsewhere"],
            ),
        ] {
            assert_eq!(found(header), expected, "{header}");
        }
    }

    #[test]
    fn what_the_mail_server_could_not_confirm_is_said() {
        let headers = Headers::parse(b"From: a@example.org");
        let check = |outcome| Check { outcome, domain: String::new() };
        let (passed, failed, unclear) = (Outcome::Passed, Outcome::Failed, Outcome::Unclear);
        for (spf, dkim, dmarc, expected) in [
            (Some(passed), &[passed][..], Some(passed), false),
            (Some(passed), &[passed], Some(failed), true),
            (Some(failed), &[failed], Some(passed), false),
            (Some(failed), &[failed], Some(unclear), true),
            (Some(failed), &[failed], None, true),
            (Some(failed), &[failed, passed], None, false),
            (Some(failed), &[], None, false),
            (Some(unclear), &[failed], None, false),
            (None, &[], None, false),
        ] {
            let checks = Checks {
                by: "mx.pismo.test".to_owned(),
                spf: spf.map(check),
                dkim: dkim.iter().copied().map(check).collect(),
                dmarc: dmarc.map(check),
            };
            let found = suspicions(&headers, Some(&checks), &Familiar::default());
            assert_eq!(!found.is_empty(), expected, "{checks:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_is_too_much(header in "(From: |Reply-To: |List-Id: |\\PC|\r\n|@|<|>|,|\"){0,60}") {
            suspicions(&Headers::parse(header.as_bytes()), None, &Familiar::default());
        }
    }

    #[test]
    fn long_names_are_no_trouble() {
        let started = std::time::Instant::now();
        for unit in ["a@b.", "@", "a@b.cc ", "\u{430}a"] {
            found(&format!("From: \"{}\" <x@evil.test>", unit.repeat(50_000)));
        }
        assert!(started.elapsed().as_secs() < 5);
    }
}
