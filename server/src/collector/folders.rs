//! Where the mailboxes of a source go. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use app::wire::SpecialUse;

use crate::imap::{Listed, View};

/// What stands in a name for a character that divides levels here.
const INSTEAD: &str = "_";

/// One side of a collector, as far as names are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub mailboxes: &'a [Listed],
    /// How the names of the person's own mailboxes begin (RFC 2342); empty where the server does not say.
    pub personal: &'a str,
    /// Whether messages have labels.
    pub labels: bool,
}

/// Where names go that were not decided on yet.
pub struct Wishes<'a> {
    /// The mailbox below which all is put, with levels divided by `/`; empty for none.
    pub prefix: &'a str,
    /// Which mailboxes of the target the person has chosen for a use.
    pub uses: &'a BTreeMap<SpecialUse, String>,
}

/// Whether there is anything to bring: mailboxes that hold nothing are left out, those that only show what is in others, and
/// those of other people. `labels`: what has no label is only where all is shown.
pub fn holds_mail(listed: &Listed, labels: bool) -> bool {
    let can_be_said = !listed.path.contains('\0');
    let of_its_own = listed.view.is_none() || (labels && listed.view == Some(View::All));
    listed.selectable && listed.shared.is_none() && of_its_own && can_be_said
}

/// Decides for each mailbox of the source that is not in `known` where it goes. No two go to the same place: what is known
/// stays, what the server says is for a use goes to the mailbox for it, what can keep its name keeps it, and the rest gives
/// way.
pub fn place(
    source: Side<'_>,
    target: Side<'_>,
    known: &HashMap<String, String>,
    wishes: &Wishes<'_>,
) -> Vec<(String, String)> {
    let mut taken: HashSet<String> = known.values().cloned().collect();
    let delimiter = target.mailboxes.iter().find_map(|listed| listed.delimiter);
    let mut waiting: Vec<(u8, &Listed, String)> = source
        .mailboxes
        .iter()
        .filter(|listed| holds_mail(listed, source.labels) && !known.contains_key(&listed.path))
        .map(|listed| match for_a_use(listed, target, wishes) {
            Some(path) => (0, listed, path),
            None => {
                let (path, exact) = translated(listed, source.personal, target.personal, delimiter, wishes.prefix);
                (if exact { 1 } else { 2 }, listed, path)
            }
        })
        .collect();
    waiting.sort_by_key(|(rank, ..)| *rank);
    let mut placed = Vec::new();
    for (_, listed, mut path) in waiting {
        while !taken.insert(path.clone()) {
            path.push_str(INSTEAD);
        }
        placed.push((listed.path.clone(), path));
    }
    placed.sort();
    placed
}

/// The mailbox of the target that is for what the server of the source says this one is for.
fn for_a_use(listed: &Listed, target: Side<'_>, wishes: &Wishes<'_>) -> Option<String> {
    if listed.path == "INBOX" || !wishes.prefix.is_empty() {
        return None;
    }
    let wanted = match listed.view {
        // What is found nowhere else.
        Some(View::All) => SpecialUse::Archive,
        _ => listed.said_use.filter(|said| *said != SpecialUse::Inbox)?,
    };
    mailbox_for(wanted, target.mailboxes, wishes.uses).map(str::to_owned)
}

/// The mailbox for a use: the one that the person has chosen, if it is there, else the server's.
pub fn mailbox_for<'a>(
    wanted: SpecialUse,
    mailboxes: &'a [Listed],
    uses: &BTreeMap<SpecialUse, String>,
) -> Option<&'a str> {
    let chosen = uses.get(&wanted).and_then(|path| mailboxes.iter().find(|listed| listed.path == *path));
    let of_server = || mailboxes.iter().find(|listed| listed.special_use == Some(wanted));
    chosen.or_else(of_server).map(|listed| listed.path.as_str())
}

/// The name as the target would have it, and whether all of it could be kept.
fn translated(
    listed: &Listed,
    personal_there: &str,
    personal_here: &str,
    delimiter: Option<char>,
    prefix: &str,
) -> (String, bool) {
    let mut exact = true;
    let mut levels: Vec<String> = prefix.split('/').filter(|level| !level.is_empty()).map(str::to_owned).collect();
    if listed.path == "INBOX" && levels.is_empty() {
        return ("INBOX".to_owned(), true);
    }
    let name = listed.path.strip_prefix(personal_there).filter(|name| !name.is_empty()).unwrap_or(&listed.path);
    match listed.delimiter {
        Some(delimiter) => levels.extend(name.split(delimiter).map(str::to_owned)),
        None => levels.push(name.to_owned()),
    }
    // Where a person's own mailboxes are below INBOX anyway, those below INBOX at the source need no level more.
    let below_inbox = personal_here.get(..5).is_some_and(|beginning| beginning.eq_ignore_ascii_case("INBOX"));
    if below_inbox && levels.len() > 1 && levels.first().is_some_and(|level| level == "INBOX") {
        levels.remove(0);
    }
    for level in &mut levels {
        let kept = delimiter.map_or_else(|| level.clone(), |delimiter| level.replace(delimiter, INSTEAD));
        let kept = if kept.is_empty() { INSTEAD.to_owned() } else { kept };
        exact &= kept == *level;
        *level = kept;
    }
    let divider = delimiter.map_or_else(|| INSTEAD.to_owned(), String::from);
    exact &= delimiter.is_some() || levels.len() == 1;
    let path = format!("{personal_here}{}", levels.join(&divider));
    // RFC 9051 §5.1: the name INBOX is reserved, in whatever letters.
    if path.eq_ignore_ascii_case("INBOX") { (format!("{path}{INSTEAD}"), false) } else { (path, exact) }
}

