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

/// The addresses in a text: `Ana <ana@example.org>, "Doe, John" <john@example.org>; a@example.org`, groups
/// (`Team: a@example.org, b@example.org;`), one in a line, or the rows of a table.
pub fn parse(text: &str) -> Vec<Address> {
    let is_table = text.contains('\t') && text.contains('@');
    let is_heading = |nth: usize, line: &str| nth == 0 && is_table && line.contains('\t') && !line.contains('@');
    let lines = text.split(['\n', '\r']).enumerate().filter(|(nth, line)| !is_heading(*nth, line));
    lines.flat_map(|(_, line)| if line.contains('\t') { row(line) } else { in_line(line) }).take(MOST).collect()
}

fn in_line(line: &str) -> Vec<Address> {
    items(line).into_iter().flat_map(split_bare).filter_map(address).collect()
}

/// A row of a table: the name stands in one or two cells before the address, or in the one after it.
fn row(line: &str) -> Vec<Address> {
    let cells: Vec<&str> =
        line.split('\t').map(|cell| cell.trim().trim_matches('"')).filter(|cell| !cell.is_empty()).collect();
    let Some(at) = cells.iter().position(|cell| cell.contains('@')) else { return in_line(&cells.join(" ")) };
    let is_name = |cell: &&&str| {
        cell.chars().any(char::is_alphabetic) && !cell.contains(|c: char| c.is_ascii_digit() || c == '@')
    };
    let (before, after) = cells.split_at_checked(at).unwrap_or_default();
    let mut name = before.iter().filter(is_name).take(2).copied().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        name = after.get(1).filter(|cell| is_name(cell)).map(|cell| (*cell).to_owned()).unwrap_or_default();
    }
    let mut found: Vec<Address> =
        after.iter().filter(|cell| cell.contains('@')).flat_map(|cell| in_line(cell)).collect();
    if let Some(first) = found.first_mut().filter(|first| first.name.is_empty()) {
        first.name = name;
    }
    found
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

/// Cuts at commas and semicolons that are not inside quotes or angle brackets, after brackets that another address follows, and
/// after the name of a group (RFC 5322 §3.4).
fn items(text: &str) -> Vec<&str> {
    let (mut quoted, mut angled, mut start) = (false, false, 0);
    let mut found = Vec::new();
    for (index, c) in text.char_indices() {
        let (head, rest) = text.split_at_checked(index).unwrap_or_default();
        let rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let item = head.get(start..).unwrap_or_default();
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => {
                angled = false;
                let next = rest.split([',', ';']).next().unwrap_or_default();
                if next.contains(['<', '@']) || rest.trim_start().starts_with('"') {
                    found.extend(text.get(start..=index));
                    start = index + 1;
                }
            }
            ',' | ';' if !(quoted || angled) => {
                found.push(item);
                start = index + 1;
            }
            // Elsewhere it is a sign as any other.
            ':' if !(quoted || angled) && is_group(item, rest) => start = index + 1,
            _ => {}
        }
    }
    found.extend(text.get(start..));
    found
}

/// Whether this is the name of a group whose members follow, or of which there are none.
fn is_group(name: &str, rest: &str) -> bool {
    let is_address = name.contains('@') || name.trim().eq_ignore_ascii_case("mailto");
    !is_address && (rest.contains('@') || rest.trim_start().starts_with(';'))
}

/// Several addresses with nothing but blanks between them.
fn split_bare(item: &str) -> Vec<&str> {
    let words: Vec<&str> = item.split_whitespace().collect();
    if words.len() > 1 && words.iter().all(|word| problem(word).is_none()) { words } else { vec![item] }
}

fn address(item: &str) -> Option<Address> {
    let item = unmarked(item.trim());
    let (name, email) = match item.rsplit_once('<') {
        Some((name, rest)) => (name, rest.split('>').next().unwrap_or_default()),
        // As it was before names had a place of their own: `ana@example.org (Ana)`.
        None => match item.strip_suffix(')').and_then(|item| item.split_once('(')) {
            Some((email, name)) if problem(email.trim()).is_none() => (name, email),
            _ => ("", item),
        },
    };
    let name = name.trim().trim_matches(['"', '\'']).replace("\\\"", "\"").trim().to_owned();
    let email = email.trim();
    let email = email.strip_prefix("mailto:").unwrap_or(email).to_owned();
    if email.is_empty() {
        return (!name.is_empty()).then(|| Address { name: String::new(), email: name });
    }
    Some(Address { name: if name == email { String::new() } else { name }, email })
}

/// What stands in a list of points or numbers, without its mark.
fn unmarked(item: &str) -> &str {
    let Some((mark, rest)) = item.split_once(' ') else { return item };
    let number = mark.strip_suffix(['.', ')']).unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
    if is_number || matches!(mark, "-" | "*" | "•" | "–" | "—" | "·") { rest.trim_start() } else { item }
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
    fn groups_and_tables_are_read_as_they_are_pasted() {
        let two = [("Ana Ko", "ana@example.org"), ("", "b@example.org")];
        for text in [
            "Team: Ana Ko <ana@example.org>, b@example.org;",
            "Кому: Ana Ko <ana@example.org>; b@example.org",
            "Ana Ko <ana@example.org> <b@example.org>",
            "- Ana Ko <ana@example.org>\n- b@example.org",
            "1. 'Ana Ko' <mailto:ana@example.org>\r\n2) b@example.org\r\n",
            "ana@example.org (Ana Ko), b@example.org",
            "Name\tE-mail\nAna Ko\tana@example.org\n\tb@example.org",
            "Ana\tKo\tana@example.org\t+7 900\n17\tb@example.org\t12.05.2026",
            "ana@example.org\tAna Ko\nb@example.org\t",
            "\"Ana Ko\"\tana@example.org\tb@example.org",
        ] {
            check(text, &two);
        }
        check("A <a@x.de> \"C, D\" <c@x.de> b@x.de", &[("A", "a@x.de"), ("C, D", "c@x.de"), ("", "b@x.de")]);
        check(
            "A <a@x.de>, b@y.de; \"C, D\" <c@z.de>\nTeam: e@x.de, f@x.de; g@x.de",
            &[("A", "a@x.de"), ("", "b@y.de"), ("C, D", "c@z.de"), ("", "e@x.de"), ("", "f@x.de"), ("", "g@x.de")],
        );
        check("undisclosed-recipients:;", &[]);
        // What is no address stays, to be seen and mended.
        check("Ana\tana@example.org\nBoris\t", &[("Ana", "ana@example.org"), ("", "Boris")]);
        check("Note: hello", &[("", "Note: hello")]);
        check("a@b.cd, bad@, c@d.ef", &[("", "a@b.cd"), ("", "bad@"), ("", "c@d.ef")]);
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
