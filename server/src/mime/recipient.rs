//! Addresses that a person typed: checked before anything is built from them.

use app::wire::Address;

use super::header;

/// Why a text is not one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    #[error("there is no address in it")]
    Missing,
    #[error("there is more than one address in it")]
    Several,
    #[error("the part before the @ is not valid")]
    LocalPart,
    #[error("the part after the @ is not the name of a domain")]
    Domain,
}

/// Reads one recipient: `user@domain`, or with a name: `Name <user@domain>`. Domains may be written in any script.
pub fn parse_recipient(text: &str) -> Result<Address, InvalidAddress> {
    if text.len() > 2000 || text.chars().any(|letter| letter.is_control()) {
        return Err(InvalidAddress::Missing);
    }
    let mut found = header::addresses(text.as_bytes()).into_iter();
    let address = found.next().filter(|address| !address.email.is_empty()).ok_or(InvalidAddress::Missing)?;
    if found.next().is_some() {
        return Err(InvalidAddress::Several);
    }
    check(&address.email)?;
    // Without brackets there is nothing but the address: words around it are a slip.
    let bare = text.trim();
    if !bare.contains('<') && bare.strip_prefix("mailto:").unwrap_or(bare) != address.email {
        let after = bare.rsplit_once('@').is_some_and(|(_, domain)| domain.contains(char::is_whitespace));
        return Err(if after { InvalidAddress::Domain } else { InvalidAddress::LocalPart });
    }
    Ok(address)
}

/// Checks `user@domain` by RFC 5321 §4.1.2 and RFC 6531 §3.3: nothing that could end a line, a bracket or a command.
pub fn check(email: &str) -> Result<(), InvalidAddress> {
    let (local, domain) = email.rsplit_once('@').ok_or(InvalidAddress::Missing)?;
    let breaks = |letter: char| letter.is_control() || matches!(letter, '<' | '>' | '\u{2028}' | '\u{2029}');
    if local.is_empty() || local.len() > 64 || local.chars().any(breaks) {
        return Err(InvalidAddress::LocalPart);
    }
    let ascii = domain_to_ascii(domain).ok_or(InvalidAddress::Domain)?;
    if ascii.len() > 253 {
        return Err(InvalidAddress::Domain);
    }
    // The mail transport's own rules for what is left.
    lettre::Address::new(local, &ascii).map(drop).map_err(|_| InvalidAddress::LocalPart)
}

/// The address as it is written in ASCII where that is possible: the domain in its `xn--` form. An address whose
/// local part is not ASCII stays as it is and needs SMTPUTF8 (RFC 6531).
pub fn to_ascii(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((local, domain)) if local.is_ascii() && !domain.is_ascii() => match domain_to_ascii(domain) {
            Some(domain) => format!("{local}@{domain}"),
            None => email.to_owned(),
        },
        _ => email.to_owned(),
    }
}

fn domain_to_ascii(domain: &str) -> Option<String> {
    // An address literal (RFC 5321 §4.1.3).
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return address.parse::<std::net::IpAddr>().is_ok().then(|| domain.to_owned());
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labelled = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    (!ascii.is_empty() && ascii.chars().all(labelled)).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_as_people_type_them() {
        for (text, name, email) in [
            ("ana@pismo.test", "", "ana@pismo.test"),
            (" Ana B <ana@pismo.test> ", "Ana B", "ana@pismo.test"),
            ("\"B, Ana\" <ana@pismo.test>", "B, Ana", "ana@pismo.test"),
            ("Анна <ana@почта.рф>", "Анна", "ana@почта.рф"),
            ("пётр@почта.рф", "", "пётр@почта.рф"),
            ("a.b+c_d@x.example", "", "a.b+c_d@x.example"),
            ("root@localhost", "", "root@localhost"),
            ("mailto:a@x.example", "", "a@x.example"),
            ("ana@[127.0.0.1]", "", "ana@[127.0.0.1]"),
            ("\"john doe\"@x.example", "", "\"john doe\"@x.example"),
        ] {
            let address = parse_recipient(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((address.name.as_str(), address.email.as_str()), (name, email), "{text}");
        }
    }

    #[test]
    fn what_is_no_recipient_is_refused() {
        for text in [
            "",
            "ana",
            "ana@",
            "@x.example",
            "a b@x y",
            "a@x.example, b@x.example",
            "a@b@",
            "a@x..y",
            "a@-x.example",
            "a@x.example\r\nRCPT TO:<b@x>",
            "a\0@x.example",
            "a@x.example>",
            "<a@x.example> SIZE=1",
            "a@exa mple.org",
            "\"a\r\nb\"@x.example",
            "a@x_y.example",
            "a..b@x.example",
            ".a@x.example",
            "a@[::x]",
            "a@x.example/path",
        ] {
            // What is read out of a text may be an address; then it is only that.
            if let Ok(address) = parse_recipient(text) {
                assert!(matches!(address.email.as_str(), "a@x.example"), "{text:?} was read as {address:?}");
            }
        }
        assert_eq!(parse_recipient("ana"), Err(InvalidAddress::Missing));
        assert_eq!(parse_recipient("a@x.example, b@x.example"), Err(InvalidAddress::Several));
        assert_eq!(parse_recipient("a@x y"), Err(InvalidAddress::Domain));
    }

    #[test]
    fn domains_are_written_in_ascii() {
        assert_eq!(to_ascii("ana@почта.рф"), "ana@xn--80a1acny.xn--p1ai");
        assert_eq!(to_ascii("пётр@почта.рф"), "пётр@почта.рф");
        assert_eq!(to_ascii("ana@pismo.test"), "ana@pismo.test");
    }
}
