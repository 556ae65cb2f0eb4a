//! Headers of whatever messages, in whatever order and pieces: those that refer to each other are one conversation, and where
//! none goes by its subject nothing else is.
#![no_main]

use std::collections::HashMap;

use app::wire::{AccountId, MessageRef, Uid, UidValidity};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pismo::{
    conversation::{Entry, Key, Links, rehearse},
    mime::Headers,
};

/// A message. Numbers stand for Message-IDs and subjects, so that they meet; 0 is none.
#[derive(Arbitrary, Debug)]
struct Letter<'a> {
    id: u8,
    references: Vec<u8>,
    answers: u8,
    subject: u8,
    reply: bool,
    day: u8,
    noise: &'a [u8],
}

fn entry(number: usize, letter: &Letter<'_>) -> Entry {
    let uid = Uid(u32::try_from(number).unwrap_or(0) + 1);
    let message = MessageRef { account: AccountId(1), mailbox: "INBOX".into(), uid_validity: UidValidity(1), uid };
    let mut header = String::new();
    if letter.id > 0 {
        header.push_str(&format!("Message-ID: <{}@x>\r\n", letter.id));
    }
    let references: String = letter.references.iter().map(|id| format!("<{id}@x>\r\n ")).collect();
    header.push_str(&format!("References: {references}\r\nIn-Reply-To: <{}@x>\r\n", letter.answers));
    if letter.subject > 0 {
        header.push_str(&format!("Subject: {}{}\r\n", if letter.reply { "Re: " } else { "" }, letter.subject));
    }
    let links = Links::read(&message, &Headers::parse(&[header.as_bytes(), letter.noise].concat()));
    Entry { uid, date: i64::from(letter.day) * 24 * 3600, links }
}

/// Which messages belong together by what they refer to alone: the same again, the slow and plain way.
fn by_references(entries: &[Entry]) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..entries.len()).collect();
    let mut first: HashMap<Key, usize> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for key in entry.links.keys() {
            let (one, other) = (groups[*first.entry(key).or_insert(at)], groups[at]);
            groups.iter_mut().filter(|group| **group == other).for_each(|group| *group = one);
        }
    }
    groups
}

fuzz_target!(|input: (Vec<Letter<'_>>, u8)| {
    let (letters, piece) = input;
    let entries: Vec<Entry> = letters.iter().take(64).enumerate().map(|(number, letter)| entry(number, letter)).collect();
    let found = rehearse(&entries, usize::from(piece % 8) + 1);
    let groups = by_references(&entries);
    let by_subject = entries.iter().any(|entry| entry.links.subject_key().is_some());
    for (one, first) in entries.iter().zip(&groups) {
        for (other, second) in entries.iter().zip(&groups) {
            let together = found[&one.uid] == found[&other.uid];
            assert!(together || first != second, "{:?} and {:?} refer to each other", one.uid, other.uid);
            assert!(!together || first == second || by_subject, "{:?} and {:?} have nothing in common", one.uid, other.uid);
        }
    }
});
