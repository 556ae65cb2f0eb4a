//! Whether the source of a collector is the account into which it brings.

use std::collections::HashMap;

use app::wire::Uid;

use super::run::Stop;
use crate::imap::{Listed, Session, UidSet};

/// How often is looked: mail may come between two looks.
const LOOKS: usize = 3;

/// How many of the newest messages are compared.
const NEWEST: u32 = 10;

/// Whether both sessions see the same mail, whatever their servers are called: the same mailboxes with the same UIDVALIDITY,
/// and in the largest the same newest messages. False as long as there is no mail by which to know. (If it is not found out
/// before the first mail comes, that is not doubled: each message is found to be here already.)
pub async fn is_same_account(
    source: &mut Session,
    there: &[Listed],
    target: &mut Session,
    here: &[Listed],
) -> Result<bool, Stop> {
    let validity = |listed: &Listed| listed.status.map(|status| status.uid_validity);
    let messages = |listed: &Listed| listed.status.map_or(0, |status| status.messages);
    let of_here: HashMap<&str, &Listed> = here.iter().map(|listed| (listed.path.as_str(), listed)).collect();
    let is_there =
        |listed: &Listed| of_here.get(listed.path.as_str()).is_some_and(|other| validity(other) == validity(listed));
    if there.len() != here.len() || !there.iter().all(is_there) {
        return Ok(false);
    }
    let largest = there.iter().chain(here).filter(|listed| listed.selectable).max_by_key(|listed| messages(listed));
    let Some(listed) = largest.filter(|listed| messages(listed) > 0) else { return Ok(false) };
    for _ in 0..LOOKS {
        let theirs = source.examine(&listed.path).await.map_err(Stop::of_source)?;
        let ours = target.examine(&listed.path).await.map_err(Stop::of_target)?;
        let told = listed.status.map_or(0, |status| status.uid_next);
        let next = theirs.uid_next.0.max(told).max(2);
        let newest = UidSet::range(Uid(next.saturating_sub(NEWEST).max(1)), Uid(next - 1));
        let their_looks = source.fetch_looks(&newest).await.map_err(Stop::of_source)?;
        let our_looks = target.fetch_looks(&newest).await.map_err(Stop::of_target)?;
        if (theirs.exists, theirs.uid_next) == (ours.exists, ours.uid_next)
            && !their_looks.is_empty()
            && their_looks == our_looks
        {
            return Ok(true);
        }
    }
    Ok(false)
}
