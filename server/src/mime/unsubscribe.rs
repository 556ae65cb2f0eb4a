//! How to leave a list, by what a message says (RFC 2369 §3.2, RFC 8058). Pure.
//!
//! Anybody can write these fields, so nothing is sent to where they lead unless a signature that holds covers them: then they are
//! the words of a domain that the mail server has checked. Where no server's word is believed, the person may go there.

use ammonia::Url;
use app::{legible::legible, wire::Unsubscribe};
use percent_encoding::percent_decode_str;

use super::{
    Headers,
    authentic::{Authentic, Signature},
    parse_recipient,
};
use crate::doubt::shown;

/// What is posted (RFC 8058 §3.1).
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// Addresses and signatures that are looked at, at most.
const MOST: usize = 10;

/// The longest address of a page, in bytes, and the longest subject, in characters.
const LONGEST: usize = 4000;
const LONGEST_SUBJECT: usize = 200;

/// The way that a message offers, the easiest that can be trusted.
pub fn offered(headers: &Headers, authentic: Option<&Authentic>) -> Option<Unsubscribe> {
    if let Some(url) = one_click(headers, authentic) {
        return Some(Unsubscribe::OneClick { host: shown(url.host_str()?) });
    }
    let addresses = addresses(single(headers, "List-Unsubscribe")?);
    let page = addresses.iter().find_map(|address| web(address));
    match page.filter(|_| authentic.is_none() && asks_for_one_click(headers) && claims_to_be_signed(headers)) {
        Some(url) => Some(Unsubscribe::Page { host: shown(url.host_str()?), url: url.into() }),
        None => addresses.iter().find_map(|address| message(address)),
    }
}

/// Where one request is enough (RFC 8058), of a message whose fields are proven to be of a domain that was checked.
pub fn one_click(headers: &Headers, authentic: Option<&Authentic>) -> Option<Url> {
    let url = addresses(single(headers, "List-Unsubscribe")?).iter().find_map(|address| web(address))?;
    let is_proven = authentic.is_some_and(|authentic| is_signed(headers, &authentic.signed));
    (is_proven && asks_for_one_click(headers)).then_some(url)
}

/// The only field of this name: of two, a signature may cover the other.
fn single<'a>(headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    let mut all = headers.all(name);
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn asks_for_one_click(headers: &Headers) -> bool {
    single(headers, "List-Unsubscribe-Post")
        .is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(ONE_CLICK.as_bytes()))
}

/// The addresses in angle brackets; they may be folded.
fn addresses(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let inside = text.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
    let is_kept = |letter: &char| !letter.is_whitespace() && !letter.is_control();
    inside.take(MOST).map(|address| address.chars().filter(is_kept).collect()).collect()
}

/// A page of a named host, over HTTPS on its own port, without a password in it.
fn web(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok().filter(|_| address.len() <= LONGEST)?;
    let is_plain = url.scheme() == "https"
        && url.domain().is_some()
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_plain.then_some(url)
}

