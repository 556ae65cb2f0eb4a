//! What Pismo itself has sent through a source's server: that may have filed it, with fields of its own before it, and here it
//! is in its place already.

use std::io::SeekFrom;

use anyhow::Context;
use app::wire::{DraftId, Uid, UidValidity};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{
    outlet::{Fresh, Text},
    run::Stop,
    writing::{Writing, entry},
};
use crate::{letter::draft_of, mime::Headers, store::Place};

/// As far as a header is looked for, in bytes.
const HEADER: u64 = 64 * 1024;

impl Writing<'_> {
    /// Notes of messages that were sent from here that they are here. Gives back the others.
    pub(super) async fn leave_own(&mut self, fresh: Vec<Fresh>) -> Result<Vec<Fresh>, Stop> {
        let (mut rest, mut own) = (Vec::new(), Vec::new());
        for mut one in fresh {
            match draft(&mut one.text).await? {
                Some((draft, date)) if self.job.store.is_kept(self.job.collector.account, &draft, date).await? => {
                    own.push(entry(&one, Place::Here { validity: UidValidity(0), uid: Uid(0) }));
                }
                _ => rest.push(one),
            }
        }
        self.record(&own).await?;
        self.show(&own, false).await?;
        Ok(rest)
    }
}

/// The draft whose message this may be, and its Date.
async fn draft(text: &mut Text) -> Result<Option<(DraftId, i64)>, Stop> {
    let headers = match text {
        Text::Held(bytes) => Headers::parse(bytes),
        Text::Filed(file) => {
            let mut begin = Vec::new();
            (&mut *file).take(HEADER).read_to_end(&mut begin).await.context("Cannot read a message")?;
            file.seek(SeekFrom::Start(0)).await.context("Cannot read a message")?;
            Headers::parse(&begin)
        }
    };
    let named = headers.message_ids("Message-ID").first().and_then(|id| draft_of(id));
    Ok(named.zip(headers.date()))
}
