//! One mailbox of the source is gone through: what is new in it comes here, and flags that changed there change here.

use std::{collections::HashSet, pin::pin};

use app::wire::{SpecialUse, Uid, UidValidity};
use futures_util::future::{Either, select};
use tokio::sync::mpsc;

use super::{
    comparing::Comparing,
    finding::Answer,
    making::make,
    outlet::{Outlet, Parcel},
    pool::{self, Pool},
    reading::Reading,
    run::{Job, Pair, Step, Stop, held},
    writing::Writing,
};
use crate::{
    imap::{Listed, Selected, Session, UidSet, View},
    store::{FolderRow, now},
};

/// Goes through one mailbox.
pub async fn pass(job: &Job, pair: &mut Pair, mut row: FolderRow, listed: &Listed) -> Result<(), Stop> {
    // A mailbox that is looked into costs both servers as much as a message or two.
    let turn = job.front.give_way().await;
    let here = make(job, &mut pair.target, &mut row).await?;
    job.step(Step::Made)?;
    let there = pair.source.examine(&listed.path).await.map_err(Stop::of_source)?;
    drop(turn);
    let mut writing = Writing::new(job, &mut pair.target, &row, there.uid_validity, here.clone()).await?;
    writing.of_sent = listed.special_use == Some(SpecialUse::Sent);
    let limit = writing.limit;
    let begun = begin(job, &mut writing).await?;
    let mut there = there;
    if let (Some(View::All), Some(listed)) = (listed.view, &listed.status) {
        // What has come since the mailboxes were listed is in one of those that were gone through before it came.
        there.uid_next = there.uid_next.min(Uid(listed.uid_next));
    }
    let mut uids = new_ones(&mut pair.source, &there, &begun).await?;
    if listed.view.is_some() {
        uids.retain(|uid| *uid < there.uid_next);
    }
    let (outlet, taken) = Outlet::new();
    let refused = job.store.count_refused(row.id).await?;
    let (source, folder, validity) = (&mut pair.source, row.id, there.uid_validity);
    let reading = Reading { job, source, folder, validity, limit, refused, outlet };
    exchange(&mut writing, taken, reading.read(&uids)).await?;
    let moved = writing.moved;
    let compared = match (row.uid_validity, job.collector.options.follow_flags) {
        // As they came.
        (0, _) if !moved => now(),
        (_, false) => row.compared,
        (_, true) => {
            let compare = Comparing { job, row: &begun, validity: there.uid_validity, here: &here };
            // A mailbox that was begun before, or anew, may have messages whose flags changed meanwhile.
            let since = if begun.settled == 1 { begun.modseq } else { 0 };
            if compare.run(pair, &there, since).await? { now() } else { row.compared }
        }
    };
    if begun.settled == 0 {
        job.store.forget_former(job.lease(), row.id, there.uid_validity).await?;
    }
    forget_gone(job, &mut pair.source, &row, there.uid_validity).await?;
    let after_last = Uid(uids.last().map_or(0, |uid| uid.0.saturating_add(1)));
    let next = if there.uid_next == Uid(0) { after_last } else { there.uid_next };
    let done = FolderRow {
        uid_next: i64::from(next.0),
        modseq: there.highest_modseq.map_or(0, |modseq| i64::try_from(modseq.0).unwrap_or(0)),
        messages: i64::from(there.exists),
        compared,
        ..begun
    };
    held(job.store.close_folder(job.lease(), &done).await?)?;
    job.step(Step::Done)
}

/// Finds out what became of what was under way, and where messages are if one of the two mailboxes is not what it was. Gives
/// back the row as it is to be gone on with.
pub(super) async fn begin(job: &Job, writing: &mut Writing<'_>) -> Result<FolderRow, Stop> {
    let (row, here) = (writing.folder, writing.mailbox.clone());
    let begun_before = row.uid_validity != 0;
    let same_target = row.target_validity == i64::from(here.uid_validity.0);
    let same_source = row.uid_validity == i64::from(writing.validity.0);
    writing.recover(Answer::Lost).await?;
    if begun_before && !same_target {
        writing.find_again(UidValidity(u32::try_from(row.uid_validity).unwrap_or(0))).await?;
    }
    let mut begun = row.clone();
    if !begun_before || !same_source || !same_target {
        begun.uid_validity = i64::from(writing.validity.0);
        begun.target_validity = i64::from(here.uid_validity.0);
        begun.settled = 0;
        begun.target_base = i64::from(if here.uid_next == Uid(0) { u32::MAX } else { here.uid_next.0 });
        held(job.store.set_folder(job.lease(), &begun).await?)?;
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
pub(super) async fn exchange(
    writing: &mut Writing<'_>,
    mut taken: mpsc::Receiver<Parcel>,
    read: impl Future<Output = Result<(), Stop>>,
) -> Result<(), Stop> {
    let written = async {
        let mut ended = Ok(());
        while ended.is_ok()
            && let Some(parcel) = taken.recv().await
        {
            ended = writing.put(parcel).await;
        }
        // What was heard is worth more when it is written, however this ends.
        writing.flush().await.and(ended)
    };
    match select(pin!(read), pin!(written)).await {
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

/// Forgets messages that were still to be sent and that the source has no more.
async fn forget_gone(job: &Job, source: &mut Session, row: &FolderRow, validity: UidValidity) -> Result<(), Stop> {
    let open = job.store.open_entries(row.id, validity).await?;
    if open.is_empty() {
        return Ok(());
    }
    let there = source.search(&[], Some(&open.iter().copied().collect())).await.map_err(Stop::of_source)?;
    let there: HashSet<Uid> = there.into_iter().collect();
    let gone: Vec<Uid> = open.into_iter().filter(|uid| !there.contains(uid)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    if job.quirk(source).labels {
        job.store.reopen_elsewhere(job.lease(), row.id, validity, &gone).await?;
    }
    Ok(job.store.forget_open(job.lease(), row.id, validity, &gone).await?)
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
