//! What has left the source, where a person wants that followed: a message that another mailbox of the source has now is moved
//! there here, too, and one that is nowhere any more goes into Trash. Nothing is erased, nothing goes that was here before, and
//! nothing goes in great numbers without a word of the person's.
//!
//! What has left is noted before a run brings anything ([`notice`]), so that what is new can be told from what was moved
//! ([`Writing::follow_moves`]). What is left then goes when all mailboxes were gone through ([`sweep`]).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::atomic::Ordering,
};

use app::wire::{CollectorTrouble, Error, SpecialUse, Uid, UidValidity};
use tracing::info;

use super::{
    finding::Answer,
    folders::{holds_mail, mailbox_for},
    kind::kind,
    making::show,
    outlet::Fresh,
    pool::{self, Pool},
    reading::SUSPICIOUS,
    run::{Job, Leaving, Step, Stop, held, open_target},
    writing::{Writing, entry},
};
use crate::{
    imap::{self, Listed, Selected, Session, UidSet},
    store::{Entry, FolderRow, Former, Gone, GoneCount, Place},
};

/// As many may go into Trash without a word, and this part of all that is here.
const MANY: u32 = 100;
const PART: u32 = 10;

/// So few may go in any case.
const FEW: u32 = 10;

/// Messages moved at once.
const AT_ONCE: i64 = 500;

/// Finds out what has left the mailboxes of the source since that was last done. Gives back the rows as they are then.
pub async fn notice(
    job: &Job,
    source: &mut Session,
    there: &[Listed],
    rows: Vec<FolderRow>,
) -> Result<Vec<FolderRow>, Stop> {
    let mut anew = false;
    for row in rows.iter().filter(|row| row.uid_validity != 0) {
        job.go_on()?;
        // What is listed for what is below it holds nothing any more.
        match there.iter().find(|listed| listed.path == row.source && listed.selectable) {
            Some(listed) => anew |= notice_in(job, source, listed, row).await?,
            None if row.gone_whole == 1 => {}
            None => held(job.store.note_gone_whole(job.lease(), row.id).await?)?,
        }
    }
    if job.store.is_any_gone(job.collector.id).await? {
        job.store.forget_gone_of_others(job.lease()).await?;
        job.leaving.some.store(true, Ordering::Relaxed);
    }
    if anew { Ok(job.store.folder_rows(job.collector.id).await?) } else { Ok(rows) }
}

/// Says whether the mailbox is to be gone through anew.
async fn notice_in(job: &Job, source: &mut Session, listed: &Listed, row: &FolderRow) -> Result<bool, Stop> {
    let Some(status) = listed.status.filter(|_| holds_mail(listed, false)) else { return Ok(false) };
    if i64::from(status.uid_validity) != row.uid_validity {
        // Its UIDs mean other messages now: nothing can be said of those it had.
        if row.gone_next != 0 || row.gone_whole != 0 || job.store.is_any_gone(job.collector.id).await? {
            held(job.store.forget_gone_in(job.lease(), row.id).await?)?;
        }
        return Ok(false);
    }
    // Where as many messages are more as UIDs were given out, none has left.
    let more = i64::from(status.messages) - row.gone_messages;
    if row.gone_next > 0 && more == i64::from(status.uid_next) - row.gone_next {
        return Ok(false);
    }
    let (selected, found) = match all_in(source, &listed.path).await {
        // It is told with the mailbox, if it cannot be gone through.
        Err(error) if error.is_refusal() => {
            job.leaving.troubled.store(true, Ordering::Relaxed);
            return Ok(false);
        }
        found => found.map_err(Stop::of_source)?,
    };
    if selected.uid_validity.0 != status.uid_validity || found.len() != selected.exists as usize {
        // Something came or went in between, or the server does not find all it has.
        return Ok(false);
    }
    let known: HashSet<Uid> = job.store.known_uids(row.id, selected.uid_validity).await?.into_iter().collect();
    // What is there again, nothing is known of: it was forgotten when it left.
    let is_back = |uid: &Uid| i64::from(uid.0) < row.uid_next && !known.contains(uid);
    let back = row.settled == 1 && found.iter().any(is_back);
    let found: HashSet<Uid> = found.into_iter().collect();
    let gone: Vec<Uid> = known.into_iter().filter(|uid| !found.contains(uid)).collect();
    // Of what is being sent it is known later where it is: then it is looked once more.
    let sent = job.store.sent_entries(row.id).await?;
    let next = if sent.iter().any(|(_, entry)| !found.contains(&entry.uid)) { Uid(0) } else { selected.uid_next };
    held(job.store.note_gone(job.lease(), row.id, selected.uid_validity, &gone, (selected.exists, next)).await?)?;
    if back {
        held(job.store.begin_anew(job.lease(), row.id).await?)?;
    }
    Ok(back)
}

