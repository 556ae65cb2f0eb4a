//! Conversations: finding the messages that belong together in all mailboxes, and growing the index that knows it
//! (`store/conversations.rs`). On the session for searches; the index grows while nobody searches, the newest mail first.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::Duration,
};

use app::wire::{AccountId, Conversation, Error, Mailbox, MessageRef, Row, SpecialUse, Uid};
use tokio::{sync::oneshot, time::Instant};
use tracing::{debug, warn};

use super::{actor::Failure, side::Side};
use crate::{
    conversation::ConversationId,
    error::to_wire,
    imap::{self, Selected, Session, UidSet},
    store::{Conversations, Indexed, Member},
};

/// How long a piece is to take: a search that comes meanwhile waits for so long.
const PIECE: Duration = Duration::from_millis(100);

/// Messages of the first, the smallest and the largest piece.
const FIRST_PIECE: u32 = 300;
const SMALLEST_PIECE: u32 = 50;
const LARGEST_PIECE: u32 = 2000;

/// Pieces of new mail of one mailbox that whoever asks for a conversation waits for.
const PATIENCE: usize = 10;

/// Messages that are looked up in the index at once.
const AT_ONCE: usize = 20_000;

/// Messages of a conversation that are shown: the newest, and the one that was asked about.
const SHOWN: usize = 100;

/// Messages of a conversation that are looked at, copies included.
const LOOKED_AT: u32 = 1000;

/// How often a conversation is looked up again because messages of it have gone.
const TRIES: usize = 4;

/// A message whose conversation is wanted.
pub(super) struct Gather {
    pub message: MessageRef,
    pub mailboxes: Vec<Mailbox>,
    pub reply: oneshot::Sender<Result<Conversation, Error>>,
}

/// After so many pieces with nothing in them the server is left alone for so long: there seem to be fewer messages than it says.
const EMPTY: u32 = 20;
const REST: Duration = Duration::from_millis(100);

pub(super) struct Gatherer {
    account: AccountId,
    index: Conversations,
    /// Mailboxes that are not wholly indexed. The first is next.
    growing: VecDeque<Mailbox>,
    /// Messages of the next piece.
    piece: u32,
    /// How long the last piece took.
    busy: Duration,
    /// Pieces with nothing in them, one upon the other.
    empty: u32,
}

impl Gatherer {
    pub fn new(account: AccountId, index: Conversations) -> Self {
        Self { account, index, growing: VecDeque::new(), piece: FIRST_PIECE, busy: PIECE, empty: 0 }
    }

    /// How long to leave the server alone before the index grows; none when there is nothing to do.
    pub fn rest(&self) -> Option<Duration> {
        let least = if self.empty > EMPTY { REST } else { Duration::ZERO };
        (!self.growing.is_empty()).then_some(self.busy.max(least))
    }

    /// Takes one piece more into the index.
    pub async fn grow(&mut self, side: &mut Side) {
        let Some(mailbox) = self.growing.pop_front() else { return };
        let result = match side.take().await {
            Ok(mut session) => {
                let result = self.piece(&mut session, &mailbox).await;
                put_back(side, session, result)
            }
            Err(error) => Err(Failure::Lost(error)),
        };
        match result {
            Ok(true) => {}
            Ok(false) => self.growing.push_back(mailbox),
            // It cannot be read: the others can.
            Err(Failure::Told(error)) => debug!(?error, "A mailbox is left out of the index of conversations"),
            Err(Failure::Lost(error)) => {
                // Whoever asks for a conversation next begins again.
                debug!(%error, "The index of conversations does not grow for now");
                self.growing.clear();
            }
        }
    }

    /// Of these messages of the selected mailbox, found from one UID to another, the newest of each conversation that is not
    /// among `known`; takes what is not indexed yet into the index. `all`: no others are in that range.
    pub async fn newest_of_each(
        &self,
        session: &mut Session,
        (first, last): (Uid, Uid),
        all: bool,
        mut found: Vec<Uid>,
        known: &mut HashSet<ConversationId>,
    ) -> Result<Vec<Uid>, imap::Error> {
        found.sort_unstable_by(|one, other| other.cmp(one));
        let conversations = match self.conversations(session, (first, last), all, &found).await {
            Err(Failure::Lost(error)) => return Err(error),
            // Each stands for itself.
            Err(Failure::Told(_)) => HashMap::new(),
            Ok(conversations) => conversations,
        };
        found.retain(|uid| conversations.get(uid).is_none_or(|conversation| known.insert(*conversation)));
        Ok(found)
    }

