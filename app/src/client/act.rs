//! Acting on messages, and taking it back.

use std::{collections::HashMap, time::Duration};

use leptos::prelude::*;

use super::Client;
use crate::{
    state::{Change, Chosen, Dialog, Notice, Undo, covers},
    wire::{Action, Command, Error, Flag, MailboxCounts, MessageRef, Query, Reply, Selection, SpecialUse, UndoId},
};

/// How long a confirmed change waits for its effect to arrive.
const EFFECT: Duration = Duration::from_secs(5);

impl Client {
    /// What a press on a toolbar or key is about: the selection, else the open message, else the row of the keyboard.
    /// Reactive.
    pub fn target(&self) -> Option<Selection> {
        let state = &self.state;
        state.chosen.with(|chosen| match chosen {
            Chosen::These(these) if these.is_empty() => match state.opened.target.get() {
                Some(message) => Some(Selection::Messages(vec![message])),
                None => Some(self.of_rows(vec![state.cursor.get()?])),
            },
            Chosen::These(these) => Some(self.of_rows(these.iter().cloned().collect())),
            Chosen::AllBut(except) => {
                state.list.shape.track();
                Some(Selection::All { list: state.list.id()?, except: except.iter().cloned().collect() })
            }
        })
    }

    /// What rows of the list stand for. Reactive.
    pub fn of_rows(&self, messages: Vec<MessageRef>) -> Selection {
        if self.state.list.query.with(Query::is_threaded) {
            Selection::Threads(messages)
        } else {
            Selection::Messages(messages)
        }
    }

    /// How many messages a selection is about; of conversations, how many of these. Reactive.
    pub fn count_of(&self, selection: &Selection) -> u32 {
        let count = |messages: &Vec<MessageRef>| u32::try_from(messages.len()).unwrap_or(u32::MAX);
        match selection {
            Selection::Messages(messages) | Selection::Threads(messages) => count(messages),
            Selection::All { except, .. } => self.state.list.total.get().unwrap_or(0).saturating_sub(count(except)),
            Selection::Mailbox { path, .. } => self.counts_of(path).map_or(0, |counts| counts.total),
        }
    }

    /// Does something to messages: shown at once, taken back if the server refuses, and undone by the person for a
    /// while. Deleting in Trash, or where there is no Trash, asks first.
    pub fn act(&self, selection: Selection, action: Action) {
        if action == Action::Delete && untrack(|| self.only_in_trash(&selection) || self.has_no_trash()) {
            self.ask_to_erase(selection);
        } else {
            self.perform(selection, action, true);
        }
    }

    /// Erases for good. Only after the person said so.
    pub fn erase(&self, selection: Selection) {
        self.perform(selection, Action::Erase, true);
    }

    /// Adds a flag where any of the messages lacks it, else removes it.
    pub fn toggle(&self, selection: Selection, flag: Flag) {
        let set = !untrack(|| self.all_have(&selection, &flag));
        self.act(selection, Action::Flag { flag, set });
    }

    /// Whether all of the messages, as far as they are here, have a flag. Reactive.
    pub fn all_have(&self, selection: &Selection, flag: &Flag) -> bool {
        let state = &self.state;
        state.list.shape.track();
        let rows = state.list.entries_where(|message| covers(selection, message));
        if rows.is_empty() {
            return state.opened_flags().contains(flag);
        }
        rows.iter().all(|entry| entry.row.with(|row| state.flags(&row.message, &row.flags).contains(flag)))
    }

    /// Takes back what a notice tells of.
    pub fn undo(&self, undo: Undo) {
        self.state.toasts.dismiss_undo(undo);
        match undo {
            Undo::Action(undo) => self.undo_action(undo),
            Undo::Submission(submission) => self.edit_submission(submission),
        }
    }

