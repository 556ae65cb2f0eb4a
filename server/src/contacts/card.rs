//! One person, as a vCard.

use std::collections::HashSet;

use calcard::{
    Entry, Parser,
    vcard::{VCard, VCardEntry, VCardProperty as Property, VCardValue, VCardVersion},
};

/// Octets of a card beyond which pictures and sounds are left out.
const LARGE: usize = 64 * 1024;

/// Octets, lines and separators of a card that is read at all; hardly any has a tenth of these.
const LARGEST: usize = 4 * 1024 * 1024;
const LINES: usize = 100_000;
const PARTS: usize = 20_000;

/// What one card says, at most.
pub const ENTRIES: usize = 500;

/// The longest name that is shown, in letters.
const NAME: usize = 200;

/// Octets of what somebody is looked for by.
const SEARCHED: usize = 2048;

/// The texts of the cards of a file.
pub fn texts(text: &str) -> impl Iterator<Item = &str> {
    let begins = |line: &str| line.trim_end().eq_ignore_ascii_case("BEGIN:VCARD");
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins(line) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().copied().skip(1).chain([text.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| text.get(start..end))
}

/// A day as vCard 4 writes it (RFC 6350 §4.3.1); in another form it is a text, of which nothing is made out and nothing lost.
pub fn day(value: &str) -> Option<String> {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match value.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            Some(format!("{year}{month}{day}"))
        }
        ["", "", month, day] if digits(month, 2) && digits(day, 2) => Some(format!("--{month}{day}")),
        [whole] if digits(whole, 8) => Some(value.to_owned()),
        ["", "", rest] if digits(rest, 4) => Some(value.to_owned()),
        _ => None,
    }
}

/// Days as they are read right.
fn with_days(text: &str) -> String {
    let dated = |line: &str| {
        let (head, value) = line.split_once(':')?;
        let name = head.split(';').next().unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or_default();
        let is_day = ["BDAY", "ANNIVERSARY", "DEATHDATE"].iter().any(|day| name.eq_ignore_ascii_case(day));
        if !is_day || head.to_ascii_uppercase().contains("VALUE=") {
            return None;
        }
        let ended = value.trim_end();
        Some(match day(ended) {
            Some(day) => format!("{head}:{day}\r\n"),
            None => format!("{head};VALUE=text:{ended}\r\n"),
        })
    };
    text.split_inclusive('\n').map(|line| dated(line).unwrap_or_else(|| line.to_owned())).collect()
}

#[derive(Debug, Clone, PartialEq)]
pub struct Card(VCard);

/// A card by its text: two that say the same are the same.
impl Eq for Card {}

impl Card {
    /// The card that a text is, if it says who it is of.
    pub fn read(text: &str) -> Option<Card> {
        let parts = || text.bytes().filter(|byte| matches!(byte, b';' | b',')).count();
        if text.len() > LARGEST || text.lines().count() > LINES || parts() > PARTS {
            return None;
        }
        Card::stored(text).filter(Card::is_somebody)
    }

    /// A card of our own, which was bounded when it came.
    pub fn stored(text: &str) -> Option<Card> {
        let text = with_days(text);
        // What was cut off ends here.
        let text = format!("{}\r\nEND:VCARD\r\n", text.trim_end());
        let mut parser = Parser::new(&text);
        let card = loop {
            match parser.entry() {
                Entry::VCard(card) => break Card::of(card),
                Entry::Eof => return None,
                _ => {}
            }
        };
        let said = card.to_text();
        // No database keeps it; quoted-printable can say it.
        if said.contains('\0') { Card::stored(&said.replace('\0', "")) } else { Some(card) }
    }

    /// A card that says this, if that is who it is of.
    pub fn with(entries: Vec<VCardEntry>) -> Option<Card> {
        Some(Card::of(VCard { entries })).filter(Card::is_somebody)
    }

    fn of(mut card: VCard) -> Card {
        card.entries.retain(|entry| !matches!(entry.name, Property::Begin | Property::End | Property::Version));
        card.entries.truncate(ENTRIES);
        let mut card = Card(card);
        if card.to_text().len() > LARGE {
            let large = [Property::Photo, Property::Logo, Property::Sound, Property::Key];
            card.0.entries.retain(|entry| !large.contains(&entry.name));
        }
        card
    }

