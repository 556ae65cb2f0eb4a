//! Reads recipients as people write and paste them (RFC 5322 §3.4, loosely). Pure.

use crate::wire::Address;

/// Why something is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    NoAt,
    Local,
    Domain,
    Space,
    Long,
}

/// No more than this many recipients are taken from one paste.
const MOST: usize = 500;

/// The addresses in a text: `Ana <ana@example.org>, "Doe, John" <john@example.org>; a@example.org`.
pub fn parse(text: &str) -> Vec<Address> {
    items(text).into_iter().flat_map(split_bare).filter_map(address).take(MOST).collect()
}

/// Whether a comma typed now would end an address, rather than stand inside quotes.
pub fn is_whole(text: &str) -> bool {
    !text.trim().is_empty() && text.matches('"').count().is_multiple_of(2) && text.contains('<') == text.contains('>')
}

/// The address as [`parse`] reads it.
pub fn written(address: &Address) -> String {
    let Address { name, email } = address;
    if name.is_empty() {
        email.clone()
    } else if name.contains([',', ';', '"', '<', '>', '(', ')', '@', ':']) {
        format!("\"{}\" <{email}>", name.replace(['"', '\\'], "'"))
    } else {
        format!("{name} <{email}>")
    }
}

/// What is wrong with an address, if anything.
pub fn problem(email: &str) -> Option<Problem> {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return Some(Problem::NoAt);
    };
    if email.contains(char::is_whitespace) {
        return Some(Problem::Space);
    }
    // RFC 5321 §4.5.3.1.
    if email.len() > 254 || local.len() > 64 {
        return Some(Problem::Long);
    }
    let is_special = |c: char| c.is_control() || "<>()[]\\,;:\"@".contains(c);
    if local.is_empty() || local.contains(is_special) || local.starts_with('.') || local.ends_with('.') {
        return Some(Problem::Local);
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let has_dot = domain.contains('.') || domain.eq_ignore_ascii_case("localhost");
    if !has_dot || !domain.split('.').all(is_label) {
        return Some(Problem::Domain);
    }
    None
}

/// Cuts at commas, semicolons and line ends that are not inside quotes or angle brackets.
fn items(text: &str) -> Vec<&str> {
    let (mut quoted, mut angled, mut start) = (false, false, 0);
    let mut found = Vec::new();
    for (index, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            ',' | ';' | '\n' | '\r' if c < ' ' || !(quoted || angled) => {
                found.extend(text.get(start..index));
                start = index + c.len_utf8();
                (quoted, angled) = (false, false);
            }
            _ => {}
        }
    }
    found.extend(text.get(start..));
    found
}

/// Several addresses with nothing but blanks between them.
fn split_bare(item: &str) -> Vec<&str> {
    let words: Vec<&str> = item.split_whitespace().collect();
    if words.len() > 1 && words.iter().all(|word| problem(word).is_none()) { words } else { vec![item] }
}

fn address(item: &str) -> Option<Address> {
    let item = item.trim();
    let (name, email) = match item.rsplit_once('<') {
        Some((name, rest)) => (name, rest.split('>').next().unwrap_or_default()),
        None => ("", item.strip_prefix("mailto:").unwrap_or(item)),
    };
    let name = name.trim().trim_matches('"').replace("\\\"", "\"").trim().to_owned();
    let email = email.trim().to_owned();
    if email.is_empty() {
        return (!name.is_empty()).then(|| Address { name: String::new(), email: name });
    }
    Some(Address { name: if name == email { String::new() } else { name }, email })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found: Vec<_> = parse(text).into_iter().map(|Address { name, email }| (name, email)).collect();
        let expected: Vec<_> = expected.iter().map(|(name, email)| ((*name).into(), (*email).into())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lists_are_read_as_people_write_them() {
        check("ana@example.org", &[("", "ana@example.org")]);
        check("Ana Ko <ana@example.org>; b@example.org", &[("Ana Ko", "ana@example.org"), ("", "b@example.org")]);
        check("\"Ko, Ana\" <ana@example.org>, b@c.de", &[("Ko, Ana", "ana@example.org"), ("", "b@c.de")]);
        check("a@b.cd\r\ne@f.gh\n", &[("", "a@b.cd"), ("", "e@f.gh")]);
        check("a@b.cd e@f.gh", &[("", "a@b.cd"), ("", "e@f.gh")]);
        check("mailto:a@b.cd", &[("", "a@b.cd")]);
        check("<a@b.cd> , ,", &[("", "a@b.cd")]);
        check("Ольга", &[("", "Ольга")]);
        check("\"open <a@b.cd>\nc@d.ef", &[("open", "a@b.cd"), ("", "c@d.ef")]);
        check("", &[]);
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (email, expected) in [
            ("ana@example.org", None),
            ("ана@пример.рф", None),
            ("root@localhost", None),
            ("a+b_c.d@sub.example.org", None),
            ("ana", Some(Problem::NoAt)),
            ("@example.org", Some(Problem::Local)),
            ("a@b@c.de", Some(Problem::Local)),
            ("ana@example", Some(Problem::Domain)),
            ("ana@exa mple.org", Some(Problem::Space)),
            ("ana@-a.org", Some(Problem::Domain)),
            ("ana@a..org", Some(Problem::Domain)),
        ] {
            assert_eq!(problem(email), expected, "{email}");
        }
        assert_eq!(problem(&format!("{}@example.org", "a".repeat(65))), Some(Problem::Long));
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        for address in [
            Address { name: "Ko, Ana".to_owned(), email: "ana@example.org".to_owned() },
            Address { name: "Ольга".to_owned(), email: "olga@example.org".to_owned() },
            Address { name: String::new(), email: "a@b.cd".to_owned() },
        ] {
            assert_eq!(parse(&written(&address)), [address]);
        }
    }

    #[test]
    fn a_comma_in_quotes_ends_nothing() {
        assert!(!is_whole("\"Ko"));
        assert!(!is_whole("Ana <ana"));
        assert!(is_whole("ana@example.org"));
        assert!(!is_whole(" "));
    }
}
