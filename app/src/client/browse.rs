//! Going places: folders, searches, rows, messages.

use std::{ops::Range, time::Duration};

use leptos::prelude::*;

use super::Client;
use crate::{
    platform::Visit,
    route::Route,
    state::{Chosen, Threading},
    wire::{Action, Body, Command, Error, Flag, MAX_WINDOW, MessageRef, Query, Reply, Right, Selection, SpecialUse},
};

/// How long to wait before a conversation is asked for again because not all mail was looked at: at first, and at most.
const GATHER_AGAIN: Duration = Duration::from_secs(2);
const GATHER_AT_LAST: Duration = Duration::from_secs(30);

/// Rows asked for at first.
pub const FIRST_ROWS: u32 = 32;

#[derive(Default)]
pub(super) struct Memory {
    /// A request for rows is under way, and whether another should follow it.
    asking: bool,
    wanted: Option<Range<u32>>,
    /// Counts the messages opened, so that what was meant for one is not done for the next.
    opened: u32,
    /// Counts the times a conversation was asked for: the last is the one that is asked for again.
    gathered: u32,
}

impl Client {
    /// Shows a folder, from its top.
    pub fn open_mailbox(&self, path: &str) {
        self.open(self.whole_list(path));
    }

    /// The list of a whole folder.
    pub(super) fn whole_list(&self, path: &str) -> Query {
        Query { mailbox: path.to_owned(), threaded: self.state.grouped.get_untracked(), ..Query::default() }
    }

    /// Shows a list, from its top, and closes the open message.
    pub fn open(&self, query: Query) {
        self.go(&Route::to(query, None), Some(Visit::Push));
    }

    /// Shows a message of the list.
    pub fn read(&self, message: &MessageRef) {
        self.state.cursor.set(Some(message.clone()));
        self.show_message(Some(message.clone()), Some(Visit::Push));
    }

    /// Closes the open message; back to the list.
    pub fn close_message(&self) {
        if self.state.opened.target.with_untracked(Option::is_some) {
            self.show_message(None, Some(Visit::Push));
        }
    }

    /// Shows what an address names. Without `visit` the address bar already shows it.
    pub fn go(&self, route: &Route, visit: Option<Visit>) {
        let known = self.state.list.query.with_untracked(|query| *query == route.query);
        // A press on the open folder asks the server again.
        if !known || visit.is_some() {
            self.open_list(route.query.clone(), known);
        }
        let message = route.message(self.state.account.get_untracked());
        if !known && message.is_none() {
            self.state.cursor.set(None);
        }
        self.state.drawer.set(false);
        self.state.moving.set(false);
        self.state.labelling.set(false);
        self.show_message(message, None);
        if let Some(visit) = visit {
            self.platform().visit(&route.url(), visit);
        }
    }

    /// The address of what is on the screen.
    pub fn route(&self) -> Route {
        let query = self.state.list.query.get_untracked();
        self.state.opened.target.with_untracked(|message| Route::to(query, message.as_ref()))
    }

    fn open_list(&self, query: Query, known: bool) {
        let near = if known { self.state.list.near() } else { 0..0 };
        let (from, count) = (near.start, (near.end.saturating_sub(near.start)).clamp(FIRST_ROWS, MAX_WINDOW));
        // Sent before anything is rendered anew: the server works meanwhile.
        let (client, reply) = (*self, self.send(Command::Open { query: query.clone(), from, count }));
        if !known {
            self.state.chosen.set(Chosen::default());
            self.state.list.turn_to(query.clone());
        }
        self.spawn(async move {
            if let Err(error) = reply.await
                && client.state.list.query.with_untracked(|now| *now == query)
            {
                client.state.list.problem.set(Some(error));
            }
        });
    }

    /// Asks for the open list again, after it could not be shown.
    pub fn retry_list(&self) {
        self.state.list.problem.set(None);
        self.open_list(self.state.list.query.get_untracked(), true);
    }

    /// The mail server can be reached again. A list that could not be shown is asked for once more: the server tells nothing
    /// of it until it is, and rows of before may still be on the screen.
    pub fn mail_is_back(&self) {
        if self.state.list.problem.with_untracked(Option::is_some) {
            self.retry_list();
        }
    }

