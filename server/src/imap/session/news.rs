//! What the server says unasked, and waiting for it (RFC 9051 §7, RFC 2177, RFC 5465).

use std::{mem, time::Duration};

use app::wire::{Flag, Uid};
use async_imap::imap_proto::Status as Answer;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};

use super::{Code, Command, Error, Limits, Response, Session};
use crate::imap::line::refused;

/// Something the server said unasked. In order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The selected mailbox has this many messages now.
    Exists(u32),
    /// The message of this sequence number is gone, and all after it moved down by one.
    Expunge(u32),
    /// A message of the selected mailbox has these flags now.
    Flags { seq: u32, uid: Option<Uid>, flags: Vec<Flag> },
    /// Another mailbox changed, came or went: look again.
    Elsewhere,
    /// Too much happened to tell it one by one: look at everything again.
    Overflow,
}

impl Change {
    /// Whether the next change says all that this one did.
    fn is_replaced_by(&self, next: &Change) -> bool {
        match (self, next) {
            (Change::Exists(_), Change::Exists(_)) => true,
            (Change::Flags { seq: known, .. }, Change::Flags { seq, .. }) => known == seq,
            _ => false,
        }
    }
}

/// How many changes are kept for a caller that does not take them.
const MAX_CHANGES: usize = 1000;

/// Bytes of the flags in them.
const MAX_FLAGS: usize = 512 * 1024;

#[derive(Debug, Default)]
pub(super) struct Changes {
    list: Vec<Change>,
    /// Whether [`Change::Elsewhere`] is among them.
    elsewhere: bool,
    /// Bytes of all flags that were told, those among them that others have replaced.
    flags: usize,
}

impl Changes {
    /// How many messages are gone, as far as it was not taken.
    pub fn expunged(&self) -> usize {
        self.list.iter().filter(|change| matches!(change, Change::Expunge(_))).count()
    }

    pub fn take(&mut self) -> Vec<Change> {
        mem::take(self).list
    }

    fn push(&mut self, change: Change) {
        if self.list.first() == Some(&Change::Overflow) {
            return;
        }
        match &change {
            Change::Overflow => self.list.clear(),
            Change::Flags { flags, .. } => {
                self.flags += flags.iter().map(|flag| flag.as_str().len() + size_of::<Flag>()).sum::<usize>();
            }
            Change::Elsewhere if mem::replace(&mut self.elsewhere, true) => return,
            _ => {}
        }
        if let Some(last) = self.list.last_mut()
            && last.is_replaced_by(&change)
        {
            *last = change;
            return;
        }
        if self.list.len() >= MAX_CHANGES || self.flags > MAX_FLAGS {
            self.list.clear();
            self.list.push(Change::Overflow);
        } else {
            self.list.push(change);
        }
    }
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// There are changes to take.
    News,
    /// Somebody on this side wants the session.
    Told,
    /// The limit is over.
    TimedOut,
}

/// A server ends an IDLE after thirty minutes (RFC 2177 §3).
const LONGEST_IDLE: Duration = Duration::from_secs(29 * 60);

/// How often a server is asked that can neither IDLE nor NOTIFY.
const POLL: Duration = Duration::from_secs(20);

/// How long the end of an IDLE may take.
const GUARD: Duration = Duration::from_secs(10);

impl Session {
    /// Takes in what was said unasked. Returns whether anybody needs to know.
    pub(super) fn note(&mut self, response: Response) -> bool {
        let change = match response {
            Response::Exists(exists) => {
                let Some(selected) = &mut self.selected else { return false };
                // Said again without a change, as after NOOP on some servers, it is no news.
                if mem::replace(&mut selected.exists, exists) == exists {
                    return false;
                }
                Change::Exists(exists)
            }
            Response::Expunge(seq) => {
                let Some(selected) = &mut self.selected else { return false };
                if seq == 0 || seq > selected.exists {
                    // The counts have parted: start over rather than guess which message is meant.
                    Change::Overflow
                } else {
                    selected.exists -= 1;
                    Change::Expunge(seq)
                }
            }
            Response::Fetch(fetch) => match fetch.flags {
                Some(flags) if self.selected.is_some() => {
                    Change::Flags { seq: fetch.seq, uid: fetch.uid.map(Uid), flags }
                }
                _ => return false,
            },
            // RFC 7162 §3.2.10 allows it only where QRESYNC was enabled, which is never done here.
            Response::Vanished => Change::Overflow,
            Response::List(_) => Change::Elsewhere,
            Response::StatusOf { name, .. } => {
                // RFC 5465 §5: what is told of the selected mailbox by STATUS comes as EXISTS, too.
                let path = self.path_of(&name);
                if self.selected.as_ref().is_some_and(|selected| selected.path == path) {
                    return false;
                }
                Change::Elsewhere
            }
            Response::Status(status) => match status.code {
                Some(Code::NotificationOverflow) => {
                    self.notified = false;
                    Change::Overflow
                }
                Some(code) => {
                    if let Some(selected) = &mut self.selected {
                        selected.learn(code);
                    }
                    return false;
                }
                // RFC 9051 §7.1.2: a warning. Dovecot gives one when the selected mailbox was deleted by another hand, and
                // tells no more of anything after it (2.3, 2026-11).
                None if status.answer == Answer::No => Change::Overflow,
                None => return false,
            },
            _ => return false,
        };
        self.changes.push(change);
        true
    }

