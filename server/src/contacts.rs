//! Address books: people, brought from files that other programs have written, joined with those who are here already, and
//! taken back if it was a mistake. A person is kept as a vCard (RFC 6350), with all that the file said.

mod card;
mod columns;
mod offering;
mod plan;

use app::wire::Error;

pub use card::Card;
pub use offering::suggest;
pub use plan::{Fate, Known, Plan};

use crate::mime::charset;

/// The largest file, in octets.
pub const LARGEST: usize = 32 * 1024 * 1024;

/// People of one account, at most.
pub const MOST: usize = 20_000;

/// Reads a file of people: vCards of any version, or a table (CSV) as Google, Outlook, Yandex and Thunderbird write it.
/// [`Error::NoContacts`] if there is nobody in it.
pub fn read(bytes: &[u8]) -> Result<Vec<Card>, Error> {
    let text = text_of(bytes);
    let beginning = text.trim_start().get(..11).unwrap_or_default();
    let is_cards = beginning.eq_ignore_ascii_case("BEGIN:VCARD") || text.contains("\nBEGIN:VCARD");
    let mut cards = if is_cards { Card::read_all(&text) } else { columns::read(&text) };
    cards.truncate(MOST);
    if cards.is_empty() { Err(Error::NoContacts) } else { Ok(cards) }
}

/// The text, in whatever letters it is: Unicode where it says so, else as it looks.
fn text_of(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, ..] => charset::decode(bytes, Some("utf-16le")),
        [0xfe, 0xff, ..] => charset::decode(bytes, Some("utf-16be")),
        _ => charset::guess(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    }
    .trim_start_matches('\u{feff}')
    .to_owned()
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
            let cards = read(&bytes).unwrap();
            assert_eq!(cards.iter().map(Card::name).collect::<Vec<_>>(), ["Анна Соколова"]);
            assert_eq!(cards[0].emails(), ["anna@pismo.test"]);
        }
        for nothing in ["", "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", "Name,Phone\r\n", "Dear all, hello"] {
            assert_eq!(read(nothing.as_bytes()), Err(Error::NoContacts), "{nothing}");
        }
    }
}
