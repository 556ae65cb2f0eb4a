//! Which messages make a conversation: by References and In-Reply-To, and where a message has neither, by its subject
//! (RFC 5256 §2.2, REFERENCES). Step by step: messages come in any order and in pieces, and what is known of those before
//! is looked up. Pure; `store/conversations.rs` keeps what comes of it.
//!
//! Nothing of a message is kept but numbers: a Message-ID or subject is known by a [`Key`].

use std::collections::{HashMap, HashSet};

use app::wire::{AccountId, MessageRef, Uid};
use sha2::{Digest, Sha256};

use crate::mime::{Headers, split_subject};

/// What a Message-ID or a subject is known by: the beginning of its hash, another one for each account.
pub type Key = i64;

/// Names a conversation: the key of one of its messages.
pub type ConversationId = i64;

/// Message-IDs that one message may refer to: the first of them, where the conversation began, and the last.
const REFERENCES: usize = 24;

/// A reply that names no message belongs to one of the same subject that is no further away than this, in seconds.
const SUBJECT_REACH: i64 = 60 * 24 * 3600;

/// How far clocks may be apart, in seconds, when it is asked what was first.
const CLOCKS: i64 = 24 * 3600;

/// What a message says of which others it belongs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// Of its Message-ID; of its place where it has none.
    pub identity: Key,
    pub references: Vec<Key>,
    /// Its subject, when there is nothing else to go by.
    pub subject: Option<Subject>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    key: Key,
    /// It says that it answers or forwards something.
    reply: bool,
}

/// A message on its way into the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub uid: Uid,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: i64,
    pub links: Links,
}

/// The last message, of those without references, that had a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    pub conversation: ConversationId,
    pub date: i64,
    pub reply: bool,
}

/// What is known of the keys that some entries speak of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub conversations: HashMap<Key, ConversationId>,
    pub roots: HashMap<Key, Root>,
    /// How large conversations are that may become one: the smaller becomes part of the larger, or each message that brings another
    /// one in would have all of a large one written anew.
    pub sizes: HashMap<ConversationId, u64>,
}

impl Known {
    /// The conversations in it.
    pub fn spoken_of(&self) -> impl Iterator<Item = ConversationId> + '_ {
        self.conversations.values().copied().chain(self.roots.values().map(|root| root.conversation))
    }
}

/// What some entries add to what is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// The conversation of each entry, in their order.
    pub members: Vec<ConversationId>,
    /// Keys that were not known.
    pub keys: Vec<(Key, ConversationId)>,
    pub roots: Vec<(Key, Root)>,
    /// Conversations that turned out to be part of another.
    pub merged: Vec<(ConversationId, ConversationId)>,
}

impl Links {
    /// Reads the fields Message-ID, In-Reply-To, References and Subject.
    pub fn read(message: &MessageRef, headers: &Headers) -> Links {
        let account = message.account;
        let id = |text: &String| key(account, "message-id", text);
        let own = headers.message_ids("Message-ID").first().map(id);
        let MessageRef { mailbox, uid_validity, uid, .. } = message;
        let identity = own.unwrap_or_else(|| key(account, "place", &format!("{} {} {mailbox}", uid_validity.0, uid.0)));
        let mut named = headers.message_ids("References");
        named.extend(headers.message_ids("In-Reply-To"));
        if named.len() > REFERENCES {
            named.drain(1..=named.len() - REFERENCES);
        }
        let mut references: Vec<Key> = Vec::new();
        for reference in named.iter().map(id) {
            if reference != identity && !references.contains(&reference) {
                references.push(reference);
            }
        }
        let subject = references.is_empty().then(|| split_subject(&headers.text("Subject")));
        let subject = subject
            .filter(|(base, _)| !base.is_empty())
            .map(|(base, reply)| Subject { key: key(account, "subject", &base), reply });
        Links { identity, references, subject }
    }