    /// Of messages of the selected mailbox, the newest first, those that belong together with one before them, as is known now, and
    /// the first such one.
    pub async fn superseded(&self, session: &Session, stand: &[Uid]) -> Vec<(Uid, Uid)> {
        let Some(selected) = session.selected() else { return Vec::new() };
        let read = async {
            let Selected { path, uid_validity, uid_next, .. } = selected;
            let indexed = self.index.enter(self.account, path, *uid_validity, *uid_next).await?;
            let (mut first, mut superseded) = (HashMap::new(), Vec::new());
            for some in stand.chunks(AT_ONCE) {
                let known = self.index.conversations_of(&indexed, some).await?;
                for uid in some {
                    let Some(conversation) = known.get(uid) else { continue };
                    let newest: Uid = *first.entry(*conversation).or_insert(*uid);
                    if newest != *uid {
                        superseded.push((*uid, newest));
                    }
                }
            }
            anyhow::Ok(superseded)
        };
        // Each goes on standing for itself.
        read.await.unwrap_or_else(|error| {
            warn!(error = format!("{error:#}"), "The index of conversations cannot be read");
            Vec::new()
        })
    }

    async fn conversations(
        &self,
        session: &mut Session,
        (first, last): (Uid, Uid),
        all: bool,
        found: &[Uid],
    ) -> Result<HashMap<Uid, ConversationId>, Failure> {
        let (Some(selected), Some(newest), Some(oldest)) = (session.selected().cloned(), found.first(), found.last())
        else {
            return Ok(HashMap::new());
        };
        let indexed = self.index.enter(self.account, &selected.path, selected.uid_validity, selected.uid_next).await?;
        let known = self.index.between(&indexed, first, last).await?;
        if found.iter().all(|uid| known.contains_key(uid)) {
            return Ok(known);
        }
        let entries = session.fetch_links(*oldest, *newest).await?;
        // A search of a mailbox whose end is not known goes as far as there are numbers: what is there ends before.
        let last = if selected.uid_next.0 == 0 { *newest } else { last };
        let reach = if all { indexed.with(first, last) } else { indexed.clone() };
        self.index.add(&reach, &entries).await?;
        Ok(self.index.between(&indexed, first, last).await?)
    }

    /// Gathers a conversation and answers.
    pub async fn gather(&mut self, side: &mut Side, gather: Gather) {
        let mut result = self.over_a_line(side, &gather).await;
        if matches!(result, Err(Failure::Lost(_))) {
            // A line that died while it was silent is replaced once.
            result = self.over_a_line(side, &gather).await;
        }
        let result = result.map_err(|failure| match failure {
            Failure::Told(error) => error,
            Failure::Lost(error) => to_wire(error),
        });
        // A tab that has gone wants no answer.
        let _ = gather.reply.send(result);
    }

    async fn over_a_line(&mut self, side: &mut Side, gather: &Gather) -> Result<Conversation, Failure> {
        let mut session = side.take().await.map_err(Failure::Lost)?;
        let result = self.collect(&mut session, gather).await;
        put_back(side, session, result)
    }

    async fn collect(&mut self, session: &mut Session, gather: &Gather) -> Result<Conversation, Failure> {
        let Gather { message, mailboxes, .. } = gather;
        let mut complete = self.catch_up(session, &message.mailbox, mailboxes).await?;
        let conversation = match self.index.conversation(message).await? {
            Some(conversation) => conversation,
            None => {
                // It came later than what is known of its mailbox: so may others.
                complete = false;
                self.take_in(session, message).await?
            }
        };
        for _ in 0..TRIES {
            let members = self.index.members(self.account, conversation, LOOKED_AT).await?;
            let members = shown(members, message, mailboxes);
            if members.len() < 2 {
                break;
            }
            let count = members.len();
            let rows = self.rows(session, members).await?;
            // One that has moved meanwhile may be shown from where it is now.
            if rows.len() == count {
                return Ok(Conversation { of: message.clone(), rows, complete });
            }
        }
        Ok(Conversation { of: message.clone(), rows: Vec::new(), complete })
    }

