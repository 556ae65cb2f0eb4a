//! The open list of messages. Each row has a signal of its own, so that a flag changes one row; where rows are is told
//! by `shape`.

use std::{collections::HashMap, ops::Range};

use leptos::prelude::*;

use super::{Pending, window::Window};
use crate::wire::{Error, Flag, Listing, MessageRef, Progress, Query, Row, Thread, Uid};

/// The open list.
#[derive(Clone, Copy)]
pub struct List {
    /// What is to be listed. The rows follow as soon as they are here.
    pub query: RwSignal<Query>,
    /// Number of messages, by the server; none while it is not known.
    pub total: RwSignal<Option<u32>>,
    /// How far the search is whose results these are; none when all is found.
    pub progress: RwSignal<Option<Progress>>,
    /// The position to scroll to.
    pub goal: RwSignal<Option<u32>>,
    /// Why there are no rows.
    pub problem: RwSignal<Option<Error>>,
    /// Counts the times that rows came, went or moved.
    pub shape: RwSignal<u64>,
    rows: StoredValue<Rows>,
}

#[derive(Default)]
struct Rows {
    list: Option<u32>,
    window: Window<Entry>,
    /// What the person looks at: what is kept when there is too much.
    near: Range<u32>,
}

/// A row of the list, wherever it is at the moment.
#[derive(Debug, Clone)]
pub struct Entry {
    pub message: MessageRef,
    pub row: ArcRwSignal<Row>,
    /// By the server's count.
    pub position: ArcRwSignal<u32>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.message == other.message
    }
}

/// A place on the screen: a row, or a placeholder for one that is not here yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub position: u32,
    pub entry: Option<Entry>,
}

/// Rows that are kept.
const KEPT: usize = 600;

impl List {
    pub(super) fn new() -> List {
        List {
            query: RwSignal::new(Query::default()),
            total: RwSignal::new(None),
            progress: RwSignal::new(None),
            goal: RwSignal::new(None),
            problem: RwSignal::new(None),
            shape: RwSignal::new(0),
            rows: StoredValue::new(Rows::default()),
        }
    }

    /// Whether the server still looks for more. Reactive.
    pub fn is_searching(&self) -> bool {
        self.progress.with(|progress| progress.as_ref().is_some_and(|progress| progress.end.is_none()))
    }

    /// The server's name for the list that the rows are of.
    pub fn id(&self) -> Option<u32> {
        self.rows.with_value(|rows| rows.list)
    }

    /// Number of messages to show: those the server has, without those on their way out. Reactive.
    pub fn shown_total(&self, pending: &Pending) -> u32 {
        self.layout(pending).total
    }

    /// What to show at these positions of the screen. Reactive.
    pub fn shown(&self, range: Range<u32>, pending: &Pending) -> Vec<Shown> {
        let layout = self.layout(pending);
        self.rows.with_value(|rows| {
            (range.start..range.end.min(layout.total))
                .map(|position| {
                    let entry = rows.window.get(layout.by_server(position)).cloned();
                    Shown { position, entry }
                })
                .collect()
        })
    }

    /// Where a row is on the screen. Reactive.
    pub fn shown_position(&self, entry: &Entry, pending: &Pending) -> u32 {
        let position = entry.position.get();
        self.layout(pending).on_screen(position)
    }

    /// The row of a message, if it is here. Reactive.
    pub fn entry(&self, message: &MessageRef) -> Option<Entry> {
        self.shape.track();
        self.rows.with_value(|rows| {
            rows.window.iter().find(|(_, entry)| entry.message == *message).map(|(_, entry)| entry.clone())
        })
    }

    /// The row at a position of the screen, if it is here. Reactive.
    pub fn at(&self, position: u32, pending: &Pending) -> Option<Entry> {
        let position = self.layout(pending).by_server(position);
        self.rows.with_value(|rows| rows.window.get(position).cloned())
    }

    /// Of these positions of the screen, the stretch that has to be asked for, by the server's count.
    pub(crate) fn missing(&self, range: Range<u32>, pending: &Pending) -> Option<Range<u32>> {
        let layout = untrack(|| self.layout(pending));
        let range = layout.by_server(range.start)..layout.by_server(range.end);
        let mut missing = None;
        self.rows.update_value(|rows| {
            rows.near = range.clone();
            missing = rows.window.missing(range);
        });
        missing
    }

