//! Mail in files. Out: a mailbox written as mbox, or mailboxes as Maildirs. In: the same, single messages and zips, as many
//! programs write them.

pub mod maildir;
pub mod mbox;
pub mod message;
mod naming;
pub mod reading;

use app::wire::Flag;

/// The letters that stand for flags.
fn letters(flags: &[Flag], known: &[(Flag, char)]) -> String {
    known.iter().filter(|(flag, _)| flags.contains(flag)).map(|(_, letter)| letter).collect()
}

/// The keywords among flags (RFC 9051 §2.3.2).
fn keywords(flags: &[Flag]) -> impl Iterator<Item = &str> {
    flags.iter().map(Flag::as_str).filter(|flag| !flag.starts_with('\\'))
}
