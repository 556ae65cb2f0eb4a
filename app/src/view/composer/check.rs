//! What is looked at before a message is sent. Pure.

use crate::{
    view::recipients::problem,
    view::words::lower_case,
    wire::{Address, Draft, Error},
};

/// Why it is not sent at once.
#[derive(Debug, PartialEq, Eq)]
pub enum Obstacle {
    Error(Error),
    /// A file is on its way up, or did not get there.
    Files,
    NoSubject,
    /// The text speaks of a file, and there is none.
    NoAttachment,
}

/// The first thing that stands in the way. Those who always get a copy are not whom it is for.
pub fn obstacle(draft: &Draft, copies: &[Address], failed: bool, uploading: bool) -> Option<Obstacle> {
    let mut addresses = draft.from.iter().chain(&draft.to).chain(&draft.cc).chain(&draft.bcc);
    if let Some(bad) = addresses.find(|address| problem(&address.email).is_some()) {
        return Some(Obstacle::Error(Error::BadAddress { text: bad.email.clone() }));
    }
    if draft.to.is_empty() && draft.cc.is_empty() && draft.bcc.iter().all(|address| copies.contains(address)) {
        return Some(Obstacle::Error(Error::NoRecipient));
    }
    if failed || uploading {
        return Some(Obstacle::Files);
    }
    if draft.subject.trim().is_empty() {
        return Some(Obstacle::NoSubject);
    }
    if draft.attachments.iter().all(|attachment| attachment.inline) && speaks_of_files(&draft.body) {
        return Some(Obstacle::NoAttachment);
    }
    None
}

/// Whether the person's own words, not the quoted ones, speak of a file that goes with the message.
fn speaks_of_files(body: &str) -> bool {
    const SIGNS: &[&str] = &[
        "attached",
        "attachment",
        "attaching",
        "enclosed",
        "во вложении",
        "вложение",
        "вложил",
        "вложен",
        "прилагаю",
        "прилагается",
        "прилагаем",
        "прикладываю",
        "прикрепил",
        "прикрепля",
        "прикрепляю",
        "приложил",
        "приложен к",
        "приложенн",
    ];
    let own = body.lines().take_while(|line| !line.starts_with('>') && !line.starts_with("-----") && *line != "-- ");
    own.map(lower_case).any(|line| SIGNS.iter().any(|sign| line.contains(sign)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::DraftId;

    fn draft(to: &str, subject: &str, body: &str) -> Draft {
        let to = Address { name: String::new(), email: to.to_owned() };
        Draft {
            to: if to.email.is_empty() { Vec::new() } else { vec![to] },
            subject: subject.to_owned(),
            body: body.to_owned(),
            ..Draft::new(DraftId("1".to_owned()))
        }
    }

    #[test]
    fn a_message_without_a_good_recipient_is_not_sent() {
        assert_eq!(obstacle(&draft("", "a", "b"), &[], false, false), Some(Obstacle::Error(Error::NoRecipient)));
        let bad = Error::BadAddress { text: "ana".to_owned() };
        assert_eq!(obstacle(&draft("ana", "a", "b"), &[], false, false), Some(Obstacle::Error(bad)));
    }

    #[test]
    fn a_copy_to_oneself_is_no_recipient_and_half_an_address_no_sender() {
        let address = |email: &str| Address { name: String::new(), email: email.to_owned() };
        let (own, none) = (address("own@b.cd"), Some(Obstacle::Error(Error::NoRecipient)));
        let alone = Draft { bcc: vec![own.clone()], ..draft("", "a", "b") };
        assert_eq!(obstacle(&alone, std::slice::from_ref(&own), false, false), none);
        assert_eq!(obstacle(&alone, &[], false, false), None);
        let meant = Draft { to: vec![own.clone()], ..draft("", "a", "b") };
        assert_eq!(obstacle(&meant, &[own], false, false), None);
        let half = Draft { from: Some(address("@b.cd")), ..draft("a@b.cd", "a", "b") };
        let bad = Error::BadAddress { text: "@b.cd".to_owned() };
        assert_eq!(obstacle(&half, &[], false, false), Some(Obstacle::Error(bad)));
    }

    #[test]
    fn a_forgotten_file_is_asked_about_in_both_languages() {
        for text in ["See the attached report", "Договор во вложении.", "Прилагаю счёт"] {
            assert_eq!(
                obstacle(&draft("a@b.cd", "a", text), &[], false, false),
                Some(Obstacle::NoAttachment),
                "{text}"
            );
        }
        for text in ["Thanks\n> see attached", "Поставь приложение", "Ok"] {
            assert_eq!(obstacle(&draft("a@b.cd", "a", text), &[], false, false), None, "{text}");
        }
    }

    #[test]
    fn a_file_on_its_way_is_waited_for() {
        assert_eq!(obstacle(&draft("a@b.cd", "a", "b"), &[], false, true), Some(Obstacle::Files));
        assert_eq!(obstacle(&draft("a@b.cd", "", "b"), &[], false, false), Some(Obstacle::NoSubject));
    }
}
