//! One run of a collector whose source is POP3 (RFC 1939): a maildrop, which has no mailboxes, no UIDs and no flags.
//!
//! What the source has instead of UIDs are names (UIDL). Each gets a UID of ours, and from there on the ledger and the half
//! that writes are those of IMAP sources. A server may give all messages other names: what seems to be new while known names
//! are gone is compared with these by content, and bound to what is here already.

mod itself;
mod naming;
mod retrieving;

use std::collections::{HashMap, HashSet};

use app::wire::{CollectorTrouble, Uid, UidValidity};
use tokio::time::timeout;

use self::{
    itself::come_up,
    naming::{Item, items},
    retrieving::{Retrieving, still_wanted},
};
use super::{
    folders::{Side, Wishes, place},
    making::make,
    outlet::Outlet,
    passing::{begin, exchange},
    pieces::LONGEST,
    pool::{self, Pool},
    run::{End, Job, Step, Stop, held, open_target},
    writing::Writing,
};
use crate::{
    error::pop3_to_wire,
    imap::{Listed, Session},
    pop3,
    store::{FolderRow, Former, NameKey, Place, now},
};

/// There is one mailbox at the source, and this is its name in the ledger.
const DROP: &str = "INBOX";

/// Its UIDs are ours and never begin anew.
const VALIDITY: UidValidity = UidValidity(1);

/// Names that are kept of one source. A server that names more gives each message another one each time.
const MOST: u32 = 2_000_000;

/// Messages deleted in one session: each costs a round trip.
const DELETED: usize = 1000;

/// In seconds.
const DAY: i64 = 24 * 3600;

/// Messages whose names are asked for at once.
const AT_ONCE: usize = 1000;

fn of_source(error: pop3::Error) -> Stop {
    Stop::Run(CollectorTrouble::Source(pop3_to_wire(error)))
}

fn unavailable() -> Stop {
    Stop::Run(CollectorTrouble::Source(app::wire::Error::Unavailable { text: String::new() }))
}

/// How a maildrop is other than it was.
#[derive(Default)]
struct Changes {
    /// What had been gone and is there again.
    back: HashSet<Uid>,
    gone: Vec<Uid>,
    /// What is there for as long as the session does not end in order.
    deleted: Vec<Uid>,
}

/// Brings all that is new. See [`collect`](super::collect).
pub async fn collect(job: &Job) -> Result<(), Stop> {
    let mut source = connect(job.server()?).await.map_err(of_source)?;
    // Where names are missing the messages are read for it.
    let named = timeout(LONGEST, items(&mut source)).await;
    let mut items = named.map_err(|_| unavailable())?.map_err(of_source)?;
    job.step(Step::Listed)?;
    let row = job.store.folder_rows(job.collector.id).await?.into_iter().find(|row| row.source == DROP);
    let mut changes = Changes::default();
    if let Some(row) = &row {
        changes = look_up(job, row.id, &mut items).await?;
        changes.deleted = delete_old(job, row, &mut source, &items).await?;
        if is_as_it_was(row, &items, &changes) {
            return let_go(job, row.id, source, &changes.deleted).await;
        }
    }
    let mut target = open_target(job).await?;
    let mut row = match row {
        Some(row) => row,
        // Nothing of it is known so far.
        None => settle_place(job, &mut target, items.len()).await?,
    };
    job.step(Step::Placed)?;
    name(job, row.id, &mut items).await?;
    bring(job, source, &mut target, &mut row, items, changes).await?;
    target.logout().await;
    Ok(())
}

/// Marks messages to be deleted at the source, if a person wants that: those that are here and were seen long enough ago. They
/// are deleted when the session ends in order (RFC 1939 §6). Names that we have made could be those of others. Says which they
/// are.
async fn delete_old(job: &Job, row: &FolderRow, source: &mut pop3::Session, items: &[Item]) -> Result<Vec<Uid>, Stop> {
    let mut deleted = Vec::new();
    let Some(days) = job.collector.options.delete_after.filter(|_| row.settled == 1) else { return Ok(deleted) };
    let old = job.store.names_here_since(row.id, now() - i64::from(days) * DAY).await?;
    let old: HashSet<Uid> = old.into_iter().collect();
    let is_old = |item: &&Item| item.lasting && item.uid.is_some_and(|uid| old.contains(&uid));
    let old: Vec<&Item> = items.iter().filter(is_old).collect();
    if old.is_empty() {
        return Ok(deleted);
    }
    let mut target = open_target(job).await?;
    let here = match target.examine(&row.target).await {
        // It has another name, perhaps: it is found and followed before anything is deleted.
        Err(error) if error.is_refusal() => return Ok(deleted),
        here => here.map_err(Stop::of_target)?,
    };
    target.logout().await;
    if i64::from(here.uid_validity.0) != row.target_validity {
        // It is not the mailbox that took them: what it has is found out first.
        return Ok(deleted);
    }
    for item in old.into_iter().take(DELETED) {
        match source.delete(item.number).await {
            // Some servers let nobody delete.
            Err(error) if error.is_refusal() => break,
            marked => marked.map_err(of_source)?,
        }
        deleted.extend(item.uid);
    }
    Ok(deleted)
}

