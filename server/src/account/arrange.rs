//! Mailboxes made, renamed, moved and deleted by the person (RFC 9051 §6.3.4 to §6.3.6).

use app::{
    utf7,
    wire::{Arrangement, Error, Mailbox, Reply, Right},
};
use tokio::time::Instant;
use tracing::warn;

use super::{
    actor::{Actor, Failure},
    look::SECOND_LOOK,
    rights::lacks,
};
use crate::imap::{self, Session};

/// The longest name, in octets as IMAP has it and in UTF-8: what a file system may call a folder (POSIX NAME_MAX), which is where many
/// servers keep it under that very name. Courier IMAP makes folders of longer names and cannot delete them.
const MAX_NAME: usize = 255;

impl Actor {
    /// Arranges the mailboxes, and tells the tabs how they are now.
    pub(super) async fn arrange(&mut self, session: &mut Session, change: Arrangement) -> Result<Reply, Failure> {
        let path = match &change {
            Arrangement::Create { parent, name } => {
                self.create_mailbox(session, parent.as_deref(), name).await.map(Some)
            }
            Arrangement::Rename { path, parent, name } => {
                self.rename_mailbox(session, path, parent.as_deref(), name).await.map(Some)
            }
            Arrangement::Delete { path } => self.delete_mailbox(session, path).await.map(|()| None),
        };
        // A refusal may come when a part of it is done.
        if !matches!(path, Err(Failure::Lost(_))) {
            self.learn_mailboxes(session).await?;
            self.second_look = Some(Instant::now() + SECOND_LOOK);
        }
        if self.watching.is_none() {
            self.watch();
        }
        if let (Arrangement::Rename { path: from, .. }, Ok(Some(to))) = (&change, &path) {
            self.searches_follow(from, to).await;
            self.folds_follow(from, to).await;
        }
        Ok(Reply::Arranged { path: path? })
    }

    /// What a change came to that was asked for before, over a line that was lost: it may have been made then, but for what
    /// follows it. LIST alone does not tell: Dovecot (2.3.19, 2026-11) may spoil its index of mailboxes when two sessions
    /// change some at once, and goes on listing what was before.
    pub(super) async fn arranged_before(
        &mut self,
        session: &mut Session,
        change: &Arrangement,
        error: &Error,
    ) -> Result<Option<Reply>, imap::Error> {
        let (parent, name, from) = match (change, error) {
            (Arrangement::Create { parent, name }, Error::MailboxExists) => (parent, name, None),
            (Arrangement::Rename { path, parent, name }, Error::Gone) => (parent, name, Some(path)),
            (Arrangement::Delete { path }, Error::Gone) => {
                let is_gone = session.status(&[path]).await?.is_empty();
                return Ok(is_gone.then_some(Reply::Arranged { path: None }));
            }
            _ => return Ok(None),
        };
        let name = checked(name).unwrap_or(name);
        let Ok(path) = self.place(parent.as_deref(), name) else { return Ok(None) };
        let below = self.below_inbox(&path).filter(|_| from.is_none());
        for path in [Some(path), below].into_iter().flatten() {
            if self.is_taken(&path) || !session.status(&[&path]).await?.is_empty() {
                self.subscribe_to(session, &path, from.map(String::as_str)).await?;
                if let Some(from) = from {
                    self.searches_follow(from, &path).await;
                    self.folds_follow(from, &path).await;
                }
                return Ok(Some(Reply::Arranged { path: Some(path) }));
            }
        }
        Ok(None)
    }

    /// Subscribes to a mailbox and all that is inside, under the names they have instead of those below `from`.
    async fn subscribe_to(&self, session: &mut Session, path: &str, from: Option<&str>) -> Result<(), imap::Error> {
        let inside = self.mailboxes.iter().filter_map(|mailbox| {
            let rest = mailbox.path.strip_prefix(path)?;
            mailbox.delimiter.is_some_and(|delimiter| rest.starts_with(delimiter)).then_some(rest)
        });
        for rest in std::iter::once("").chain(inside) {
            unless_refused(session.subscribe(&format!("{path}{rest}")).await)?;
            if let Some(from) = from {
                unless_refused(session.unsubscribe(&format!("{from}{rest}")).await)?;
            }
        }
        Ok(())
    }

    /// Searches that were kept go where their mailbox went.
    async fn searches_follow(&mut self, from: &str, to: &str) {
        let delimiter = self.mailboxes.iter().find(|mailbox| mailbox.path == to).and_then(|mailbox| mailbox.delimiter);
        match self.store.move_searches(self.record.id, (from, to), delimiter).await {
            Ok(true) => self.tell_searches().await,
            Ok(false) => {}
            Err(error) => warn!(error = format!("{error:#}"), "Searches did not follow a mailbox"),
        }
    }

