//! What is looked at before a message is sent. Pure.

use crate::{
    state::Check,
    view::recipients::problem,
    view::words::lower_case,
    wire::{Address, Doubt, Draft, DraftKind, Error, Template},
};

/// As many people may see each other's addresses.
const MOST_VISIBLE: usize = 5;

/// An answer to more people than this is meant to be one, or not.
const MANY: usize = 10;

/// Why it is not sent at once.
#[derive(Debug, PartialEq, Eq)]
pub enum Obstacle {
    Error(Error),
    /// A file is on its way up, or did not get there.
    Files,
    /// It may not be meant so.
    Ask(Check),
}

/// What is known beside the draft.
#[derive(Default)]
pub struct Around {
    /// Who always gets a copy: they are not whom it is for.
    pub copies: Vec<Address>,
    /// A file did not get there.
    pub failed: bool,
    pub uploading: bool,
    pub doubts: Vec<Doubt>,
    /// Recipients of the person's own domains.
    pub inside: Vec<String>,
    /// Who have each other's addresses already.
    pub together: Vec<Address>,
    /// Names of placeholders that came with a template, beside those that are known.
    pub unfilled: Vec<String>,
    pub answered: Vec<Check>,
}

/// The first thing that stands in the way.
pub fn obstacle(draft: &Draft, around: &Around) -> Option<Obstacle> {
    let mut addresses = draft.from.iter().chain(&draft.to).chain(&draft.cc).chain(&draft.bcc);
    if let Some(bad) = addresses.find(|address| problem(&address.email).is_some()) {
        return Some(Obstacle::Error(Error::BadAddress { text: bad.email.clone() }));
    }
    if draft.to.is_empty() && draft.cc.is_empty() && draft.bcc.iter().all(|address| around.copies.contains(address)) {
        return Some(Obstacle::Error(Error::NoRecipient));
    }
    if around.failed || around.uploading {
        return Some(Obstacle::Files);
    }
    let is_answered = |check: &Check| around.answered.iter().any(|other| other.is_same(check));
    questions(draft, around).into_iter().find(|check| !is_answered(check)).map(Obstacle::Ask)
}

/// All that may not be meant so.
fn questions(draft: &Draft, around: &Around) -> Vec<Check> {
    let recipients = || draft.to.iter().chain(&draft.cc).chain(&draft.bcc);
    let is_recipient = |doubt: &&Doubt| recipients().any(|one| one.email == doubt.email);
    let mut questions: Vec<Check> =
        around.doubts.iter().filter(is_recipient).map(|doubt| Check::Doubt(doubt.clone())).collect();
    if draft.subject.trim().is_empty() {
        questions.push(Check::NoSubject);
    }
    if draft.attachments.iter().all(|attachment| attachment.inline) && speaks_of_files(&draft.body) {
        questions.push(Check::NoAttachment);
    }
    let unfilled = unfilled(draft, &around.unfilled);
    if !unfilled.is_empty() {
        questions.push(Check::Unfilled(unfilled));
    }
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let is_stranger = |one: &&Address| {
        !around.together.iter().any(|other| other.email.eq_ignore_ascii_case(&one.email))
            && !around.inside.contains(&one.email)
    };
    let visible = || draft.to.iter().chain(&draft.cc);
    if visible().filter(is_stranger).count() > MOST_VISIBLE {
        questions.push(Check::Visible(count(visible().count())));
    }
    if let Some(original) = draft.original.as_ref().filter(|original| original.kind == DraftKind::ReplyAll) {
        let all = recipients().filter(|one| !around.copies.contains(one)).count();
        let list = original.list && all > 1;
        if list || all > MANY {
            questions.push(Check::ToAll { count: count(all), list });
        }
    }
    questions
}

/// Placeholders that are still in the person's own words, with commas between.
fn unfilled(draft: &Draft, more: &[String]) -> String {
    let mut found: Vec<String> = Vec::new();
    for name in Template::PLACEHOLDERS.iter().copied().chain(more.iter().map(String::as_str)) {
        let written = format!("{{{name}}}");
        let is_there = draft.subject.contains(&written) || own_lines(&draft.body).any(|line| line.contains(&written));
        if is_there && !found.contains(&written) {
            found.push(written);
        }
    }
    found.join(", ")
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
    own_lines(body).map(lower_case).any(|line| SIGNS.iter().any(|sign| line.contains(sign)))
}

