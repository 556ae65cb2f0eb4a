//! Where in a list the mail of a day is.

use app::wire::{Error, Sort, TabId, Uid};

use super::{
    actor::{Actor, Failure},
    tab::Source,
};
use crate::imap::Session;

/// Messages asked for their date at once: five round trips find one in a million.
const POINTS: u32 = 16;

impl Actor {
    /// The position in a tab's list of the newest message that arrived before `date` or at it, in seconds since 1970 UTC;
    /// the last where all are newer. In an order from the oldest, of the first that arrived at it or after it.
    ///
    /// Asks for the dates of a few messages at a time, and nothing of the server but that: a search by date has to look at
    /// each message on servers that keep no index of it. Messages that were put out of order can mislead it.
    pub(super) async fn locate(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        list: u32,
        date: i64,
    ) -> Result<u32, Failure> {
        let view = self.view(tab).filter(|view| view.list == list).ok_or(Error::Gone)?;
        let (mailbox, total, sort) = (view.query.mailbox.clone(), view.total, view.query.sort);
        if !sort.is_by_time() {
            return Err(Error::BadRequest { text: "A day is found in a list that is sorted by date".to_owned() }.into());
        }
        let is_reached = |of: i64| if sort == Sort::Oldest { of >= date } else { of <= date };
        if let Source::Hits(hits) = &view.source
            && hits.dated
        {
            let position = hits.found.partition_point(|hit| !is_reached(i64::from(hit.date)));
            return Ok(u32::try_from(position).unwrap_or(u32::MAX).min(total.saturating_sub(1)));
        }
        self.select(session, &mailbox).await?;
        self.settle(session).await?;
        // Positions before `low` are not reached; the one at `high` is, or there is none.
        let (mut low, mut high) = (0, total);
        while low < high {
            let step = ((high - low) / POINTS).max(1);
            let points: Vec<u32> = (low..high).step_by(step as usize).collect();
            let dates = self.dates_at(session, tab, &points).await?;
            let reached = points.iter().zip(&dates).find(|(_, date)| is_reached(**date)).map(|(point, _)| *point);
            let passed = |limit: u32| points.iter().take_while(|point| **point < limit).last().map(|point| point + 1);
            match reached {
                Some(point) => (low, high) = (passed(point).unwrap_or(low), point),
                None => low = passed(high).unwrap_or(high),
            }
            if dates.len() < points.len() {
                break;
            }
        }
        Ok(high.min(total.saturating_sub(1)))
    }

    /// When the messages at these positions arrived, as far as they are there, in the same order.
    async fn dates_at(&mut self, session: &mut Session, tab: &TabId, positions: &[u32]) -> Result<Vec<i64>, Failure> {
        let view = self.view(tab).ok_or(Error::Gone)?;
        match &view.source {
            Source::Mailbox { .. } => {
                let exists = self.exists;
                let numbers: Vec<u32> = positions
                    .iter()
                    .map(|position| exists.saturating_sub(*position))
                    .filter(|number| *number > 0)
                    .collect();
                let dates = session.fetch_dates_by_sequence(&numbers).await?;
                Ok(numbers.iter().map_while(|number| dates.get(number).copied()).collect())
            }
            Source::Hits(hits) => {
                let uids: Vec<Uid> = positions
                    .iter()
                    .map_while(|position| hits.found.get(*position as usize))
                    .map(|hit| hit.uid)
                    .collect();
                let dates: std::collections::HashMap<Uid, i64> =
                    session.fetch_dates(&uids.iter().copied().collect()).await?.into_iter().collect();
                Ok(uids.iter().map_while(|uid| dates.get(uid).copied()).collect())
            }
        }
    }
}
