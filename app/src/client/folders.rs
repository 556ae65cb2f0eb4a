//! Folders: making, renaming, moving, deleting and emptying them.

use leptos::prelude::*;

use super::Client;
use crate::{
    platform::Visit,
    route::Route,
    state::{Dialog, Folder, Notice},
    wire::{Action, Arrangement, Command, Error, Flag, Reply},
};

impl Client {
    /// Makes, renames, moves or deletes a folder, and tells how it went. What is open goes along.
    pub fn arrange(&self, change: Arrangement, told: impl FnOnce(Result<(), Error>) + 'static) {
        let (client, reply) = (*self, self.send(Command::Arrange { change: change.clone() }));
        self.spawn(async move {
            let result = match reply.await {
                Ok(Reply::Arranged { path }) => {
                    client.follow(&change, path);
                    client.notify(Notice::Arranged(change), None);
                    Ok(())
                }
                Ok(_) => Err(Error::Internal),
                Err(error) => Err(error),
            };
            told(result);
        });
    }

    /// Deletes a folder. Only after the person said so.
    pub fn delete_folder(&self, path: &str) {
        let client = *self;
        self.arrange(Arrangement::Delete { path: path.to_owned() }, move |result| {
            if let Err(error) = result {
                client.complain(error);
            }
        });
    }

    /// Asks whether every message of a folder is to be erased.
    pub fn ask_to_empty(&self, path: &str) {
        if let Some(whole) = self.whole(path) {
            self.ask_to_erase(whole);
        }
    }

    pub fn mark_all_read(&self, path: &str) {
        if let Some(whole) = self.whole(path) {
            self.act(whole, Action::Flag { flag: Flag::Seen, set: true });
        }
    }

    /// Asks for the name and the place of a new folder.
    pub fn ask_for_folder(&self, parent: Option<String>) {
        self.state.dialog.set(Some(Dialog::Folder { path: None, parent }));
    }

    /// The folders inside of one. Reactive.
    pub fn inside(&self, path: &str) -> Vec<Folder> {
        self.state.mailboxes.all.with(|all| all.iter().filter(|folder| is_inside(folder, path)).cloned().collect())
    }

    /// When the open folder is one that went elsewhere, or inside of it, so does the screen.
    fn follow(&self, change: &Arrangement, now: Option<String>) {
        let query = self.state.list.query.get_untracked();
        let (Arrangement::Rename { path, .. } | Arrangement::Delete { path }) = change else { return };
        let Some(rest) = query.mailbox.strip_prefix(path.as_str()) else { return };
        let delimiter = self.state.mailboxes.all.with_untracked(|all| all.iter().find_map(|one| one.mailbox.delimiter));
        if rest.chars().next().is_some_and(|first| Some(first) != delimiter) {
            return;
        }
        let mailbox = now.map_or_else(|| "INBOX".to_owned(), |now| format!("{now}{rest}"));
        self.go(&Route::to(self.whole_list(&mailbox), None), Some(Visit::Replace));
    }
}

/// Whether a folder is somewhere inside of another.
fn is_inside(folder: &Folder, path: &str) -> bool {
    let below = folder.mailbox.path.strip_prefix(path).and_then(|rest| rest.chars().next());
    below.is_some() && below == folder.mailbox.delimiter
}
