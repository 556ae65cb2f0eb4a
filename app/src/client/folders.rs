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
                    client.reveal(&change);
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

    /// Leaves what is inside of a folder out of the tree, or shows it.
    pub fn fold(&self, path: &str, folded: bool) {
        let (client, number) = (*self, self.state.folding.ask(path, folded));
        let reply = self.send(Command::Fold { mailbox: path.to_owned(), folded });
        self.spawn(async move {
            let result = reply.await;
            client.state.folding.settle(number);
            if let Err(error) = result {
                client.complain(error);
            }
        });
    }

    /// The folders inside of one. Reactive.
    pub fn inside(&self, path: &str) -> Vec<Folder> {
        self.state.mailboxes.all.with(|all| {
            let Some(above) = all.iter().find(|folder| folder.mailbox.path == path) else { return Vec::new() };
            all.iter().filter(|folder| above.mailbox.is_above(&folder.mailbox.path)).cloned().collect()
        })
    }

    /// What was put into a folder is seen there.
    fn reveal(&self, change: &Arrangement) {
        let (Arrangement::Create { parent: Some(parent), .. } | Arrangement::Rename { parent: Some(parent), .. }) =
            change
        else {
            return;
        };
        let folded: Vec<String> = self.state.mailboxes.all.with_untracked(|all| {
            let is_folded = |path: &str| untrack(|| self.state.folding.is_folded(path, all.len()));
            let paths = all
                .iter()
                .map(|folder| &folder.mailbox)
                .filter(|mailbox| mailbox.path == *parent || mailbox.is_above(parent));
            paths.map(|mailbox| mailbox.path.clone()).filter(|path| is_folded(path)).collect()
        });
        folded.iter().for_each(|path| self.fold(path, false));
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
