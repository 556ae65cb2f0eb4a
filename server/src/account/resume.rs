//! Coming back to a mailbox that was left, or over a new line: the tabs that show it are told what happened meanwhile,
//! and no more than that, where it can be told.

use app::wire::{ModSeq, Uid};

use super::{actor::Actor, changes::Digest, listing::Baseline};
use crate::imap::{self, Session, UidSet, search};

/// More changes of flags than this are told as a new snapshot.
const MANY_FLAGS: usize = 1000;

impl Actor {
    /// The mailbox at hand is left, or the session is lost: what the tabs were told of it so far.
    pub(super) fn leave_at_hand(&mut self) {
        if let Some((path, baseline)) = self.at_hand.take() {
            self.synced.insert(path, Baseline { exists: self.exists, ..baseline });
        }
    }

    /// Brings what tabs show of the mailbox that was just selected up to date, from what they knew of it.
    pub(super) async fn catch_up_views(
        &mut self,
        session: &mut Session,
        path: &str,
        known: Option<Baseline>,
        now: &Baseline,
    ) -> Result<(), imap::Error> {
        let same = known.as_ref().is_some_and(|known| !known.changed && known == now);
        if now.modseq.is_some() && same && !self.modseq_stands_still {
            return Ok(());
        }
        let happened = self.what_happened(session, known, now).await?;
        // What has happened since SELECT is told by position, and comes before what was found out just now.
        let changes = session.take_changes();
        match happened {
            Some(digest) if changes.is_empty() => self.tell_digest(session, path, digest).await.map(drop),
            _ => {
                if !changes.is_empty() {
                    self.exists = session.selected().map_or(0, |selected| selected.exists);
                    self.want_sweep();
                    self.verify_hits(session, path).await?;
                }
                self.refresh_views(session, path).await
            }
        }
    }

    /// Whether the server's MODSEQ can be believed: it has to grow when something changes (RFC 7162 §3.1).
    fn doubt_modseq(&mut self, known: &Baseline, now: &Baseline) {
        if known.changed && now.modseq.is_some() && now.modseq <= known.modseq && now.uid_validity == known.uid_validity
        {
            self.modseq_stands_still = true;
        }
    }

    /// What happened in the selected mailbox since it was known; none when it cannot be told one by one: another
    /// UIDVALIDITY, a server without CONDSTORE (RFC 7162), or messages that are gone, of which nobody knows which they were.
    async fn what_happened(
        &mut self,
        session: &mut Session,
        known: Option<Baseline>,
        now: &Baseline,
    ) -> Result<Option<Digest>, imap::Error> {
        let Some(known) = known.filter(|known| known.uid_validity == now.uid_validity && known.uid_next > 0) else {
            return Ok(None);
        };
        self.doubt_modseq(&known, now);
        let (Some(then), Some(highest)) = (known.modseq, now.modseq) else { return Ok(None) };
        if self.modseq_stands_still {
            return Ok(None);
        }
        if now.uid_next < known.uid_next || highest < then {
            // Neither ever goes back: this is not the mailbox it was.
            return Ok(None);
        }
        let added = if now.uid_next == known.uid_next {
            0
        } else {
            let new = UidSet::range(Uid(known.uid_next), Uid(u32::MAX));
            u32::try_from(session.search(&[search::Key::All], Some(&new)).await?.len()).unwrap_or(u32::MAX)
        };
        if known.exists.checked_add(added) != Some(now.exists) {
            return Ok(None);
        }
        let old = UidSet::range(Uid(1), Uid(known.uid_next - 1));
        let flags = if highest == then || old.is_empty() {
            Some(Vec::new())
        } else {
            session.fetch_changed_flags(&old, ModSeq(then), MANY_FLAGS).await?
        };
        Ok(flags.map(|flags| Digest::of(added, now.exists, flags)))
    }
}