    /// The Message-IDs it speaks of, its own first.
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        std::iter::once(self.identity).chain(self.references.iter().copied())
    }

    /// The subject it goes by.
    pub fn subject_key(&self) -> Option<Key> {
        self.subject.map(|subject| subject.key)
    }
}

fn key(account: AccountId, kind: &str, text: &str) -> Key {
    let hash = Sha256::digest(format!("{} {kind} {text}", account.0));
    let (first, _) = hash.split_at(8);
    Key::from_be_bytes(first.try_into().unwrap_or_default())
}

/// Puts messages into conversations.
pub fn join(entries: &[Entry], mut known: Known) -> Joined {
    let sizes = std::mem::take(&mut known.sizes);
    let mut sets = Sets { before: known.spoken_of().collect(), sizes, ..Sets::default() };
    let mut joined = Joined::default();
    let mut changed: HashSet<Key> = HashSet::new();
    for Entry { date, links, .. } in entries {
        let found: Vec<ConversationId> =
            links.keys().filter_map(|key| known.conversations.get(&key).copied()).collect();
        let mut conversation = found.into_iter().fold(None, |one, other| Some(sets.unite(one, other)));
        if let Some(Subject { key, reply }) = links.subject {
            let root = known.roots.get(&key).filter(|root| (root.date - date).abs() <= SUBJECT_REACH);
            // A first letter comes before its replies; replies to the same belong together.
            let answers = root.filter(|root| match (reply, root.reply) {
                (true, false) => root.date <= *date + CLOCKS,
                (false, true) => *date <= root.date + CLOCKS,
                (both, _) => both,
            });
            if let Some(root) = answers {
                conversation = Some(sets.unite(conversation, root.conversation));
            }
            let own = conversation.unwrap_or(links.identity);
            // A reply does not take the place of the letter it answers.
            if !(reply && answers.is_some_and(|root| !root.reply)) {
                known.roots.insert(key, Root { conversation: own, date: *date, reply });
                changed.insert(key);
            }
        }
        let conversation = conversation.unwrap_or(links.identity);
        for key in links.keys() {
            known.conversations.entry(key).or_insert_with(|| {
                joined.keys.push((key, conversation));
                conversation
            });
        }
        joined.members.push(conversation);
    }
    for member in &mut joined.members {
        *member = sets.find(*member);
    }
    for (_, conversation) in &mut joined.keys {
        *conversation = sets.find(*conversation);
    }
    for key in changed {
        if let Some(root) = known.roots.get(&key) {
            joined.roots.push((key, Root { conversation: sets.find(root.conversation), ..*root }));
        }
    }
    joined.merged = sets.merged();
    joined
}

/// Joins entries in pieces of this size, the way the store does, with nothing but memory. For tests.
pub fn rehearse(entries: &[Entry], piece: usize) -> HashMap<Uid, ConversationId> {
    let mut known = Known::default();
    let mut of: HashMap<Uid, ConversationId> = HashMap::new();
    for piece in entries.chunks(piece) {
        let joined = join(piece, known.clone());
        let merge: HashMap<_, _> = joined.merged.iter().copied().collect();
        let now = |id: &mut ConversationId| *id = merge.get(id).copied().unwrap_or(*id);
        of.values_mut().for_each(now);
        known.conversations.values_mut().for_each(now);
        known.roots.values_mut().for_each(|root| now(&mut root.conversation));
        of.extend(piece.iter().map(|entry| entry.uid).zip(joined.members));
        known.conversations.extend(joined.keys);
        known.roots.extend(joined.roots);
        assert!(of.values().all(|id| !merge.contains_key(id)), "a conversation that is part of another has members");
    }
    of
}

/// Conversations that turn out to be one.
#[derive(Default)]
struct Sets {
    /// Those that were there before: the others need no mending.
    before: HashSet<ConversationId>,
    sizes: HashMap<ConversationId, u64>,
    parents: HashMap<ConversationId, ConversationId>,
}

