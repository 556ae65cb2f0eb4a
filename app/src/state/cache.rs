//! The open message, and those that were or will likely be open.

use std::{collections::VecDeque, sync::Arc};

use leptos::prelude::*;

use crate::wire::{Conversation, Error, Flag, Message, MessageRef, Row, Uid};

/// The open message.
#[derive(Clone, Copy)]
pub struct Opened {
    /// Which one; none when only the list is shown.
    pub target: RwSignal<Option<MessageRef>>,
    /// Its content, once it is here. Always the content of `target`, or none.
    pub message: RwSignal<Option<Arc<Message>>>,
    /// Why it is not here.
    pub problem: RwSignal<Option<Error>>,
    /// The conversation it is part of, in the order of arrival; empty when it is alone, or nothing is known yet.
    pub conversation: RwSignal<Vec<Row>>,
    cache: StoredValue<VecDeque<Arc<Message>>>,
}

/// How many messages are kept.
const KEPT: usize = 30;

impl Opened {
    pub(super) fn new() -> Opened {
        Opened {
            target: RwSignal::new(None),
            message: RwSignal::new(None),
            problem: RwSignal::new(None),
            conversation: RwSignal::new(Vec::new()),
            cache: StoredValue::new(VecDeque::new()),
        }
    }

    /// Turns to a message; its content comes at once if it is known.
    pub(crate) fn show(&self, target: Option<MessageRef>) {
        let known = target.as_ref().and_then(|target| self.known(target));
        self.problem.set(None);
        if target.as_ref().is_none_or(|target| self.beside(target).is_empty()) {
            self.conversation.set(Vec::new());
        }
        self.message.set(known);
        self.target.set(target);
    }

    /// The messages of the conversation that is shown, the newest first, if this one is among them.
    pub(crate) fn beside(&self, message: &MessageRef) -> Vec<MessageRef> {
        self.conversation.with_untracked(|rows| {
            let messages: Vec<MessageRef> = rows.iter().rev().map(|row| row.message.clone()).collect();
            if messages.contains(message) { messages } else { Vec::new() }
        })
    }

    /// What belongs together with a message.
    pub(super) fn gathered(&self, conversation: &Conversation) {
        let Conversation { of, rows, .. } = conversation;
        // The person may have gone on to another of the same conversation meanwhile.
        let is_shown = self.target.with_untracked(|target| {
            target.as_ref().is_some_and(|target| target == of || rows.iter().any(|row| row.message == *target))
        });
        if is_shown && self.conversation.with_untracked(|known| known != rows) {
            self.conversation.set(rows.clone());
        }
    }

    fn change_rows(&self, mut change: impl FnMut(&mut Row) -> bool) {
        self.conversation.maybe_update(|rows| rows.iter_mut().filter_map(|row| change(row).then_some(())).count() > 0);
    }

    /// The content of a message if it is here.
    pub(crate) fn known(&self, target: &MessageRef) -> Option<Arc<Message>> {
        let mut known = None;
        self.cache.update_value(|cache| {
            if let Some(index) = cache.iter().position(|message| message.message == *target)
                && let Some(message) = cache.remove(index)
            {
                known = Some(message.clone());
                cache.push_back(message);
            }
        });
        known
    }

    pub(super) fn insert(&self, message: &Message) {
        let message = Arc::new(message.clone());
        self.cache.update_value(|cache| {
            cache.retain(|other| other.message != message.message);
            cache.push_back(message.clone());
            if cache.len() > KEPT {
                cache.pop_front();
            }
        });
        if self.target.with_untracked(|target| target.as_ref() == Some(&message.message)) {
            self.problem.set(None);
            self.message.set(Some(message));
        }
    }

    /// New flags of messages in a mailbox.
    pub(super) fn set_flags(&self, mailbox: &str, flags: &[(Uid, Vec<Flag>)]) {
        let change = |message: &mut Arc<Message>| {
            let fresh = flags
                .iter()
                .find(|(uid, _)| message.message.uid == *uid && message.message.mailbox == mailbox)
                .filter(|(_, flags)| message.flags != *flags);
            if let Some((_, flags)) = fresh {
                Arc::make_mut(message).flags.clone_from(flags);
                return true;
            }
            false
        };
        self.cache.update_value(|cache| {
            cache.iter_mut().for_each(|message| {
                change(message);
            })
        });
        self.message.maybe_update(|message| message.as_mut().is_some_and(change));
        self.change_rows(|row| {
            let fresh = flags.iter().find(|(uid, _)| row.message.uid == *uid && row.message.mailbox == mailbox);
            let fresh = fresh.filter(|(_, flags)| row.flags != *flags);
            if let Some((_, flags)) = fresh {
                row.flags.clone_from(flags);
            }
            fresh.is_some()
        });
    }

    /// The server's word that these messages now have, or have not, a flag.
    pub(super) fn set_flag(&self, covers: impl Fn(&MessageRef) -> bool, flag: &Flag, set: bool) {
        let change = |message: &mut Arc<Message>| {
            covers(&message.message)
                && message.flags.contains(flag) != set
                && super::pending::set_flag(&mut Arc::make_mut(message).flags, flag, set)
        };
        self.cache.update_value(|cache| {
            cache.iter_mut().for_each(|message| {
                change(message);
            })
        });
        self.message.maybe_update(|message| message.as_mut().is_some_and(change));
        self.change_rows(|row| covers(&row.message) && super::pending::set_flag(&mut row.flags, flag, set));
    }

    /// Forgets all that was kept, except what is on the screen.
    pub(crate) fn clear(&self) {
        self.cache.update_value(VecDeque::clear);
    }
}