async fn all_in(source: &mut Session, path: &str) -> Result<(Selected, Vec<Uid>), imap::Error> {
    let selected = source.examine(path).await?;
    Ok((selected, source.search(&[], None).await?))
}

impl Writing<'_> {
    /// Moves what another mailbox of the source had before to where this one goes. Gives back what has to be brought.
    pub(super) async fn follow_moves(&mut self, fresh: Vec<Fresh>) -> Result<Vec<Fresh>, Stop> {
        if !self.job.leaving.some.load(Ordering::Relaxed) {
            return Ok(fresh);
        }
        // One message that has left one mailbox is one message in one other.
        let _others_wait = self.job.leaving.moving.lock().await;
        let hashes: Vec<&str> = fresh.iter().map(|one| one.digest.hash.as_str()).collect();
        let mut gone: HashMap<String, Vec<Gone>> = HashMap::new();
        for one in self.job.store.gone_like(self.job.collector.id, &hashes).await? {
            gone.entry(one.hash.clone()).or_default().push(one);
        }
        let (mut rest, mut renamed) = (Vec::new(), Vec::new());
        let mut moved: BTreeMap<String, Vec<(Fresh, Gone)>> = BTreeMap::new();
        for one in fresh {
            // What broke the line each time it was moved, if it is that, is brought as any other.
            let like = gone.get_mut(&one.digest.hash).filter(|_| one.attempts < SUSPICIOUS);
            match like.and_then(Vec::pop) {
                None => rest.push(one),
                // It was put back, or written anew.
                Some(gone) if gone.folder_id == self.folder.id => renamed.push((gone, one)),
                Some(gone) => moved.entry(gone.target.clone()).or_default().push((one, gone)),
            }
        }
        let (again, fresh): (Vec<(Former, Uid)>, Vec<Fresh>) =
            renamed.into_iter().map(|(gone, one): (Gone, Fresh)| ((gone.former(), one.uid), one)).unzip();
        rest.extend(self.rename(&again, fresh).await?);
        for (from, pairs) in moved {
            rest.extend(self.move_here(&from, pairs).await?);
        }
        Ok(rest)
    }

    /// Moves messages from another mailbox of the target. Gives back those that have to be brought.
    async fn move_here(&mut self, from: &str, pairs: Vec<(Fresh, Gone)>) -> Result<Vec<Fresh>, Stop> {
        // What was sent before is written down before something else is said.
        self.flush().await?;
        let is_there: HashSet<Uid> = match self.target.select(from).await {
            Err(error) if error.is_refusal() => HashSet::new(),
            selected => {
                let selected = selected.map_err(Stop::of_target)?;
                let of_it = |gone: &Gone| gone.target_validity == i64::from(selected.uid_validity.0);
                let uids: UidSet = pairs.iter().filter(|(_, gone)| of_it(gone)).map(|(_, gone)| gone.here()).collect();
                let found = self.target.search(&[], Some(&uids)).await.map_err(Stop::of_target)?;
                found.into_iter().collect()
            }
        };
        let (there, elsewhere): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(_, gone)| is_there.contains(&gone.here()));
        let stayed = if there.is_empty() { Vec::new() } else { self.move_found(there).await? };
        let again = self.target.select(&self.folder.target).await.map_err(Stop::of_target)?;
        if again.uid_validity != self.mailbox.uid_validity {
            // It was made anew meanwhile: what is in it is found out with the next run.
            return Err(Stop::Folder(CollectorTrouble::Target(Error::Gone)));
        }
        self.recover(Answer::Moved).await?;
        let mut rest: Vec<Fresh> = elsewhere.into_iter().map(|(one, _)| one).collect();
        if !rest.is_empty() && self.pool.is_empty() {
            // The person has put it elsewhere; here, perhaps, as they did there.
            let known = self.known(Uid(1)).await?;
            self.pool = Pool::of(self.target, &pool::from(Uid(1)), &known).await.map_err(Stop::of_target)?;
            rest = self.find(rest).await?;
            self.pool = Pool::default();
        }
        rest.extend(stayed);
        Ok(rest)
    }

    /// Moves messages of the mailbox that is selected. Those of which the server does not say where they are now are looked for
    /// afterwards, as after an APPEND. Gives back those that it does not let go.
    async fn move_found(&mut self, pairs: Vec<(Fresh, Gone)>) -> Result<Vec<Fresh>, Stop> {
        let sent = self.sent();
        // It is as it was when it was last seen: what has changed since follows as with any other.
        let as_it_was = |(one, gone): &(Fresh, Gone)| Entry {
            size: gone.size.cast_unsigned(),
            raw: gone.raw.cast_unsigned(),
            date: gone.date,
            flags: gone.flags.clone(),
            attempts: gone.attempts.max(one.attempts) + 1,
            ..entry(one, sent.clone())
        };
        let mut entries: Vec<Entry> = pairs.iter().map(as_it_was).collect();
        self.record(&entries).await?;
        self.job.step(Step::Recorded)?;
        let uids: UidSet = pairs.iter().map(|(_, gone)| gone.here()).collect();
        let moved = match self.target.move_to(&uids, &self.folder.target).await {
            Err(error) if error.is_refusal() => {
                entries.iter_mut().for_each(|entry| entry.place = Place::Nowhere);
                self.record(&entries).await?;
                return Ok(pairs.into_iter().map(|(one, _)| one).collect());
            }
            moved => moved.map_err(Stop::of_target)?,
        };
        self.job.step(Step::Moved)?;
        let places: HashMap<Uid, (UidValidity, Uid)> =
            moved.iter().flat_map(|moved| moved.pairs().map(|(old, new)| (old, (moved.uid_validity, new)))).collect();
        for (entry, (_, gone)) in entries.iter_mut().zip(&pairs) {
            if let Some(&(validity, uid)) = places.get(&gone.here()) {
                self.next = self.next.max(Uid(uid.0.saturating_add(1)));
                entry.place = Place::Here { validity, uid };
            }
        }
        self.record(&entries).await?;
        self.show(&entries, false).await?;
        let gone: Vec<&Gone> = pairs.iter().map(|(_, gone)| gone).collect();
        held(self.job.store.forget_gone(self.job.lease(), &gone).await?)?;
        self.moved = true;
        Ok(Vec::new())
    }
}

