//! One mailbox of the source is gone through: what is new in it comes here, and flags that changed there change here.

use std::{collections::BTreeMap, pin::pin};

use app::wire::{CollectorTrouble, Flag, Uid, UidValidity};
use futures_util::future::{Either, select};
use tokio::sync::mpsc;

use super::{
    flags::{Delta, from_text, is_kept, to_text},
    folders::plainer,
    pool::{self, Pool},
    reading::Reading,
    run::{Job, Pair, Step, Stop},
    writing::{Shown, Writing},
};
use crate::{
    imap::{Code, Error, Listed, Selected, Session, UidSet},
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

/// Goes through one mailbox.
pub async fn pass(job: &Job, pair: &mut Pair, mut row: FolderRow, listed: &Listed) -> Result<(), Stop> {
    let here = make(job, &mut pair.target, &mut row).await?;
    job.step(Step::Made)?;
    let there = pair.source.examine(&listed.path).await.map_err(Stop::of_source)?;
    let limit = pair.target.append_limit(&row.target, usize::MAX).await.map_err(Stop::of_target)?;
    let mut writing = Writing {
        job,
        target: &mut pair.target,
        folder: &row,
        validity: there.uid_validity,
        mailbox: here.clone(),
        next: Uid(here.uid_next.0.max(1)),
        limit,
        pool: Pool::default(),
        shown: Shown::default(),
    };
    let begun = begin(job, &mut writing).await?;
    let uids = new_ones(&mut pair.source, &there, &begun).await?;
    exchange(&mut writing, &mut pair.source, &uids).await?;
    let compared = match (row.uid_validity, job.collector.options.follow_flags) {
        // As they came.
        (0, _) => now(),
        (_, false) => row.compared,
        (_, true) => {
            let compare = Comparing { job, row: &begun, validity: there.uid_validity, here: &here };
            // A mailbox that was begun before, or anew, may have messages whose flags changed meanwhile.
            let since = if begun.settled == 1 { begun.modseq } else { 0 };
            if compare.run(pair, &there, since).await? { now() } else { row.compared }
        }
    };
    if begun.settled == 0 {
        job.store.forget_former(row.id, there.uid_validity).await?;
    }
    let after_last = Uid(uids.last().map_or(0, |uid| uid.0.saturating_add(1)));
    let next = if there.uid_next == Uid(0) { after_last } else { there.uid_next };
    let first_open = still_open(job, &mut pair.source, &row, there.uid_validity).await?;
    job.store.count_folder(row.id, there.uid_validity).await?;
    let done = FolderRow {
        uid_next: i64::from(first_open.unwrap_or(next).min(next).0),
        modseq: there.highest_modseq.map_or(0, |modseq| i64::try_from(modseq.0).unwrap_or(0)),
        messages: i64::from(there.exists),
        compared,
        settled: 1,
        ..begun
    };
    job.store.set_folder(&done).await?;
    job.step(Step::Done)
}

/// Finds out what became of what was under way, and where messages are if one of the two mailboxes is not what it was. Gives
/// back the row as it is to be gone on with.
async fn begin(job: &Job, writing: &mut Writing<'_>) -> Result<FolderRow, Stop> {
    let (row, here) = (writing.folder, writing.mailbox.clone());
    let begun_before = row.uid_validity != 0;
    let same_target = row.target_validity == i64::from(here.uid_validity.0);
    let same_source = row.uid_validity == i64::from(writing.validity.0);
    writing.recover().await?;
    if begun_before && !same_target {
        writing.find_again(UidValidity(u32::try_from(row.uid_validity).unwrap_or(0))).await?;
    }
    let mut begun = row.clone();
    if !begun_before || !same_source || !same_target {
        begun.uid_validity = i64::from(writing.validity.0);
        begun.target_validity = i64::from(here.uid_validity.0);
        begun.settled = 0;
        begun.target_base = i64::from(if here.uid_next == Uid(0) { u32::MAX } else { here.uid_next.0 });
        job.store.set_folder(&begun).await?;
    }
    if begun.settled == 0 {
        let base = Uid(u32::try_from(begun.target_base).unwrap_or(u32::MAX));
        let before = UidSet::range(Uid(1), Uid(base.0.saturating_sub(1)));
        if !before.is_empty() {
            let known = writing.known(Uid(1)).await?;
            writing.pool = Pool::of(writing.target, &before, &known).await.map_err(Stop::of_target)?;
        }
        writing.pool.remember(job.store.former_entries(row.id, writing.validity).await?);
    }
    Ok(begun)
}

/// Reads and writes at the same time.
async fn exchange(writing: &mut Writing<'_>, source: &mut Session, uids: &[Uid]) -> Result<(), Stop> {
    let (parcels, mut taken) = mpsc::channel(1);
    let (job, folder, validity) = (writing.job, writing.folder.id, writing.validity);
    let reading = Reading { job, source, folder, validity, parcels };
    let written = async {
        while let Some(parcel) = taken.recv().await {
            writing.put(parcel).await?;
        }
        Ok::<(), Stop>(())
    };
    match select(pin!(reading.read(uids)), pin!(written)).await {
        // What was read is put away, whatever became of the source.
        Either::Left((read, written)) => {
            written.await?;
            read
        }
        Either::Right((written, read)) => {
            written?;
            read.await
        }
    }
}

/// The first message that is still to be sent; those that the source has no more are forgotten.
async fn still_open(
    job: &Job,
    source: &mut Session,
    row: &FolderRow,
    validity: UidValidity,
) -> Result<Option<Uid>, Stop> {
    let open = job.store.open_entries(row.id, validity).await?;
    if open.is_empty() {
        return Ok(None);
    }
    let there = source.search(&[], Some(&open.iter().copied().collect())).await.map_err(Stop::of_source)?;
    let gone: Vec<Uid> = open.into_iter().filter(|uid| !there.contains(uid)).collect();
    job.store.forget_open(row.id, validity, &gone).await?;
    Ok(there.first().copied())
}

/// UIDs of messages that may be new.
async fn new_ones(source: &mut Session, there: &Selected, row: &FolderRow) -> Result<Vec<Uid>, Stop> {
    if there.exists == 0 {
        return Ok(Vec::new());
    }
    let from = if row.settled == 0 { 1 } else { u32::try_from(row.uid_next).unwrap_or(1).max(1) };
    if from > 1 && from == there.uid_next.0 {
        return Ok(Vec::new());
    }
    let within = (from > 1).then(|| pool::from(Uid(from)));
    source.search(&[], within.as_ref()).await.map_err(Stop::of_source)
}

/// Selects the mailbox of the target; makes it where it is not there. One that was renamed here is followed.
async fn make(job: &Job, target: &mut Session, row: &mut FolderRow) -> Result<Selected, Stop> {
    let refused = match target.select(&row.target).await {
        Ok(selected) if selected.read_only => {
            let text = format!("{} can only be read", row.target);
            return Err(Stop::Folder(CollectorTrouble::Target(app::wire::Error::Refused { text })));
        }
        Ok(selected) => return Ok(selected),
        Err(error) if error.is_refusal() => error,
        Err(error) => return Err(Stop::of_target(error)),
    };
    let rows = job.store.folder_rows(job.collector.id).await?;
    let taken = |path: &str| rows.iter().any(|row| row.target == path);
    let mailboxes = target.list().await.map_err(Stop::of_target)?;
    let there = mailboxes.iter().find(|listed| listed.path == row.target);
    if there.is_some_and(|listed| listed.selectable) {
        return Err(Stop::of_target(refused));
    }
    let is_it = |listed: &&Listed| {
        let validity = listed.status.map_or(0, |status| i64::from(status.uid_validity));
        row.target_validity != 0 && validity == row.target_validity && !taken(&listed.path)
    };
    let mut renamed = mailboxes.iter().filter(is_it);
    if let (Some(listed), None) = (renamed.next(), renamed.next()) {
        row.target.clone_from(&listed.path);
    } else {
        match target.create(&row.target).await {
            Err(Error::Refused { code, .. }) if code != Some(Code::OverQuota) && code != Some(Code::AlreadyExists) => {
                let delimiter = mailboxes.iter().find_map(|listed| listed.delimiter);
                let mut path = plainer(&row.target, delimiter);
                while taken(&path) {
                    path.push('_');
                }
                if path == row.target {
                    return Err(Stop::of_target(refused));
                }
                target.create(&path).await.map_err(Stop::of_target)?;
                row.target = path;
            }
            Err(Error::Refused { code: Some(Code::AlreadyExists), .. }) | Ok(()) => {}
            Err(error) => return Err(Stop::of_target(error)),
        }
        match target.subscribe(&row.target).await {
            Err(error) if !error.is_refusal() => return Err(Stop::of_target(error)),
            // It is there, and can be shown all the same.
            _ => {}
        }
    }
    job.store.set_folder(row).await?;
    target.select(&row.target).await.map_err(Stop::of_target)
}

/// Has flags follow that changed at the source.
struct Comparing<'a> {
    job: &'a Job,
    row: &'a FolderRow,
    /// Of the source.
    validity: UidValidity,
    here: &'a Selected,
}

impl Comparing<'_> {
    /// Compares what has changed since `modseq`, or all where that is not known. Says whether all were compared.
    async fn run(&self, pair: &mut Pair, there: &Selected, modseq: i64) -> Result<bool, Stop> {
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
            target.store(&uids, &delta.set, true).await.map_err(Stop::of_target)?;
            target.store(&uids, &delta.unset, false).await.map_err(Stop::of_target)?;
        }
        target.take_changes();
        self.job.step(Step::Flagged)?;
        self.job.record(self.row.id, self.validity, &changed).await
    }
}
