//! Texts to write with.

use leptos::prelude::*;

use super::Client;
use crate::{
    signature::own_words,
    state::Notice,
    view::date::today,
    wire::{Command, Error, Reply, TemplateId},
};

impl Client {
    /// What templates there are.
    pub fn list_templates(&self, then: impl FnOnce(Vec<(TemplateId, String)>) + 'static) {
        let (client, reply) = (*self, self.send(Command::Templates));
        self.spawn(async move {
            match reply.await {
                Ok(Reply::Templates { templates }) => then(templates),
                Ok(_) => client.complain(Error::Internal),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Writes with a template: its text is `put` in, and its subject and recipients where there are none.
    pub fn use_template(&self, template: TemplateId, put: impl FnOnce(&str) + 'static) {
        let composer = self.state.composer;
        let (client, opened) = (*self, composer.opened.get_value());
        let formatted = composer.html.with_untracked(Option::is_some);
        let reply = self.send(Command::UseTemplate {
            template,
            to: composer.to.with_untracked(|to| to.first().cloned()),
            from: composer.from.get_untracked(),
            subject: composer.subject.get_untracked(),
            date: today(self.state),
            formatted,
        });
        self.spawn(async move {
            match reply.await {
                // It is another text by now.
                _ if composer.opened.get_value() != opened || untrack(|| composer.is_formatted()) != formatted => {}
                Ok(Reply::Template { subject, to, text, open }) => {
                    if composer.subject.with_untracked(|subject| subject.trim().is_empty()) {
                        composer.subject.set(subject);
                    }
                    if !to.is_empty() && composer.to.with_untracked(Vec::is_empty) {
                        client.check_recipients(&to);
                        composer.to.set(to);
                    }
                    composer.unfilled.update_value(|all| all.extend(open));
                    if formatted {
                        client.insert_html(&text)
                    } else {
                        put(&text)
                    }
                    client.edited();
                }
                Ok(_) => client.complain(Error::Internal),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Keeps what was written as a template of this name: the person's own words, and what they are about where they answer
    /// nobody. `told` hears how that went.
    pub fn keep_template(&self, name: String, told: impl FnOnce(Result<(), Error>) + 'static) {
        let (client, composer) = (*self, self.state.composer);
        self.spawn(async move {
            let formatted = composer.html.with_untracked(Option::is_some);
            let text = if formatted {
                client.flush().await;
                client.own_html().await
            } else {
                let quoted = composer.quoted.get_value();
                Some(composer.body.with_untracked(|body| own_words(body, &quoted, &composer.choices.get_value())))
            };
            let Some(text) = text else { return told(Err(Error::Internal)) };
            let is_answer = composer.original.with_untracked(Option::is_some);
            let subject = if is_answer { String::new() } else { composer.subject.get_untracked() };
            told(client.send(Command::KeepTemplate { name, subject, text, formatted }).await.map(|_| {
                client.notify(Notice::TemplateKept, None);
            }));
        });
    }
}