    /// As vCard 4.0 (RFC 6350).
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string never fails.
        let _ = self.0.write_to(&mut text, VCardVersion::V4_0);
        text
    }

    /// Whether there is a name, an address or a number to know somebody by.
    fn is_somebody(&self) -> bool {
        let known_by = [Property::Fn, Property::N, Property::Org, Property::Email, Property::Tel];
        self.0.entries.iter().any(|entry| known_by.contains(&entry.name) && !words(entry).is_empty())
    }

    fn texts(&self, property: Property) -> impl Iterator<Item = String> {
        self.0.entries.iter().filter(move |entry| entry.name == property).map(words).filter(|text| !text.is_empty())
    }

    /// What to call the person: their name, else their company, address or number.
    pub fn name(&self) -> String {
        // Given name before surname, then the rest; N begins with the surname (RFC 6350 §6.2.2).
        let parts = self.0.entries.iter().find(|entry| entry.name == Property::N).map(parts).unwrap_or_default();
        let in_order = [3, 1, 2, 0, 4].into_iter().filter_map(|nth| parts.get(nth)).filter(|part| !part.is_empty());
        let joined = in_order.map(String::as_str).collect::<Vec<_>>().join(" ");
        let name = self.texts(Property::Fn).next().or(Some(joined).filter(|name| !name.is_empty()));
        let name = name.or_else(|| self.texts(Property::Nickname).next()).or_else(|| self.texts(Property::Org).next());
        let name = name.or_else(|| self.emails().into_iter().next()).or_else(|| self.phones().into_iter().next());
        name.unwrap_or_default().chars().take(NAME).collect()
    }

    /// The mail addresses, each once.
    pub fn emails(&self) -> Vec<String> {
        let mut emails: Vec<String> = Vec::new();
        for email in self.texts(Property::Email) {
            let email = email.strip_prefix("mailto:").unwrap_or(&email).trim();
            let known = emails.iter().any(|other| other.eq_ignore_ascii_case(email));
            if email.contains('@') && !email.contains([' ', ',', ';', '<', '>']) && !known {
                emails.push(email.to_owned());
            }
        }
        emails
    }

    /// The telephone numbers, each once.
    pub fn phones(&self) -> Vec<String> {
        let mut phones: Vec<String> = Vec::new();
        for phone in self.texts(Property::Tel) {
            let phone = phone.strip_prefix("tel:").unwrap_or(&phone).trim().to_owned();
            if !phones.iter().any(|other| digits(other) == digits(&phone)) {
                phones.push(phone);
            }
        }
        phones
    }

    /// What the person is looked for by, in small letters.
    pub fn searched(&self) -> String {
        let mut words = vec![self.name()];
        words.extend([Property::Nickname, Property::Org].into_iter().flat_map(|property| self.texts(property)));
        words.extend(self.emails());
        let mut searched = words.join("\n").to_lowercase();
        searched.truncate(searched.floor_char_boundary(SEARCHED));
        searched
    }

    /// Takes in what another card of the same person says and this one does not. What is here stays. Says whether that was
    /// anything.
    pub fn join(&mut self, other: &Card) -> bool {
        let before = self.0.entries.len();
        let mut known: HashSet<(Property, String)> =
            self.0.entries.iter().map(|entry| (entry.name.clone(), sense(entry))).collect();
        let mut has: HashSet<Property> = self.0.entries.iter().map(|entry| entry.name.clone()).collect();
        for entry in &other.0.entries {
            let is_known = match entry.name {
                // A person has one of each, and these are of the file rather than of the person.
                Property::Fn
                | Property::N
                | Property::Bday
                | Property::Anniversary
                | Property::Gender
                | Property::Kind
                | Property::Photo
                | Property::Uid => !has.insert(entry.name.clone()),
                Property::Rev | Property::Prodid | Property::Created | Property::Source => true,
                _ => !known.insert((entry.name.clone(), sense(entry))),
            };
            if !is_known && !words(entry).is_empty() && self.0.entries.len() < ENTRIES {
                self.0.entries.push(entry.clone());
            }
        }
        self.0.entries.len() > before
    }
}

