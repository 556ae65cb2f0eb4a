//! What servers do that their capabilities do not say, and what a run does about it: all in one table.

use crate::imap::Session;

/// One kind of server.
#[derive(Debug, PartialEq, Eq)]
pub struct Quirk {
    pub server: &'static str,
    mark: Mark,
    /// Messages have labels, and a mailbox shows all with one of them.
    pub labels: bool,
    /// Pairs of sessions that are used at most.
    pub pairs: usize,
    pub reason: &'static str,
}

/// By what a server is known.
#[derive(Debug, PartialEq, Eq)]
enum Mark {
    /// It has labels (`X-GM-EXT-1`).
    Labels,
    /// How the name of its host ends.
    Host(&'static [&'static str]),
    Any,
}

/// The first that fits holds; the last one fits all.
static QUIRKS: [Quirk; 3] = [
    Quirk {
        server: "Gmail",
        mark: Mark::Labels,
        labels: true,
        pairs: 1,
        reason: "a message is in the mailbox of each of its labels, and in All Mail: it comes once, and the order of the mailboxes \
            decides with which; one that has left a mailbox has lost a label (2026-11)",
    },
    Quirk {
        server: "Microsoft 365, Outlook.com",
        mark: Mark::Host(&["outlook.com", "office365.com", "hotmail.com"]),
        labels: false,
        pairs: 2,
        reason: "what one account asks for is rationed, whatever the number of its sessions, and it is told in words how long to \
            wait (2026-11)",
    },
    Quirk { server: "all others", mark: Mark::Any, labels: false, pairs: 4, reason: "they do as the RFCs say" },
];

/// What holds for a source: by what it can do, and the host it was called by.
pub fn quirk(source: &Session, host: &str) -> &'static Quirk {
    find(source.capabilities().gmail, host)
}

fn find(labels: bool, host: &str) -> &'static Quirk {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_of = |suffix: &&str| host.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let fits = |quirk: &&Quirk| match &quirk.mark {
        Mark::Labels => labels,
        Mark::Host(suffixes) => suffixes.iter().any(is_of),
        Mark::Any => true,
    };
    let [.., others] = &QUIRKS;
    QUIRKS.iter().find(fits).unwrap_or(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_what_it_can_do_or_by_its_host() {
        for (labels, host, expected) in [
            (true, "127.0.0.1", "Gmail"),
            (false, "outlook.office365.com", "Microsoft 365, Outlook.com"),
            (false, "IMAP-mail.Outlook.com.", "Microsoft 365, Outlook.com"),
            (false, "notoutlook.com", "all others"),
            (false, "imap.example.org", "all others"),
        ] {
            assert_eq!(find(labels, host).server, expected, "{host}");
        }
        assert!(QUIRKS.iter().all(|quirk| (1..=4).contains(&quirk.pairs) && !quirk.reason.is_empty()));
    }
}