    /// Takes new mail into the index, and begins with mailboxes that are not in it: those near the mailbox of this path at
    /// once. Whether all mail is in it.
    pub async fn catch_up(
        &mut self,
        session: &mut Session,
        path: &str,
        mailboxes: &[Mailbox],
    ) -> Result<bool, Failure> {
        let paths: HashSet<&str> = mailboxes.iter().map(|mailbox| mailbox.path.as_str()).collect();
        let known = self.index.mailboxes(self.account, |path| paths.contains(path)).await?;
        self.growing.clear();
        'mailboxes: for mailbox in mailboxes.iter().filter(|mailbox| mailbox.selectable && mailbox.uid_next.0 > 0) {
            let indexed = known.get(&mailbox.path).filter(|indexed| indexed.uid_validity == mailbox.uid_validity);
            let lacks = |indexed: &Indexed| indexed.low > 1 || indexed.high < mailbox.uid_next.0;
            // Of what is empty nothing is kept: thousands of mailboxes may be.
            if indexed.is_some_and(|indexed| !lacks(indexed)) || (indexed.is_none() && mailbox.total == 0) {
                continue;
            }
            let mut wanted = match indexed {
                Some(indexed) => indexed.high < mailbox.uid_next.0,
                None => is_near(mailbox, path),
            };
            for _ in 0..PATIENCE {
                if !wanted {
                    break;
                }
                match self.piece(session, mailbox).await {
                    Err(Failure::Told(error)) => {
                        debug!(?error, "A mailbox is left out of the index of conversations");
                        continue 'mailboxes;
                    }
                    done => done?,
                };
                wanted = self.enter(mailbox).await?.high < mailbox.uid_next.0;
            }
            if lacks(&self.enter(mailbox).await?) {
                self.growing.push_back(mailbox.clone());
            }
        }
        // What was erased is the last that anybody asks for.
        self.growing.make_contiguous().sort_by_key(is_refuse);
        Ok(self.growing.is_empty())
    }

    async fn enter(&self, mailbox: &Mailbox) -> Result<Indexed, Failure> {
        Ok(self.index.enter(self.account, &mailbox.path, mailbox.uid_validity, mailbox.uid_next).await?)
    }

    /// Indexes the next messages of a mailbox: those that have come, else older ones. Whether none are left.
    async fn piece(&mut self, session: &mut Session, mailbox: &Mailbox) -> Result<bool, Failure> {
        let started = Instant::now();
        let mut selected = select(session, mailbox).await?;
        if selected.uid_validity == mailbox.uid_validity {
            // Courier IMAP says it to STATUS, and not to SELECT (2026-11).
            selected.uid_next = selected.uid_next.max(mailbox.uid_next);
        }
        let indexed = self.index.enter(self.account, &mailbox.path, selected.uid_validity, selected.uid_next).await?;
        let spread = u64::from(selected.uid_next.0).checked_div(u64::from(selected.exists)).unwrap_or(u64::MAX).max(1);
        let length = u64::from(self.piece).saturating_mul(spread);
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let next = selected.uid_next.0;
        let (first, last, after) = if indexed.high < next {
            let high = indexed.high.saturating_add(length).min(next);
            (indexed.high, high - 1, indexed.reaching(indexed.low, high))
        } else {
            let low = indexed.low.saturating_sub(length).max(1);
            (low, indexed.low.saturating_sub(1), indexed.reaching(low, indexed.high))
        };
        let entries = if first <= last && selected.exists > 0 {
            session.fetch_links(Uid(first), Uid(last)).await?
        } else {
            Vec::new()
        };
        self.empty = if entries.is_empty() && selected.exists > 0 { self.empty.saturating_add(1) } else { 0 };
        self.index.add(&after, &entries).await?;
        self.busy = started.elapsed();
        let fitting = u128::from(self.piece) * PIECE.as_micros() / self.busy.as_micros().max(1);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        self.piece = fitting.clamp(self.piece / 4, self.piece.saturating_mul(2)).clamp(SMALLEST_PIECE, LARGEST_PIECE);
        Ok(after.low <= 1 && after.high >= next)
    }

    /// Indexes one message before its turn.
    async fn take_in(&mut self, session: &mut Session, message: &MessageRef) -> Result<ConversationId, Failure> {
        let selected = session.select(&message.mailbox).await?;
        if selected.uid_validity != message.uid_validity {
            return Err(Error::Gone.into());
        }
        let entries = session.fetch_links(message.uid, message.uid).await?;
        let indexed =
            self.index.enter(self.account, &message.mailbox, selected.uid_validity, selected.uid_next).await?;
        self.index.add(&indexed, &entries).await?;
        Ok(self.index.conversation(message).await?.ok_or(Error::Gone)?)
    }

    /// The rows of these messages, in the order of their arrival. Those that are gone are forgotten.
    async fn rows(&mut self, session: &mut Session, members: Vec<MessageRef>) -> Result<Vec<Row>, Failure> {
        let mut by_mailbox: BTreeMap<String, Vec<MessageRef>> = BTreeMap::new();
        for member in members {
            by_mailbox.entry(member.mailbox.clone()).or_default().push(member);
        }
        let mut rows: Vec<Row> = Vec::new();
        for (path, members) in by_mailbox {
            let selected = match session.select(&path).await {
                Err(error) if error.is_refusal() => {
                    self.index.forget_messages(&members).await?;
                    continue;
                }
                selected => selected?,
            };
            let uids: UidSet = members.iter().map(|member| member.uid).collect();
            let mut fetched = session.fetch_rows_by_uid(&uids).await?;
            let wanted: Vec<_> =
                fetched.iter_mut().filter_map(|row| Some((row.row.message.uid, row.text.take()?))).collect();
            let mut previews: BTreeMap<Uid, String> = match session.fetch_previews(&wanted).await {
                Err(error) if error.is_refusal() => BTreeMap::new(),
                previews => previews?.into_iter().collect(),
            };
            let there: HashSet<Uid> = fetched.iter().map(|row| row.row.message.uid).collect();
            let is_there =
                |member: &MessageRef| member.uid_validity == selected.uid_validity && there.contains(&member.uid);
            let gone: Vec<MessageRef> = members.iter().filter(|member| !is_there(member)).cloned().collect();
            self.index.forget_messages(&gone).await?;
            rows.extend(fetched.into_iter().map(|fetched| fetched.row).filter(|row| is_there(&row.message)).map(
                |row| match previews.remove(&row.message.uid) {
                    Some(preview) => Row { preview, ..row },
                    None => row,
                },
            ));
        }
        rows.sort_by(|one, other| {
            (one.date, &one.message.mailbox, one.message.uid).cmp(&(
                other.date,
                &other.message.mailbox,
                other.message.uid,
            ))
        });
        Ok(rows)
    }
}

