//! Has flags follow that changed at the source.

use std::collections::BTreeMap;

use app::wire::{Flag, Uid, UidValidity};

use super::{
    flags::{Delta, from_text, is_kept, to_text},
    pool,
    run::{Job, Pair, Step, Stop},
};
use crate::{
    imap::{Code, Error, Selected, Session, UidSet},
    store::{FolderRow, Place, now},
};

/// How often all flags are listed at a source that does not tell which have changed, in seconds.
const FLAGS_EVERY: i64 = 3600;

/// Changes of flags taken in at once; where there are more, all flags are listed instead.
const CHANGES: usize = 20_000;

/// Messages whose flags are compared at once.
const COMPARED: usize = 1000;

/// Whether a mailbox without CONDSTORE has to be asked for all flags.
pub fn flags_are_due(row: &FolderRow, now: i64) -> bool {
    row.compared + FLAGS_EVERY <= now
}

pub struct Comparing<'a> {
    pub job: &'a Job,
    pub row: &'a FolderRow,
    /// Of the source.
    pub validity: UidValidity,
    pub here: &'a Selected,
}

impl Comparing<'_> {
    /// Compares what has changed since `modseq`, or all where that is not known. Says whether all were compared.
    pub async fn run(&self, pair: &mut Pair, there: &Selected, modseq: i64) -> Result<bool, Stop> {
        let since = app::wire::ModSeq(u64::try_from(modseq).unwrap_or(0));
        if let Some(now) = there.highest_modseq
            && since.0 > 0
        {
            if now == since {
                return Ok(false);
            }
            let changed = pair.source.fetch_changed_flags(&pool::from(Uid(1)), since, CHANGES).await;
            if let Some(changed) = changed.map_err(Stop::of_source)? {
                for some in changed.chunks(COMPARED) {
                    self.follow(&mut pair.target, some).await?;
                }
                return Ok(false);
            }
        } else if there.highest_modseq.is_none() && self.row.settled == 1 && !flags_are_due(self.row, now()) {
            return Ok(false);
        }
        let mut after = Uid(0);
        loop {
            let most = i64::try_from(COMPARED).unwrap_or(i64::MAX);
            let entries = self.job.store.entries_after(self.row.id, self.validity, after, most).await?;
            let Some(last) = entries.last() else { return Ok(true) };
            after = last.uid;
            let uids: UidSet = entries.iter().map(|entry| entry.uid).collect();
            let flags = pair.source.fetch_flags_by_uid(&uids).await.map_err(Stop::of_source)?;
            self.follow(&mut pair.target, &flags).await?;
        }
    }

    async fn follow(&self, target: &mut Session, now: &[(Uid, Vec<Flag>)]) -> Result<(), Stop> {
        let uids: Vec<Uid> = now.iter().map(|(uid, _)| *uid).collect();
        let now: BTreeMap<Uid, &Vec<Flag>> = now.iter().map(|(uid, flags)| (*uid, flags)).collect();
        let mut changed = Vec::new();
        let mut deltas: BTreeMap<Delta, Vec<Uid>> = BTreeMap::new();
        for mut entry in self.job.store.entries(self.row.id, self.validity, &uids).await? {
            let Some(now) = now.get(&entry.uid) else { continue };
            let Place::Here { validity, uid } = entry.place else { continue };
            let before = from_text(&entry.flags);
            let mut delta = Delta::between(&before, now);
            if to_text(now) == entry.flags || validity != self.here.uid_validity {
                continue;
            }
            entry.flags = to_text(now);
            changed.push(entry);
            delta.set.retain(|flag| is_kept(self.here, flag));
            delta.unset.retain(|flag| is_kept(self.here, flag));
            if !delta.is_empty() {
                deltas.entry(delta).or_default().push(uid);
            }
        }
        for (delta, uids) in deltas {
            let uids: UidSet = uids.into_iter().collect();
            for (flags, set) in [(&delta.set, true), (&delta.unset, false)] {
                match target.store(&uids, flags, set).await {
                    // What it never will keep, such as one keyword more than it has room for, holds nothing up.
                    Err(Error::Refused { code, .. }) if !code.as_ref().is_some_and(Code::is_passing) => {}
                    stored => stored.map_err(Stop::of_target)?,
                }
            }
        }
        target.take_changes();
        self.job.step(Step::Flagged)?;
        self.job.record(self.row.id, self.validity, &changed).await
    }
}
