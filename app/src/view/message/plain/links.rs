//! Finds addresses to follow in plain text. Pure. Only `http`, `https` and `mailto` are ever followed.

use crate::trackers::untracked;

/// Text, or text that leads somewhere.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Link { href: String, text: &'a str },
}

/// Cuts a text into pieces. Joined, their texts are the text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut plain = 0;
    let mut from = 0;
    for word in text.split_inclusive(is_border) {
        let word_start = from;
        from += word.len();
        let trimmed = word.trim_end_matches(is_border);
        let Some((start, length, href)) = link_in(trimmed) else {
            continue;
        };
        let start = word_start + start;
        let end = start + length;
        let (Some(before), Some(link)) = (text.get(plain..start), text.get(start..end)) else {
            continue;
        };
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(Piece::Link { href, text: link });
        plain = end;
    }
    match text.get(plain..) {
        Some(rest) if !rest.is_empty() => found.push(Piece::Text(rest)),
        _ => {}
    }
    found
}

/// No address goes past these.
fn is_border(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '«' | '»' | '“' | '”' | '|' | '\u{200b}')
}

/// The longest word that is looked at, in bytes: servers take no longer addresses, as a rule.
const LONGEST: usize = 8 * 1024;

/// Where in a word a link starts, how long it is, and where it leads.
fn link_in(word: &str) -> Option<(usize, usize, String)> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let scheme = ["https://", "http://", "mailto:", "www."].iter().filter_map(|scheme| {
        let start = lower.find(scheme)?;
        // Not in the middle of another word: `xhttp://`.
        let before = word.get(..start)?.chars().next_back();
        (!before.is_some_and(char::is_alphanumeric)).then_some((start, *scheme))
    });
    if let Some((start, scheme)) = scheme.min_by_key(|(start, _)| *start) {
        let text = trim_end(word.get(start..)?);
        let host = text.get(scheme.len()..)?;
        if !host.chars().next().is_some_and(char::is_alphanumeric) {
            return None;
        }
        let href = if scheme == "www." { format!("https://{text}") } else { text.to_owned() };
        return Some((start, text.len(), untracked(&href).into_owned()));
    }
    let start = word.find(|c: char| c.is_alphanumeric())?;
    let text = trim_end(word.get(start..)?);
    is_address(text).then(|| (start, text.len(), format!("mailto:{text}")))
}

/// Punctuation at the end belongs to the sentence; a closing bracket too, unless it was opened inside.
fn trim_end(text: &str) -> &str {
    let mut text = text;
    // How many brackets of each kind close that were not opened inside.
    let surplus = |open: char, close: char| text.matches(close).count().saturating_sub(text.matches(open).count());
    let (mut round, mut square, mut curly) = (surplus('(', ')'), surplus('[', ']'), surplus('{', '}'));
    let is_surplus = |count: &mut usize| {
        let drops = *count > 0;
        *count = count.saturating_sub(1);
        drops
    };
    while let Some(last) = text.chars().next_back() {
        let drops = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' | '*' | '_' => true,
            ')' => is_surplus(&mut round),
            ']' => is_surplus(&mut square),
            '}' => is_surplus(&mut curly),
            _ => false,
        };
        if !drops {
            break;
        }
        text = text.strip_suffix(last).unwrap_or_default();
    }
    text
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '=' | '%');
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && local.chars().all(is_local)
        && labels.len() > 1
        && labels.iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
        && labels.last().is_some_and(|label| label.chars().all(char::is_alphabetic) || label.starts_with("xn--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<(String, &str)> {
        let pieces = pieces(text);
        let joined: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Link { text, .. } => *text,
            })
            .collect();
        assert_eq!(joined, text, "nothing is lost");
        pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Link { href, text } => Some((href, text)),
                Piece::Text(_) => None,
            })
            .collect()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(href, text)| ((*href).to_owned(), *text)).collect();
        assert_eq!(links(text), expected, "{text}");
    }

    #[test]
    fn links_are_found_without_the_punctuation_around_them() {
        check("См. https://пример.рф/путь, там всё.", &[("https://пример.рф/путь", "https://пример.рф/путь")]);
        check("(http://example.org/a_(b))", &[("http://example.org/a_(b)", "http://example.org/a_(b)")]);
        check("<https://example.org>", &[("https://example.org", "https://example.org")]);
        check("HTTPS://EXAMPLE.ORG!", &[("HTTPS://EXAMPLE.ORG", "HTTPS://EXAMPLE.ORG")]);
        check("at www.example.org?", &[("https://www.example.org", "www.example.org")]);
        check("a https://a.b c https://d.e", &[("https://a.b", "https://a.b"), ("https://d.e", "https://d.e")]);
    }

    #[test]
    fn what_only_tells_who_followed_a_link_is_not_in_it() {
        check(
            "https://a.example/x?id=1&utm_source=n www.b.example/?gclid=1#c",
            &[
                ("https://a.example/x?id=1", "https://a.example/x?id=1&utm_source=n"),
                ("https://www.b.example/#c", "www.b.example/?gclid=1#c"),
            ],
        );
    }

    #[test]
    fn addresses_are_links_too() {
        check("Пишите: ana@example.org.", &[("mailto:ana@example.org", "ana@example.org")]);
        check("mailto:ana@example.org", &[("mailto:ana@example.org", "mailto:ana@example.org")]);
        check("@home 5@6 a@b", &[]);
    }

    #[test]
    fn nothing_else_is_followed() {
        check("javascript:alert(1) data:text/html,x file:///etc ftp://x.y", &[]);
        check("xhttps://a.b", &[]);
        check("https://", &[]);
    }
}