/// The number that a message has in this session; none if it is not there.
pub async fn number_of(session: &mut pop3::Session, name: &NameKey) -> Result<Option<u32>, pop3::Error> {
    Ok(items(session).await?.into_iter().find(|item| item.key == *name).map(|item| item.number))
}

/// Ends the session: the maildrop is unlocked sooner by that, and what was marked is deleted.
async fn let_go(job: &Job, folder: i64, source: pop3::Session, deleted: &[Uid]) -> Result<(), Stop> {
    if source.quit().await.is_ok() {
        // What comes with the same text or under the same name later is another message.
        job.store.retire_names(job.lease(), folder, deleted).await?;
    }
    Ok(())
}

/// What there is, without bringing any of it.
pub async fn look(job: &Job) -> Result<(), Stop> {
    let mut source = connect(job.server()?).await.map_err(of_source)?;
    let listed = source.list().await.map_err(of_source)?;
    let _ = source.quit().await;
    let mut target = open_target(job).await?;
    let row = settle_place(job, &mut target, listed.len()).await?;
    target.logout().await;
    let messages = u32::try_from(listed.len()).unwrap_or(u32::MAX);
    let octets = listed.iter().map(|listed| listed.size).sum();
    held(job.store.note_look(job.lease(), row.id, messages, Some(octets)).await?)
}

fn is_as_it_was(row: &FolderRow, items: &[Item], Changes { back, gone, .. }: &Changes) -> bool {
    let is_done = |item: &Item| item.uid.is_some_and(|uid| i64::from(uid.0) < row.uid_next);
    row.settled == 1 && back.is_empty() && gone.is_empty() && items.iter().all(is_done)
}

pub async fn connect(end: &End) -> Result<pop3::Session, pop3::Error> {
    pop3::connect(&end.dialer, &end.endpoint, &end.credentials).await
}

/// Decides for good where the messages go.
async fn settle_place(job: &Job, target: &mut Session, messages: usize) -> Result<FolderRow, Stop> {
    let here = target.list().await.map_err(Stop::of_target)?;
    // The folder that a person has named is that of the messages, and not the one above it.
    let prefix = job.collector.options.prefix.trim_matches('/');
    let (above, name) = prefix.rsplit_once('/').unwrap_or(("", if prefix.is_empty() { DROP } else { prefix }));
    let drop = Listed::of(name, None);
    let source = Side { mailboxes: std::slice::from_ref(&drop), personal: "", labels: false };
    let personal = target.personal_prefix().unwrap_or_default();
    let wishes = Wishes { prefix: above, uses: &job.uses };
    let placed = place(source, Side { mailboxes: &here, personal, labels: false }, &HashMap::new(), &wishes);
    let path = placed.into_iter().next().map_or_else(|| DROP.to_owned(), |(_, path)| path);
    let messages = u32::try_from(messages).unwrap_or(u32::MAX);
    job.store.add_folder(job.lease(), DROP, &path, messages).await?.ok_or(Stop::Lost)
}

/// Finds out which messages the ledger knows, and what it misses.
async fn look_up(job: &Job, folder: i64, items: &mut [Item]) -> Result<Changes, Stop> {
    let present: HashMap<NameKey, Uid> = job.store.present_names(folder).await?.into_iter().collect();
    let there: HashSet<&NameKey> = items.iter().map(|item| &item.key).collect();
    let gone = present.iter().filter(|(key, _)| !there.contains(key)).map(|(_, uid)| *uid).collect();
    let unknown: Vec<&NameKey> = there.into_iter().filter(|key| !present.contains_key(*key)).collect();
    let mut again: HashMap<NameKey, Uid> = HashMap::new();
    for some in unknown.chunks(AT_ONCE) {
        again.extend(job.store.known_names(folder, some).await?);
    }
    for item in items {
        item.uid = present.get(&item.key).or_else(|| again.get(&item.key)).copied();
    }
    Ok(Changes { back: again.into_values().collect(), gone, deleted: Vec::new() })
}

