//! From what the server says about the selected mailbox to what the tabs are told.

use app::wire::{Event, Flag, ListChange, MailboxCounts, Row, TabId, Uid, UidValidity};

use super::{actor::Actor, listing::Baseline, tab::Source};
use crate::imap::{self, Change, Session};

/// New rows that come along with the news of them.
const ROWS_WITH_NEWS: u32 = 50;

/// More changes than this at once are told as a new snapshot.
const MANY: usize = 500;

/// What a run of changes amounts to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    /// Positions that are gone, counted before any of the changes, descending.
    vanished: Vec<u32>,
    /// Messages that came and are still there.
    added: u32,
    /// Messages in the mailbox after all changes.
    exists: u32,
    flags: Vec<(Uid, Vec<Flag>)>,
    /// Sequence numbers (after all changes) whose flags changed while the server did not say their UIDs.
    unnamed: Vec<u32>,
    /// Something happened in another mailbox.
    elsewhere: bool,
    /// It cannot be told what happened: look at it anew.
    unclear: bool,
}

impl Digest {
    /// Some came, after which there are so many, and flags of others changed.
    pub(super) fn of(added: u32, exists: u32, flags: Vec<(Uid, Vec<Flag>)>) -> Self {
        Self { added, exists, flags, ..Self::default() }
    }

    /// Whether anything is another in the mailbox itself.
    fn is_of_the_list(&self) -> bool {
        self.added > 0 || !self.vanished.is_empty() || !self.flags.is_empty() || !self.unnamed.is_empty()
    }
}

/// Works out what a run of changes amounts to for a mailbox that had `exists` messages.
fn digest(exists: u32, changes: Vec<Change>) -> Digest {
    let mut digest = Digest { exists, ..Digest::default() };
    // Of the messages there were before, those still there.
    let mut old = exists;
    // Positions that are gone, ascending, counted before any change.
    let mut gone: Vec<u32> = Vec::new();
    for change in changes {
        match change {
            // RFC 9051 §7.4.1: only EXPUNGE makes a mailbox smaller. A server that says otherwise is not understood.
            Change::Exists(count) if count < digest.exists => digest.unclear = true,
            Change::Exists(count) => {
                digest.added += count - digest.exists;
                digest.exists = count;
            }
            Change::Expunge(sequence) if sequence == 0 || sequence > digest.exists => digest.unclear = true,
            Change::Expunge(sequence) => {
                digest.exists -= 1;
                if sequence > old {
                    digest.added = digest.added.saturating_sub(1);
                } else {
                    let mut position = old - sequence;
                    for earlier in &gone {
                        if *earlier <= position {
                            position += 1;
                        }
                    }
                    let place = gone.partition_point(|earlier| *earlier < position);
                    gone.insert(place, position);
                    old -= 1;
                }
                digest.unnamed.retain(|number| *number != sequence);
                for number in &mut digest.unnamed {
                    if *number > sequence {
                        *number -= 1;
                    }
                }
            }
            Change::Flags { uid: Some(uid), flags, .. } => digest.flags.push((uid, flags)),
            Change::Flags { seq, uid: None, .. } if seq == 0 || seq > digest.exists => digest.unclear = true,
            Change::Flags { seq, uid: None, .. } => digest.unnamed.push(seq),
            Change::Elsewhere => digest.elsewhere = true,
            Change::Overflow => digest.unclear = true,
        }
        if gone.len() > MANY {
            digest.unclear = true;
        }
        if digest.unclear {
            break;
        }
    }
    digest.vanished = gone.into_iter().rev().collect();
    digest.unnamed.sort_unstable();
    digest.unnamed.dedup();
    digest.unclear |= digest.unnamed.len() > MANY;
    digest
}

/// Numbers as runs of neighbours.
fn runs(numbers: &[u32]) -> Vec<std::ops::RangeInclusive<u32>> {
    let mut runs: Vec<std::ops::RangeInclusive<u32>> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some(run) if *run.end() + 1 == *number => *run = *run.start()..=*number,
            _ => runs.push(*number..=*number),
        }
    }
    runs
}

