//! What there is to say about recipients.

use leptos::prelude::*;

use super::{Client, compose::LOOK};
use crate::{
    state::Line,
    view::recipients::problem,
    wire::{Address, Command, Reply},
};

/// How often at most is looked for the answer before a message is sent without it.
const LOOKS: u32 = 20;

impl Client {
    /// Asks what there is to say about new recipients: [`crate::state::Composer::doubts`].
    pub fn check_recipients(&self, addresses: &[Address]) {
        let fit = addresses.iter().filter(|address| problem(&address.email).is_none());
        let emails: Vec<String> = fit.map(|address| address.email.clone()).collect();
        // Without a line nobody answers.
        if emails.is_empty() || self.state.line.get_untracked() != Line::Live {
            return;
        }
        let (client, composer, opened) = (*self, self.state.composer, self.state.composer.opened.get_value());
        let reply = self.send(Command::CheckRecipients { emails });
        self.inner.update_value(|inner| inner.compose.checking += 1);
        self.spawn(async move {
            let answer = reply.await;
            client.inner.update_value(|inner| inner.compose.checking -= 1);
            // An error says nothing about an address.
            let Ok(Reply::Checked { doubts, inside }) = answer else { return };
            if composer.opened.get_value() != opened {
                return;
            }
            composer.inside.update_value(|all| all.extend(inside));
            if !doubts.is_empty() {
                composer.doubts.update(|all| {
                    all.retain(|one| doubts.iter().all(|doubt| doubt.email != one.email));
                    all.extend(doubts);
                });
            }
        });
    }

    /// Does something once what was asked about recipients is answered.
    pub(crate) fn when_checked(&self, then: impl FnOnce() + 'static) {
        let is_checking = |client: &Client| client.inner.with_value(|inner| inner.compose.checking > 0);
        if !is_checking(self) {
            return then();
        }
        let (client, opened) = (*self, self.state.composer.opened.get_value());
        self.spawn(async move {
            let mut looks = 0;
            while is_checking(&client) && looks < LOOKS {
                client.pause(LOOK).await;
                looks += 1;
            }
            if client.state.composer.opened.get_value() == opened {
                then();
            }
        });
    }
}
