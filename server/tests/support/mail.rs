//! Another mail program on the same mailbox: what it does, and what it sees, past Pismo.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use app::wire::{Flag, Uid, UidValidity};
use tokio::time::{Instant, sleep};

use crate::{
    mail_server::{Hand, MailServer},
    tab::PATIENCE,
};

/// What IMAP says is in a mailbox: the flags of each message.
pub type Messages = BTreeMap<Uid, BTreeSet<Flag>>;

/// A mail program of a user. It logs in when it first does something.
pub struct Mail {
    server: &'static MailServer,
    pub address: String,
    hand: Option<Hand>,
}

impl Mail {
    pub fn new(server: &'static MailServer, address: String) -> Mail {
        Mail { server, address, hand: None }
    }

    async fn hand(&mut self) -> &mut Hand {
        if self.hand.is_none() {
            self.hand = Some(self.server.hand(&self.address).await);
        }
        self.hand.as_mut().expect("a hand")
    }

    pub async fn run(&mut self, command: &str) -> Vec<String> {
        self.hand().await.run(command).await
    }

    /// Runs a command with this mailbox selected. Says whether the server did it.
    pub async fn try_in(&mut self, mailbox: &str, command: &str) -> bool {
        self.select(mailbox).await;
        self.hand().await.try_run(command).await.1.starts_with("OK")
    }

    /// Runs a command. Says whether the server did it.
    pub async fn try_run(&mut self, command: &str) -> bool {
        self.hand().await.try_run(command).await.1.starts_with("OK")
    }

    /// All messages of a mailbox with their subjects, from the lowest UID. None where there is no such mailbox.
    pub async fn subjects(&mut self, mailbox: &str) -> Option<Vec<(Uid, String, BTreeSet<Flag>)>> {
        // Dovecot refuses whoever comes second when two make a person's first INBOX at once.
        let command = format!("SELECT \"{mailbox}\"");
        if !self.try_run(&command).await && !self.try_run(&command).await {
            return None;
        }
        let lines = self.run("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").await;
        let asked = lines.iter().filter(|line| line.contains("BODY[HEADER"));
        let found = asked.map(|line| {
            let subject =
                line.split_once("Subject: ").map_or("", |(_, rest)| rest.split("\r\n").next().unwrap_or_default());
            let (uid, flags) = of_line(line);
            (uid, subject.to_owned(), flags)
        });
        Some(found.collect())
    }

    /// The paths of all mailboxes.
    pub async fn paths(&mut self) -> BTreeSet<String> {
        let lines = self.run("LIST \"\" \"*\"").await;
        let path =
            |line: &String| Some(line.strip_prefix("* LIST ")?.split_once(" \"/\" ")?.1.trim_matches('"').to_owned());
        lines.iter().filter_map(path).collect()
    }

    async fn select(&mut self, mailbox: &str) {
        let command = format!("SELECT \"{mailbox}\"");
        loop {
            let (_, end) = self.hand().await.try_run(&command).await;
            // Dovecot refuses whoever comes second when two make a person's first INBOX at once.
            if !end.contains("[ALREADYEXISTS]") {
                assert!(end.starts_with("OK"), "{command}: {end}");
                return;
            }
        }
    }

    /// Brings a message from outside, with this subject.
    pub async fn deliver(&mut self, subject: &str) {
        self.server.deliver(&self.address, &letter(subject)).await;
    }

    /// Puts a message of this subject into a mailbox.
    pub async fn append(&mut self, mailbox: &str, subject: &str) -> Uid {
        self.append_message(mailbox, "", &letter(subject)).await
    }

    /// Puts a message into a mailbox with these flags.
    pub async fn append_message(&mut self, mailbox: &str, flags: &str, message: &str) -> Uid {
        let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
        Uid(self.hand().await.append(mailbox, flags, message.as_bytes()).await)
    }

    /// Puts a message into a mailbox as if it had come on this day, like `01-Jan-2020`.
    pub async fn append_dated(&mut self, mailbox: &str, day: &str, message: &str) -> Uid {
        let message = message.replace('\n', "\r\n");
        let options = format!("() \"{day} 10:00:00 +0000\"");
        Uid(self.hand().await.append_with(mailbox, &options, message.as_bytes()).await)
    }

    /// Puts messages with the subjects `message 1`, `message 2`, … into a mailbox.
    pub async fn fill(&mut self, mailbox: &str, count: u32) -> Vec<Uid> {
        let mut uids = Vec::new();
        for number in 1..=count {
            uids.push(self.append(mailbox, &format!("message {number}")).await);
        }
        uids
    }