impl Actor {
    /// Tells the tabs all that the server has said about the selected mailbox so far. Returns whether it said anything.
    pub(super) async fn settle(&mut self, session: &mut Session) -> Result<bool, imap::Error> {
        let mut news = false;
        loop {
            let changes = session.take_changes();
            if changes.is_empty() {
                return Ok(news);
            }
            news = true;
            let Some(selected) = session.selected() else {
                self.want_sweep();
                continue;
            };
            let path = selected.path.clone();
            self.threads_touched.insert(path.clone());
            let digest = digest(self.exists, changes);
            if digest.elsewhere {
                self.want_sweep();
            }
            // Put back when all is told: else nobody knows what the tabs know.
            let at_hand = self.at_hand.take();
            if digest.unclear {
                self.look_anew(session, &path).await?;
            } else {
                self.exists = digest.exists;
                let changed = digest.is_of_the_list();
                let newest = self.tell_digest(session, &path, digest).await?;
                self.at_hand = at_hand.map(|(path, baseline)| {
                    let uid_next =
                        newest.map_or(baseline.uid_next, |newest| newest.map_or(0, |uid| uid.0.saturating_add(1)));
                    (path, Baseline { uid_next, changed: changed || baseline.changed, ..baseline })
                });
            }
            self.want_counts(&path);
        }
    }

