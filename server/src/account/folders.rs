//! What mailboxes are for and which are shown, as the person wants it.

use std::collections::{HashMap, HashSet};

use app::wire::{Error, Event, SpecialUse};

use super::actor::{Actor, Failure};
use crate::{
    imap::{Listed, Session},
    store::Settings,
};

/// All mailboxes, with what the server says of them, and what the person has chosen.
#[derive(Debug, Clone)]
pub struct Folders {
    pub listed: Vec<Listed>,
    pub settings: Settings,
    /// Whether the server lets people open mailboxes to each other (RFC 4314).
    pub sharing: bool,
}

/// What the person wants.
#[derive(Debug, Clone)]
pub struct FolderChoice {
    pub settings: Settings,
    /// Which mailboxes to be subscribed to, by path. Those that the person was not shown stay as they are.
    pub subscribed: HashMap<String, bool>,
}

impl Actor {
    /// Carries out a choice, if there is one, and tells how things are.
    pub(super) async fn folders(
        &mut self,
        session: &mut Session,
        choice: Option<FolderChoice>,
    ) -> Result<Folders, Failure> {
        if let Some(FolderChoice { settings, subscribed }) = choice {
            // What was learned is nobody's choice, and stays, as what was chosen elsewhere does.
            let Settings { authserv, folds, .. } = self.settings_kept().await?;
            let settings = Settings { authserv, folds, ..settings };
            for mailbox in session.list().await?.iter().filter(|mailbox| mailbox.selectable) {
                match (mailbox.subscribed, subscribed.get(&mailbox.path)) {
                    (false, Some(true)) => session.subscribe(&mailbox.path).await?,
                    (true, Some(false)) => session.unsubscribe(&mailbox.path).await?,
                    _ => {}
                }
            }
            self.store.set_settings(self.record.id, &settings).await?;
            self.settings = settings;
            self.learn_mailboxes(session).await?;
        }
        let sharing = session.capabilities().acl;
        Ok(Folders { listed: session.list().await?, settings: self.settings.clone(), sharing })
    }

    /// What the server lists, as the person wants it.
    pub(super) fn as_chosen(&self, mut listed: Vec<Listed>) -> Vec<Listed> {
        for (special_use, path) in &self.settings.uses {
            // One that is gone is for nothing any more; INBOX is for nothing else.
            let fits = |mailbox: &Listed| mailbox.selectable && mailbox.special_use != Some(SpecialUse::Inbox);
            if !listed.iter().any(|mailbox| mailbox.path == *path && fits(mailbox)) {
                continue;
            }
            for mailbox in &mut listed {
                if mailbox.path == *path {
                    mailbox.special_use = Some(*special_use);
                } else if mailbox.special_use == Some(*special_use) {
                    mailbox.special_use = None;
                }
            }
        }
        if self.settings.only_subscribed {
            let mut shown: HashSet<String> = HashSet::new();
            for mailbox in listed.iter().filter(|mailbox| mailbox.subscribed || mailbox.special_use.is_some()) {
                let mut path = Some(mailbox.path.as_str());
                // What holds something that is shown is shown with it.
                while let Some(one) = path.filter(|path| shown.insert((*path).to_owned())) {
                    path = mailbox.delimiter.and_then(|delimiter| one.rsplit_once(delimiter)).map(|(above, _)| above);
                }
            }
            listed.retain(|mailbox| shown.contains(&mailbox.path));
        }
        listed
    }

    /// Folds a mailbox or unfolds it, and tells the tabs.
    pub(super) async fn fold(&mut self, path: &str, folded: bool) -> Result<(), Error> {
        if !self.mailboxes.iter().any(|mailbox| mailbox.path == path) {
            return Err(Error::Gone);
        }
        let mut settings = self.settings_kept().await?;
        settings.folds.set(path, folded);
        settings.folds.keep(&self.mailboxes);
        self.keep_folds(settings).await
    }

    /// What was chosen for a mailbox goes with it to its new name. Where that fails it has been told why.
    pub(super) async fn folds_follow(&mut self, from: &str, to: &str) {
        let delimiter = self.mailboxes.iter().find(|mailbox| mailbox.path == to).and_then(|mailbox| mailbox.delimiter);
        if let Ok(mut settings) = self.settings_kept().await
            && settings.folds.follow(from, to, delimiter)
        {
            self.keep_folds(settings).await.ok();
        }
    }

    /// What is chosen by now, here or by another node.
    async fn settings_kept(&self) -> Result<Settings, Error> {
        self.store.settings(self.record.id).await.map_err(unkept)
    }

    async fn keep_folds(&mut self, settings: Settings) -> Result<(), Error> {
        self.store.set_settings(self.record.id, &settings).await.map_err(unkept)?;
        self.settings.folds = settings.folds;
        self.tell_all(&Event::Folds { folds: self.settings.folds.clone() });
        Ok(())
    }

    /// Reads what the person has chosen.
    pub(super) async fn read_settings(&mut self) {
        match self.store.settings(self.record.id).await {
            Ok(settings) => self.settings = settings,
            Err(error) => tracing::error!(error = format!("{error:#}"), "The settings of an account cannot be read"),
        }
    }

    /// Nobody can be told for want of a line.
    pub(super) fn no_line(&self) -> Error {
        Error::Unreachable { host: self.record.imap.host.clone() }
    }
}

fn unkept(error: anyhow::Error) -> Error {
    tracing::error!(error = format!("{error:#}"), "The settings of an account cannot be read or kept");
    Error::Internal
}
