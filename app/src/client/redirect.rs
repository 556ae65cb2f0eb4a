//! Sending a message on as it is.

use leptos::prelude::*;

use super::Client;
use crate::{
    state::Dialog,
    wire::{Address, Command, Draft, DraftKind, Error, MessageRef, Reply},
};

impl Client {
    /// Asks to whom a message is to go on as it is.
    pub fn redirect(&self, message: &MessageRef) {
        let (client, message) = (*self, message.clone());
        self.spawn(async move {
            match client.send(Command::Compose { message, kind: DraftKind::Redirect }).await {
                Ok(Reply::Draft(draft)) => client.ask_redirect(draft, None),
                Ok(_) => client.complain(Error::Internal),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Asks to whom this message goes on, and says why it did not, if that was tried.
    pub(super) fn ask_redirect(&self, draft: Box<Draft>, problem: Option<Error>) {
        self.state.dialog.set(Some(Dialog::Redirect { draft, problem }));
    }

    /// Sends a message on to these people.
    pub fn send_redirect(&self, mut draft: Box<Draft>, to: Vec<Address>) {
        self.state.dialog.set(None);
        draft.to = to;
        let when = self.when(None);
        let (client, reply) = (*self, self.send(Command::Send { draft: (*draft).clone(), when }));
        self.spawn(async move {
            match reply.await {
                Ok(reply) => client.handed_over(&reply, when),
                Err(error) => client.ask_redirect(draft, Some(error)),
            }
        });
    }

    /// Sends nothing on after all.
    pub fn close_redirect(&self, draft: &Draft) {
        let is_asked = self.state.dialog.with_untracked(
            |dialog| matches!(dialog, Some(Dialog::Redirect { draft: asked, .. }) if asked.id == draft.id),
        );
        // It is told that it is closed after it was sent, too.
        if is_asked {
            self.state.dialog.set(None);
            for attachment in &draft.attachments {
                let reply = self.send(Command::DropBlob { blob: attachment.blob.clone() });
                // Whatever is not dropped goes by itself after a while.
                self.spawn(async move { drop(reply.await) });
            }
        }
    }
}
