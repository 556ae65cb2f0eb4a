//! Selecting mailboxes, making and removing them (RFC 9051 §6.3).

use app::{
    utf7,
    wire::{ModSeq, Uid, UidValidity},
};

use super::{Code, Command, Error, Limits, Response, Selected, Session};

impl Selected {
    fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            uid_validity: UidValidity(0),
            uid_next: Uid(0),
            exists: 0,
            highest_modseq: None,
            permanent_flags: Vec::new(),
            new_keywords: false,
            read_only: false,
        }
    }

    pub(super) fn learn(&mut self, code: Code) {
        match code {
            Code::UidValidity(uid_validity) => self.uid_validity = uid_validity,
            Code::UidNext(uid_next) => self.uid_next = uid_next,
            Code::HighestModSeq(modseq) => self.highest_modseq = Some(modseq).filter(|modseq| *modseq > ModSeq(0)),
            Code::NoModSeq => self.highest_modseq = None,
            Code::PermanentFlags { flags, new } => {
                self.permanent_flags = flags;
                self.new_keywords = new;
            }
            Code::ReadOnly => self.read_only = true,
            Code::ReadWrite => self.read_only = false,
            _ => {}
        }
    }
}

impl Session {
    /// SELECT, with CONDSTORE where the server has it. Changes that were not taken are forgotten with the mailbox they
    /// belong to. After a refusal no mailbox is selected.
    pub async fn select(&mut self, path: &str) -> Result<Selected, Error> {
        self.open("SELECT", path).await
    }

    /// EXAMINE: the same for whoever only reads. No message stops being recent by it (RFC 9051 §6.3.3).
    pub async fn examine(&mut self, path: &str) -> Result<Selected, Error> {
        self.open("EXAMINE", path).await
    }

    async fn open(&mut self, words: &'static str, path: &str) -> Result<Selected, Error> {
        match self.open_once(words, path).await {
            // Dovecot (2.3) makes a person's INBOX when it is first opened: of two who open it at once, one is told this.
            Err(Error::Refused { code: Some(Code::AlreadyExists), .. }) => self.open_once(words, path).await,
            result => result,
        }
    }

    async fn open_once(&mut self, words: &'static str, path: &str) -> Result<Selected, Error> {
        let mut command = self.mailbox_command(words, path)?;
        if self.capabilities.condstore {
            command = command.words("(CONDSTORE)");
        }
        self.selected = None;
        self.changes.take();
        let mut selected = Selected::new(path);
        let done = self
            .run(command, Limits::SHORT, |response| {
                match response {
                    Response::Exists(exists) => selected.exists = exists,
                    // RFC 7162 §3.2.11: what was said before belongs to the mailbox that was selected before.
                    Response::Status(status) if status.code == Some(Code::Closed) => selected = Selected::new(path),
                    Response::Status(status) => {
                        if let Some(code) = status.code {
                            selected.learn(code);
                        }
                    }
                    // Of other mailboxes, by NOTIFY.
                    Response::List(_) | Response::StatusOf { .. } => return Some(response),
                    _ => {}
                }
                None
            })
            .await
            .map_err(Error::of_missing)?;
        if let Some(code) = done.code {
            selected.learn(code);
        }
        self.selected = Some(selected.clone());
        Ok(selected)
    }

    /// Leaves the selected mailbox. Nothing is expunged by it.
    pub async fn unselect(&mut self) -> Result<(), Error> {
        let Some(selected) = self.selected.take() else { return Ok(()) };
        self.changes.take();
        if self.capabilities.unselect {
            return self.run(Command::new("UNSELECT"), Limits::SHORT, other_mailboxes).await.map(drop);
        }
        // RFC 9051 §6.4.1: CLOSE expunges, but not what was opened by EXAMINE.
        let commands = [self.mailbox_command("EXAMINE", &selected.path)?, Command::new("CLOSE")];
        let [examine, close] = commands;
        self.run(examine, Limits::SHORT, other_mailboxes).await?;
        self.run(close, Limits::SHORT, other_mailboxes).await.map(drop)
    }

    /// What the server calls a mailbox for ever, whatever it is named and whoever asks: `MAILBOXID` (RFC 8474), or the `X-GUID` that
    /// Dovecot has without saying so. None where the server knows neither.
    pub async fn mailbox_id(&mut self, path: &str) -> Result<Option<String>, Error> {
        let item = if self.capabilities.object_id { "(MAILBOXID)" } else { "(X-GUID)" };
        self.told_by_status(path, item, |_, id| id.map(str::to_owned)).await
    }

    /// What STATUS tells of a mailbox when it is asked for one item. None where the server knows no such thing, or refuses.
    pub(super) async fn told_by_status<T>(
        &mut self,
        path: &str,
        item: &str,
        read: impl Fn(&[(String, u64)], Option<&str>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let command = self.mailbox_command("STATUS", path)?.words(item);
        let mut found = None;
        let asked = self
            .run(command, Limits::SHORT, |response| {
                let told = match &response {
                    Response::StatusOf { items, id, .. } => read(items, id.as_deref()),
                    _ => None,
                };
                if told.is_none() {
                    return Some(response);
                }
                found = told;
                None
            })
            .await;
        match asked {
            Err(error) if error.is_refusal() => Ok(None),
            asked => asked.map(|_| found),
        }
    }

    pub async fn create(&mut self, path: &str) -> Result<(), Error> {
        let command = self.mailbox_command("CREATE", path)?;
        self.run(command, Limits::SHORT, Some).await.map(drop)
    }

    pub async fn delete(&mut self, path: &str) -> Result<(), Error> {
        let command = self.mailbox_command("DELETE", path)?;
        self.run(command, Limits::SHORT, Some).await.map_err(Error::of_missing)?;
        self.odd_names.remove(path);
        Ok(())
    }

    pub async fn rename(&mut self, from: &str, to: &str) -> Result<(), Error> {
        let command = self.mailbox_command("RENAME", from)?.mailbox(to)?;
        self.run(command, Limits::SHORT, Some).await.map_err(Error::of_missing)?;
        self.odd_names.remove(from);
        Ok(())
    }

    pub async fn subscribe(&mut self, path: &str) -> Result<(), Error> {
        let command = self.mailbox_command("SUBSCRIBE", path)?;
        self.run(command, Limits::SHORT, Some).await.map(drop)
    }

    pub async fn unsubscribe(&mut self, path: &str) -> Result<(), Error> {
        let command = self.mailbox_command("UNSUBSCRIBE", path)?;
        self.run(command, Limits::SHORT, Some).await.map(drop)
    }

    /// A command about a mailbox that may have an odd name.
    pub(super) fn mailbox_command(&self, words: &'static str, path: &str) -> Result<Command, Error> {
        self.with_mailbox(Command::new(words), path)
    }

    pub(super) fn with_mailbox(&self, command: Command, path: &str) -> Result<Command, Error> {
        match self.odd_names.get(path) {
            Some(name) => Ok(command.space().literal(name.clone())),
            None => command.mailbox(path),
        }
    }

    /// What a mailbox is called here, from how its name travelled.
    pub(super) fn path_of(&self, name: &[u8]) -> String {
        if name.eq_ignore_ascii_case(b"INBOX") {
            return "INBOX".to_owned();
        }
        utf7::decode(name).unwrap_or_else(|| String::from_utf8_lossy(name).into_owned())
    }
}

/// Lets go what was said of the mailbox that is being left.
fn other_mailboxes(response: Response) -> Option<Response> {
    matches!(response, Response::List(_) | Response::StatusOf { .. }).then_some(response)
}
