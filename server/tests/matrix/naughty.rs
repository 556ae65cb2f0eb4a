//! Names as somebody might write them who means harm or has odd tastes: what a server takes for a folder comes back as it was given.

use std::collections::BTreeSet;

use app::{
    utf7,
    wire::{Arrangement, Error},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use futures_util::future::join_all;
use naughty_strings::BLNS;

use crate::{
    cell::SERVERS,
    desk::Desk,
    mail::Mail,
    masking_proxy::Mask,
    stories::arranging::{arrange, create},
};

/// So many a person has: every change has all of them listed.
const TOGETHER: usize = 32;

/// Fewer would mean that nearly nothing was tried. Cyrus IMAP takes few signs in a name.
const FEWEST: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn naughty_names_come_back_as_they_were_given() {
    let all = SERVERS.iter().map(|(name, kind)| async move {
        let server = kind.start();
        let people = BLNS.chunks(TOGETHER).enumerate().map(|(person, names)| async move {
            // A string that goes as a literal is waited for, or not.
            let cell = kind.cell(server, Mask::Without(if person % 2 == 0 { &[] } else { &["LITERAL+", "LITERAL-"] }));
            let counts = come_and_go(&mut cell.desk(0).await, names, cell.delimiter).await;
            assert_eq!(cell.trespasses(), Vec::<String>::new());
            counts
        });
        let counts = join_all(people).await;
        let (taken, refused) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        println!("{name}: of {} names {taken} taken, {refused} refused by the server", BLNS.len());
        assert!(taken >= FEWEST, "{name} takes {taken} of {}", BLNS.len());
    });
    join_all(all).await;
}

/// Makes folders of these names, and deletes one. Says how many the server has taken and refused.
async fn come_and_go(desk: &mut Desk, names: &[&str], delimiter: char) -> (usize, usize) {
    let before = paths(&mut desk.mail).await;
    let (mut made, mut refused) = (BTreeSet::new(), 0);
    for name in names {
        let path = desk.top(name.trim());
        match arrange(&mut desk.tab, create(None, name)).await {
            Ok(given) => {
                assert_eq!(given.as_deref(), Some(path.as_str()));
                assert!(desk.tab.view.mailbox(&path).is_some(), "{path:?} is not told");
                assert!(made.insert(path.clone()), "{path:?} was there");
            }
            Err(Error::MailboxExists) => {
                assert!(made.contains(&path) || path.eq_ignore_ascii_case("INBOX"), "{path:?}");
            }
            Err(Error::MailboxName) => {
                let has_reason = |sign: char| sign.is_control() || sign == delimiter || matches!(sign, '%' | '*');
                let is_long = utf7::encode(name).len().max(name.len()) > 255;
                assert!(name.trim().is_empty() || is_long || name.contains(has_reason), "{name:?}");
            }
            // Some servers take no tilde in front, some no sign that their files could not have.
            Err(error) => {
                assert!(matches!(error, Error::Refused { .. }), "{name:?}: {error:?}");
                refused += 1;
            }
        }
    }
    // As another program sees it, each is there by its name, and nothing else is.
    let there: BTreeSet<String> = paths(&mut desk.mail).await.difference(&before).cloned().collect();
    assert_eq!(there, made);
    for path in &made {
        assert_eq!(desk.tab.open(path).await.total, 0, "{path:?}");
    }
    desk.tab.open("INBOX").await;
    // Courier IMAP takes two seconds for each.
    let counts = (made.len(), refused);
    if let Some(path) = made.pop_last() {
        assert_eq!(arrange(&mut desk.tab, Arrangement::Delete { path: path.clone() }).await, Ok(None), "{path:?}");
        let there: BTreeSet<String> = paths(&mut desk.mail).await.difference(&before).cloned().collect();
        assert_eq!(there, made);
    }
    counts
}

/// The mailboxes of a server, read by nothing of ours.
async fn paths(mail: &mut Mail) -> BTreeSet<String> {
    let lines = mail.run("LIST \"\" \"*\"").await;
    let names = lines.iter().filter_map(|line| line.strip_prefix("* LIST (")?.split_once(") \"")?.1.get(3..));
    names.map(|name| from_utf7(&unquoted(name))).collect()
}

/// A string of IMAP's (RFC 3501 §4.3) or an atom.
fn unquoted(text: &str) -> String {
    // A literal's line end is gone by here.
    if let Some((_, literal)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return literal.to_owned();
    }
    let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let mut signs = quoted.chars();
    let mut plain = String::new();
    while let Some(sign) = signs.next() {
        plain.extend(if sign == '\\' { signs.next() } else { Some(sign) });
    }
    plain
}

/// RFC 3501 §5.1.3.
fn from_utf7(name: &str) -> String {
    let mut pieces = name.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (coded, plain) = piece.split_once('-').expect("an end");
        let bytes = STANDARD_NO_PAD.decode(coded.replace(',', "/")).expect("base64");
        let units: Vec<u16> = bytes.chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
        text += if coded.is_empty() { "&" } else { "" };
        text += &String::from_utf16(&units).expect("UTF-16");
        text += plain;
    }
    text
}
