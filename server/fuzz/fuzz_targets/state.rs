//! What a browser may be told, in any order: it knows no more than that, and each row is where the list has it.
#![no_main]

use std::collections::BTreeSet;

use app::{
    i18n::Locale,
    state::{Entry, State, Theme},
    wire::*,
};
use arbitrary::Arbitrary;
use leptos::prelude::{GetUntracked, Owner, Set, WithUntracked, untrack};
use libfuzzer_sys::fuzz_target;

/// Numbers of which the small ones are the likely ones, as they meet each other.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Number {
    Small(u8),
    Large(u32),
}

impl Number {
    fn get(self) -> u32 {
        match self {
            Number::Small(number) => number.into(),
            Number::Large(number) => number,
        }
    }
}

/// Some rows of a list.
#[derive(Arbitrary, Debug)]
struct Stretch {
    list: u8,
    total: Number,
    from: Number,
    rows: Vec<(u8, u8)>,
    progress: Option<(Number, Number)>,
}

#[derive(Arbitrary, Debug)]
enum Told {
    Welcome { mailboxes: Vec<u8>, submissions: Vec<(u8, u8)> },
    Listing(Stretch),
    Found(u8, Stretch),
    Replaced(u8, Stretch),
    Added { list: u8, count: Number, rows: Vec<(u8, u8)> },
    Vanished { list: u8, positions: Vec<Number> },
    Flags(Vec<(u8, u8)>),
    Previews(Vec<(u8, u8)>),
    Mailboxes(Vec<u8>),
    Counts(Vec<(u8, Number, Number)>),
    Labels(Vec<u8>),
    Submission(u8, u8),
    Unsubmitted(u8),
    Message(u8, u8),
    Connectivity(bool),
    Failed,
    Heartbeat,
    Reset,
    SignedOut,
}

const MAILBOX: &str = "INBOX";

fn message(uid: u8) -> MessageRef {
    MessageRef { account: AccountId(1), mailbox: MAILBOX.into(), uid_validity: UidValidity(1), uid: Uid(uid.into()) }
}

fn flags(bits: u8) -> Vec<Flag> {
    let all = [Flag::Seen, Flag::Flagged, Flag::Answered, Flag::Deleted, Flag::Keyword("work".into())];
    all.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, flag)| flag).collect()
}

fn row(&(uid, bits): &(u8, u8)) -> Row {
    Row {
        message: message(uid),
        from: Vec::new(),
        to: Vec::new(),
        subject: String::new(),
        preview: String::new(),
        date: 0,
        size: 0,
        flags: flags(bits),
        attachment: false,
        thread: None,
    }
}

fn listing(stretch: &Stretch) -> Listing {
    Listing {
        list: (stretch.list % 4).into(),
        query: query(),
        total: stretch.total.get(),
        from: stretch.from.get(),
        rows: stretch.rows.iter().map(row).collect(),
        progress: stretch.progress.map(|(looked, of)| Progress { looked: looked.get(), of: of.get(), end: None }),
    }
}

fn query() -> Query {
    Query { mailbox: MAILBOX.into(), ..Query::default() }
}

fn mailbox(&number: &u8) -> Mailbox {
    Mailbox {
        path: format!("folder {}", number % 16),
        delimiter: Some('/'),
        special_use: None,
        selectable: number % 2 == 0,
        total: number.into(),
        unseen: 0,
        uid_validity: UidValidity(1),
        uid_next: Uid(1),
        shared: (number % 3 == 0).then(|| Shared { owner: None, above: number }),
        rights: None,
        shareable: number % 2 == 1,
    }
}

fn submission(id: u8, state: u8) -> Submission {
    let states = [
        SubmissionState::Waiting,
        SubmissionState::Sending,
        SubmissionState::Sent,
        SubmissionState::Retrying,
        SubmissionState::Rejected,
        SubmissionState::Unknown,
    ];
    Submission {
        id: SubmissionId(id.into()),
        draft: DraftId(id.to_string()),
        subject: String::new(),
        to: Vec::new(),
        state: states[usize::from(state) % states.len()],
        refusals: Vec::new(),
        due: (state % 2 == 0).then_some(i64::from(state)),
        reports: Vec::new(),
        receipt: false,
        redirect: state % 3 == 0,
    }
}