    pub async fn store(&mut self, mailbox: &str, uid: Uid, flag: Flag, set: bool) {
        self.select(mailbox).await;
        let sign = if set { '+' } else { '-' };
        self.run(&format!("UID STORE {} {sign}FLAGS ({})", uid.0, flag.as_str())).await;
    }

    pub async fn move_to(&mut self, mailbox: &str, uid: Uid, to: &str) {
        self.select(mailbox).await;
        self.run(&format!("UID MOVE {} \"{to}\"", uid.0)).await;
    }

    pub async fn expunge(&mut self, mailbox: &str, uid: Uid) {
        self.store(mailbox, uid, Flag::Deleted, true).await;
        self.run(&format!("UID EXPUNGE {}", uid.0)).await;
    }

    pub async fn create(&mut self, mailbox: &str) {
        self.run(&format!("CREATE \"{mailbox}\"")).await;
    }

    pub async fn rename(&mut self, mailbox: &str, to: &str) {
        self.run(&format!("RENAME \"{mailbox}\" \"{to}\"")).await;
    }

    pub async fn delete(&mut self, mailbox: &str) {
        // Dovecot hangs up on whoever deletes the mailbox at hand.
        self.select("INBOX").await;
        self.run(&format!("DELETE \"{mailbox}\"")).await;
    }

    pub async fn uid_validity(&mut self, mailbox: &str) -> UidValidity {
        let lines = self.run(&format!("STATUS \"{mailbox}\" (UIDVALIDITY)")).await;
        let text = lines.join(" ");
        let number = text.rsplit("UIDVALIDITY ").next().and_then(|rest| rest.trim_end_matches(')').parse().ok());
        UidValidity(number.unwrap_or_else(|| panic!("{text}")))
    }

    /// Whether there is such a mailbox.
    pub async fn has(&mut self, mailbox: &str) -> bool {
        !self.run(&format!("LIST \"\" \"{mailbox}\"")).await.iter().all(|line| !line.starts_with("* LIST"))
    }

    /// All messages of a mailbox, by their flags.
    pub async fn messages(&mut self, mailbox: &str) -> Messages {
        self.select(mailbox).await;
        let lines = self.run("UID FETCH 1:* (UID FLAGS)").await;
        // A change of flags that another client just made comes without a UID; it is in the answer of the next time.
        lines
            .iter()
            .filter(|line| line.contains("FETCH (") && line.contains("UID "))
            .map(|line| of_line(line))
            .collect()
    }

    /// The flags of a message; none when it is not there.
    pub async fn flags(&mut self, mailbox: &str, uid: Uid) -> Option<BTreeSet<Flag>> {
        self.messages(mailbox).await.remove(&uid)
    }

    /// The messages of a mailbox, once they are like this.
    pub async fn until(&mut self, mailbox: &str, mut wanted: impl FnMut(&Messages) -> bool) -> Messages {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let messages = self.messages(mailbox).await;
            if wanted(&messages) {
                return messages;
            }
            assert!(Instant::now() < deadline, "{mailbox} is not so in time, but {messages:?}");
            // Nobody can be asked to say when mail has passed through a mail server.
            sleep(Duration::from_millis(30)).await;
        }
    }

    /// A message as the server keeps it.
    pub async fn source(&mut self, mailbox: &str, uid: Uid) -> String {
        self.select(mailbox).await;
        let lines = self.run(&format!("UID FETCH {} (BODY.PEEK[])", uid.0)).await;
        lines.into_iter().find(|line| line.contains("BODY[]")).expect("a message")
    }

    /// The only message of a mailbox.
    pub async fn only(&mut self, mailbox: &str) -> (Uid, String) {
        let messages = self.until(mailbox, |messages| !messages.is_empty()).await;
        let uids: Vec<Uid> = messages.into_keys().collect();
        let [uid] = uids[..] else { panic!("not one message in {mailbox}: {uids:?}") };
        (uid, self.source(mailbox, uid).await)
    }
}

fn of_line(line: &str) -> (Uid, BTreeSet<Flag>) {
    let after = |word: &str| line.split_once(word).unwrap_or_else(|| panic!("{line}")).1;
    let uid = after("UID ").split([' ', ')']).next().and_then(|uid| uid.parse().ok());
    let flags = after("FLAGS (").split(')').next().unwrap_or_default();
    let flags = flags.split_ascii_whitespace().filter(|flag| *flag != "\\Recent").map(|flag| flag.to_owned().into());
    (Uid(uid.unwrap_or_else(|| panic!("{line}"))), flags.collect())
}

/// A short message of this subject.
pub fn letter(subject: &str) -> String {
    format!(
        "From: Boris Test <boris@example.org>\r\nTo: ana@example.org\r\nSubject: {subject}\r\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0300\r\nMessage-ID: <{}@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe text of {subject}.\r\n",
        app::route::encode(subject)
    )
}
