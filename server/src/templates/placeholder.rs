//! What is filled into a template. Pure.

use app::wire::Address;

use crate::mime::html::escape;

/// The longest name of a placeholder, in characters.
const LONGEST: usize = 40;

/// What there is to fill in.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub to: Option<&'a Address>,
    pub me: &'a Address,
    pub subject: &'a str,
    pub date: &'a str,
}

/// A text with what there was filled in.
#[derive(Debug, PartialEq, Eq)]
pub struct Filled {
    pub text: String,
    /// The names of placeholders that are still in it, each once.
    pub open: Vec<String>,
}

/// Fills in `{name}` and the like (see [`app::wire::Template::PLACEHOLDERS`]). What is not known, or has no value, stays as it is. In
/// HTML a value is text and nothing else.
pub fn fill(text: &str, values: &Values, html: bool) -> Filled {
    let mut filled = String::with_capacity(text.len());
    let mut open = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, behind)) = named else {
            filled.push('{');
            rest = after;
            continue;
        };
        match values.of(name) {
            Some(value) if html => filled.push_str(&escape(&value).replace('"', "&quot;")),
            Some(value) => filled.push_str(&value),
            None => {
                filled.push_str(&format!("{{{name}}}"));
                if !open.iter().any(|other| other == name) {
                    open.push(name.to_owned());
                }
            }
        }
        rest = behind;
    }
    filled.push_str(rest);
    Filled { text: filled, open }
}

fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphabetic)
        && text.chars().count() <= LONGEST
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

impl Values<'_> {
    fn of(&self, name: &str) -> Option<String> {
        let value = match name {
            "name" => called(self.to?),
            "first_name" => given_name(self.to?),
            "email" => self.to?.email.clone(),
            "subject" => self.subject.trim().to_owned(),
            "date" => self.date.trim().to_owned(),
            "me" => called(self.me),
            _ => return None,
        };
        (!value.is_empty()).then_some(value)
    }
}

/// Their name, or what stands before the @. In one line: others choose what they are called.
fn called(address: &Address) -> String {
    let name = address.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() { local(address).to_owned() } else { name }
}

fn local(address: &Address) -> &str {
    address.email.split('@').next().unwrap_or_default()
}

/// The first word of the name, or the second where it is `Petrova, Anna`; else the first word before the @, as a name is written.
fn given_name(address: &Address) -> String {
    let called = called(address);
    let after = called.split_once(',').map_or(called.as_str(), |(_, after)| after);
    let word = |text: &str, ends: &[char]| text.trim().split(ends).next().unwrap_or_default().to_owned();
    if !address.name.trim().is_empty() {
        return word(after, &[' ']);
    }
    let word = word(local(address), &['.', '_', '-', '+']);
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(name: &str, email: &str) -> Address {
        Address { name: name.to_owned(), email: email.to_owned() }
    }

    #[test]
    fn what_is_known_is_filled_in_and_the_rest_stays() {
        let (anna, me) = (address("Анна Петрова", "anna@x"), address("", "boris.k@x"));
        let values = Values { to: Some(&anna), me: &me, subject: "", date: "1 мая 2026" };
        for (text, expected, open) in [
            ("{first_name}, {name}!", "Анна, Анна Петрова!", vec![]),
            ("{email} {date} {me}", "anna@x 1 мая 2026 boris.k", vec![]),
            (
                "{subject} {number} {number} {номер}",
                "{subject} {number} {number} {номер}",
                vec!["subject", "number", "номер"],
            ),
            ("{ name } {} {a b} {1} {{name}} {", "{ name } {} {a b} {1} {Анна Петрова} {", vec![]),
            ("", "", vec![]),
        ] {
            let filled = fill(text, &values, false);
            assert_eq!((filled.text.as_str(), filled.open), (expected, open.iter().map(|s| (*s).to_owned()).collect()));
        }
        let nobody = Values { to: None, ..values };
        assert_eq!(fill("{name}", &nobody, false).open, ["name"]);
    }

    #[test]
    fn nobody_brings_markup_or_lines_by_their_name() {
        let mallory = address("<img src=x \"onerror\">\r\nBcc: x", "m@x");
        let values = Values { to: Some(&mallory), me: &mallory, subject: "", date: "" };
        assert_eq!(fill("<b>{name}</b>", &values, true).text, "<b>&lt;img src=x &quot;onerror&quot;&gt; Bcc: x</b>");
        assert_eq!(fill("{name}", &values, false).text, "<img src=x \"onerror\"> Bcc: x");
    }

    #[test]
    fn a_given_name_is_found_in_many_forms() {
        for (name, email, expected) in [
            ("Anna Petrova", "a@x", "Anna"),
            ("Petrova, Anna Maria", "a@x", "Anna"),
            ("", "anna.petrova@x", "Anna"),
            ("", "анна@x", "Анна"),
            ("", "@x", ""),
        ] {
            assert_eq!(given_name(&address(name, email)), expected, "{name} {email}");
        }
    }
}