/// A `mailto:` (RFC 6068), with no more than its subject: lists tell by that who wants what.
fn message(address: &str) -> Option<Unsubscribe> {
    let (scheme, rest) = address.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("mailto") {
        return None;
    }
    let (to, fields) = rest.split_once('?').unwrap_or((rest, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let to = parse_recipient(&decoded(to)).ok()?.email;
    let subject = fields.split('&').find_map(|field| {
        let (name, value) = field.split_once('=')?;
        name.eq_ignore_ascii_case("subject").then(|| decoded(value))
    });
    let subject = subject.unwrap_or_default();
    let letters = legible(&subject).chars().filter(|letter| !letter.is_control()).take(LONGEST_SUBJECT).collect();
    Some(Unsubscribe::Message { to, subject: letters })
}

/// A signature as it says of itself (RFC 6376 §3.5).
struct Signed {
    domain: String,
    selector: String,
    /// Whether both fields are among what it covers.
    covers: bool,
}

fn signatures(headers: &Headers) -> Vec<Signed> {
    let read = |value: &[u8]| {
        let text = String::from_utf8_lossy(value);
        let tag = |wanted: &str| {
            let mut tags = text.split(';').filter_map(|tag| tag.split_once('='));
            let found = tags.find(|(name, _)| name.trim() == wanted);
            let value = found.map(|(_, value)| value.split_whitespace().collect::<String>());
            value.unwrap_or_default().to_ascii_lowercase()
        };
        let fields = tag("h");
        let covers = |name: &str| fields.split(':').any(|field| field == name);
        Signed {
            domain: tag("d"),
            selector: tag("s"),
            covers: covers("list-unsubscribe") && covers("list-unsubscribe-post"),
        }
    };
    headers.all("DKIM-Signature").take(MOST).map(read).collect()
}

fn claims_to_be_signed(headers: &Headers) -> bool {
    signatures(headers).iter().any(|signature| signature.covers && !signature.domain.is_empty())
}

/// Whether a signature that holds covers both fields. Where the server does not say which of a domain's it was, all have to:
/// anybody can add one that does not hold.
fn is_signed(headers: &Headers, holding: &[Signature]) -> bool {
    let signatures = signatures(headers);
    holding.iter().any(|held| {
        let is_it = |signature: &&Signed| {
            let selector = held.selector.as_ref();
            signature.domain == held.domain && selector.is_none_or(|held| signature.selector.eq_ignore_ascii_case(held))
        };
        let mut candidates = signatures.iter().filter(is_it).peekable();
        candidates.peek().is_some() && candidates.all(|signature| signature.covers)
    })
}

#[cfg(test)]
mod tests {
    use app::wire::Checks;

    use super::*;

    const POST: &str = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n";
    const WEB: &str = "List-Unsubscribe: <mailto:leave@lists.test?subject=leave%201>, <https://lists.test/u?t=1>\n";
    const SIGNED: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=Lists.test; s=k1;\n\th=From:To:List-Unsubscribe\n\t :List-Unsubscribe-Post; bh=x; b=y\n";
    const PARTLY: &str = "DKIM-Signature: v=1; d=lists.test; s=k2; h=From:List-Unsubscribe; b=y\n";

    fn headers(parts: &[&str]) -> Headers {
        Headers::parse(parts.concat().replace('\n', "\r\n").as_bytes())
    }

    fn proof(domain: &str, selector: Option<&str>) -> Authentic {
        let signature = Signature { domain: domain.to_owned(), selector: selector.map(str::to_owned) };
        Authentic {
            checks: Checks { by: "mx".to_owned(), spf: None, dkim: Vec::new(), dmarc: None },
            signed: vec![signature],
        }
    }

    fn way(parts: &[&str], authentic: Option<&Authentic>) -> &'static str {
        offered(&headers(parts), authentic).map_or("", |way| way.name())
    }

    #[test]
    fn one_click_needs_a_signature_that_holds_and_covers_it() {
        let (any, first, second, other) = (
            proof("lists.test", None),
            proof("lists.test", Some("k1")),
            proof("lists.test", Some("k2")),
            proof("other.test", None),
        );
        let unsigned = Authentic { signed: Vec::new(), ..any.clone() };
        for (parts, authentic, expected) in [
            (&[WEB, POST, SIGNED][..], Some(&any), "one_click"),
            (&[WEB, POST, SIGNED], Some(&first), "one_click"),
            (&[WEB, POST, SIGNED, PARTLY], Some(&first), "one_click"),
            (&[WEB, POST, SIGNED, PARTLY], Some(&second), "message"),
            (&[WEB, POST, SIGNED, PARTLY], Some(&any), "message"),
            (&[WEB, POST, SIGNED], Some(&other), "message"),
            (&[WEB, POST, SIGNED], Some(&unsigned), "message"),
            (&[WEB, POST], Some(&any), "message"),
            (&[WEB, SIGNED], Some(&any), "message"),
            (&[WEB, WEB, POST, SIGNED], Some(&any), ""),
            (&[WEB, POST, POST, SIGNED], Some(&any), "message"),
            // Nobody's word is believed.
            (&[WEB, POST, SIGNED], None, "page"),
            (&[WEB, POST, PARTLY], None, "message"),
            (&[WEB, POST], None, "message"),
            (&[POST, SIGNED], Some(&any), ""),
        ] {
            assert_eq!(way(parts, authentic), expected, "{parts:?}");
        }
    }

    #[test]
    fn only_plain_addresses_are_followed() {
        let any = proof("lists.test", None);
        for (address, expected) in [
            ("https://lists.test/u?t=1", "one_click"),
            ("https://lists.test:443/u", "one_click"),
            ("https://lists\n .test/u", "one_click"),
            ("http://lists.test/u", ""),
            ("https://lists.test:8443/u", ""),
            ("https://user:x@lists.test/u", ""),
            ("https://127.0.0.1/u", ""),
            ("https://0x7f.1/u", ""),
            ("https://[::1]/u", ""),
            ("javascript:x", ""),
            ("mailto:a@x.test", "message"),
            ("mailto:nobody", ""),
            ("mailto:a@x.test,b@x.test", ""),
            ("mailto:a@x.test%0d%0aBcc:b@x.test", ""),
        ] {
            let field = format!("List-Unsubscribe: <{address}>\n");
            assert_eq!(way(&[&field, POST, SIGNED], Some(&any)), expected, "{address}");
        }
        let by_mail = offered(&headers(&[WEB]), None);
        let expected = Unsubscribe::Message { to: "leave@lists.test".to_owned(), subject: "leave 1".to_owned() };
        assert_eq!(by_mail, Some(expected));
        assert_eq!(way(&["List-Unsubscribe: https://lists.test/\n", POST, SIGNED], Some(&any)), "");
    }

    proptest::proptest! {
        #[test]
        fn no_header_is_too_much(text in "(List-Unsubscribe: |List-Unsubscribe-Post: |DKIM-Signature: |<|>|https://|mailto:|h=|d=|;|:|\\PC|\r\n){0,60}") {
            let headers = Headers::parse(text.as_bytes());
            let _ = offered(&headers, None);
            let _ = offered(&headers, Some(&proof("lists.test", None)));
        }
    }
}
