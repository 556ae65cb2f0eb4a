//! The mailbox of the target: it is made where it is not there, and followed where it was renamed.

use app::wire::{CollectorTrouble, Right, UidValidity};

use super::{
    folders::plainer,
    run::{Job, Stop, held},
};
use crate::{
    imap::{Code, Error, Listed, Look, Selected, Session, UidSet},
    store::{Entry, FolderRow, Place},
};

/// Messages by which a mailbox is known again that has another name.
const COMPARED: i64 = 20;

/// Selects the mailbox of the target; makes it where it is not there. One that was renamed here is followed.
pub async fn make(job: &Job, target: &mut Session, row: &mut FolderRow) -> Result<Selected, Stop> {
    let refused = match target.select(&row.target).await {
        Ok(selected) if selected.read_only => {
            let error = app::wire::Error::NoRight { right: Some(Right::Insert), text: String::new() };
            return Err(Stop::Folder(CollectorTrouble::Target(error)));
        }
        Ok(selected) => return Ok(selected),
        Err(error) if error.is_refusal() => error,
        Err(error) => return Err(Stop::of_target(error)),
    };
    let rows = job.store.folder_rows(job.collector.id).await?;
    let taken = |path: &str| rows.iter().any(|row| row.target == path);
    let mailboxes = target.list().await.map_err(Stop::of_target)?;
    if mailboxes.iter().any(|listed| listed.path == row.target && listed.selectable) {
        return Err(Stop::of_target(refused));
    }
    if let Some(path) = renamed(job, target, row, &mailboxes, taken).await? {
        row.target = path;
    } else {
        create(target, row, &mailboxes, taken, refused).await?;
    }
    held(job.store.set_folder(job.lease(), row).await?)?;
    target.select(&row.target).await.map_err(Stop::of_target)
}

/// What the mailbox is called now, if it was renamed: the only one with its UIDVALIDITY, and with some of its messages.
async fn renamed(
    job: &Job,
    target: &mut Session,
    row: &FolderRow,
    mailboxes: &[Listed],
    taken: impl Fn(&str) -> bool,
) -> Result<Option<String>, Stop> {
    let Some(validity) = u32::try_from(row.target_validity).ok().filter(|validity| *validity != 0) else {
        return Ok(None);
    };
    let is_it =
        |listed: &&Listed| listed.status.is_some_and(|status| status.uid_validity == validity) && !taken(&listed.path);
    let mut alike = mailboxes.iter().filter(is_it);
    let (Some(listed), None) = (alike.next(), alike.next()) else { return Ok(None) };
    let known = job.store.some_here(row.id, UidValidity(validity), COMPARED).await?;
    let uids: UidSet = known.iter().filter_map(uid_here).collect();
    if uids.is_empty() {
        return Ok(None);
    }
    match target.examine(&listed.path).await {
        Err(error) if error.is_refusal() => return Ok(None),
        selected => selected.map_err(Stop::of_target)?,
    };
    let looks = target.fetch_looks(&uids).await.map_err(Stop::of_target)?;
    let is_one = |look: &Look| known.iter().any(|entry| uid_here(entry) == Some(look.uid) && has_size(entry, look));
    // The person may have taken some away, and a server may have other sizes for some.
    Ok((looks.iter().any(is_one)).then(|| listed.path.clone()))
}

fn uid_here(entry: &Entry) -> Option<app::wire::Uid> {
    match entry.place {
        Place::Here { uid, .. } => Some(uid),
        _ => None,
    }
}

fn has_size(entry: &Entry, look: &Look) -> bool {
    look.size.is_some_and(|size| [entry.size, entry.raw].contains(&u64::from(size))) && entry.date == look.date
}

/// Makes the mailbox, under a plainer name where the server does not take this one. `refused` is why it cannot be selected.
async fn create(
    target: &mut Session,
    row: &mut FolderRow,
    mailboxes: &[Listed],
    taken: impl Fn(&str) -> bool,
    refused: Error,
) -> Result<(), Stop> {
    match target.create(&row.target).await {
        Err(Error::Refused { code: Some(Code::AlreadyExists), .. }) | Ok(()) => {}
        Err(Error::Refused { code: Some(Code::OverQuota), text }) => {
            return Err(Stop::of_target(Error::Refused { code: Some(Code::OverQuota), text }));
        }
        Err(error) if error.is_refusal() => {
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
        Err(error) => return Err(Stop::of_target(error)),
    }
    show(target, &row.target).await
}

/// Has a mailbox shown that was made.
pub async fn show(target: &mut Session, path: &str) -> Result<(), Stop> {
    match target.subscribe(path).await {
        Err(error) if !error.is_refusal() => Err(Stop::of_target(error)),
        // It is there, and can be shown all the same.
        _ => Ok(()),
    }
}
