//! What a server might say, taken all the way that a real session takes it, without a line: for fuzzing.

use std::collections::HashSet;

use app::{
    utf7,
    wire::{AccountId, Uid, UidValidity},
};
use bumpalo::Bump;

use super::{
    Selected,
    frame::{Framer, Limits},
    response::Response,
    row::row,
    special_use::{by_attributes, by_name},
    structure,
};
use crate::mime::{shown::choose, structure::Node};

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
        let heard = framer.push(piece, |frame| match Response::read(frame, &Bump::new()) {
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
            Response::Namespace(namespaces) => {
                understood += 1;
                namespaces.whose(namespaces.patterns().first().map_or("", String::as_str));
            }
            _ => understood += 1,
        });
        if heard.is_err() {
            break;
        }
    }
    understood
}

/// Reads what may stand behind BODYSTRUCTURE, as far as what is shown of the message. Whatever is said, the tree is bounded,
/// its parts are numbered as IMAP numbers them (RFC 9051 §6.4.5.1), and only parts that there are will be fetched.
pub fn rehearse_structure(said: &[u8]) -> bool {
    let mut tree = None;
    let whole = [b"* 1 FETCH (UID 1 BODYSTRUCTURE ", said, b")\r\n"].concat();
    let heard = Framer::new(Limits::SHORT).push(&whole, |frame| {
        if let Response::Fetch(fetch) = Response::read(frame, &Bump::new())
            && tree.is_none()
        {
            tree = fetch.structure;
        }
    });
    let Some(tree) = tree.filter(|_| heard.is_ok()) else { return false };
    let mut sections = HashSet::new();
    count(&tree, if tree.children.is_empty() && !tree.section.is_empty() { "1" } else { "" }, &mut sections);
    assert!(sections.len() <= structure::MAX_PARTS + 1, "too many parts");
    let shown = choose(&tree);
    let texts = shown.body.iter().chain(&shown.text_alternative).map(|leaf| leaf.section.as_str());
    let others = shown.attachments.iter().map(|part| part.section.as_str());
    for section in texts.chain(others).chain(shown.related.iter().map(|related| related.section.as_str())) {
        assert!(sections.contains(section), "there is no part {section}");
    }
    true
}

/// Takes the sections of a tree, which has to be the one of this number.
fn count(node: &Node, section: &str, sections: &mut HashSet<String>) {
    assert_eq!(node.section, section);
    assert!(node.content_type.contains('/'), "{}", node.content_type);
    assert!(sections.insert(section.to_owned()), "{section} is there twice");
    for (index, child) in node.children.iter().enumerate() {
        let number = index + 1;
        let section = if section.is_empty() { number.to_string() } else { format!("{section}.{number}") };
        count(child, &section, sections);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// A corpus: what fuzzing once found, or begins with.
    fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new("fuzz/corpus").join(name);
        let files = std::fs::read_dir(folder).expect("a corpus").map(|file| file.expect("a file").path());
        files.map(|path| (path.clone(), std::fs::read(path).expect("what is said"))).collect()
    }

    #[test]
    fn every_structure_of_the_corpus_is_a_sound_tree() {
        let structures = corpus("body_structure");
        assert!(structures.len() >= 8);
        for (path, said) in structures {
            assert!(rehearse_structure(&said), "{path:?}");
        }
    }

    #[test]
    fn the_corpus_is_read_alike_in_any_pieces() {
        let responses = corpus("imap_response");
        assert!(responses.len() >= 8);
        for (path, said) in responses {
            let understood = rehearse(&said, said.len());
            assert!(understood > 0, "{path:?}");
            for piece in [1, 7, 100] {
                assert_eq!(rehearse(&said, piece), understood, "{path:?}");
            }
        }
    }
}