    /// NOTIFY (RFC 5465): from now on the server tells what happens in all mailboxes of the person, and in those of others at
    /// these paths and below them, wherever it waits. Nothing is done where the server cannot do it.
    pub async fn notify_all(&mut self, shared: &[String]) -> Result<(), Error> {
        if !self.capabilities.notify {
            return Ok(());
        }
        // SELECTED-DELAYED: else EXPUNGE could come amid a FETCH by sequence number, which would then mean another message.
        let mut command = Command::new(
            "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange)) \
             (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))",
        );
        if !shared.is_empty() {
            command = command.words("(SUBTREE").mailboxes(shared)?;
            command = command.words("(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))");
        }
        self.run(command, Limits::SHORT, Some).await?;
        self.notified = true;
        Ok(())
    }

    /// Whether the server tells of all mailboxes.
    pub fn is_notified(&self) -> bool {
        self.notified
    }

    /// Waits until the server says something, or `wake` is told, or `limit` is over; then makes the session free again.
    /// Returns at once when there are changes already.
    pub async fn wait_for_news(&mut self, wake: &Notify, limit: Duration) -> Result<Woken, Error> {
        if self.over {
            return Err(Error::Closed);
        }
        if !self.changes.list.is_empty() {
            return Ok(Woken::News);
        }
        let until = Instant::now() + limit.min(LONGEST_IDLE);
        if !self.capabilities.idle {
            return self.poll_for_news(wake, until).await;
        }
        self.over = true;
        let woken = self.idle(wake, until).await;
        // A refusal of IDLE leaves the session as it was.
        self.over = woken.as_ref().is_err_and(|error| !error.is_refusal());
        woken
    }

    async fn idle(&mut self, wake: &Notify, until: Instant) -> Result<Woken, Error> {
        self.tag = self.tag.wrapping_add(1);
        let tag = super::tag(self.tag);
        self.line.restart(Limits::SHORT, self.silence);
        self.line.send(format!("{tag} IDLE\r\n").as_bytes()).await?;
        let mut news = false;
        loop {
            match self.line.hear().await? {
                Response::Continue => break,
                Response::Tagged { tag: of, status } if of == tag => return Err(refused(status)),
                response => news |= self.hear_unasked(response)?,
            }
        }
        let mut woken = Woken::News;
        while !news {
            tokio::select! {
                response = self.line.hear_ever() => news = self.hear_unasked(response?)?,
                () = wake.notified() => { woken = Woken::Told; break; }
                () = sleep_until(until) => { woken = Woken::TimedOut; break; }
            }
        }
        self.line.send(b"DONE\r\n").await?;
        let ended = async {
            loop {
                match self.line.hear().await? {
                    Response::Tagged { tag: of, .. } if of == tag => return Ok(()),
                    response => news |= self.hear_unasked(response)?,
                }
            }
        };
        match timeout(GUARD, ended).await {
            Ok(ended) => ended?,
            Err(_) => return Err(Error::Timeout),
        }
        Ok(if news { Woken::News } else { woken })
    }

    fn hear_unasked(&mut self, response: Response) -> Result<bool, Error> {
        match response {
            Response::Status(status) if status.answer == Answer::Bye => {
                Err(Error::of_login(status.code.as_ref(), status.text, true))
            }
            response => Ok(self.note(response)),
        }
    }

    /// For servers that cannot IDLE: listens where NOTIFY is on, and asks now and then in any case.
    async fn poll_for_news(&mut self, wake: &Notify, until: Instant) -> Result<Woken, Error> {
        self.line.restart(Limits::SHORT, self.silence);
        loop {
            let pause = until.min(Instant::now() + POLL);
            tokio::select! {
                response = self.line.hear_ever(), if self.notified => {
                    let news = response.and_then(|response| self.hear_unasked(response));
                    self.over = news.is_err();
                    if news? {
                        return Ok(Woken::News);
                    }
                    continue;
                }
                () = wake.notified() => return Ok(Woken::Told),
                () = sleep_until(pause) => {}
            }
            self.noop().await?;
            if !self.changes.list.is_empty() {
                return Ok(Woken::News);
            }
            if Instant::now() >= until {
                return Ok(Woken::TimedOut);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_joined_and_bounded() {
        let mut changes = Changes::default();
        let flags = |seq, flags: &[Flag]| Change::Flags { seq, uid: None, flags: flags.to_vec() };
        for change in [
            Change::Exists(3),
            Change::Exists(4),
            Change::Elsewhere,
            Change::Expunge(2),
            Change::Elsewhere,
            flags(1, &[]),
            flags(1, &[Flag::Seen]),
            flags(2, &[]),
        ] {
            changes.push(change);
        }
        let expected =
            [Change::Exists(4), Change::Elsewhere, Change::Expunge(2), flags(1, &[Flag::Seen]), flags(2, &[])];
        assert_eq!(changes.take(), expected);
        for seq in 0..5000 {
            changes.push(Change::Expunge(seq));
        }
        assert_eq!(changes.take(), [Change::Overflow]);
        assert_eq!(changes.take(), []);
        let many: Vec<Flag> = (0..200).map(|number| Flag::Keyword(format!("{number}{}", "x".repeat(60)))).collect();
        for seq in 0..100 {
            changes.push(flags(seq, &many));
        }
        assert_eq!(changes.take(), [Change::Overflow], "a megabyte and more");
        changes.push(flags(1, &[Flag::Seen]));
        assert_eq!(changes.take(), [flags(1, &[Flag::Seen])]);
    }
}