    /// Positions, by the server's count, that the person looks at.
    pub(crate) fn near(&self) -> Range<u32> {
        self.rows.with_value(|rows| rows.near.clone())
    }

    /// Turns to another list: nothing of it is known yet.
    pub(crate) fn turn_to(&self, query: Query) {
        self.rows.set_value(Rows::default());
        self.problem.set(None);
        self.progress.set(None);
        self.total.set(None);
        self.query.set(query);
        self.reshape();
    }

    fn layout(&self, pending: &Pending) -> Layout {
        self.shape.track();
        let leaving = pending.leaving();
        self.rows.with_value(|rows| {
            let total = rows.window.total();
            if leaving.is_empty() {
                return Layout { total, gone: Vec::new() };
            }
            let mut gone: Vec<u32> = rows
                .window
                .iter()
                .filter(|(_, entry)| leaving.contains(&entry.message, rows.list))
                .map(|(position, _)| position)
                .collect();
            if let Some(left) = leaving.all_but(rows.list) {
                // Whatever is not here is leaving too.
                gone = (0..total)
                    .filter(|position| rows.window.get(*position).is_none_or(|entry| !left.contains(&entry.message)))
                    .collect();
            }
            Layout { total: total - u32::try_from(gone.len()).unwrap_or(total).min(total), gone }
        })
    }

    /// Takes rows in, in place of what was known of the list if it is another.
    pub(super) fn apply_listing(&self, listing: &Listing) {
        let wanted = self.query.with_untracked(|query| *query == listing.query);
        if !wanted {
            return;
        }
        self.rows.update_value(|rows| {
            if rows.list != Some(listing.list) {
                rows.list = Some(listing.list);
                let near = rows.near.clone();
                rows.replace(listing);
                rows.near = near;
            } else {
                rows.fill(listing);
            }
            rows.settle();
        });
        self.problem.set(None);
        self.progress_to(listing);
        self.reshape();
    }

    /// Everything known of the list is another, in place.
    pub(super) fn apply_replaced(&self, list: u32, listing: &Listing) {
        self.apply_in_place(list, listing, Rows::replace);
    }

    /// A search has found more, or got further.
    pub(super) fn apply_found(&self, list: u32, listing: &Listing) {
        self.apply_in_place(list, listing, Rows::fill);
    }

    fn apply_in_place(&self, list: u32, listing: &Listing, apply: fn(&mut Rows, &Listing)) {
        let mut open = false;
        self.rows.update_value(|rows| {
            open = rows.list == Some(list);
            if open {
                rows.list = Some(listing.list);
                apply(rows, listing);
                rows.settle();
            }
        });
        if open {
            self.progress_to(listing);
        }
        self.reshape();
    }

    fn progress_to(&self, listing: &Listing) {
        if self.progress.with_untracked(|known| *known != listing.progress) {
            self.progress.set(listing.progress.clone());
        }
    }

    pub(super) fn apply_added(&self, list: u32, count: u32, added: &[Row]) {
        self.rows.update_value(|rows| {
            if rows.list == Some(list) {
                rows.window.added(count, added.iter().map(Entry::new));
                rows.near = rows.near.start.saturating_add(count)..rows.near.end.saturating_add(count);
                rows.settle();
            }
        });
        self.reshape();
    }

    /// Returns the messages that are gone, of those that were here.
    pub(super) fn apply_vanished(&self, list: u32, positions: &[u32]) -> Vec<MessageRef> {
        let mut gone = Vec::new();
        self.rows.update_value(|rows| {
            if rows.list == Some(list) {
                gone = rows.window.vanished(positions).into_iter().map(|entry| entry.message).collect();
                rows.settle();
            }
        });
        self.reshape();
        gone
    }

    pub(super) fn apply_flags(&self, mailbox: &str, flags: &[(Uid, Vec<Flag>)]) {
        self.change_rows(mailbox, flags, |row, flags| row.flags.clone_from(flags));
    }

    pub(super) fn apply_previews(&self, mailbox: &str, previews: &[(Uid, String)]) {
        self.change_rows(mailbox, previews, |row, preview| row.preview.clone_from(preview));
    }

    pub(super) fn apply_threads(&self, mailbox: &str, threads: &[(Uid, Option<Thread>)]) {
        self.change_rows(mailbox, threads, |row, thread| row.thread = *thread);
    }