    /// It is not clear what happened: SELECT says how many messages there are, whatever was said before (RFC 9051 §6.3.2).
    pub(super) async fn look_anew(&mut self, session: &mut Session, path: &str) -> Result<(), imap::Error> {
        match session.select(path).await {
            Ok(selected) => {
                self.exists = selected.exists;
                self.selects += 1;
                self.refresh_views(session, path).await?;
                self.at_hand = Some((path.to_owned(), Baseline::from(&selected)));
                Ok(())
            }
            Err(error) if error.is_refusal() => {
                // It is gone; the tree will say so.
                self.exists = 0;
                self.want_sweep();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the tabs. Returns the newest message, when some have come and if it is known.
    pub(super) async fn tell_digest(
        &mut self,
        session: &mut Session,
        path: &str,
        digest: Digest,
    ) -> Result<Option<Option<Uid>>, imap::Error> {
        if !digest.vanished.is_empty() {
            let count = u32::try_from(digest.vanished.len()).unwrap_or(u32::MAX);
            self.tell_list(
                path,
                |total| *total = total.saturating_sub(count),
                || ListChange::Vanished { positions: digest.vanished.clone() },
            );
            self.verify_hits(session, path).await?;
        }
        let mut flags = digest.flags;
        for run in runs(&digest.unnamed) {
            flags.extend(session.fetch_flags(run).await?.into_iter().map(|(_, uid, flags)| (uid, flags)));
        }
        if !flags.is_empty() {
            self.tell_flags(path, flags);
        }
        let mut newest = None;
        if digest.added > 0 {
            let first = digest.exists - digest.added.min(ROWS_WITH_NEWS) + 1;
            let rows = self.rows_by_sequence(session, first, digest.exists).await?;
            newest = Some(rows.first().map(|row| row.message.uid));
            self.read_reports(&rows);
            let count = digest.added;
            self.tell_list(path, |total| *total += count, || ListChange::Added { count, rows: rows.clone() });
        }
        Ok(newest)
    }

    /// Tells the tabs that show this mailbox of a change of its list.
    fn tell_list(&mut self, path: &str, mut grow: impl FnMut(&mut u32), change: impl Fn() -> ListChange) {
        for tab in self.tabs.values_mut() {
            let Some(view) = tab.view.as_mut() else { continue };
            if view.query.mailbox == path && matches!(view.source, Source::Mailbox { .. }) {
                grow(&mut view.total);
                let list = view.list;
                tab.tell(Event::Messages { list, change: change() });
            }
        }
    }

    /// Tells all tabs of flags: an open message or a search may show them too.
    pub(super) fn tell_flags(&mut self, path: &str, flags: Vec<(Uid, Vec<Flag>)>) {
        self.learn_labels(flags.iter().flat_map(|(_, flags)| flags));
        self.tell_flags_but(None, path, flags);
    }

    /// Tells all tabs but the one that gets these rows of the flags in them. A server that has said a flag in answer to a FETCH
    /// need not say it again (RFC 9051 §7.5.2), and Cyrus does not.
    pub(super) fn tell_flags_of(&mut self, rows: &[Row], to: &TabId) {
        let Some(first) = rows.first().filter(|_| self.tabs.len() > 1 || !self.cache.is_empty()) else { return };
        let mailbox = first.message.mailbox.clone();
        let flags = rows.iter().map(|row| (row.message.uid, row.flags.clone())).collect();
        self.tell_flags_but(Some(to), &mailbox, flags);
    }

    fn tell_flags_but(&mut self, but: Option<&TabId>, path: &str, flags: Vec<(Uid, Vec<Flag>)>) {
        self.cache.set_flags(path, &flags);
        for tab in self.tabs.values_mut() {
            if Some(&tab.id) == but {
                continue;
            }
            let Some(view) = &tab.view else { continue };
            let list = view.list;
            let change = ListChange::Flags { mailbox: path.to_owned(), flags: flags.clone() };
            tab.tell(Event::Messages { list, change });
        }
    }

    /// Counts the mailboxes in which something changed.
    pub(super) async fn count(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let paths: Vec<String> = std::mem::take(&mut self.counts_wanted).into_iter().collect();
        if paths.is_empty() {
            self.follow_threads(session).await?;
            return self.weigh(session).await;
        }
        self.fill.wanted = true;
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut counts = Vec::new();
        for (path, status) in session.status(&paths).await? {
            let now = MailboxCounts {
                path: path.clone(),
                total: status.messages,
                unseen: status.unseen,
                uid_validity: UidValidity(status.uid_validity),
                uid_next: Uid(status.uid_next),
            };
            if let Some(mailbox) = self.mailboxes.iter_mut().find(|mailbox| mailbox.path == path)
                && mailbox.set_counts(&now)
            {
                counts.push(now);
            }
            self.statuses.insert(path, status);
        }
        if !counts.is_empty() {
            self.tell_all(&Event::Counts { counts });
        }
        self.catch_up_hits(session).await?;
        self.follow_threads(session).await?;
        self.weigh(session).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_the_newest() {
        let digest = digest(10, vec![Change::Expunge(10), Change::Expunge(1)]);
        assert_eq!(digest.vanished, [9, 0]);
        assert_eq!((digest.exists, digest.added), (8, 0));
    }

    #[test]
    fn a_message_that_came_and_went_is_no_news() {
        let digest = digest(3, vec![Change::Exists(5), Change::Expunge(4), Change::Expunge(1)]);
        assert_eq!(digest.vanished, [2]);
        assert_eq!((digest.exists, digest.added), (3, 1));
    }

    #[test]
    fn flags_follow_their_message() {
        let flags = |seq| Change::Flags { seq, uid: None, flags: Vec::new() };
        let digest = digest(5, vec![flags(5), flags(2), flags(1), Change::Expunge(2)]);
        assert_eq!(digest.unnamed, [1, 4]);
    }

    #[test]
    fn nonsense_is_unclear() {
        for change in [Change::Exists(2), Change::Expunge(0), Change::Expunge(4), Change::Overflow] {
            assert!(digest(3, vec![change]).unclear);
        }
    }

    #[test]
    fn neighbours_make_runs() {
        assert_eq!(runs(&[1, 2, 3, 7, 9, 10]), [1..=3, 7..=7, 9..=10]);
    }

    proptest::proptest! {
        /// The digest tells the same as doing the changes one by one on a list.
        #[test]
        fn a_digest_is_the_sum_of_its_changes(start in 0u32..30, steps in proptest::collection::vec((0u8..3, 0u32..40), 0..40)) {
            // The list from the newest; old messages by their first position, new ones as none.
            let mut list: Vec<Option<u32>> = (0..start).map(Some).collect();
            let mut changes = Vec::new();
            for (kind, number) in steps {
                let count = u32::try_from(list.len()).unwrap();
                if kind == 0 {
                    let more = number % 4;
                    changes.push(Change::Exists(count + more));
                    for _ in 0..more {
                        list.insert(0, None);
                    }
                } else if count > 0 {
                    let sequence = number % count + 1;
                    changes.push(Change::Expunge(sequence));
                    list.remove((count - sequence) as usize);
                }
            }
            let digest = digest(start, changes);
            let mut expected: Vec<Option<u32>> = (0..start).filter(|p| !digest.vanished.contains(p)).map(Some).collect();
            for _ in 0..digest.added {
                expected.insert(0, None);
            }
            proptest::prop_assert_eq!(expected, list.clone());
            proptest::prop_assert_eq!(digest.exists as usize, list.len());
            proptest::prop_assert!(digest.vanished.windows(2).all(|pair| pair[0] > pair[1]));
        }
    }
}