    async fn create_mailbox(
        &mut self,
        session: &mut Session,
        parent: Option<&str>,
        name: &str,
    ) -> Result<String, Failure> {
        if let Some(parent) = parent {
            self.may(parent, Right::Create)?;
        }
        let path = self.free(self.place(parent, checked(name)?)?)?;
        self.make(session, path).await
    }

    /// Makes a mailbox, and says where it is. A server that cannot say where new ones belong (RFC 2342) may take none but
    /// those below INBOX: what it refuses at the top is made there.
    pub(super) async fn make(&mut self, session: &mut Session, path: String) -> Result<String, Failure> {
        let path = match (session.create(&path).await, self.below_inbox(&path)) {
            (Err(imap::Error::Refused { code: None | Some(imap::Code::NoPerm), .. }), Some(below)) => {
                session.create(&below).await?;
                below
            }
            (result, _) => result.map(|()| path)?,
        };
        // Without a subscription other programs would not show it.
        unless_refused(session.subscribe(&path).await)?;
        Ok(path)
    }

    /// The path below INBOX for a mailbox that was to be at the top, where it is not known that it belongs there.
    fn below_inbox(&self, path: &str) -> Option<String> {
        let inbox = self.mailboxes.iter().find(|mailbox| mailbox.path == "INBOX")?;
        let delimiter = inbox.delimiter.filter(|delimiter| !path.contains(*delimiter))?;
        self.personal.is_none().then(|| format!("INBOX{delimiter}{path}"))
    }

    async fn rename_mailbox(
        &mut self,
        session: &mut Session,
        path: &str,
        parent: Option<&str>,
        name: &str,
    ) -> Result<String, Failure> {
        let moved = self.own(path)?;
        let is_inside = |other: &str| moved.iter().any(|mailbox| mailbox.path == other);
        if parent.is_some_and(is_inside) {
            return Err(Error::BadRequest { text: "A folder cannot be inside of itself".to_owned() }.into());
        }
        // What is only moved keeps the name that it has, whoever gave it.
        let is_kept = moved.iter().any(|mailbox| mailbox.path == path && mailbox.name() == name);
        let name = if is_kept { name } else { checked(name)? };
        let beside = if parent.is_none() { self.place_beside(path, name)? } else { None };
        let to = match beside {
            Some(beside) => beside,
            None => self.place(parent, name)?,
        };
        if to == path {
            return Ok(to);
        }
        if let Some(parent) = parent {
            self.may(parent, Right::Create)?;
        }
        let to = self.free(to)?;
        self.leave(session, &moved).await?;
        session.rename(path, &to).await?;
        // RFC 9051 §6.3.6: what is inside has been renamed with it; subscriptions are names, and have not.
        for mailbox in &moved {
            let Some(rest) = mailbox.path.strip_prefix(path) else { continue };
            unless_refused(session.subscribe(&format!("{to}{rest}")).await)?;
            unless_refused(session.unsubscribe(&mailbox.path).await)?;
        }
        Ok(to)
    }

    async fn delete_mailbox(&mut self, session: &mut Session, path: &str) -> Result<(), Failure> {
        let mut doomed = self.own(path)?;
        self.leave(session, &doomed).await?;
        // The innermost first: a mailbox with others inside would stay as a name (RFC 9051 §6.3.5).
        doomed.sort_by_key(|mailbox| std::cmp::Reverse(mailbox.depth()));
        for mailbox in doomed {
            match session.delete(&mailbox.path).await {
                // Another hand was quicker; or it was but a name, which went with the last of what was inside.
                Err(imap::Error::Refused { code: Some(imap::Code::NonExistent), .. }) => {}
                Err(error) if error.is_refusal() && !mailbox.selectable => {}
                result => result?,
            }
            unless_refused(session.unsubscribe(&mailbox.path).await)?;
        }
        Ok(())
    }