fn frame(told: &Told) -> ServerFrame {
    let messages = |list: u8, change| Event::Messages { list: (list % 4).into(), change };
    let event = match told {
        Told::Welcome { mailboxes, submissions } => {
            let welcome = Welcome {
                tab: TabId("tab".into()),
                account: AccountId(1),
                identities: Vec::new(),
                connectivity: Connectivity::Live,
                mailboxes: mailboxes.iter().map(mailbox).collect(),
                partial: false,
                folds: Folds::default(),
                labels: Vec::new(),
                searches: Vec::new(),
                quota: Quota::default(),
                submissions: submissions.iter().map(|&(id, state)| submission(id, state)).collect(),
                writers: Vec::new(),
                upload_limit: 1,
            };
            return reply(Reply::Attached { welcome: Some(Box::new(welcome)) });
        }
        Told::Listing(stretch) => return reply(Reply::Listing(listing(stretch))),
        Told::Message(uid, bits) => {
            let message = Message {
                message: message(*uid),
                from: Vec::new(),
                to: Vec::new(),
                cc: Vec::new(),
                bcc: Vec::new(),
                reply_to: Vec::new(),
                subject: String::new(),
                date: 0,
                flags: flags(*bits),
                body: Body::Text { text: String::new(), truncated: false },
                attachments: Vec::new(),
                important: false,
                report: None,
                receipt: None,
                suspicions: Vec::new(),
                checks: None,
                stripped: Default::default(),
                simplified: false,
                left_out: false,
                unsubscribe: None,
            };
            return reply(Reply::Message(Box::new(message)));
        }
        Told::Failed => return ServerFrame::Reply { id: 1, result: Err(Error::Busy) },
        Told::Heartbeat => return ServerFrame::Heartbeat,
        Told::Found(list, stretch) => messages(*list, ListChange::Found { listing: listing(stretch) }),
        Told::Replaced(list, stretch) => messages(*list, ListChange::Replaced { listing: listing(stretch) }),
        Told::Added { list, count, rows } => {
            messages(*list, ListChange::Added { count: count.get(), rows: rows.iter().map(row).collect() })
        }
        Told::Vanished { list, positions } => {
            messages(*list, ListChange::Vanished { positions: positions.iter().map(|number| number.get()).collect() })
        }
        Told::Flags(all) => {
            let flags = all.iter().map(|&(uid, bits)| (Uid(uid.into()), flags(bits))).collect();
            messages(0, ListChange::Flags { mailbox: MAILBOX.into(), flags })
        }
        Told::Previews(all) => {
            let previews = all.iter().map(|&(uid, text)| (Uid(uid.into()), text.to_string())).collect();
            messages(0, ListChange::Previews { mailbox: MAILBOX.into(), previews })
        }
        Told::Mailboxes(numbers) => Event::Mailboxes { mailboxes: numbers.iter().map(mailbox).collect(), partial: false },
        Told::Counts(all) => {
            let counts = all.iter().map(|(number, total, unseen)| MailboxCounts {
                path: format!("folder {}", number % 16),
                total: total.get(),
                unseen: unseen.get(),
                uid_validity: UidValidity(1),
                uid_next: Uid(1),
            });
            Event::Counts { counts: counts.collect() }
        }
        Told::Labels(labels) => Event::Labels { labels: labels.iter().map(u8::to_string).collect() },
        Told::Submission(id, state) => Event::Submission { submission: submission(*id, *state) },
        Told::Unsubmitted(id) => Event::Unsubmitted { submission: SubmissionId((*id).into()) },
        Told::Connectivity(true) => Event::Connectivity { connectivity: Connectivity::Live },
        Told::Connectivity(false) => Event::Connectivity { connectivity: Connectivity::Offline { error: Error::Busy } },
        Told::Reset => Event::Reset,
        Told::SignedOut => Event::SignedOut,
    };
    ServerFrame::Event { seq: 1, event }
}

fn reply(reply: Reply) -> ServerFrame {
    ServerFrame::Reply { id: 1, result: Ok(reply) }
}

/// The messages that something is told of.
fn uids(told: &Told) -> Vec<u8> {
    let rows = match told {
        Told::Listing(stretch) | Told::Found(_, stretch) | Told::Replaced(_, stretch) => &stretch.rows,
        Told::Added { rows, .. } => rows,
        _ => return Vec::new(),
    };
    rows.iter().map(|(uid, _)| *uid).collect()
}

/// What holds whatever was told. `uids` are all messages ever told of.
fn check(state: &State, told: &Told, uids: &BTreeSet<u8>) {
    let total = state.list.total.get_untracked();
    assert_eq!(total.is_some(), state.list.id().is_some());
    let shown_total = untrack(|| state.list.shown_total(&state.pending));
    // Nothing was asked for, so nothing is on its way out.
    assert_eq!(shown_total, total.unwrap_or(0));
    let entries: Vec<Entry> = uids.iter().filter_map(|uid| untrack(|| state.list.entry(&message(*uid)))).collect();
    for entry in &entries {
        let position = entry.position.get_untracked();
        assert!(position < shown_total, "{position} of {shown_total}");
        let at = untrack(|| state.list.at(position, &state.pending));
        assert_eq!(at.map(|entry| entry.message), Some(entry.message.clone()));
    }
    let shown = untrack(|| state.list.shown(0..300, &state.pending));
    assert!(shown.iter().map(|shown| shown.position).eq(0..shown_total.min(300)));
    if let Told::Flags(all) = told {
        for entry in &entries {
            // Of one message the last word counts.
            if let Some((_, bits)) = all.iter().rev().find(|(uid, _)| Uid((*uid).into()) == entry.message.uid) {
                assert_eq!(entry.row.with_untracked(|row| row.flags.clone()), flags(*bits));
            }
        }
    }
    let known = state.submissions.get_untracked();
    if let Told::Submission(id, _) = told {
        assert!(known.iter().any(|submission| submission.id == SubmissionId((*id).into())));
    }
    if let Told::Unsubmitted(id) = told {
        assert!(!known.iter().any(|submission| submission.id == SubmissionId((*id).into())));
    }
    let paths: BTreeSet<String> = match told {
        Told::Mailboxes(numbers) => numbers.iter().map(|number| mailbox(number).path).collect(),
        _ => return,
    };
    let folders = state.mailboxes.all.get_untracked();
    assert!(folders.iter().all(|folder| paths.contains(&folder.mailbox.path)));
}

fuzz_target!(|told: Vec<Told>| {
    let owner = Owner::new();
    owner.with(|| {
        let state = State::new(Locale::en, Theme::System);
        state.list.query.set(query());
        let mut known = BTreeSet::new();
        for told in &told {
            known.extend(uids(told));
            state.apply(&frame(told));
            check(&state, told, &known);
        }
    });
    owner.cleanup();
});