    /// After a reconnect to a server that has forgotten the tab: the same list, where the person left it.
    pub fn open_again(&self) {
        let mut query = self.state.list.query.get_untracked();
        if query.mailbox.is_empty() {
            let inbox = untrack(|| self.state.mailboxes.by_use(SpecialUse::Inbox));
            let Some(inbox) = inbox.or_else(|| untrack(|| self.state.mailboxes.all.with(|all| all.first().cloned())))
            else {
                return;
            };
            query.mailbox = inbox.mailbox.path;
            self.state.list.query.set(query.clone());
        }
        self.open_list(query, true);
    }

    /// Fetches the message that the address of the page names.
    pub fn resume_message(&self) {
        if self.state.opened.target.with_untracked(Option::is_some) {
            self.retry_message();
        }
    }

    /// Sees to it that these positions of the screen are filled soon. The newest call wins.
    pub fn ensure_window(&self, range: Range<u32>) {
        let mut idle = false;
        self.inner.update_value(|inner| {
            idle = !inner.browse.asking;
            inner.browse.wanted = Some(range);
        });
        // Sent at once, and not from a task that begins after whatever is about to be rendered.
        let Some(mut reply) = idle.then(|| self.ask_for_window()).flatten() else { return };
        let client = *self;
        self.spawn(async move {
            loop {
                match reply.await {
                    // A list that is gone was replaced: its rows come by themselves.
                    Ok(_) | Err(Error::Gone) => {}
                    Err(error) => client.complain(error),
                }
                let Some(next) = client.ask_for_window() else { return };
                reply = next;
            }
        });
    }

    /// Asks for what is missing of the newest wish.
    fn ask_for_window(&self) -> Option<impl Future<Output = Result<Reply, Error>> + use<>> {
        let mut wanted = None;
        self.inner.update_value(|inner| wanted = inner.browse.wanted.take());
        let missing = wanted.and_then(|range| self.state.list.missing(range, &self.state.pending));
        let reply = self.state.list.id().zip(missing).map(|(list, missing)| {
            let count = (missing.end - missing.start).min(MAX_WINDOW);
            self.send(Command::Window { list, from: missing.start, count })
        });
        self.inner.update_value(|inner| inner.browse.asking = reply.is_some());
        reply
    }

    fn show_message(&self, message: Option<MessageRef>, visit: Option<Visit>) {
        if self.state.opened.target.with_untracked(|target| *target == message) {
            return;
        }
        let turn = self.next_turn();
        self.state.opened.show(message.clone());
        if let Some(visit) = visit {
            self.platform().visit(&self.route().url(), visit);
        }
        if let Some(message) = message {
            let client = *self;
            self.spawn(async move { client.fetch_message(message, turn).await });
        }
    }

    fn next_turn(&self) -> u32 {
        let mut turn = 0;
        self.inner.update_value(|inner| {
            inner.browse.opened = inner.browse.opened.wrapping_add(1);
            turn = inner.browse.opened;
        });
        turn
    }

    async fn fetch_message(&self, message: MessageRef, turn: u32) {
        let is_current = || self.inner.with_value(|inner| inner.browse.opened == turn);
        if self.state.opened.known(&message).is_none()
            && let Err(error) = self.send(Command::Read { message: message.clone() }).await
        {
            if is_current() {
                self.state.opened.problem.set(Some(error));
            }
            return;
        }
        if !is_current() {
            return;
        }
        self.mark_seen(&message);
        if let Some(known) = self.state.opened.known(&message) {
            self.answer_unasked(&known);
        }
        self.gather(message.clone(), GATHER_AGAIN);
        self.warm_neighbours(message, turn);
    }

    /// Asks what belongs together with the open message; again after a while as long as not all mail was looked at.
    fn gather(&self, message: MessageRef, again: Duration) {
        if self.state.threading.get_untracked() == Threading::Off {
            return;
        }
        let mut turn = 0;
        self.inner.update_value(|inner| {
            inner.browse.gathered = inner.browse.gathered.wrapping_add(1);
            turn = inner.browse.gathered;
        });
        let (client, reply) = (*self, self.send(Command::Gather { message: message.clone() }));
        let then = move || {
            let is_last = client.inner.with_value(|inner| inner.browse.gathered == turn);
            if is_last && client.state.opened.target.with_untracked(|target| target.as_ref() == Some(&message)) {
                client.gather(message, (2 * again).min(GATHER_AT_LAST));
            }
        };
        self.spawn(async move {
            // What cannot be had now, for want of a line or because the server is busy, is asked for again.
            if !matches!(reply.await, Ok(Reply::Conversation(conversation)) if conversation.complete) {
                client.platform().after(again, Box::new(then));
            }
        });
    }