/// A name for a mailbox whose own the target refuses: without what some servers do not allow in names.
pub fn plainer(path: &str, delimiter: Option<char>) -> String {
    let odd = |letter: char| letter.is_control() || "~*%\"\\./#&".contains(letter);
    let plain = |letter: char| if odd(letter) && Some(letter) != delimiter { '_' } else { letter };
    path.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(path: &str, delimiter: char, said: Option<SpecialUse>) -> Listed {
        Listed { special_use: said, said_use: said, ..Listed::of(path, Some(delimiter)) }
    }

    fn placed(there: &[(&str, Option<SpecialUse>)], personal: &str, prefix: &str) -> Vec<(String, String)> {
        let there: Vec<Listed> = there.iter().map(|(path, said)| listed(path, '.', *said)).collect();
        let here = [listed("INBOX", '/', None), listed("Отправленные", '/', Some(SpecialUse::Sent))];
        let (source, target) = (
            Side { mailboxes: &there, personal, labels: false },
            Side { mailboxes: &here, personal: "", labels: false },
        );
        place(source, target, &HashMap::new(), &Wishes { prefix, uses: &BTreeMap::new() })
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(source, target)| ((*source).to_owned(), (*target).to_owned())).collect()
    }

    #[test]
    fn levels_are_translated_and_uses_found() {
        let there = [("INBOX", None), ("Work.2026", None), ("Sent Items", Some(SpecialUse::Sent)), ("Sent", None)];
        let expected =
            [("INBOX", "INBOX"), ("Sent", "Sent"), ("Sent Items", "Отправленные"), ("Work.2026", "Work/2026")];
        assert_eq!(placed(&there, "", ""), pairs(&expected));
        let below = [("INBOX", "Old/mail/INBOX"), ("Sent", "Old/mail/Sent"), ("Sent Items", "Old/mail/Sent Items")];
        assert_eq!(placed(&[there[0], there[2], there[3]], "", "Old/mail"), pairs(&below));
    }

    #[test]
    fn names_that_meet_give_way_and_letters_count() {
        let there = [("a/b", None), ("a_b", None), ("A_b", None), ("a_b_", None), ("inbox.x", None), ("a..b", None)];
        let expected = [
            ("A_b", "A_b"),
            ("a..b", "a/_/b"),
            ("a/b", "a_b__"),
            ("a_b", "a_b"),
            ("a_b_", "a_b_"),
            ("inbox.x", "inbox/x"),
        ];
        assert_eq!(placed(&there, "", ""), pairs(&expected));
    }

    #[test]
    fn the_beginning_of_personal_names_is_left_out() {
        let there = [("INBOX", None), ("INBOX.Work", None), ("INBOX.Work.x", None)];
        let expected = [("INBOX", "INBOX"), ("INBOX.Work", "Work"), ("INBOX.Work.x", "Work/x")];
        assert_eq!(placed(&there, "INBOX.", ""), pairs(&expected));
        let here = [listed("INBOX", '.', None)];
        let there = [listed("INBOX/sub", '/', None), listed("Work/v1.0", '/', None), listed("inbox ", '/', None)];
        let (source, target) = (
            Side { mailboxes: &there, personal: "", labels: false },
            Side { mailboxes: &here, personal: "INBOX.", labels: false },
        );
        let found = place(source, target, &HashMap::new(), &Wishes { prefix: "", uses: &BTreeMap::new() });
        let expected = [("INBOX/sub", "INBOX.sub"), ("Work/v1.0", "INBOX.Work.v1_0"), ("inbox ", "INBOX.inbox ")];
        assert_eq!(found, pairs(&expected));
    }

    #[test]
    fn what_is_known_stays() {
        let there = [listed("a", '.', None), listed("b", '.', None)];
        let here = [listed("INBOX", '/', None)];
        let known = HashMap::from([("gone".to_owned(), "a".to_owned()), ("b".to_owned(), "elsewhere".to_owned())]);
        let (source, target) = (
            Side { mailboxes: &there, personal: "", labels: false },
            Side { mailboxes: &here, personal: "", labels: false },
        );
        let found = place(source, target, &known, &Wishes { prefix: "", uses: &BTreeMap::new() });
        assert_eq!(found, pairs(&[("a", "a_")]));
    }
}
