//! Leaving a list.

use super::Client;
use crate::{
    state::Notice,
    view::recipients,
    wire::{Command, Draft, MessageRef},
};

impl Client {
    /// Has the sender asked to send no more of this. Only after the person said so.
    pub fn unsubscribe(&self, message: &MessageRef) {
        let (client, reply) = (*self, self.send(Command::Unsubscribe { message: message.clone() }));
        self.spawn(async move {
            match reply.await {
                Ok(_) => client.notify(Notice::Unsubscribed, None),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Begins a message to this address. What was being written is saved first.
    pub fn write(&self, to: &str, subject: &str) {
        let id = self.platform().new_draft_id();
        let draft = Draft { to: recipients::parse(to), subject: subject.to_owned(), ..Draft::new(id) };
        let client = *self;
        self.spawn(async move {
            client.flush().await;
            if client.save_if_dirty().await {
                client.begin(draft);
            }
        });
    }
}