/// Gives those that the ledger does not know their UIDs.
async fn name(job: &Job, folder: i64, items: &mut [Item]) -> Result<(), Stop> {
    let mut last = job.store.last_named(folder).await?;
    let mut named = Vec::new();
    for item in items.iter_mut().filter(|item| item.uid.is_none()) {
        last = Uid(last.0.saturating_add(1));
        item.uid = Some(last);
        named.push((item.key.clone(), last));
    }
    if last.0 > MOST {
        return Err(unavailable());
    }
    for some in named.chunks(AT_ONCE) {
        held(job.store.add_names(job.lease(), folder, some).await?)?;
    }
    Ok(())
}

async fn bring(
    job: &Job,
    mut source: pop3::Session,
    target: &mut Session,
    row: &mut FolderRow,
    items: Vec<Item>,
    changes: Changes,
) -> Result<(), Stop> {
    let here = make(job, target, row).await?;
    job.step(Step::Made)?;
    let mut writing = Writing::new(job, target, row, VALIDITY, here).await?;
    writing.named = job.store.last_named(row.id).await?;
    let limit = writing.limit;
    let begun = begin(job, &mut writing).await?;
    let is_open =
        |item: &Item| item.uid.is_some_and(|uid| i64::from(uid.0) >= begun.uid_next || changes.back.contains(&uid));
    let messages = items.len();
    let there: HashSet<Uid> = items.iter().filter_map(|item| item.uid).collect();
    let last = there.iter().copied().max().unwrap_or(Uid(0));
    let wanted: Vec<Item> = items.into_iter().filter(|item| begun.settled == 0 || is_open(item)).collect();
    let wanted = still_wanted(job, row.id, &wanted).await?;
    if !wanted.is_empty() {
        let come_up = come_up(job, &mut writing, messages, &wanted, &changes.gone).await?;
        fill_pool(job, &mut writing, come_up, &changes.gone).await?;
        let (outlet, taken) = Outlet::new();
        let refused = job.store.count_refused(row.id).await?;
        let reading = Retrieving { job, source: &mut source, limit, refused, outlet };
        exchange(&mut writing, taken, reading.read(wanted)).await?;
    }
    let_go(job, row.id, source, &changes.deleted).await?;
    // What was still to be sent and is not there any more is not waited for.
    let open = job.store.open_entries(row.id, VALIDITY).await?;
    let lost: Vec<Uid> = open.into_iter().filter(|uid| !there.contains(uid)).collect();
    for some in lost.chunks(AT_ONCE) {
        job.store.forget_open(job.lease(), row.id, VALIDITY, some).await?;
    }
    let done = FolderRow {
        uid_next: i64::from(last.0.saturating_add(1)).max(begun.uid_next),
        messages: i64::try_from(messages).unwrap_or(i64::MAX),
        ..begun
    };
    held(job.store.close_folder(job.lease(), &done).await?)?;
    let back: Vec<Uid> = changes.back.into_iter().collect();
    job.store.set_present(job.lease(), row.id, &back, &changes.gone).await?;
    job.step(Step::Done)
}

/// Remembers what may be here already: messages whose names are gone, and all mail of the target where it may be the mailbox
/// that the maildrop shows; of that, what was put there itself only where it has come up.
async fn fill_pool(
    job: &Job,
    writing: &mut Writing<'_>,
    come_up: Option<HashMap<Uid, Uid>>,
    gone: &[Uid],
) -> Result<(), Stop> {
    let folder = writing.folder.id;
    let (sent, found) = job.store.sent_and_found(folder).await?;
    // Where nothing is found nothing of it is here, and to look at all mail of the target each time is dear.
    let may_be_here = come_up.as_ref().is_some_and(|put| !put.is_empty() || found > 0);
    if may_be_here || sent <= found {
        let come_up = come_up.unwrap_or_default();
        let mut known = writing.known(Uid(1)).await?;
        known.retain(|uid| !come_up.contains_key(uid));
        let mut pool = Pool::of(writing.target, &pool::from(Uid(1)), &known).await.map_err(Stop::of_target)?;
        pool.restrict(&come_up);
        writing.pool = pool;
    }
    let mut former = Vec::new();
    for some in gone.chunks(AT_ONCE) {
        for entry in job.store.entries(folder, VALIDITY, some).await? {
            if let Place::Here { validity, uid } = entry.place {
                former.push(Former { validity: VALIDITY, uid: entry.uid, hash: entry.hash, target: (validity, uid) });
            }
        }
    }
    // The last one is taken first.
    former.reverse();
    writing.pool.remember(former);
    Ok(())
}
