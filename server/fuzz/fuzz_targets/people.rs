//! Files of people, vCards or tables: read or refused, within the bounds of what a book holds, and what is kept of one reads the same
//! again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pismo::contacts::read;

fuzz_target!(|file: &[u8]| {
    let Ok(found) = read(file) else { return };
    for card in &found.cards {
        let text = card.to_text();
        let again = read(text.as_bytes()).expect("what was written can be read");
        assert_eq!(again.cards.len(), 1, "{text}");
        assert_eq!((again.cards[0].name(), again.cards[0].emails()), (card.name(), card.emails()), "{text}");
    }
});
