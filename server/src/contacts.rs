//! Address books: people, brought from files that other programs have written, joined with those who are here already, and
//! taken back if it was a mistake. A person is kept as a vCard (RFC 6350), with all that the file said.

mod card;
mod columns;
mod offering;
mod plan;

use app::wire::Error;

pub use card::Card;
pub use offering::ranked;
pub use plan::{Fate, Known, Plan};

use crate::mime::charset;

/// The largest file, in octets.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// People of one account, at most.
pub const MOST: usize = 20_000;

/// Octets of all cards of one account, at most.
pub const BOOK: usize = 64 * 1024 * 1024;

/// Octets of a card that are never too many: a short row of a table is a card five times as long.
const USUAL: usize = 1024;

/// The people in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub cards: Vec<Card>,
    /// Of so many nothing could be made out.
    pub unread: u32,
}

/// Reads a file of people: vCards of any version, or a table (CSV) as Google, Outlook, Yandex and Thunderbird write it.
/// [`Error::NoContacts`] if there is nobody in it, [`Error::TooManyContacts`] if there are more than a book holds, and
/// [`Error::TooLarge`] if what they say grows beyond all measure when it is written.
pub fn read(bytes: &[u8]) -> Result<Found, Error> {
    let text = text_of(bytes);
    let mut found = Found { cards: Vec::new(), unread: 0 };
    let mut room = 2 * text.len();
    let mut keep = |card: Option<Card>| {
        match card {
            None => found.unread += 1,
            Some(_) if found.cards.len() >= MOST => return Err(Error::TooManyContacts { limit: MOST as u32 }),
            Some(card) => {
                let more = card.to_text().len().saturating_sub(USUAL);
                room = room.checked_sub(more).ok_or(Error::TooLarge { limit: BOOK as u64 })?;
                found.cards.push(card);
            }
        }
        Ok(())
    };
    if card::texts(&text).next().is_some() {
        card::texts(&text).try_for_each(|text| keep(Card::read(text)))?;
    } else {
        columns::read(&text).try_for_each(|card| keep(Some(card)))?;
    }
    if found.cards.is_empty() { Err(Error::NoContacts) } else { Ok(found) }
}

/// The text, in whatever letters it is: Unicode where it says so, else as it looks.
fn text_of(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, ..] => charset::decode(bytes, Some("utf-16le")),
        [0xfe, 0xff, ..] => charset::decode(bytes, Some("utf-16be")),
        _ => charset::guess(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    }
    .trim_start_matches('\u{feff}')
    // No database keeps it.
    .replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_letters_a_file_is_in_it_is_read() {
        let table = "Имя;Фамилия;Адрес эл. почты\r\nАнна;Соколова;anna@pismo.test\r\n";
        let utf16: Vec<u8> =
            [0xfeff].into_iter().chain(table.encode_utf16()).flat_map(|unit: u16| unit.to_le_bytes()).collect();
        let (windows, _, _) = encoding_rs::WINDOWS_1251.encode(table);
        for bytes in [table.as_bytes().to_vec(), utf16, windows.into_owned()] {
            let cards = read(&bytes).unwrap().cards;
            assert_eq!(cards.iter().map(Card::name).collect::<Vec<_>>(), ["Анна Соколова"]);
            assert_eq!(cards[0].emails(), ["anna@pismo.test"]);
        }
        for nothing in ["", "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", "Name,Phone\r\n", "Dear all, hello"] {
            assert_eq!(read(nothing.as_bytes()), Err(Error::NoContacts), "{nothing}");
        }
    }

    #[test]
    fn a_file_that_grows_or_is_endless_is_bounded() {
        let head = "x".repeat(200_000);
        let rows = "a@b.c,y\n".repeat(2000);
        let found = read(format!("Email,{head}\n{rows}").as_bytes()).unwrap();
        assert!(found.cards.iter().all(|card| card.to_text().len() < 400));
        let many: String = (0..300_000).map(|nth| format!("EMAIL:a{nth}@b.c\r\n")).collect();
        let one = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\n{many}END:VCARD\r\n");
        let good = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:b\r\nEND:VCARD\r\n";
        let found = read(format!("{one}{good}").as_bytes()).unwrap();
        assert_eq!((found.cards.len(), found.unread), (1, 1));
        let people = good.repeat(MOST + 1);
        assert_eq!(read(people.as_bytes()), Err(Error::TooManyContacts { limit: MOST as u32 }));
    }

    #[test]
    fn a_large_table_of_short_rows_is_read_whole() {
        let rows: String = (0..MOST).map(|nth| format!("A,B,a{nth}@b.c\n")).collect();
        let found = read(format!("First Name,Last Name,E-mail\n{rows}").as_bytes()).unwrap();
        assert_eq!((found.cards.len(), found.unread), (MOST, 0));
        // One cell with a million values is no million entries.
        let cell = "a@b.c:::".repeat(100_000);
        assert_eq!(read(format!("E-mail\n{cell}\n").as_bytes()).unwrap().cards.len(), 1);
    }

    #[test]
    fn nobody_eats_the_next_one() {
        let cards =
            "BEGIN:VCARD\nFN:first\nBEGIN:VCARD\nVERSION:3.0\nFN:second\nEND:VCARD\nBEGIN:VCARD\nX:\nEND:VCARD\n";
        let found = read(cards.as_bytes()).unwrap();
        assert_eq!(found.cards.iter().map(Card::name).collect::<Vec<_>>(), ["first", "second"]);
        assert_eq!(found.unread, 1);
    }
}