/// Selects a mailbox as it is now: a session that has it selected may not have heard of what is new.
async fn select(session: &mut Session, mailbox: &Mailbox) -> Result<Selected, imap::Error> {
    match session.selected().filter(|selected| {
        selected.path == mailbox.path
            && selected.uid_validity == mailbox.uid_validity
            && selected.uid_next >= mailbox.uid_next
    }) {
        Some(selected) => Ok(selected.clone()),
        None => session.select(&mailbox.path).await,
    }
}

fn put_back<T>(side: &mut Side, session: Session, result: Result<T, Failure>) -> Result<T, Failure> {
    let (kept, result) = match result {
        Err(Failure::Lost(error)) => (Err(error.clone()), Err(Failure::Lost(error))),
        result => (Ok(()), result),
    };
    side.put_back(session, &kept);
    result
}

/// Where the rest of a conversation is most often.
fn is_near(mailbox: &Mailbox, path: &str) -> bool {
    mailbox.path == path
        || matches!(mailbox.special_use, Some(SpecialUse::Inbox | SpecialUse::Sent | SpecialUse::Archive))
}

/// Whether a mailbox holds what nobody wants to see again.
fn is_refuse(mailbox: &Mailbox) -> bool {
    matches!(mailbox.special_use, Some(SpecialUse::Trash | SpecialUse::Junk))
}