    fn undo_action(&self, undo: UndoId) {
        let (client, reply) = (*self, self.send(Command::Undo { undo }));
        self.spawn(async move {
            match reply.await {
                Ok(_) => client.notify(Notice::Undone, None),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Tells the person something, for a while.
    pub fn notify(&self, notice: Notice, undo: Option<Undo>) {
        let (toasts, lasts) = (self.state.toasts, notice.lasts());
        let id = toasts.push(notice, undo);
        self.platform().after(lasts, Box::new(move || toasts.dismiss(id)));
    }

    /// Puts a row into the selection, or takes it out. With `range`, all from the row of the keyboard to it.
    pub fn choose(&self, message: &MessageRef, range: bool) {
        let from = self.state.cursor.get_untracked().filter(|_| range);
        let stretch = from.map_or_else(Vec::new, |from| self.state.list.between(&from, message));
        self.state.chosen.update(|chosen| {
            if stretch.is_empty() {
                let before = chosen.contains(message);
                chosen.set(message.clone(), !before);
            }
            for message in stretch {
                chosen.set(message, true);
            }
        });
        self.state.cursor.set(Some(message.clone()));
    }

    pub fn choose_all(&self) {
        self.state.chosen.set(Chosen::AllBut(Default::default()));
    }

    pub fn choose_none(&self) {
        if !self.state.chosen.with_untracked(Chosen::is_empty) {
            self.state.chosen.set(Chosen::default());
        }
    }

    /// Like [`Client::act`], without a notice.
    pub(super) fn act_quietly(&self, selection: Selection, action: Action) {
        self.perform(selection, action, false);
    }

    fn perform(&self, selection: Selection, action: Action, tell: bool) {
        let leaves = self.leaves(&selection, &action);
        let flag = match &action {
            Action::Flag { flag, set } => Some((flag.clone(), *set)),
            _ => None,
        };
        let counts = untrack(|| self.effect_on_counts(&selection, &action, leaves));
        let closed = leaves.then(|| self.step_aside(&selection)).flatten();
        let change = Change { selection: selection.clone(), flag, leaves, counts, confirmed: false };
        let pending = self.state.pending.add(change);
        let client = *self;
        let reply = self.send(Command::Act { selection: selection.clone(), action: action.clone() });
        self.spawn(async move {
            match reply.await {
                Ok(reply) => {
                    client.state.confirm(pending);
                    let forget = move || client.state.pending.remove(pending);
                    client.platform().after(EFFECT, Box::new(forget));
                    let Reply::Acted { undo, count, called_off } = reply else { return };
                    if called_off > 0 {
                        client.notify(Notice::NotGoingOut, None);
                    }
                    if tell && (leaves || undo.is_some() || action == Action::Erase) {
                        client.notify(Notice::Acted { action, count, elsewhere: false }, undo.map(Undo::Action));
                    }
                }
                Err(error) => {
                    client.state.pending.remove(pending);
                    if let Some(closed) = closed.filter(|_| error != Error::Gone)
                        && client.state.opened.target.with_untracked(Option::is_none)
                    {
                        client.read(&closed);
                    }
                    match error {
                        Error::NoTrash => client.ask_to_erase(selection),
                        // The next look at the list shows that it is gone. To read is allowed where nothing is kept of it.
                        Error::Gone | Error::NoRight { .. } if !tell => {}
                        error => client.complain(error),
                    }
                }
            }
        });
    }

    /// The counts of a mailbox as they are shown. Reactive.
    fn counts_of(&self, path: &str) -> Option<MailboxCounts> {
        Some(self.state.counts(&self.state.mailboxes.by_path(path)?))
    }

    /// All that a folder holds by what the person sees.
    pub(super) fn whole(&self, path: &str) -> Option<Selection> {
        let MailboxCounts { path, uid_validity, uid_next, .. } = untrack(|| self.counts_of(path))?;
        Some(Selection::Mailbox { path, uid_validity, uid_next })
    }

    pub(super) fn ask_to_erase(&self, selection: Selection) {
        let count = untrack(|| self.count_of(&selection));
        self.state.dialog.set(Some(Dialog::Erase { selection, count }));
    }

    /// Whether the messages are all in Trash. Reactive.
    pub fn only_in_trash(&self, selection: &Selection) -> bool {
        let is_trash = |path: &str| self.state.mailboxes.use_of(path) == Some(SpecialUse::Trash);
        match selection {
            Selection::Messages(messages) | Selection::Threads(messages) => {
                messages.iter().all(|message| is_trash(&message.mailbox))
            }
            Selection::All { .. } => self.state.list.query.with(|query| !query.everywhere && is_trash(&query.mailbox)),
            Selection::Mailbox { path, .. } => is_trash(path),
        }
    }

    /// Whether there is nowhere to delete to. Reactive.
    fn has_no_trash(&self) -> bool {
        let mailboxes = &self.state.mailboxes;
        mailboxes.by_use(SpecialUse::Trash).is_none() && mailboxes.by_use(SpecialUse::Inbox).is_some()
    }

    /// Whether an action takes messages out of the open list.
    fn leaves(&self, selection: &Selection, action: &Action) -> bool {
        match (action, selection) {
            (Action::Flag { .. }, _) => false,
            // It may take long: the list shows how it goes.
            (_, Selection::Mailbox { .. }) => false,
            // Moved to where it is already.
            (Action::Move { to }, Selection::Messages(messages) | Selection::Threads(messages)) => {
                messages.iter().any(|message| message.mailbox != *to)
            }
            (Action::Move { to }, Selection::All { .. }) => {
                self.state.list.query.with_untracked(|query| query.everywhere || query.mailbox != *to)
            }
            _ => true,
        }
    }

    /// When the open message or the row of the keyboard goes, the keyboard is on the next row. Returns the message that
    /// was closed.
    fn step_aside(&self, selection: &Selection) -> Option<MessageRef> {
        let state = &self.state;
        if let Some(cursor) = state.cursor.get_untracked().filter(|cursor| covers(selection, cursor)) {
            let stays = |message: &MessageRef| !covers(selection, message);
            let next = (1..50).find_map(|by| self.beside(&cursor, by).filter(stays));
            let next = next.or_else(|| (1..50).find_map(|by| self.beside(&cursor, -by).filter(stays)));
            state.cursor.set(next);
        }
        let open = state.opened.target.get_untracked().filter(|open| covers(selection, open));
        if open.is_some() {
            self.close_message();
        }
        self.choose_none();
        open
    }

    fn effect_on_counts(&self, selection: &Selection, action: &Action, leaves: bool) -> Vec<(String, i64, i64)> {
        let state = &self.state;
        let target = match action {
            Action::Flag { flag: Flag::Seen, .. } => None,
            Action::Flag { .. } => return Vec::new(),
            Action::Move { to } => Some(to.clone()),
            Action::Archive => path_of(self, SpecialUse::Archive),
            Action::Delete => path_of(self, SpecialUse::Trash),
            Action::Junk => path_of(self, SpecialUse::Junk),
            Action::NotJunk => path_of(self, SpecialUse::Inbox),
            Action::Erase => None,
        };
        if let (Selection::Mailbox { path, .. }, Action::Flag { set: true, .. }) = (selection, action) {
            return vec![(path.clone(), 0, -self.counts_of(path).map_or(0, |counts| i64::from(counts.unseen)))];
        }
        let mut counts: HashMap<String, (i64, i64)> = HashMap::new();
        for entry in state.list.entries_where(|message| covers(selection, message)) {
            let mailbox = &entry.message.mailbox;
            let seen = entry.row.with(|row| state.flags(&row.message, &row.flags).contains(&Flag::Seen));
            let unseen = i64::from(!seen);
            match action {
                Action::Flag { set, .. } => {
                    let change = if *set { -unseen } else { i64::from(seen) };
                    counts.entry(mailbox.clone()).or_default().1 += change;
                }
                _ if leaves && target.as_ref() != Some(mailbox) => {
                    let from = counts.entry(mailbox.clone()).or_default();
                    *from = (from.0 - 1, from.1 - unseen);
                    if let Some(target) = &target {
                        let to = counts.entry(target.clone()).or_default();
                        *to = (to.0 + 1, to.1 + unseen);
                    }
                }
                _ => {}
            }
        }
        counts.into_iter().map(|(path, (total, unseen))| (path, total, unseen)).collect()
    }
}

fn path_of(client: &Client, special_use: SpecialUse) -> Option<String> {
    client.state.mailboxes.by_use(special_use).map(|folder| folder.mailbox.path)
}
