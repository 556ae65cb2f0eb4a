//! What a mailbox is for: by its attributes (RFC 6154), else by its name.

use app::wire::SpecialUse;

/// The use that the server names.
pub fn by_attributes<'a>(attributes: impl IntoIterator<Item = &'a str>) -> Option<SpecialUse> {
    attributes.into_iter().find_map(|attribute| match attribute.to_ascii_lowercase().as_str() {
        "\\drafts" => Some(SpecialUse::Drafts),
        "\\sent" => Some(SpecialUse::Sent),
        "\\junk" | "\\spam" => Some(SpecialUse::Junk),
        "\\trash" => Some(SpecialUse::Trash),
        "\\archive" => Some(SpecialUse::Archive),
        "\\flagged" | "\\starred" => Some(SpecialUse::Flagged),
        "\\inbox" => Some(SpecialUse::Inbox),
        _ => None,
    })
}

/// A mailbox that only shows messages of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Every message (`\All`, RFC 6154 §2): an archive, where there is no other.
    All,
    /// Those that are flagged, or thought to be important (`\Important`, RFC 8457).
    Some,
}

impl View {
    pub fn by_attributes<'a>(attributes: impl IntoIterator<Item = &'a str>) -> Option<View> {
        attributes.into_iter().find_map(|attribute| match attribute.to_ascii_lowercase().as_str() {
            "\\all" | "\\allmail" => Some(View::All),
            "\\flagged" | "\\starred" | "\\important" => Some(View::Some),
            _ => None,
        })
    }
}

/// The use that a name usually has, in English and Russian. Only the last part of a path counts, and only directly below
/// the top or below the inbox: `Projects/Sent` is somebody's own.
pub fn by_name(path: &str, delimiter: Option<char>) -> Option<SpecialUse> {
    if path.eq_ignore_ascii_case("INBOX") {
        return Some(SpecialUse::Inbox);
    }
    let name = match delimiter.and_then(|delimiter| path.split_once(delimiter)) {
        None => path,
        Some((above, name)) => {
            let nested = delimiter.is_some_and(|delimiter| name.contains(delimiter));
            let personal = above.eq_ignore_ascii_case("INBOX") || above.eq_ignore_ascii_case("[Gmail]");
            if nested || !personal {
                return None;
            }
            name
        }
    };
    let use_of_name = match name.to_lowercase().as_str() {
        "drafts" | "draft" | "черновики" => SpecialUse::Drafts,
        "sent" | "sent items" | "sent mail" | "sent messages" | "отправленные" | "исходящие" => {
            SpecialUse::Sent
        }
        "junk" | "junk e-mail" | "junk email" | "junk mail" | "spam" | "bulk mail" | "спам" | "нежелательная почта" => {
            SpecialUse::Junk
        }
        "trash" | "bin" | "deleted items" | "deleted messages" | "deleted" | "корзина" | "удаленные" | "удалённые" => {
            SpecialUse::Trash
        }
        "archive" | "archives" | "all mail" | "архив" | "вся почта" => SpecialUse::Archive,
        "starred" | "flagged" | "помеченные" | "отмеченные" | "избранное" => {
            SpecialUse::Flagged
        }
        _ => return None,
    };
    Some(use_of_name)
}

/// Gives each mailbox its use. What the server says goes first; a name counts only where no other mailbox has that use,
/// and of two usual names the first one wins.
pub fn assign<'a, M: 'a>(
    mailboxes: impl IntoIterator<Item = &'a mut M>,
    mut look: impl FnMut(&M) -> Look,
    mut give: impl FnMut(&mut M, SpecialUse),
) {
    let mut taken = Vec::new();
    let mut unnamed = Vec::new();
    for mailbox in mailboxes {
        match look(mailbox) {
            Look { said: Some(special_use), .. } if !taken.contains(&special_use) => {
                taken.push(special_use);
                give(mailbox, special_use);
            }
            Look { said: None, usual: Some(special_use) } => unnamed.push((mailbox, special_use)),
            _ => {}
        }
    }
    for (mailbox, special_use) in unnamed {
        if !taken.contains(&special_use) {
            taken.push(special_use);
            give(mailbox, special_use);
        }
    }
}

/// What is known about the use of a mailbox.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// By the server.
    pub said: Option<SpecialUse>,
    /// By the name.
    pub usual: Option<SpecialUse>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_are_known() {
        for (path, expected) in [
            ("inbox", Some(SpecialUse::Inbox)),
            ("Sent", Some(SpecialUse::Sent)),
            ("INBOX/Sent Items", Some(SpecialUse::Sent)),
            ("[Gmail]/All Mail", Some(SpecialUse::Archive)),
            ("Отправленные", Some(SpecialUse::Sent)),
            ("ЧЕРНОВИКИ", Some(SpecialUse::Drafts)),
            ("INBOX/Удалённые", Some(SpecialUse::Trash)),
            ("Корзина", Some(SpecialUse::Trash)),
            ("Спам", Some(SpecialUse::Junk)),
            ("Архив", Some(SpecialUse::Archive)),
            ("Помеченные", Some(SpecialUse::Flagged)),
            ("Projects/Sent", None),
            ("INBOX/a/Sent", None),
            ("Sent 2020", None),
            ("", None),
        ] {
            assert_eq!(by_name(path, Some('/')), expected, "{path}");
        }
        assert_eq!(by_name("INBOX/Sent", None), None);
    }

    #[test]
    fn what_the_server_says_goes_before_names() {
        let assigned = |mailboxes: &[(&str, &str)]| {
            let mut mailboxes: Vec<_> = mailboxes.iter().map(|(path, said)| (*path, *said, None)).collect();
            let look = |mailbox: &(&str, &str, Option<SpecialUse>)| Look {
                said: by_attributes([mailbox.1]),
                usual: by_name(mailbox.0, Some('/')),
            };
            assign(&mut mailboxes, look, |mailbox, special_use| mailbox.2 = Some(special_use));
            mailboxes.into_iter().map(|mailbox| mailbox.2).collect::<Vec<_>>()
        };
        assert_eq!(assigned(&[("Sent", ""), ("Post", "\\sent")]), [None, Some(SpecialUse::Sent)]);
        assert_eq!(assigned(&[("Trash", ""), ("Корзина", "")]), [Some(SpecialUse::Trash), None]);
        assert_eq!(assigned(&[("Sent", "\\Junk"), ("x", "\\Junk")]), [Some(SpecialUse::Junk), None]);
    }
}
