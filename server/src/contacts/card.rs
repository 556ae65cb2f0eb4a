//! One person, as a vCard.

use calcard::{
    Entry, Parser,
    vcard::{VCard, VCardEntry, VCardProperty as Property, VCardValue, VCardVersion},
};

use super::MOST;

/// Octets of a card beyond which pictures and sounds are left out.
const LARGE: usize = 256 * 1024;

/// The longest name that is shown, in letters.
const NAME: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub struct Card(VCard);

/// A card by its text: two that say the same are the same.
impl Eq for Card {}

impl Card {
    /// All cards of a text that say who they are of.
    pub fn read_all(text: &str) -> Vec<Card> {
        let mut parser = Parser::new(text);
        let mut cards = Vec::new();
        while cards.len() < MOST {
            match parser.entry() {
                Entry::VCard(card) => cards.push(Card::of(card)),
                Entry::Eof => break,
                _ => {}
            }
        }
        cards.retain(Card::is_somebody);
        cards
    }

    /// A card that says this.
    pub fn with(entries: Vec<VCardEntry>) -> Card {
        Card::of(VCard { entries })
    }

    fn of(mut card: VCard) -> Card {
        card.entries.retain(|entry| !matches!(entry.name, Property::Begin | Property::End | Property::Version));
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
        words.join("\n").to_lowercase()
    }

    /// Takes in what another card of the same person says and this one does not. What is here stays. Says whether that was
    /// anything.
    pub fn join(&mut self, other: &Card) -> bool {
        let before = self.0.entries.len();
        for entry in &other.0.entries {
            let is_it = |one: &&VCardEntry| one.name == entry.name;
            let known = match entry.name {
                // A person has one of each, and these are of the file rather than of the person.
                Property::Fn
                | Property::N
                | Property::Bday
                | Property::Anniversary
                | Property::Gender
                | Property::Kind
                | Property::Photo
                | Property::Uid => self.0.entries.iter().any(|one| one.name == entry.name),
                Property::Rev | Property::Prodid | Property::Created | Property::Source => true,
                _ => self.0.entries.iter().filter(is_it).any(|one| sense(one) == sense(entry)),
            };
            if !known && !words(entry).is_empty() {
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
        Card::read_all(&text).into_iter().next().expect("a card")
    }

    #[test]
    fn cards_of_any_version_are_read() {
        let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=A1=D0=BE=D0=BA=D0=BE=D0=BB;=D0=90=D0=BD=D0=BD=D0=B0;;;\r\n\
            EMAIL;INTERNET:anna@pismo.test\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Boris\\, the first\r\nitem1.EMAIL;type=INTERNET;type=pref:Boris@pismo.test\r\n\
            EMAIL:boris@PISMO.test\r\nTEL;TYPE=CELL:+7 (900) 000-00-01\r\nNOTE:two\\nlines\r\nX-ODD:kept\r\nEND:VCARD\r\n\
            junk\r\n\
            BEGIN:VCARD\r\nVERSION:4.0\r\nN:Curie;Marie;;Dr.;\r\nTEL;VALUE=uri:tel:+33-1\r\nEND:VCARD\r\n";
        let cards = Card::read_all(text);
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
            let again = Card::read_all(&card.to_text());
            assert_eq!(again.iter().map(Card::to_text).collect::<Vec<_>>(), [card.to_text()]);
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
}