    /// The server's word that these messages now have, or have not, a flag.
    pub(super) fn set_flag(&self, covers: impl Fn(&MessageRef) -> bool, flag: &Flag, set: bool) {
        self.rows.with_value(|rows| {
            for (_, entry) in rows.window.iter().filter(|(_, entry)| covers(&entry.message)) {
                entry.row.maybe_update(|row| super::pending::set_flag(&mut row.flags, flag, set));
            }
        });
    }

    fn change_rows<T>(&self, mailbox: &str, changes: &[(Uid, T)], change: impl Fn(&mut Row, &T)) {
        let changes: HashMap<Uid, &T> = changes.iter().map(|(uid, change)| (*uid, change)).collect();
        self.rows.with_value(|rows| {
            for (_, entry) in rows.window.iter().filter(|(_, entry)| entry.message.mailbox == mailbox) {
                let Some(value) = changes.get(&entry.message.uid) else {
                    continue;
                };
                entry.row.update(|row| change(row, value));
            }
        });
    }

    /// The messages that are here, from one to another, both included.
    pub(crate) fn between(&self, one: &MessageRef, other: &MessageRef) -> Vec<MessageRef> {
        self.rows.with_value(|rows| {
            let position = |message: &MessageRef| {
                rows.window.iter().find(|(_, entry)| entry.message == *message).map(|(at, _)| at)
            };
            let (Some(one), Some(other)) = (position(one), position(other)) else {
                return Vec::new();
            };
            rows.window
                .iter()
                .filter(|(at, _)| (one.min(other)..=one.max(other)).contains(at))
                .map(|(_, entry)| entry.message.clone())
                .collect()
        })
    }

    /// The rows that are here and belong to these messages.
    pub(crate) fn entries_where(&self, covers: impl Fn(&MessageRef) -> bool) -> Vec<Entry> {
        self.rows.with_value(|rows| {
            rows.window.iter().filter(|(_, entry)| covers(&entry.message)).map(|(_, entry)| entry.clone()).collect()
        })
    }

    fn reshape(&self) {
        let total = self.rows.with_value(|rows| rows.list.map(|_| rows.window.total()));
        if self.total.get_untracked() != total {
            self.total.set(total);
        }
        self.shape.update(|shape| *shape += 1);
    }
}

impl Rows {
    /// Starts over with these rows; a message that was here keeps its entry.
    fn replace(&mut self, listing: &Listing) {
        let known: HashMap<MessageRef, Entry> =
            self.window.iter().map(|(_, entry)| (entry.message.clone(), entry.clone())).collect();
        self.window = Window::default();
        self.window.fill(listing.total, listing.from, listing.rows.iter().map(|row| Entry::of(row, &known)));
    }

    fn fill(&mut self, listing: &Listing) {
        let known: HashMap<MessageRef, Entry> =
            self.window.iter().map(|(_, entry)| (entry.message.clone(), entry.clone())).collect();
        self.window.fill(listing.total, listing.from, listing.rows.iter().map(|row| Entry::of(row, &known)));
    }

    /// After any change: not too many rows, and each knows where it is.
    fn settle(&mut self) {
        self.window.forget_far(&self.near, KEPT);
        for (position, entry) in self.window.iter() {
            entry.position.maybe_update(|known| std::mem::replace(known, position) != position);
        }
    }
}

impl Entry {
    fn new(row: &Row) -> Entry {
        Entry { message: row.message.clone(), row: ArcRwSignal::new(row.clone()), position: ArcRwSignal::new(0) }
    }

    fn of(row: &Row, known: &HashMap<MessageRef, Entry>) -> Entry {
        let Some(entry) = known.get(&row.message) else {
            return Entry::new(row);
        };
        entry.row.maybe_update(|known| {
            let changed = known != row;
            known.clone_from(row);
            changed
        });
        entry.clone()
    }
}

/// How positions on the screen and by the server's count go together.
struct Layout {
    total: u32,
    /// Positions by the server's count that are not shown, ascending.
    gone: Vec<u32>,
}

impl Layout {
    fn by_server(&self, on_screen: u32) -> u32 {
        let mut position = on_screen;
        for gone in &self.gone {
            if *gone > position {
                break;
            }
            position = position.saturating_add(1);
        }
        position
    }

    fn on_screen(&self, by_server: u32) -> u32 {
        let before = self.gone.partition_point(|gone| *gone < by_server);
        by_server.saturating_sub(u32::try_from(before).unwrap_or(u32::MAX))
    }
}