impl Sets {
    fn find(&mut self, conversation: ConversationId) -> ConversationId {
        let mut root = conversation;
        while let Some(parent) = self.parents.get(&root) {
            root = *parent;
        }
        let mut at = conversation;
        while let Some(parent) = self.parents.get_mut(&at) {
            at = std::mem::replace(parent, root);
        }
        root
    }

    /// Makes one conversation of both, if there are two.
    fn unite(&mut self, one: Option<ConversationId>, other: ConversationId) -> ConversationId {
        let (one, other) = (self.find(one.unwrap_or(other)), self.find(other));
        if one == other {
            return one;
        }
        let weight = |conversation: &ConversationId| {
            (self.before.contains(conversation), self.sizes.get(conversation).copied().unwrap_or_default())
        };
        let (root, child) = if weight(&one) >= weight(&other) { (one, other) } else { (other, one) };
        self.parents.insert(child, root);
        let more = self.sizes.get(&child).copied().unwrap_or_default();
        *self.sizes.entry(root).or_default() += more;
        root
    }

    fn merged(&mut self) -> Vec<(ConversationId, ConversationId)> {
        let children: Vec<ConversationId> =
            self.parents.keys().filter(|child| self.before.contains(child)).copied().collect();
        children.into_iter().map(|child| (child, self.find(child))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::wire::UidValidity;

    const DAY: i64 = 24 * 3600;

    fn entry(uid: u32, day: i64, header: &str) -> Entry {
        let message =
            MessageRef { account: AccountId(1), mailbox: "INBOX".into(), uid_validity: UidValidity(1), uid: Uid(uid) };
        let links = Links::read(&message, &Headers::parse(header.replace('\n', "\r\n").as_bytes()));
        Entry { uid: Uid(uid), date: day * DAY, links }
    }

    /// The conversations by number of appearance.
    fn conversations(entries: &[Entry], piece: usize) -> Vec<usize> {
        let of = rehearse(entries, piece);
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        sorted.sort_by_key(|entry| entry.uid);
        let mut names: Vec<ConversationId> = Vec::new();
        let mut number = |id: ConversationId| {
            names.iter().position(|known| *known == id).unwrap_or_else(|| {
                names.push(id);
                names.len() - 1
            })
        };
        sorted.into_iter().map(|entry| number(of[&entry.uid])).collect()
    }

    fn exchange() -> Vec<Entry> {
        vec![
            entry(1, 1, "Message-ID: <a@x>\nSubject: Lunch"),
            entry(2, 2, "Message-ID: <b@x>\nSubject: Re: Lunch\nIn-Reply-To: <a@x>\nReferences: <a@x>"),
            entry(3, 2, "Message-ID: <m@x>\nSubject: Another thing"),
            entry(4, 3, "Message-ID: <d@x>\nSubject: Re: Lunch\nReferences: <a@x> <b@x> <never-seen@x>"),
            entry(5, 4, "Message-ID: <e@x>\nSubject: Lunch on Friday\nIn-Reply-To: <never-seen@x>"),
            entry(6, 5, "Subject: no id at all"),
            entry(7, 5, "Subject: no id at all"),
        ]
    }

    #[test]
    fn references_bind_in_any_order_and_any_pieces() {
        let mut entries = exchange();
        for _ in 0..2 {
            for piece in 1..=entries.len() {
                assert_eq!(conversations(&entries, piece), [0, 0, 1, 0, 0, 2, 3], "{piece}");
            }
            entries.reverse();
        }
    }

    #[test]
    fn the_smaller_becomes_part_of_the_larger() {
        let key = |id: &str| key(AccountId(1), "message-id", id);
        for (sizes, merged) in [([100, 1], vec![(2, 1)]), ([1, 100], vec![(1, 2)])] {
            for references in ["<a@x> <b@x>", "<b@x> <a@x>"] {
                let known = Known {
                    conversations: HashMap::from([(key("a@x"), 1), (key("b@x"), 2)]),
                    sizes: HashMap::from([(1, sizes[0]), (2, sizes[1])]),
                    ..Known::default()
                };
                let both = entry(3, 1, &format!("Message-ID: <c@x>\nReferences: {references}"));
                assert_eq!(join(&[both], known).merged, merged, "{references}");
            }
        }
    }

    #[test]
    fn a_late_message_brings_two_conversations_together() {
        let entries = [
            entry(1, 1, "Message-ID: <a@x>\nSubject: A"),
            entry(2, 2, "Message-ID: <b@x>\nSubject: B"),
            entry(3, 3, "Message-ID: <c@x>\nReferences: <a@x> <b@x>"),
        ];
        for piece in 1..=3 {
            assert_eq!(conversations(&entries, piece), [0, 0, 0]);
        }
    }

    #[test]
    fn a_reply_without_references_goes_by_its_subject() {
        let entries = [
            entry(1, 1, "Message-ID: <a@x>\nSubject: Status"),
            entry(2, 2, "Message-ID: <b@x>\nSubject: AW: Status"),
            // The next week's report is no answer to the last.
            entry(3, 8, "Message-ID: <c@x>\nSubject: Status"),
            entry(4, 9, "Message-ID: <d@x>\nSubject: Re: Status"),
            entry(5, 200, "Message-ID: <e@x>\nSubject: Re: Status"),
            // Nobody knows what this one answers; the next answers the same.
            entry(6, 300, "Message-ID: <f@x>\nSubject: Re: Plan"),
            entry(7, 301, "Message-ID: <g@x>\nSubject: Re: Plan"),
            entry(8, 302, "Message-ID: <h@x>\nSubject: Re:"),
            entry(9, 302, "Message-ID: <i@x>\nSubject: Re:"),
        ];
        let mut reversed = entries.to_vec();
        reversed.reverse();
        for piece in 1..=entries.len() {
            assert_eq!(conversations(&entries, piece), [0, 0, 1, 1, 2, 3, 3, 4, 5], "{piece}");
        }
        assert_eq!(conversations(&reversed, 1)[..4], [0, 0, 1, 1]);
    }

    #[test]
    fn loops_stars_and_long_chains_come_to_an_end() {
        let chain: Vec<Entry> = (1..5000)
            .map(|n| entry(n, 1, &format!("Message-ID: <{n}@x>\nReferences: <{}@x> <{}@x>", n % 4999 + 1, n + 7)))
            .collect();
        assert!(conversations(&chain, 100).into_iter().all(|number| number == 0));
        let refs: String = (0..10_000).map(|n| format!("<{n}@x> ")).collect();
        let links = entry(1, 1, &format!("Message-ID: <a@x>\nReferences: {refs}")).links;
        assert!(links.references.len() <= REFERENCES);
    }

    proptest::proptest! {
        /// Whatever the order and the pieces, what refers to each other is together, and nothing else.
        #[test]
        fn order_does_not_matter(edges in proptest::collection::vec((1u32..12, 1u32..12), 0..14), piece in 1usize..6, seed in 0usize..50) {
            let mut entries: Vec<Entry> = (1..12)
                .map(|n| {
                    let references: String =
                        edges.iter().filter(|(from, _)| *from == n).map(|(_, to)| format!("<{to}@x> ")).collect();
                    entry(n, 1, &format!("Message-ID: <{n}@x>\nReferences: {references}\nSubject: {n}"))
                })
                .collect();
            let expected = conversations(&entries, 11);
            let count = entries.len();
            entries.rotate_left(seed % count);
            if seed % 2 == 1 { entries.reverse(); }
            proptest::prop_assert_eq!(conversations(&entries, piece), expected.clone());
            for (from, to) in edges {
                proptest::prop_assert_eq!(expected[from as usize - 1], expected[to as usize - 1]);
            }
        }
    }
}
