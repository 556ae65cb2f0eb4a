//! The open list under changes, against a list that is simply kept whole.

use std::collections::BTreeMap;

use app::{
    Client,
    i18n::Locale,
    platform::Nowhere,
    route::Route,
    state::{State, Theme, window::Window},
    wire::{self, *},
};
use leptos::prelude::*;
use proptest::{collection::vec, prelude::*, sample::Index};

/// What may happen to a list.
#[derive(Debug, Clone)]
enum Step {
    Fill { from: Index, count: usize },
    Added { count: usize, known: usize },
    Vanished(Vec<Index>),
    Forget(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<Index>(), 1..20_usize).prop_map(|(from, count)| Step::Fill { from, count }),
        (0..5_usize, 0..8_usize).prop_map(|(count, known)| Step::Added { count, known }),
        vec(any::<Index>(), 0..6).prop_map(Step::Vanished),
        any::<Index>().prop_map(Step::Forget),
    ]
}

fn int(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}

proptest! {
    /// Whatever is here is what the whole list has at that place, and the number is always right.
    #[test]
    fn a_window_is_a_part_of_the_whole(total in 0..60_usize, steps in vec(step(), 0..40)) {
        let mut whole: Vec<u32> = (0..int(total)).collect();
        let mut fresh = int(total);
        let mut window = Window::of(int(total));
        for step in steps {
            match step {
                Step::Fill { from, count } => {
                    if whole.is_empty() { continue }
                    let from = from.index(whole.len());
                    let items: Vec<u32> = whole.iter().skip(from).take(count).copied().collect();
                    window.fill(int(whole.len()), int(from), items);
                }
                Step::Added { count, known } => {
                    let added: Vec<u32> = (fresh..fresh + int(count)).collect();
                    fresh += int(count);
                    window.added(int(count), added.iter().copied().take(known));
                    whole.splice(0..0, added);
                }
                Step::Vanished(indices) => {
                    if whole.is_empty() { continue }
                    let mut positions: Vec<usize> = indices.iter().map(|index| index.index(whole.len())).collect();
                    positions.sort_unstable();
                    positions.dedup();
                    positions.reverse();
                    let gone: Vec<u32> = positions.iter().map(|position| whole.remove(*position)).collect();
                    let removed = window.vanished(&positions.iter().map(|position| int(*position)).collect::<Vec<_>>());
                    prop_assert!(removed.iter().all(|item| gone.contains(item)));
                }
                Step::Forget(near) => {
                    let near = int(near.index(whole.len() + 1));
                    window.forget_far(&(near..near + 5), 10);
                    prop_assert!(window.len() <= 10);
                }
            }
            prop_assert_eq!(window.total(), int(whole.len()));
            for (position, item) in window.iter() {
                prop_assert_eq!(whole.get(position as usize), Some(item));
            }
        }
    }

    #[test]
    fn what_is_missing_is_asked_for_and_no_more(total in 1..80_u32, from in 0..80_u32, count in 0..80_u32) {
        let mut window = Window::of(total);
        window.fill(total, from, (from..from + count).collect::<Vec<_>>());
        let (start, end) = (10, 30);
        match window.missing(start..end) {
            None => prop_assert!((start..end.min(total)).all(|position| window.get(position).is_some())),
            Some(missing) => {
                prop_assert!(missing.start >= start && missing.end <= end.min(total));
                prop_assert!(window.get(missing.start).is_none() && window.get(missing.end - 1).is_none());
                let outside = (start..missing.start).chain(missing.end..end.min(total));
                prop_assert!(outside.into_iter().all(|position| window.get(position).is_some()));
            }
        }
    }
}

#[test]
fn what_is_below_all_that_can_be_counted_is_not_here() {
    let mut window = Window::of(u32::MAX - 1);
    window.fill(u32::MAX - 1, u32::MAX - 3, ["one", "two"]);
    window.added(2, ["new"]);
    assert_eq!(window.total(), u32::MAX);
    assert_eq!(window.iter().collect::<Vec<_>>(), [(0, &"new"), (u32::MAX - 1, &"one")]);
}

fn message(uid: u32) -> MessageRef {
    MessageRef { account: AccountId(1), mailbox: "INBOX".to_owned(), uid_validity: UidValidity(1), uid: Uid(uid) }
}

fn row(uid: u32, flags: Vec<Flag>) -> Row {
    Row {
        message: message(uid),
        from: Vec::new(),
        to: Vec::new(),
        subject: format!("Message {uid}"),
        preview: String::new(),
        date: 0,
        size: 0,
        flags,
        attachment: false,
        thread: None,
    }
}

fn listing(list: u32, from: u32, uids: impl IntoIterator<Item = u32>, total: u32) -> Listing {
    let rows = uids.into_iter().map(|uid| row(uid, Vec::new())).collect();
    Listing {
        list,
        query: Query { mailbox: "INBOX".to_owned(), ..Query::default() },
        total,
        from,
        rows,
        progress: None,
    }
}

fn state() -> State {
    let state = State::new(Locale::en, Theme::System);
    state.list.query.set(Query { mailbox: "INBOX".to_owned(), ..Query::default() });
    state
}

fn event(state: State, change: ListChange) {
    state.apply(&ServerFrame::Event { seq: 1, event: Event::Messages { list: 1, change } });
}

fn reply(state: State, reply: Reply) {
    state.apply(&ServerFrame::Reply { id: 1, result: Ok(reply) });
}

fn shown(state: State) -> Vec<Option<u32>> {
    let total = state.list.shown_total(&state.pending);
    let shown = state.list.shown(0..total, &state.pending);
    shown.into_iter().map(|shown| shown.entry.map(|entry| entry.message.uid.0)).collect()
}

fn in_a_world(test: impl FnOnce()) {
    let owner = Owner::new();
    owner.with(test);
}