/// The values of an entry, one after the other.
fn parts(entry: &VCardEntry) -> Vec<String> {
    let texts = entry.values.iter().flat_map(|value| match value {
        VCardValue::Component(parts) => vec![parts.join(" ")],
        VCardValue::Text(text) => vec![text.clone()],
        other => vec![other.as_text().map(str::to_owned).unwrap_or_else(|| format!("{other:?}"))],
    });
    texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn words(entry: &VCardEntry) -> String {
    parts(entry).iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// What an entry says, however it is written.
fn sense(entry: &VCardEntry) -> String {
    let words = words(entry).to_lowercase();
    match entry.name {
        Property::Tel => digits(&words),
        Property::Email => words.trim_start_matches("mailto:").to_owned(),
        _ => words,
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(lines: &str) -> Card {
        let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{lines}\r\nEND:VCARD\r\n");
        Card::read(&text).expect("a card")
    }

    #[test]
    fn cards_of_any_version_are_read() {
        let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=A1=D0=BE=D0=BA=D0=BE=D0=BB;=D0=90=D0=BD=D0=BD=D0=B0;;;\r\n\
            EMAIL;INTERNET:anna@pismo.test\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Boris\\, the first\r\nitem1.EMAIL;type=INTERNET;type=pref:Boris@pismo.test\r\n\
            EMAIL:boris@PISMO.test\r\nTEL;TYPE=CELL:+7 (900) 000-00-01\r\nNOTE:two\\nlines\r\nX-ODD:kept\r\nEND:VCARD\r\n\
            junk\r\n\
            BEGIN:VCARD\r\nVERSION:4.0\r\nN:Curie;Marie;;Dr.;\r\nTEL;VALUE=uri:tel:+33-1\r\nEND:VCARD\r\n";
        let cards: Vec<Card> = texts(text).filter_map(Card::read).collect();
        let seen: Vec<_> = cards.iter().map(|card| (card.name(), card.emails(), card.phones())).collect();
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            seen,
            [
                ("Анна Сокол".to_owned(), strings(&["anna@pismo.test"]), vec![]),
                ("Boris, the first".to_owned(), strings(&["Boris@pismo.test"]), strings(&["+7 (900) 000-00-01"])),
                ("Dr. Marie Curie".to_owned(), vec![], strings(&["+33-1"])),
            ]
        );
        // Written and read again it is the same, with what nobody here knows.
        for card in &cards {
            assert_eq!(Card::read(&card.to_text()).map(|again| again.to_text()), Some(card.to_text()));
        }
        assert!(cards[1].to_text().contains("X-ODD:kept"), "{}", cards[1].to_text());
    }

    #[test]
    fn what_two_cards_say_is_joined_once() {
        let mut card = one("FN:Anna\r\nEMAIL:anna@pismo.test\r\nTEL:+7 900 1\r\nUID:a");
        let other =
            one("FN:Anna S.\r\nEMAIL:ANNA@pismo.test\r\nEMAIL:anna@work.test\r\nTEL:+79001\r\nORG:Post\r\nUID:b");
        assert!(card.join(&other));
        assert_eq!(card.name(), "Anna");
        assert_eq!(card.emails(), ["anna@pismo.test", "anna@work.test"]);
        assert_eq!((card.phones().len(), card.searched().contains("post")), (1, true));
        assert!(!card.join(&other), "a second time it says nothing new");
    }

    #[test]
    fn a_large_picture_is_left_out_and_the_person_is_not() {
        let picture = "A".repeat(400 * 1024);
        let card = one(&format!("FN:Anna\r\nPHOTO;ENCODING=b;TYPE=JPEG:{picture}\r\nEMAIL:a@b.c"));
        assert!(card.to_text().len() < 1000);
        assert_eq!((card.name().as_str(), card.emails().len()), ("Anna", 1));
    }

    #[test]
    fn a_day_stays_as_it_was_said() {
        for (said, kept) in [
            ("BDAY:1980-12-25", "19801225"),
            ("BDAY:19801225", "19801225"),
            ("BDAY:--12-25", "--1225"),
            ("BDAY:25.12.1980", "25.12.1980"),
            ("item1.ANNIVERSARY:12/25/1980", "12/25/1980"),
        ] {
            let text = one(&format!("FN:Anna\r\n{said}")).to_text();
            assert!(text.contains(&format!(":{kept}\r\n")), "{said}: {text}");
            assert_eq!(Card::read(&text).expect("a card").to_text(), text);
        }
        let nul = one("FN;ENCODING=QUOTED-PRINTABLE:An=00na\r\nEMAIL:a@b.c");
        assert_eq!((nul.name().as_str(), nul.to_text().contains('\0')), ("Anna", false));
    }
}
