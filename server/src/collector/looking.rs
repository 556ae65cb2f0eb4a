//! A source is looked at before anything is brought: where its mailboxes would go, and how much is in them.

use app::wire::{CollectorKind, SpecialUse};

use super::{
    folders::holds_mail,
    maildrop,
    run::{Job, Stop, held, open_source, open_target, places},
};
use crate::imap::{Listed, View};

/// Decides where all goes and counts what is there. Nothing is brought, and nothing is made.
pub async fn look(job: &Job) -> Result<(), Stop> {
    if job.collector.kind == CollectorKind::Pop3 {
        return maildrop::look(job).await;
    }
    let mut source = open_source(job).await?;
    let there = source.list().await.map_err(Stop::of_source)?;
    let labels = job.quirk(&source).labels;
    let mut target = open_target(job).await?;
    let rows = job.store.folder_rows(job.collector.id).await?;
    let rows = places(job, (&mut source, &there), &mut target, rows).await?;
    target.logout().await;
    for listed in there.iter().filter(|listed| holds_mail(listed, labels)) {
        let Some(row) = rows.iter().find(|row| row.source == listed.path) else { continue };
        job.go_on()?;
        let selected = match source.examine(&listed.path).await {
            // The run says why.
            Err(error) if error.is_refusal() => continue,
            selected => selected.map_err(Stop::of_source)?,
        };
        let octets = if labels && !is_alone(listed) {
            None
        } else {
            Some(source.fetch_octets().await.map_err(Stop::of_source)?)
        };
        held(job.store.note_look(job.lease(), row.id, selected.exists, octets).await?)?;
    }
    source.logout().await;
    Ok(())
}

/// Whether what is in it, and only that, is nowhere else, where messages have labels.
fn is_alone(listed: &Listed) -> bool {
    listed.view == Some(View::All) || matches!(listed.said_use, Some(SpecialUse::Junk | SpecialUse::Trash))
}
