//! A raw IMAP connection that keeps every byte, and what it sees of an account. Shares no code with what is tested.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::mail_server::PASSWORD;

/// One response: its text, with `{}` where a literal stood, and the literals.
pub type Said = (String, Vec<Vec<u8>>);

pub struct Raw {
    line: BufReader<TcpStream>,
    tag: u32,
}

/// A message as the account has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub hash: String,
    /// The same as POP3 can say it: with a line end at the end.
    pub ended: String,
    pub flags: BTreeSet<String>,
    pub date: String,
    pub uid: u32,
}

impl Seen {
    /// Dovecot (2.3, 2026-11) takes an INTERNALDATE that is still to come for the moment in which it is told.
    pub fn forget_a_date_to_come(&mut self) {
        let year = self.date.split(['-', ' ']).nth(2).and_then(|year| year.parse().ok());
        if year.is_some_and(|year: u32| year > 2024) {
            self.date = "to come".to_owned();
        }
    }
}

/// By the names of the mailboxes as they travel.
pub type Account = BTreeMap<String, Vec<Seen>>;

impl Raw {
    pub async fn log_in(port: u16, user: &str) -> Raw {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("IMAP");
        let mut raw = Raw { line: BufReader::new(stream), tag: 0 };
        raw.response().await;
        raw.run(&format!("LOGIN {user} {PASSWORD}")).await;
        raw
    }

    async fn line(&mut self) -> String {
        let mut bytes = Vec::new();
        self.line.read_until(b'\n', &mut bytes).await.expect("a line");
        assert!(!bytes.is_empty(), "the server hung up");
        String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()
    }

    async fn response(&mut self) -> Said {
        let (mut text, mut literals) = (String::new(), Vec::new());
        loop {
            let line = self.line().await;
            let literal = line.strip_suffix('}').and_then(|line| line.rsplit_once('{'));
            let Some((before, Ok(length))) = literal.map(|(before, length)| (before, length.parse::<usize>())) else {
                text.push_str(&line);
                return (text, literals);
            };
            let mut bytes = vec![0; length];
            self.line.read_exact(&mut bytes).await.expect("a literal");
            literals.push(bytes);
            text.push_str(before);
            text.push_str("{}");
        }
    }

    /// Runs a command that must succeed.
    pub async fn run(&mut self, command: &str) -> Vec<Said> {
        let (said, end) = self.try_run(command).await;
        assert!(end.starts_with("OK"), "{command}: {end}");
        said
    }

    pub async fn try_run(&mut self, command: &str) -> (Vec<Said>, String) {
        self.tag += 1;
        let tag = format!("r{} ", self.tag);
        self.line.write_all(format!("{tag}{command}\r\n").as_bytes()).await.expect("a line out");
        self.answer(&tag).await
    }

    async fn answer(&mut self, tag: &str) -> (Vec<Said>, String) {
        let mut all = Vec::new();
        loop {
            let said = self.response().await;
            match said.0.strip_prefix(tag) {
                Some(end) => return (all, end.to_owned()),
                None => all.push(said),
            }
        }
    }

    /// Puts a message into a mailbox. Says whether the server took it.
    pub async fn append(&mut self, mailbox: &str, flags: &str, date: &str, message: &[u8]) -> bool {
        self.tag += 1;
        let tag = format!("r{} ", self.tag);
        let head = format!("{tag}APPEND {} ({flags}) \"{date}\" {{{}}}\r\n", quoted(mailbox), message.len());
        self.line.write_all(head.as_bytes()).await.expect("a line out");
        loop {
            let (said, _) = self.response().await;
            if said.starts_with(&tag) {
                return false;
            }
            if said.starts_with('+') {
                break;
            }
        }
        self.line.write_all(&[message, b"\r\n"].concat()).await.expect("a message out");
        self.answer(&tag).await.1.starts_with("OK")
    }

    /// The names of all mailboxes that can be selected.
    pub async fn mailboxes(&mut self) -> Vec<String> {
        let said = self.run("LIST \"\" \"*\"").await;
        let selectable = said.into_iter().filter(|(text, _)| !text.to_lowercase().contains("\\noselect"));
        selectable.filter_map(|said| name(&said)).collect()
    }

    /// Everything in one mailbox, by UID.
    pub async fn mailbox(&mut self, mailbox: &str) -> Vec<Seen> {
        self.run(&format!("EXAMINE {}", quoted(mailbox))).await;
        let said = self.run("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])").await;
        said.iter().filter(|(text, _)| text.contains("BODY[]")).map(seen).collect()
    }

    /// Everything, as multisets: the UIDs are left out.
    pub async fn account(&mut self) -> Account {
        let mut account = Account::new();
        for mailbox in self.mailboxes().await {
            let mut all = self.mailbox(&mailbox).await;
            all.iter_mut().for_each(|seen| seen.uid = 0);
            all.sort();
            account.insert(mailbox, all);
        }
        account
    }
}

/// A mailbox's name from a LIST response.
fn name((text, literals): &Said) -> Option<String> {
    let rest = text.strip_prefix("* LIST (")?.split_once(") ")?.1;
    let rest = rest.strip_prefix("NIL ").or_else(|| rest.strip_prefix('"')?.split_once("\" ").map(|(_, rest)| rest))?;
    if rest.ends_with("{}") {
        return literals.last().map(|name| String::from_utf8_lossy(name).into_owned());
    }
    let inner = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Some(inner.map_or(rest.to_owned(), |inner| inner.replace("\\\"", "\"").replace("\\\\", "\\")))
}

fn seen((text, literals): &Said) -> Seen {
    let between = |start: &str, end: &str| {
        let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
        rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {text}")).0.to_owned()
    };
    // Cyrus says an empty text as a string.
    let empty = Vec::new();
    let message = literals.last().unwrap_or(&empty);
    let flags = between("FLAGS (", ")");
    let flags = flags.split(' ').filter(|flag| !flag.is_empty() && *flag != "\\Recent").map(str::to_owned).collect();
    let date = between("INTERNALDATE \"", "\"");
    // ` 1-Jan` and `01-Jan` are the same day.
    let date = date.trim_start_matches([' ', '0']).to_owned();
    let uid = between("UID ", " ").trim_end_matches(')').parse().expect("a UID");
    let end: &[u8] = if message.ends_with(b"\r\n") { b"" } else { b"\r\n" };
    let ended = hex(&Sha256::digest([message.as_slice(), end].concat()));
    Seen { hash: hex(&Sha256::digest(message)), ended, flags, date, uid }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
