//! What the names of files say: in which folder a message is, and which flags it has.

use std::collections::HashMap;

use app::wire::Flag;

/// The folder of a file in a zip that is a message of a Maildir, and the last part of its name.
pub fn maildir(name: &str) -> Option<(String, &str)> {
    let (above, file) = name.rsplit_once('/')?;
    let (folder, last) = above.rsplit_once('/').unwrap_or(("", above));
    if !["cur", "new"].contains(&last) || file.starts_with('.') {
        return None;
    }
    // Maildir++: `.Work.2026`.
    let levels = folder.split('/').flat_map(|level| match level.strip_prefix('.') {
        Some(inner) if !inner.is_empty() => inner.split('.').collect::<Vec<_>>(),
        _ => vec![level],
    });
    Some((cleaned(levels), file))
}

/// The letters after `:2,` in the name of a Maildir's file; some systems have another sign for the colon.
pub fn maildir_flags(file: &str, keywords: &HashMap<char, String>) -> Vec<Flag> {
    let letters = [":2,", ";2,", "!2,", "_2,"].iter().find_map(|mark| Some(file.rsplit_once(mark)?.1)).unwrap_or("");
    let flag = |letter: char| match letter {
        'D' => Some(Flag::Draft),
        'F' => Some(Flag::Flagged),
        'P' => Some(Flag::Forwarded),
        'R' => Some(Flag::Answered),
        'S' => Some(Flag::Seen),
        'T' => Some(Flag::Deleted),
        letter => keywords.get(&letter).map(|word| Flag::from(word.clone())),
    };
    letters.chars().filter_map(flag).collect()
}

/// What systems put into zips besides.
pub fn is_of_system(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    name.starts_with("__MACOSX/") || last.starts_with("._") || [".DS_Store", "Thumbs.db"].contains(&last)
}

pub fn has_ending(name: &str, endings: &[&str]) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
    endings.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// The folder that an mbox of this name is: without what programs add to it. Thunderbird has `INBOX.sbd/Work`, Apple Mail
/// `Work.mbox/mbox`.
pub fn folder_of(name: &str) -> String {
    let without = |level: &str| -> String {
        let ending = [".mbox", ".sbd", ".mbx"].into_iter().find(|ending| level.to_lowercase().ends_with(ending));
        let length = level.len() - ending.map_or(0, str::len);
        level.get(..length).unwrap_or(level).to_owned()
    };
    let levels: Vec<&str> = name.split('/').collect();
    let levels = match levels.as_slice() {
        [above @ .., "mbox"] if !above.is_empty() => above,
        all => all,
    };
    cleaned(levels.iter().map(|level| without(level)).collect::<Vec<_>>().iter().map(String::as_str))
}

/// A path of folders: nothing in it leads out or stands for something else.
pub fn cleaned<'a>(levels: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |level: &str| -> String {
        let level: String = level.chars().map(|letter| if letter.is_control() { '_' } else { letter }).collect();
        if level == ".." { "_".to_owned() } else { level.trim().to_owned() }
    };
    let levels = levels.into_iter().map(plain).filter(|level| !level.is_empty() && level != ".");
    levels.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_are_folders() {
        for (name, expected) in [
            ("Work.mbox", "Work"),
            ("Mail/INBOX.sbd/Lists", "Mail/INBOX/Lists"),
            ("Old.mbox/mbox", "Old"),
            ("mbox", "mbox"),
            ("../../etc/x.MBOX", "_/_/etc/x"),
            ("/a//./b", "a/b"),
        ] {
            assert_eq!(folder_of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_message_of_a_maildir_is_known_by_its_folder() {
        let found = |name: &str| maildir(name).map(|(folder, _)| folder);
        assert_eq!(found("Maildir/.Work.2026/cur/1.x:2,S").as_deref(), Some("Maildir/Work/2026"));
        assert_eq!(found("cur/1.x").as_deref(), Some(""));
        assert_eq!(found("Work/cur/.hidden"), None);
        assert_eq!(found("Work/tmp/1.x"), None);
        let keywords = HashMap::from([('b', "urgent".to_owned())]);
        let flags = maildir_flags("1.x;2,FSb?", &keywords);
        assert_eq!(flags, [Flag::Flagged, Flag::Seen, Flag::Keyword("urgent".to_owned())]);
    }
}
