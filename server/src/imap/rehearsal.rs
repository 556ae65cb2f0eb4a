//! What a server might say, taken all the way that a real session takes it, without a line: for fuzzing.

use app::{
    utf7,
    wire::{AccountId, Uid, UidValidity},
};

use super::{
    Selected,
    frame::{Framer, Limits},
    response::Response,
    row::row,
    special_use::{by_attributes, by_name},
};
use crate::mime::shown::choose;

/// Reads what is said in pieces of a size, up to rows and names. Returns how many responses made sense.
pub fn rehearse(said: &[u8], piece: usize) -> usize {
    let selected = Selected {
        path: "INBOX".to_owned(),
        uid_validity: UidValidity(1),
        uid_next: Uid(1),
        exists: 1,
        highest_modseq: None,
        permanent_flags: Vec::new(),
        new_keywords: false,
        read_only: false,
    };
    let mut framer = Framer::new(Limits::SHORT);
    let mut understood = 0;
    for piece in said.chunks(piece.max(1)) {
        let heard = framer.push(piece, |frame| match Response::read(frame) {
            Response::Other => {}
            Response::Fetch(mut fetch) => {
                understood += 1;
                let shown = fetch.structure.as_ref().map(choose);
                let attachment = shown.is_some_and(|shown| !shown.attachments.is_empty());
                row(AccountId(1), &selected, &mut fetch, attachment);
            }
            Response::List(list) => {
                understood += 1;
                let path = utf7::decode(&list.name).unwrap_or_default();
                by_name(&path, list.delimiter);
                by_attributes(list.attributes.iter().map(String::as_str));
            }
            _ => understood += 1,
        });
        if heard.is_err() {
            break;
        }
    }
    understood
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What fuzzing once found, or begins with, stays harmless in any pieces.
    #[test]
    fn the_corpus_is_read_alike_in_any_pieces() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/imap_response");
        let files: Vec<_> = std::fs::read_dir(corpus).expect("a corpus").collect();
        assert!(files.len() >= 8);
        for file in files {
            let path = file.expect("a file").path();
            let said = std::fs::read(&path).expect("what is said");
            let understood = rehearse(&said, said.len());
            assert!(understood > 0, "{path:?}");
            for piece in [1, 7, 100] {
                assert_eq!(rehearse(&said, piece), understood, "{path:?}");
            }
        }
    }
}
