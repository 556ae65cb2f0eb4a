//! Whether a maildrop may be the very mailbox that its messages are brought into, by whatever name its server is called.
//!
//! If it is, a message that POP3 says otherwise than IMAP is not known again. It is put into the mailbox, and comes up in the
//! maildrop as a new one: that is to be found here, or it would be put here without end. Where it is not, a new message that is
//! equal to one that was put here is another one, and is to come as well. So all numbers have to agree before one is taken for
//! the other; and only a message that was named after the other was put here.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use app::wire::{Address, CollectorTrouble, Uid};

use super::{AT_ONCE, retrieving::Wanted};
use crate::{
    collector::{
        run::{Job, Stop},
        writing::Writing,
    },
    imap::{FetchedRow, UidSet},
    store::Put,
};

/// So many messages that came up with their sizes are no chance.
const ENOUGH: usize = 10;

/// So often nobody gets the same message anew, after each time that it was put here.
const TIMES: u32 = 5;

/// So often a message is not put here anew: then it is the same mailbox, of which not all is seen.
const TOO_OFTEN: u32 = 30;

/// As many thousands of messages that were put here are looked for, at most.
const PAGES: usize = 5;

/// What was put into the target and has come up among the wanted messages of the maildrop, if it is the target: each by its UID
/// there, with the highest UID that a message of the maildrop had before. None where that is not seen: of a maildrop with so many
/// messages, of which these are gone.
pub async fn come_up(
    job: &Job,
    writing: &mut Writing<'_>,
    messages: usize,
    wanted: &[Wanted],
    gone: &[Uid],
) -> Result<Option<HashMap<Uid, Uid>>, Stop> {
    let gone: HashSet<Uid> = gone.iter().copied().collect();
    let mut uids: Vec<Uid> = wanted.iter().map(|wanted| wanted.uid).collect();
    uids.sort_unstable();
    let later_than = |named: Uid| uids.len() - uids.partition_point(|uid| *uid <= named);
    let (mut all, mut below, mut oldest): (Vec<Put>, _, _) = (Vec::new(), Uid(u32::MAX), Uid(u32::MAX));
    let mut pages = 0;
    loop {
        let validity = writing.mailbox.uid_validity;
        let some = job.store.put_here(writing.folder.id, validity, below, AT_ONCE).await?;
        let Some(last) = some.last() else { break };
        (below, pages) = (last.here, pages + 1);
        if pages > PAGES {
            return Ok(None);
        }
        let uids: UidSet = some.iter().map(|put| put.here).collect();
        // What a person has moved or deleted is not in the maildrop either. What is gone there may come up under another name.
        let there = writing.target.search(&[], Some(&uids)).await.map_err(Stop::of_target)?;
        let there: HashSet<Uid> = there.into_iter().collect();
        for put in some.into_iter().filter(|put| there.contains(&put.here) && !gone.contains(&put.uid)) {
            if put.times >= TOO_OFTEN {
                return Err(Stop::Run(CollectorTrouble::SameAccount));
            }
            oldest = oldest.min(put.named);
            all.push(put);
            if later_than(oldest) < all.len() {
                return Ok(None);
            }
        }
    }
    let is_it = if all.is_empty() {
        pages == 0
    } else {
        has_originals(writing, messages, &all).await?
            || (all.len() >= ENOUGH && have_sizes_of(wanted.iter().map(|wanted| wanted.size), &all))
            || all.iter().all(|put| put.times >= TIMES)
    };
    Ok(is_it.then(|| all.into_iter().map(|put| (put.here, put.named)).collect()))
}

/// Whether the maildrop has as many messages as the target had when it was listed, and that has the original of each one that was
/// put there: a message that nobody has brought, of the same people on the same subject.
async fn has_originals(writing: &mut Writing<'_>, messages: usize, put: &[Put]) -> Result<bool, Stop> {
    let known = writing.known(Uid(1)).await?;
    // What has come since may have come after the maildrop was listed.
    let last = put.iter().map(|put| put.here).max().unwrap_or(Uid(0));
    let before = UidSet::range(Uid(1), last);
    let here = writing.target.search(&[], Some(&before)).await.map_err(Stop::of_target)?;
    let unknown: Vec<Uid> = here.iter().copied().filter(|uid| !known.contains(uid)).collect();
    if messages < here.len() || unknown.len() < put.len() {
        return Ok(false);
    }
    let mut originals = HashMap::new();
    for some in unknown.chunks(AT_ONCE) {
        headings(writing, some).await?.into_iter().for_each(|heading| add(&mut originals, heading));
    }
    let put: Vec<Uid> = put.iter().map(|put| put.here).collect();
    for some in put.chunks(AT_ONCE) {
        let headings = headings(writing, some).await?;
        if headings.len() < some.len() || !headings.iter().all(|heading| take(&mut originals, heading)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// From whom, to whom and on what.
type Heading = (Vec<Address>, Vec<Address>, String);

async fn headings(writing: &mut Writing<'_>, uids: &[Uid]) -> Result<Vec<Heading>, Stop> {
    let rows = match writing.target.fetch_rows_by_uid(&uids.iter().copied().collect()).await {
        // It stumbles over one of them.
        Err(error) if error.is_refusal() => Vec::new(),
        rows => rows.map_err(Stop::of_target)?,
    };
    Ok(rows.into_iter().map(|FetchedRow { row, .. }| (row.from, row.to, row.subject)).collect())
}

/// Whether there is one for each of those that were put here with a size that it has. The maildrop may have more than one mailbox:
/// then the original of what is put here is elsewhere.
fn have_sizes_of(wanted: impl Iterator<Item = u64>, all: &[Put]) -> bool {
    let mut sizes = HashMap::new();
    wanted.for_each(|size| add(&mut sizes, size));
    all.iter().all(|put| put.sizes.iter().any(|size| take(&mut sizes, size)))
}

fn add<T: Eq + Hash>(multiset: &mut HashMap<T, usize>, one: T) {
    *multiset.entry(one).or_default() += 1;
}

/// Whether there was one left.
fn take<T: Eq + Hash>(multiset: &mut HashMap<T, usize>, one: &T) -> bool {
    let Some(count) = multiset.get_mut(one).filter(|count| **count > 0) else { return false };
    *count -= 1;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_that_was_put_here_needs_a_message_of_its_own_with_its_size() {
        let put = |here, raw| Put { here: Uid(here), uid: Uid(here), named: Uid(9), sizes: [raw + 2, raw], times: 1 };
        let all = [put(1, 100), put(2, 100), put(3, 300)];
        for (sizes, comes_up) in [
            (vec![302, 100, 102], true),
            (vec![7, 100, 100, 300, 8], true),
            (vec![100, 300], false),
            (vec![100, 300, 300, 300], false),
            (vec![], false),
        ] {
            assert_eq!(have_sizes_of(sizes.iter().copied(), &all), comes_up, "{sizes:?}");
        }
    }
}