/// Whether a person has to be asked first, who lets so many go.
pub fn has_to_be_asked(count: GoneCount, allowed: u32) -> bool {
    let many = count.gone > MANY || (count.gone > FEW && count.gone.saturating_mul(PART) > count.of);
    // A mailbox that is not listed may be there again tomorrow.
    (many || count.with_mailboxes > 0) && count.gone > allowed
}

/// Puts into Trash what had left the source by an earlier run and was found in no other mailbox of it since, unless a person has
/// to be asked first. What the target refuses is no trouble of what was brought.
pub async fn sweep(job: &Job) -> Result<(), Stop> {
    let Leaving { some, troubled, .. } = &job.leaving;
    if !some.load(Ordering::Relaxed) {
        return Ok(());
    }
    let allowed = job.store.take_allowance(job.lease()).await?;
    if !troubled.load(Ordering::Relaxed) && job.store.count_gone(job.collector.id, &job.holder).await?.gone > 0 {
        match sweep_away(job, allowed).await {
            Err(Stop::Folder(trouble)) => {
                info!(collector.id = job.collector.id.0, trouble = kind(&trouble), "Nothing can be put into Trash");
            }
            swept => swept?,
        }
    }
    Ok(job.store.recount(job.lease()).await?)
}

async fn sweep_away(job: &Job, allowed: u32) -> Result<(), Stop> {
    let mut target = open_target(job).await?;
    let trash = trash(job, &mut target).await?;
    // What is in Trash is where it belongs.
    let mut after = Gone::default();
    while let Some(some) = some_gone(job, &mut after).await? {
        if let Some(gone) = some.get(&trash) {
            held(job.store.forget_gone(job.lease(), &gone.iter().collect::<Vec<_>>()).await?)?;
        }
    }
    let count = job.store.count_gone(job.collector.id, &job.holder).await?;
    if count.gone > 0 && !has_to_be_asked(count, allowed) {
        let mut after = Gone::default();
        while let Some(some) = some_gone(job, &mut after).await? {
            for (path, gone) in some {
                put_away(job, &mut target, &path, &gone.iter().collect::<Vec<_>>(), &trash).await?;
            }
        }
    }
    target.logout().await;
    Ok(())
}

