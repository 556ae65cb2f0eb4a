//! Mail in files: a mailbox written as mbox, or mailboxes as Maildirs. Pure.

pub mod maildir;
pub mod mbox;

use app::wire::Flag;

/// The letters that stand for flags.
fn letters(flags: &[Flag], known: &[(Flag, char)]) -> String {
    known.iter().filter(|(flag, _)| flags.contains(flag)).map(|(_, letter)| letter).collect()
}

/// The keywords among flags (RFC 9051 §2.3.2).
fn keywords(flags: &[Flag]) -> impl Iterator<Item = &str> {
    flags.iter().map(Flag::as_str).filter(|flag| !flag.starts_with('\\'))
}