/// Which messages of a conversation are shown, the one that was asked about among them: each once, and nothing that was
/// thrown away.
fn shown(members: Vec<Member>, message: &MessageRef, mailboxes: &[Mailbox]) -> Vec<MessageRef> {
    let rank = |path: &str| {
        if path == message.mailbox {
            return Some(0);
        }
        let at = mailboxes.iter().position(|mailbox| mailbox.path == path)?;
        mailboxes.get(at).filter(|mailbox| !is_refuse(mailbox)).map(|_| at + 1)
    };
    let mut ranked: Vec<(bool, usize, Member)> = members
        .into_iter()
        .filter_map(|member| Some((member.message != *message, rank(&member.message.mailbox)?, member)))
        .collect();
    ranked.sort_by_key(|(is_other, rank, member)| (*is_other, *rank, -member.date));
    let mut seen = HashSet::new();
    ranked.retain(|(_, _, member)| seen.insert(member.identity));
    ranked.sort_by_key(|(is_other, _, member)| (*is_other, -member.date));
    ranked.into_iter().take(SHOWN).map(|(_, _, member)| member.message).collect()
}

#[cfg(test)]
mod tests {
    use app::wire::UidValidity;

    use super::*;

    fn message(mailbox: &str, uid: u32) -> MessageRef {
        MessageRef { account: AccountId(1), mailbox: mailbox.into(), uid_validity: UidValidity(1), uid: Uid(uid) }
    }

    fn mailbox(path: &str, special_use: Option<SpecialUse>) -> Mailbox {
        Mailbox {
            path: path.into(),
            delimiter: Some('/'),
            special_use,
            selectable: true,
            total: 0,
            unseen: 0,
            uid_validity: UidValidity(1),
            uid_next: Uid(9),
            shared: None,
            rights: None,
            shareable: false,
        }
    }

    fn member(mailbox: &str, uid: u32, identity: i64) -> Member {
        Member { message: message(mailbox, uid), identity, date: i64::from(uid) }
    }

    #[test]
    fn each_message_is_shown_once_and_what_was_thrown_away_is_not() {
        let mailboxes = [
            mailbox("INBOX", Some(SpecialUse::Inbox)),
            mailbox("Sent", Some(SpecialUse::Sent)),
            mailbox("Trash", Some(SpecialUse::Trash)),
            mailbox("All", None),
        ];
        let members = || {
            vec![
                member("All", 1, 10),
                member("INBOX", 2, 10),
                member("Sent", 3, 11),
                member("Trash", 4, 12),
                member("Gone", 5, 13),
            ]
        };
        let shown_of = |asked: &MessageRef| {
            let mut shown = shown(members(), asked, &mailboxes);
            shown.sort();
            shown
        };
        assert_eq!(shown_of(&message("INBOX", 2)), [message("INBOX", 2), message("Sent", 3)]);
        assert_eq!(shown_of(&message("All", 1)), [message("All", 1), message("Sent", 3)]);
        assert_eq!(shown_of(&message("Trash", 4)), [message("INBOX", 2), message("Sent", 3), message("Trash", 4)]);
    }

    #[test]
    fn of_a_long_conversation_the_newest_and_the_one_asked_about_are_shown() {
        let members = (1..300).map(|uid| member("INBOX", uid, i64::from(uid))).collect();
        let shown = shown(members, &message("INBOX", 3), &[mailbox("INBOX", None)]);
        assert_eq!(shown.len(), SHOWN);
        assert_eq!(shown.first(), Some(&message("INBOX", 3)));
        assert_eq!(shown.get(1), Some(&message("INBOX", 299)));
    }
}
