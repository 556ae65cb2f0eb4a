//! Mailboxes as Maildirs in folders of the same names (Dovecot: `LAYOUT=fs`), with the flags in the names of the files.

use std::collections::HashSet;

use app::wire::{Flag, Uid};

use super::{keywords, letters};

/// A Maildir has letters for so many keywords.
const KEYWORDS: usize = 26;

/// One mailbox. Knows which letter stands for which keyword.
#[derive(Debug, Default)]
pub struct Maildir {
    folder: String,
    keywords: Vec<String>,
}

impl Maildir {
    /// The Maildir of a mailbox, in a folder of its own: no other of `taken`, in whatever case, which not every file system
    /// tells apart.
    pub fn new(path: &str, delimiter: Option<char>, taken: &mut HashSet<String>) -> Self {
        let plain = folder(path, delimiter);
        let mut folder = plain.clone();
        for number in 2.. {
            if taken.insert(folder.to_lowercase()) {
                break;
            }
            folder = format!("{plain}_{number}");
        }
        Self { folder, keywords: Vec::new() }
    }

    /// The name of the file of a message: unique by UIDVALIDITY and UID. `date` is INTERNALDATE in seconds since 1970 UTC.
    pub fn file(&mut self, date: i64, (uid_validity, uid): (u32, Uid), flags: &[Flag]) -> String {
        let mut marks = letters(
            flags,
            &[
                (Flag::Draft, 'D'),
                (Flag::Flagged, 'F'),
                (Flag::Forwarded, 'P'),
                (Flag::Answered, 'R'),
                (Flag::Seen, 'S'),
                (Flag::Deleted, 'T'),
            ],
        );
        // What has a letter of its own needs none as a keyword.
        let forwarded = Flag::Forwarded;
        let others = keywords(flags).filter(|keyword| *keyword != forwarded.as_str());
        let mut of_keywords: Vec<char> = others.filter_map(|keyword| self.letter(keyword)).collect();
        of_keywords.sort_unstable();
        marks.extend(of_keywords);
        format!("{}/cur/{}.{uid_validity}_{}.pismo:2,{marks}", self.folder, date.max(0), uid.0)
    }

    fn letter(&mut self, keyword: &str) -> Option<char> {
        let known = self.keywords.iter().position(|known| known.eq_ignore_ascii_case(keyword));
        let index = known.or_else(|| {
            let index = self.keywords.len();
            (index < KEYWORDS).then(|| self.keywords.push(keyword.to_owned())).map(|()| index)
        })?;
        char::from_u32(u32::from(b'a') + u32::try_from(index).ok()?)
    }

    /// The folders that make it a Maildir even if there is nothing in it.
    pub fn folders(&self) -> [String; 3] {
        ["cur", "new", "tmp"].map(|name| format!("{}/{name}/", self.folder))
    }

    /// The file that says which letter stands for which keyword, as Dovecot has it, if there are any.
    pub fn keywords(&self) -> Option<(String, String)> {
        let lines = self.keywords.iter().enumerate().map(|(index, keyword)| format!("{index} {keyword}\n"));
        (!self.keywords.is_empty()).then(|| (format!("{}/dovecot-keywords", self.folder), lines.collect()))
    }
}

/// A path of folders that no program that unpacks it can take for anything else.
fn folder(path: &str, delimiter: Option<char>) -> String {
    let components: Vec<&str> = match delimiter {
        Some(delimiter) => path.split(delimiter).collect(),
        None => vec![path],
    };
    components.into_iter().map(component).collect::<Vec<_>>().join("/")
}

fn component(name: &str) -> String {
    let plain = |letter: char| if letter.is_control() || r#"/\:*?"<>|"#.contains(letter) { '_' } else { letter };
    let name: String = name.chars().map(plain).collect();
    let is_special = name.is_empty() || name.starts_with('.') || ["cur", "new", "tmp"].contains(&name.as_str());
    if is_special { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_the_message_and_its_flags() {
        let mut maildir = Maildir::new("Работа.2026", Some('.'), &mut HashSet::new());
        let flags = [Flag::Keyword("work".to_owned()), Flag::Seen, Flag::Flagged, Flag::Junk];
        assert_eq!(maildir.file(1_795_670_244, (7, Uid(42)), &flags), "Работа/2026/cur/1795670244.7_42.pismo:2,FSab");
        let flags = [Flag::Keyword("Work".to_owned()), Flag::Forwarded];
        assert_eq!(maildir.file(-5, (7, Uid(43)), &flags), "Работа/2026/cur/0.7_43.pismo:2,Pa");
        let keywords = maildir.keywords().expect("some");
        assert_eq!(keywords, ("Работа/2026/dovecot-keywords".to_owned(), "0 work\n1 $Junk\n".to_owned()));
    }

    #[test]
    fn each_mailbox_has_a_folder_of_its_own() {
        let mut taken = HashSet::new();
        let folders = ["a?", "a:", "A_", "a__2", "b"].map(|path| Maildir::new(path, Some('/'), &mut taken).folder);
        assert_eq!(folders, ["a_", "a__2", "A__3", "a__2_2", "b"]);
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        for (path, delimiter, expected) in [
            ("../../etc", Some('/'), "_../_../etc"),
            ("a/b", Some('.'), "a_b"),
            ("cur/new", Some('/'), "_cur/_new"),
            ("C:\\x", None, "C__x"),
            ("a//b", Some('/'), "a/_/b"),
        ] {
            assert_eq!(folder(path, delimiter), expected);
        }
    }
}