    /// Mail has come or gone: asks again what belongs together with the open message.
    pub(crate) fn gather_again(&self) {
        if let Some(message) = self.state.opened.target.get_untracked() {
            self.gather(message, GATHER_AGAIN);
        }
    }

    /// Asks for the open message again.
    pub fn retry_message(&self) {
        let Some(target) = self.state.opened.target.get_untracked() else {
            return;
        };
        self.state.opened.show(Some(target.clone()));
        let turn = self.next_turn();
        let client = *self;
        self.spawn(async move { client.fetch_message(target, turn).await });
    }

    fn mark_seen(&self, message: &MessageRef) {
        let unseen = untrack(|| {
            let opened = self.state.opened_flags();
            let listed = self.state.list.entry(message).map(|entry| entry.row.with(|row| row.has(&Flag::Seen)));
            let keeps = self.state.mailboxes.may(&message.mailbox, Right::Seen);
            keeps && !(listed.unwrap_or(true) && opened.contains(&Flag::Seen))
        });
        if unseen {
            self.act_quietly(Selection::Messages(vec![message.clone()]), Action::Flag { flag: Flag::Seen, set: true });
        }
    }

    /// Fetches the messages above and below ahead of time, a moment after one was opened.
    fn warm_neighbours(&self, message: MessageRef, turn: u32) {
        let client = *self;
        let then = move || {
            if client.inner.with_value(|inner| inner.browse.opened == turn) {
                client.spawn(async move {
                    for neighbour in client.neighbours(&message) {
                        client.warm(neighbour).await;
                    }
                });
            }
        };
        self.platform().after(Duration::from_millis(120), Box::new(then));
    }

    async fn warm(&self, message: MessageRef) {
        if self.state.opened.known(&message).is_none()
            && self.send(Command::Read { message: message.clone() }).await.is_err()
        {
            return;
        }
        if let Some(known) = self.state.opened.known(&message)
            && matches!(known.body, Body::Html(_))
        {
            self.platform().warm(&untrack(|| self.body_url(&message, false)));
        }
    }

    /// The address of a message's body, for its frame, in the colours of now. Reactive.
    pub fn body_url(&self, message: &MessageRef, remote: bool) -> String {
        crate::route::body_url(message, self.platform().theme(self.state.theme.get()), remote)
    }

    /// The messages below and above one in the list, as far as they are here.
    fn neighbours(&self, message: &MessageRef) -> Vec<MessageRef> {
        [self.beside(message, 1), self.beside(message, -1)].into_iter().flatten().collect()
    }

    /// Puts the keyboard on the row at a position of the screen, wherever that is in the list.
    pub fn go_to_position(&self, position: u32) {
        let client = *self;
        self.spawn(async move {
            let state = client.state;
            let at = || untrack(|| state.list.at(position, &state.pending));
            if at().is_none()
                && let Some(list) = state.list.id()
                && let Some(missing) = state.list.missing(position.saturating_sub(20)..position + 20, &state.pending)
            {
                let count = missing.end - missing.start;
                drop(client.send(Command::Window { list, from: missing.start, count }).await);
            }
            if let Some(entry) = at() {
                state.cursor.set(Some(entry.message));
            }
        });
    }

    /// The message `by` rows below another, if it is here. One that is not in the list is where the rest of its
    /// conversation is.
    pub(crate) fn beside(&self, message: &MessageRef, by: i64) -> Option<MessageRef> {
        untrack(|| {
            let entry = self.state.list.entry(message).or_else(|| {
                self.state.opened.beside(message).iter().find_map(|message| self.state.list.entry(message))
            })?;
            let position = i64::from(self.state.list.shown_position(&entry, &self.state.pending)).checked_add(by)?;
            let position = u32::try_from(position).ok()?;
            Some(self.state.list.at(position, &self.state.pending)?.message)
        })
    }
}