    /// A mailbox of the person's own making, or one that they may delete, and all that is inside.
    fn own(&self, path: &str) -> Result<Vec<Mailbox>, Error> {
        self.may(path, Right::DeleteMailbox)?;
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == path).ok_or(Error::Gone)?;
        let inside = mailbox.delimiter.map(|delimiter| format!("{path}{delimiter}"));
        let is_inside = |other: &Mailbox| inside.as_ref().is_some_and(|inside| other.path.starts_with(inside));
        let all: Vec<Mailbox> =
            self.mailboxes.iter().filter(|other| other.path == path || is_inside(other)).cloned().collect();
        // All of it or nothing; and what only stands for a person is not a mailbox.
        let is_kept =
            |mailbox: &Mailbox| mailbox.shared.is_some() && (!mailbox.selectable || !mailbox.may(Right::DeleteMailbox));
        if all.iter().any(is_kept) {
            return Err(lacks(Right::DeleteMailbox));
        }
        if all.iter().any(|mailbox| mailbox.special_use.is_some()) {
            return Err(Error::BadRequest { text: "This folder has a use of its own".to_owned() });
        }
        Ok(all)
    }

    /// The path of a mailbox of this name, which is a [`checked`] one, inside another or at the top.
    fn place(&self, parent: Option<&str>, name: &str) -> Result<String, Error> {
        match parent {
            Some(parent) => {
                let parent = self.mailboxes.iter().find(|mailbox| mailbox.path == parent).ok_or(Error::Gone)?;
                let delimiter = parent.delimiter.filter(|delimiter| !name.contains(*delimiter));
                Ok(format!("{}{}{name}", parent.path, delimiter.ok_or(Error::MailboxName)?))
            }
            None => {
                let delimiter = self.mailboxes.iter().find_map(|mailbox| mailbox.delimiter);
                if delimiter.is_some_and(|delimiter| name.contains(delimiter)) {
                    return Err(Error::MailboxName);
                }
                Ok(self.at_the_top(name))
            }
        }
    }

    /// The path beside a mailbox that is topmost among those that others share, which is no place of the person's own.
    fn place_beside(&self, path: &str, name: &str) -> Result<Option<String>, Error> {
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == path);
        let Some(mailbox) = mailbox.filter(|mailbox| mailbox.shared.is_some()) else { return Ok(None) };
        let is_topmost = mailbox.parent().is_none_or(|parent| !self.mailboxes.iter().any(|other| other.path == parent));
        if !is_topmost {
            return Ok(None);
        }
        if mailbox.delimiter.is_some_and(|delimiter| name.contains(delimiter)) {
            return Err(Error::MailboxName);
        }
        let above = path.len() - mailbox.name().len();
        Ok(Some(format!("{}{name}", path.get(..above).unwrap_or_default())))
    }

    fn free(&self, path: String) -> Result<String, Error> {
        if self.is_taken(&path) { Err(Error::MailboxExists) } else { Ok(path) }
    }

    fn is_taken(&self, path: &str) -> bool {
        path.eq_ignore_ascii_case("INBOX") || self.mailboxes.iter().any(|mailbox| mailbox.path == path)
    }

    /// The path of a mailbox of this name that is inside of no other. Where the server keeps everything below INBOX, so
    /// does a new one have to be: it says so by NAMESPACE, or by all there is.
    pub(super) fn at_the_top(&self, name: &str) -> String {
        if let Some(prefix) = &self.personal {
            return format!("{prefix}{name}");
        }
        let others = || self.mailboxes.iter().filter(|mailbox| mailbox.path != "INBOX" && mailbox.shared.is_none());
        match others().next().and_then(|mailbox| mailbox.delimiter) {
            Some(delimiter) if others().all(|mailbox| mailbox.path.starts_with(&format!("INBOX{delimiter}"))) => {
                format!("INBOX{delimiter}{name}")
            }
            _ => name.to_owned(),
        }
    }

    /// No session of ours is in any of these: Dovecot (2.3, 2026-11) spoils a mailbox that is made anew while somebody has
    /// the one before it selected.
    async fn leave(&mut self, session: &mut Session, mailboxes: &[Mailbox]) -> Result<(), Failure> {
        self.parts.rest().await;
        self.searcher.rest().await;
        if let Some((_, stop)) = self.watching.take() {
            stop.cancel();
        }
        self.settle(session).await?;
        for mailbox in mailboxes {
            if session.selected().is_some_and(|selected| selected.path == mailbox.path) {
                self.at_hand = None;
                session.unselect().await?;
            }
            self.synced.remove(&mailbox.path);
        }
        Ok(())
    }
}

/// A name that a mailbox can have.
fn checked(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let sign_of_another_meaning = |sign: char| sign.is_control() || matches!(sign, '%' | '*');
    let is_short = name.len() <= MAX_NAME && utf7::encode(name).len() <= MAX_NAME;
    let is_name = !name.is_empty() && is_short && !name.contains(sign_of_another_meaning);
    if is_name { Ok(name) } else { Err(Error::MailboxName) }
}

/// For what is a kindness only: a refusal means no more than that.
pub(super) fn unless_refused(result: Result<(), imap::Error>) -> Result<(), imap::Error> {
    result.or_else(|error| if error.is_refusal() { Ok(()) } else { Err(error) })
}