/// Some of what is to go, by the mailboxes it is in here; from a message on, which is the last of these then.
async fn some_gone(job: &Job, after: &mut Gone) -> Result<Option<BTreeMap<String, Vec<Gone>>>, Stop> {
    job.go_on()?;
    let gone = job.store.gone_after(job.lease(), after, AT_ONCE).await?;
    let Some(last) = gone.last() else { return Ok(None) };
    *after = last.clone();
    let mut by_mailbox: BTreeMap<String, Vec<Gone>> = BTreeMap::new();
    for one in gone {
        by_mailbox.entry(one.target.clone()).or_default().push(one);
    }
    Ok(Some(by_mailbox))
}

/// The mailbox for what was deleted; one that is made, where there is none.
async fn trash(job: &Job, target: &mut Session) -> Result<String, Stop> {
    let mailboxes = target.list().await.map_err(Stop::of_target)?;
    if let Some(path) = mailbox_for(SpecialUse::Trash, &mailboxes, &job.uses) {
        return Ok(path.to_owned());
    }
    let path = format!("{}Trash", target.personal_prefix().unwrap_or_default());
    target.create(&path).await.map_err(Stop::of_target)?;
    show(target, &path).await?;
    Ok(path)
}

/// Moves into Trash what is still where it was. What a person has put elsewhere, and what is in a mailbox that was made anew, stays.
async fn put_away(job: &Job, target: &mut Session, path: &str, gone: &[&Gone], trash: &str) -> Result<(), Stop> {
    let uids: UidSet = match target.select(path).await {
        Err(error) if error.is_refusal() => UidSet::default(),
        selected => {
            let selected = selected.map_err(Stop::of_target)?;
            let of_it = |gone: &&&Gone| gone.target_validity == i64::from(selected.uid_validity.0);
            gone.iter().filter(of_it).map(|gone| gone.here()).collect()
        }
    };
    if !target.capabilities().r#move {
        // A copy that could not be followed by an end here would be made again each time: rather it stays.
        held(job.store.forget_gone(job.lease(), gone).await?)?;
        target.move_to(&uids, trash).await.map_err(Stop::of_target)?;
        return job.step(Step::Moved);
    }
    target.move_to(&uids, trash).await.map_err(Stop::of_target)?;
    job.step(Step::Moved)?;
    held(job.store.forget_gone(job.lease(), gone).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_deletes_much_is_asked() {
        let count = |gone, of, with_mailboxes| GoneCount { gone, with_mailboxes, of };
        for (count, allowed, asked) in [
            (count(10, 20, 0), 0, false),
            (count(11, 110, 0), 0, false),
            (count(11, 109, 0), 0, true),
            (count(100, 100_000, 0), 0, false),
            (count(101, 100_000, 0), 0, true),
            (count(101, 100_000, 0), 101, false),
            // More than was allowed.
            (count(102, 100_000, 0), 101, true),
            (count(1, 100_000, 1), 0, true),
            (count(1, 100_000, 1), 1, false),
        ] {
            assert_eq!(has_to_be_asked(count, allowed), asked, "{count:?}");
        }
    }
}
