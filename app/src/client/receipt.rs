//! Telling that a message was read.

use leptos::prelude::*;

use super::Client;
use crate::{
    i18n,
    wire::{Action, Command, Flag, Message, MessageRef, Selection},
};

impl Client {
    /// Tells it where the person has chosen that it is told without asking.
    pub(super) fn answer_unasked(&self, message: &Message) {
        let answered = message.flags.contains(&Flag::receipt_answered());
        if message.receipt.as_ref().is_some_and(|asked| asked.unasked) && !answered {
            self.send_receipt(&message.message, RwSignal::new(true));
        }
    }

    /// Tells whoever has asked that a message was read. `answered` is taken back if that fails.
    pub fn send_receipt(&self, message: &MessageRef, answered: RwSignal<bool>) {
        let language = i18n::tag(self.state.language.get_untracked()).to_owned();
        let (client, reply) = (*self, self.send(Command::SendReceipt { message: message.clone(), language }));
        self.spawn(async move {
            if let Err(error) = reply.await {
                // The message may be closed by now.
                let _ = answered.try_set(false);
                client.complain(error);
            }
        });
    }

    /// Tells nobody that a message was read, now or later (RFC 3503 §3).
    pub fn decline_receipt(&self, message: &MessageRef) {
        let action = Action::Flag { flag: Flag::receipt_answered(), set: true };
        self.act_quietly(Selection::Messages(vec![message.clone()]), action);
    }
}