#[test]
fn a_list_that_could_not_be_shown_is_asked_for_when_the_mail_server_is_back() {
    in_a_world(|| {
        let state = state();
        let (client, mut requests) = Client::new(state, std::sync::Arc::new(Nowhere));
        client.mail_is_back();
        assert!(requests.try_recv().is_err(), "nothing is wrong");
        state.list.problem.set(Some(wire::Error::Busy));
        client.mail_is_back();
        let asked = requests.try_recv().map(|request| request.command);
        assert!(matches!(&asked, Ok(Command::Open { query, .. }) if query.mailbox == "INBOX"), "{asked:?}");
        assert_eq!(state.list.problem.get_untracked(), None);
    });
}

#[test]
fn rows_move_when_others_come_and_go() {
    in_a_world(|| {
        let state = state();
        reply(state, Reply::Listing(listing(1, 0, [9, 8, 7], 5)));
        assert_eq!(shown(state), [Some(9), Some(8), Some(7), None, None]);
        let row_of_8 = state.list.entry(&message(8)).unwrap();
        event(state, ListChange::Added { count: 2, rows: vec![row(11, Vec::new())] });
        assert_eq!(shown(state), [Some(11), None, Some(9), Some(8), Some(7), None, None]);
        assert_eq!(row_of_8.position.get_untracked(), 3);
        event(state, ListChange::Vanished { positions: vec![5, 2] });
        assert_eq!(shown(state), [Some(11), None, Some(8), Some(7), None]);
        assert_eq!(row_of_8.position.get_untracked(), 2);
    });
}

#[test]
fn a_flag_changes_one_row() {
    in_a_world(|| {
        let state = state();
        reply(state, Reply::Listing(listing(1, 0, [9, 8], 2)));
        let shape = state.list.shape.get_untracked();
        event(state, ListChange::Flags { mailbox: "INBOX".to_owned(), flags: vec![(Uid(8), vec![Flag::Seen])] });
        assert!(state.list.entry(&message(8)).unwrap().row.with_untracked(|row| row.has(&Flag::Seen)));
        assert!(!state.list.entry(&message(9)).unwrap().row.with_untracked(|row| row.has(&Flag::Seen)));
        assert_eq!(state.list.shape.get_untracked(), shape);
    });
}

#[test]
fn rows_of_another_list_are_not_mixed_in() {
    in_a_world(|| {
        let state = state();
        reply(state, Reply::Listing(listing(1, 0, [9, 8], 2)));
        let mut other = listing(2, 0, [1], 1);
        other.query.mailbox = "Sent".to_owned();
        reply(state, Reply::Listing(other));
        assert_eq!(shown(state), [Some(9), Some(8)]);
        state.apply(&ServerFrame::Event {
            seq: 2,
            event: Event::Messages { list: 7, change: ListChange::Vanished { positions: vec![0] } },
        });
        assert_eq!(shown(state), [Some(9), Some(8)]);
    });
}

#[test]
fn a_new_opening_of_the_list_keeps_the_rows_it_still_has() {
    in_a_world(|| {
        let state = state();
        reply(state, Reply::Listing(listing(1, 0, [9, 8], 2)));
        let before = state.list.entry(&message(8)).unwrap();
        reply(state, Reply::Listing(listing(2, 0, [10, 8], 2)));
        assert_eq!(shown(state), [Some(10), Some(8)]);
        before.row.update(|row| row.subject = "the same signal".to_owned());
        assert_eq!(state.list.entry(&message(8)).unwrap().row.get_untracked().subject, "the same signal");
    });
}

#[test]
fn the_selection_forgets_what_is_gone() {
    in_a_world(|| {
        let state = state();
        reply(state, Reply::Listing(listing(1, 0, [9, 8], 2)));
        state.chosen.update(|chosen| {
            chosen.set(message(9), true);
            chosen.set(message(8), true);
        });
        event(state, ListChange::Vanished { positions: vec![0] });
        assert!(!state.chosen.get_untracked().contains(&message(9)));
        assert!(state.chosen.get_untracked().contains(&message(8)));
    });
}

#[test]
fn an_open_message_learns_of_flags() {
    in_a_world(|| {
        let state = State::from_page(
            Locale::en,
            Theme::System,
            &Route {
                query: Query { mailbox: "INBOX".to_owned(), ..Query::default() },
                message: Some((UidValidity(1), Uid(8))),
                at: None,
            },
            Some(&PageFrames { welcome: welcome(), listing: Some(listing(1, 0, [9, 8], 2)) }),
        );
        reply(state, Reply::Message(Box::new(opened(8))));
        event(state, ListChange::Flags { mailbox: "INBOX".to_owned(), flags: vec![(Uid(8), vec![Flag::Flagged])] });
        assert_eq!(state.opened_flags(), [Flag::Flagged]);
    });
}

fn welcome() -> Welcome {
    Welcome {
        tab: TabId("t".to_owned()),
        account: AccountId(1),
        identities: Vec::new(),
        connectivity: Connectivity::Live,
        mailboxes: Vec::new(),
        partial: false,
        folds: Folds::default(),
        labels: Vec::new(),
        searches: Vec::new(),
        quota: Quota::default(),
        submissions: Vec::new(),
        writers: Vec::new(),
        upload_limit: 0,
    }
}

fn opened(uid: u32) -> Message {
    Message {
        message: message(uid),
        from: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: String::new(),
        date: 0,
        flags: Vec::new(),
        body: Body::Html(Remote::default()),
        attachments: Vec::new(),
        important: false,
        report: None,
        receipt: None,
        suspicions: Vec::new(),
        checks: None,
        stripped: BTreeMap::new(),
        simplified: false,
        left_out: false,
        unsubscribe: None,
    }
}