fn own_lines(body: &str) -> impl Iterator<Item = &str> {
    body.lines().take_while(|line| !line.starts_with('>') && !line.starts_with("-----") && *line != "-- ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{AccountId, DraftId, MessageRef, Original, Uid, UidValidity};

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
        assert_eq!(obstacle(&draft("", "a", "b"), &Around::default()), Some(Obstacle::Error(Error::NoRecipient)));
        let bad = Error::BadAddress { text: "ana".to_owned() };
        assert_eq!(obstacle(&draft("ana", "a", "b"), &Around::default()), Some(Obstacle::Error(bad)));
    }

    #[test]
    fn a_copy_to_oneself_is_no_recipient_and_half_an_address_no_sender() {
        let address = |email: &str| Address { name: String::new(), email: email.to_owned() };
        let (own, none) = (address("own@b.cd"), Some(Obstacle::Error(Error::NoRecipient)));
        let around = Around { copies: vec![own.clone()], ..Around::default() };
        let alone = Draft { bcc: vec![own.clone()], ..draft("", "a", "b") };
        assert_eq!(obstacle(&alone, &around), none);
        assert_eq!(obstacle(&alone, &Around::default()), None);
        let meant = Draft { to: vec![own], ..draft("", "a", "b") };
        assert_eq!(obstacle(&meant, &around), None);
        let half = Draft { from: Some(address("@b.cd")), ..draft("a@b.cd", "a", "b") };
        let bad = Error::BadAddress { text: "@b.cd".to_owned() };
        assert_eq!(obstacle(&half, &Around::default()), Some(Obstacle::Error(bad)));
    }

    #[test]
    fn a_forgotten_file_is_asked_about_in_both_languages() {
        for text in ["See the attached report", "Договор во вложении.", "Прилагаю счёт"] {
            assert_eq!(
                obstacle(&draft("a@b.cd", "a", text), &Around::default()),
                Some(Obstacle::Ask(Check::NoAttachment)),
                "{text}"
            );
        }
        for text in ["Thanks\n> see attached", "Поставь приложение", "Ok"] {
            assert_eq!(obstacle(&draft("a@b.cd", "a", text), &Around::default()), None, "{text}");
        }
    }

    #[test]
    fn a_file_on_its_way_is_waited_for() {
        assert_eq!(
            obstacle(&draft("a@b.cd", "a", "b"), &Around { uploading: true, ..Around::default() }),
            Some(Obstacle::Files)
        );
        assert_eq!(obstacle(&draft("a@b.cd", "", "b"), &Around::default()), Some(Obstacle::Ask(Check::NoSubject)));
    }

    fn people(count: usize, domain: &str) -> Vec<Address> {
        (0..count).map(|nth| Address { name: String::new(), email: format!("p{nth}@{domain}") }).collect()
    }

    fn answer(kind: DraftKind, list: bool) -> Option<Original> {
        let (uid_validity, uid) = (UidValidity(1), Uid(1));
        let message = MessageRef { account: AccountId(1), mailbox: "INBOX".to_owned(), uid_validity, uid };
        Some(Original { message, kind, from: Vec::new(), date: 0, others: Vec::new(), list, head: None })
    }

    #[test]
    fn many_who_do_not_know_each_other_are_better_hidden() {
        let many = Draft { to: people(4, "x.example"), cc: people(2, "y.example"), ..draft("", "a", "b") };
        let asked = Some(Obstacle::Ask(Check::Visible(6)));
        assert_eq!(obstacle(&many, &Around::default()), asked);
        let hidden = Draft { to: Vec::new(), cc: Vec::new(), bcc: people(6, "x.example"), ..many.clone() };
        assert_eq!(obstacle(&hidden, &Around::default()), None);
        let together = Around { together: people(4, "X.example"), ..Around::default() };
        assert_eq!(obstacle(&many, &together), None, "they have each other's addresses");
        let inside = Around { inside: vec!["p0@y.example".to_owned()], ..Around::default() };
        assert_eq!(obstacle(&many, &inside), None, "colleagues know each other");
        let answered = Around { answered: vec![Check::Visible(7)], ..Around::default() };
        assert_eq!(obstacle(&many, &answered), None, "once is enough");
    }

    #[test]
    fn an_answer_to_many_says_to_how_many() {
        let to_all = |count, list| Some(Obstacle::Ask(Check::ToAll { count, list }));
        for (kind, list, count, expected) in [
            (DraftKind::ReplyAll, false, 11, to_all(11, false)),
            (DraftKind::ReplyAll, false, 10, None),
            (DraftKind::ReplyAll, true, 2, to_all(2, true)),
            (DraftKind::ReplyAll, true, 1, None),
            (DraftKind::Reply, true, 11, None),
        ] {
            let all = people(count, "x.example");
            let around = Around { together: all.clone(), ..Around::default() };
            let draft = Draft { to: all, original: answer(kind, list), ..draft("", "a", "b") };
            assert_eq!(obstacle(&draft, &around), expected, "{kind:?} {list} {count}");
        }
    }

    #[test]
    fn what_a_template_left_open_is_pointed_out() {
        let around = Around { unfilled: vec!["заказ".to_owned(), "name".to_owned()], ..Around::default() };
        let asked = |names: &str| Some(Obstacle::Ask(Check::Unfilled(names.to_owned())));
        for (subject, body, expected) in [
            ("a", "Hello {name}, {first_name}", asked("{name}, {first_name}")),
            ("About {subject}", "b", asked("{subject}")),
            ("a", "Ваш {заказ}", asked("{заказ}")),
            ("a", "let x = {other};\n> {name}", None),
        ] {
            assert_eq!(obstacle(&draft("a@b.cd", subject, body), &around), expected, "{body}");
        }
    }

    #[test]
    fn an_address_in_doubt_is_asked_about_first_and_once() {
        let doubt = |email: &str| Doubt { email: email.to_owned(), meant: None, ascii: None };
        let around = Around { doubts: vec![doubt("gone@b.cd"), doubt("a@b.cd")], ..Around::default() };
        let asked = Check::Doubt(doubt("a@b.cd"));
        assert_eq!(obstacle(&draft("a@b.cd", "", "b"), &around), Some(Obstacle::Ask(asked.clone())));
        let around = Around { answered: vec![asked, Check::Doubt(doubt("c@b.cd"))], ..around };
        assert_eq!(obstacle(&draft("a@b.cd", "", "b"), &around), Some(Obstacle::Ask(Check::NoSubject)));
    }
}
