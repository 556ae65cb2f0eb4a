//! The index of conversations: which messages of an account belong together. A cache, in a file of its own beside the
//! database: it may be deleted at any time, and is made again from what IMAP says. On each node its own.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result};
use app::wire::{AccountId, MessageRef, Uid, UidValidity};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tracing::warn;

use crate::conversation::{ConversationId, Entry, Key, Known, Root, join};

/// Of [`TABLES`]; a file with another number is made anew.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE mailbox (
        id INTEGER PRIMARY KEY, account INTEGER NOT NULL, path TEXT NOT NULL, uid_validity INTEGER NOT NULL,
        low INTEGER NOT NULL, high INTEGER NOT NULL, UNIQUE (account, path));
    CREATE TABLE message (
        mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, identity INTEGER NOT NULL, conversation INTEGER NOT NULL,
        date INTEGER NOT NULL, PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;
    CREATE INDEX message_conversation ON message (conversation);
    CREATE TABLE identity (key INTEGER PRIMARY KEY, conversation INTEGER NOT NULL);
    CREATE INDEX identity_conversation ON identity (conversation);
    CREATE TABLE subject (
        key INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, date INTEGER NOT NULL, reply INTEGER NOT NULL);
    CREATE INDEX subject_conversation ON subject (conversation);
    PRAGMA user_version = 1;";

/// Makes a conversation part of another, wherever it is spoken of.
const MERGE: [&str; 3] = [
    "UPDATE message SET conversation = $2 WHERE conversation = $1",
    "UPDATE identity SET conversation = $2 WHERE conversation = $1",
    "UPDATE subject SET conversation = $2 WHERE conversation = $1",
];

/// How far the messages of a conversation are counted, when it is asked which is the larger.
const COUNTED: i64 = 10_000;

/// The index. Cheap to clone.
#[derive(Clone)]
pub struct Conversations {
    pool: SqlitePool,
}

/// How far a mailbox is indexed: all that had UIDs from `low` up to, but without, `high`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    id: i64,
    pub uid_validity: UidValidity,
    pub low: u32,
    pub high: u32,
}

impl Indexed {
    /// The same mailbox, indexed further.
    pub fn reaching(&self, low: u32, high: u32) -> Indexed {
        Indexed { low, high, ..self.clone() }
    }

    /// The same mailbox, with all from one UID to another indexed as well. Where that leaves a gap, it counts for nothing.
    pub fn with(&self, first: Uid, last: Uid) -> Indexed {
        let (first, next) = (first.0, last.0.saturating_add(1));
        if first > self.high || next < self.low {
            return self.clone();
        }
        self.reaching(self.low.min(first), self.high.max(next))
    }
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub message: MessageRef,
    /// The same for copies of one message.
    pub identity: Key,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: i64,
}

/// Some messages of a mailbox, and all those there of their conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    of: HashMap<Uid, ConversationId>,
    members: HashMap<ConversationId, Vec<Uid>>,
}

impl Beside {
    /// The conversation of one of the messages; none where it is not indexed.
    pub fn conversation(&self, uid: Uid) -> Option<ConversationId> {
        self.of.get(&uid).copied()
    }

    /// The conversations with their messages.
    pub fn conversations(&self) -> impl Iterator<Item = (ConversationId, &[Uid])> {
        self.members.iter().map(|(conversation, uids)| (*conversation, uids.as_slice()))
    }

    /// All messages.
    pub fn uids(&self) -> impl Iterator<Item = Uid> + '_ {
        self.members.values().flatten().copied()
    }
}

impl Conversations {
    /// Opens the file in this folder. One that is damaged, or of another version of Pismo, is made anew.
    pub async fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("conversations.db");
        match Self::connect(&path).await {
            Ok(index) => Ok(index),
            Err(error) => {
                warn!(error = format!("{error:#}"), "The index of conversations is made anew");
                for ending in ["", "-wal", "-shm"] {
                    let mut name = path.clone().into_os_string();
                    name.push(ending);
                    match std::fs::remove_file(&name) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            return Err(error).with_context(|| format!("Cannot remove {}", name.display()));
                        }
                        _ => {}
                    }
                }
                Self::connect(&path).await
            }
        }
    }

    async fn connect(path: &Path) -> Result<Self> {
        // What a power cut takes is found out again; NORMAL, because with less the file itself may be spoilt by it.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options)
            .await
            .with_context(|| format!("Cannot open {}", path.display()))?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await?;
        if version == 0 {
            sqlx::raw_sql(TABLES).execute(&pool).await?;
        } else if version != VERSION {
            pool.close().await;
            anyhow::bail!("It is of version {version}, and not of {VERSION}");
        }
        Ok(Self { pool })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// How far this mailbox is indexed. One of another UIDVALIDITY, or not known, is begun at its end: at `uid_next`.
    pub async fn enter(
        &self,
        account: AccountId,
        path: &str,
        uid_validity: UidValidity,
        uid_next: Uid,
    ) -> Result<Indexed> {
        let known: Option<(i64, i64, i64, i64)> =
            sqlx::query_as("SELECT id, uid_validity, low, high FROM mailbox WHERE account = $1 AND path = $2")
                .bind(account.0)
                .bind(path)
                .fetch_optional(&self.pool)
                .await?;
        if let Some((id, validity, low, high)) = known {
            if validity == i64::from(uid_validity.0) {
                return Ok(Indexed { id, uid_validity, low: u32::try_from(low)?, high: u32::try_from(high)? });
            }
            self.forget(id).await?;
        }
        // Not every server says what comes next.
        let at = uid_next.0.max(1);
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO mailbox (account, path, uid_validity, low, high) VALUES ($1, $2, $3, $4, $4) RETURNING id",
        )
        .bind(account.0)
        .bind(path)
        .bind(i64::from(uid_validity.0))
        .bind(i64::from(at))
        .fetch_one(&self.pool)
        .await?;
        Ok(Indexed { id, uid_validity, low: at, high: at })
    }

    /// How far the mailboxes of an account are indexed, by path. Those that are not `there` any more are forgotten.
    pub async fn mailboxes(
        &self,
        account: AccountId,
        there: impl Fn(&str) -> bool,
    ) -> Result<HashMap<String, Indexed>> {
        let known: Vec<(i64, String, i64, i64, i64)> =
            sqlx::query_as("SELECT id, path, uid_validity, low, high FROM mailbox WHERE account = $1")
                .bind(account.0)
                .fetch_all(&self.pool)
                .await?;
        let mut mailboxes = HashMap::new();
        for (id, path, uid_validity, low, high) in known {
            if !there(&path) {
                self.forget(id).await?;
                continue;
            }
            let uid_validity = UidValidity(u32::try_from(uid_validity)?);
            mailboxes.insert(path, Indexed { id, uid_validity, low: u32::try_from(low)?, high: u32::try_from(high)? });
        }
        Ok(mailboxes)
    }

    async fn forget(&self, mailbox: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM message WHERE mailbox = $1").bind(mailbox).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM mailbox WHERE id = $1").bind(mailbox).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes in messages of a mailbox, and how far it is indexed now. All or nothing.
    pub async fn add(&self, indexed: &Indexed, entries: &[Entry]) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let keys: Vec<Key> = entries.iter().flat_map(|entry| entry.links.keys()).collect();
        let subjects: Vec<Key> = entries.iter().filter_map(|entry| entry.links.subject_key()).collect();
        let conversations: Vec<(Key, ConversationId)> =
            sqlx::query_as("SELECT key, conversation FROM identity WHERE key IN (SELECT value FROM json_each($1))")
                .bind(serde_json::to_string(&keys)?)
                .fetch_all(&mut *transaction)
                .await?;
        let roots: Vec<(Key, ConversationId, i64, bool)> = sqlx::query_as(
            "SELECT key, conversation, date, reply FROM subject WHERE key IN (SELECT value FROM json_each($1))",
        )
        .bind(serde_json::to_string(&subjects)?)
        .fetch_all(&mut *transaction)
        .await?;
        let root = |(key, conversation, date, reply)| (key, Root { conversation, date, reply });
        let mut known = Known {
            conversations: HashMap::from_iter(conversations),
            roots: roots.into_iter().map(root).collect(),
            sizes: HashMap::new(),
        };
        let spoken_of: HashSet<ConversationId> = known.spoken_of().collect();
        if spoken_of.len() > 1 {
            let sizes: Vec<(ConversationId, i64)> = sqlx::query_as(
                "SELECT value, (SELECT COUNT(*) FROM (SELECT 1 FROM identity WHERE conversation = value LIMIT $2))
                 FROM json_each($1)",
            )
            .bind(serde_json::to_string(&spoken_of)?)
            .bind(COUNTED)
            .fetch_all(&mut *transaction)
            .await?;
            known.sizes = sizes.into_iter().map(|(id, size)| Ok((id, u64::try_from(size)?))).collect::<Result<_>>()?;
        }
        let joined = join(entries, known);
        for (from, into) in &joined.merged {
            for statement in MERGE {
                sqlx::query(statement).bind(from).bind(into).execute(&mut *transaction).await?;
            }
        }
        let roots: Vec<_> =
            joined.roots.iter().map(|(key, root)| (key, root.conversation, root.date, i64::from(root.reply))).collect();
        let members: Vec<_> = entries
            .iter()
            .zip(&joined.members)
            .map(|(entry, conversation)| (entry.uid.0, entry.links.identity, conversation, entry.date))
            .collect();
        sqlx::query(
            "INSERT OR REPLACE INTO identity (key, conversation)
             SELECT value ->> 0, value ->> 1 FROM json_each($1)",
        )
        .bind(serde_json::to_string(&joined.keys)?)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT OR REPLACE INTO subject (key, conversation, date, reply)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)",
        )
        .bind(serde_json::to_string(&roots)?)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT OR REPLACE INTO message (mailbox, uid, identity, conversation, date)
             SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2)",
        )
        .bind(indexed.id)
        .bind(serde_json::to_string(&members)?)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE mailbox SET low = $2, high = $3 WHERE id = $1")
            .bind(indexed.id)
            .bind(i64::from(indexed.low))
            .bind(i64::from(indexed.high))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The conversation of a message; none if it is not indexed.
    pub async fn conversation(&self, message: &MessageRef) -> Result<Option<ConversationId>> {
        Ok(sqlx::query_scalar(
            "SELECT conversation FROM message JOIN mailbox ON mailbox.id = message.mailbox
             WHERE account = $1 AND path = $2 AND uid_validity = $3 AND uid = $4",
        )
        .bind(message.account.0)
        .bind(&message.mailbox)
        .bind(i64::from(message.uid_validity.0))
        .bind(i64::from(message.uid.0))
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The messages of a conversation, the newest first, no more than `most`.
    pub async fn members(&self, account: AccountId, conversation: ConversationId, most: u32) -> Result<Vec<Member>> {
        let found: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT path, uid_validity, uid, identity, date FROM message JOIN mailbox ON mailbox.id = message.mailbox
             WHERE conversation = $1 AND account = $2 ORDER BY date DESC, uid DESC LIMIT $3",
        )
        .bind(conversation)
        .bind(account.0)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        let member = |(mailbox, uid_validity, uid, identity, date): (String, i64, i64, i64, i64)| {
            let (uid_validity, uid) = (UidValidity(u32::try_from(uid_validity)?), Uid(u32::try_from(uid)?));
            Ok(Member { message: MessageRef { account, mailbox, uid_validity, uid }, identity, date })
        };
        found.into_iter().map(member).collect()
    }

    /// The conversations of what is indexed of a mailbox from one UID to another.
    pub async fn between(&self, indexed: &Indexed, first: Uid, last: Uid) -> Result<HashMap<Uid, ConversationId>> {
        let found: Vec<(i64, ConversationId)> =
            sqlx::query_as("SELECT uid, conversation FROM message WHERE mailbox = $1 AND uid BETWEEN $2 AND $3")
                .bind(indexed.id)
                .bind(i64::from(first.0))
                .bind(i64::from(last.0))
                .fetch_all(&self.pool)
                .await?;
        found.into_iter().map(|(uid, conversation)| Ok((Uid(u32::try_from(uid)?), conversation))).collect()
    }

    /// The conversations of these messages of a mailbox, as far as they are indexed.
    pub async fn conversations_of(&self, indexed: &Indexed, uids: &[Uid]) -> Result<HashMap<Uid, ConversationId>> {
        let uids: Vec<u32> = uids.iter().map(|uid| uid.0).collect();
        let found: Vec<(i64, ConversationId)> = sqlx::query_as(
            "SELECT uid, conversation FROM message WHERE mailbox = $1 AND uid IN (SELECT value FROM json_each($2))",
        )
        .bind(indexed.id)
        .bind(serde_json::to_string(&uids)?)
        .fetch_all(&self.pool)
        .await?;
        found.into_iter().map(|(uid, conversation)| Ok((Uid(u32::try_from(uid)?), conversation))).collect()
    }

    /// The messages of a mailbox that belong together with these, themselves included; nothing of those that are not indexed.
    pub async fn beside(&self, indexed: &Indexed, uids: &[Uid]) -> Result<Beside> {
        let of = self.conversations_of(indexed, uids).await?;
        let conversations: HashSet<ConversationId> = of.values().copied().collect();
        let members: Vec<(ConversationId, i64)> = sqlx::query_as(
            "SELECT conversation, uid FROM message
             WHERE conversation IN (SELECT value FROM json_each($2)) AND mailbox = $1",
        )
        .bind(indexed.id)
        .bind(serde_json::to_string(&conversations)?)
        .fetch_all(&self.pool)
        .await?;
        let mut beside = Beside { of, ..Beside::default() };
        for (conversation, uid) in members {
            beside.members.entry(conversation).or_default().push(Uid(u32::try_from(uid)?));
        }
        Ok(beside)
    }

    /// Forgets messages of a mailbox that are gone.
    pub async fn forget_uids(&self, indexed: &Indexed, uids: &[Uid]) -> Result<()> {
        let uids: Vec<u32> = uids.iter().map(|uid| uid.0).collect();
        sqlx::query("DELETE FROM message WHERE mailbox = $1 AND uid IN (SELECT value FROM json_each($2))")
            .bind(indexed.id)
            .bind(serde_json::to_string(&uids)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets messages that are gone.
    pub async fn forget_messages(&self, messages: &[MessageRef]) -> Result<()> {
        for message in messages {
            sqlx::query(
                "DELETE FROM message WHERE uid = $4 AND mailbox =
                 (SELECT id FROM mailbox WHERE account = $1 AND path = $2 AND uid_validity = $3)",
            )
            .bind(message.account.0)
            .bind(&message.mailbox)
            .bind(i64::from(message.uid_validity.0))
            .bind(i64::from(message.uid.0))
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::Links, mime::Headers};

    const ACCOUNT: AccountId = AccountId(7);

    async fn index(folder: &Path) -> Conversations {
        Conversations::open(folder).await.expect("an index")
    }

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("pismo-conversations-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn message(mailbox: &str, uid: u32) -> MessageRef {
        MessageRef { account: ACCOUNT, mailbox: mailbox.into(), uid_validity: UidValidity(1), uid: Uid(uid) }
    }

    async fn add(index: &Conversations, mailbox: &str, uid: u32, header: &str) {
        let links = Links::read(&message(mailbox, uid), &Headers::parse(header.as_bytes()));
        let known = index.enter(ACCOUNT, mailbox, UidValidity(1), Uid(1)).await.expect("a mailbox");
        let entry = Entry { uid: Uid(uid), date: i64::from(uid), links };
        index.add(&known.reaching(known.low, uid + 1), &[entry]).await.expect("added");
    }

    async fn together(index: &Conversations, of: &MessageRef) -> Vec<(String, u32)> {
        let Some(conversation) = index.conversation(of).await.expect("an answer") else { return Vec::new() };
        let members = index.members(ACCOUNT, conversation, 100).await.expect("an answer");
        members.into_iter().map(|member| (member.message.mailbox, member.message.uid.0)).collect()
    }

    #[tokio::test]
    async fn conversations_grow_merge_and_outlive_a_restart() {
        let folder = folder("grow");
        let known = index(&folder).await;
        add(&known, "INBOX", 1, "Message-ID: <a@x>\nSubject: A\n").await;
        add(&known, "INBOX", 2, "Message-ID: <b@x>\nSubject: B\n").await;
        add(&known, "Sent", 3, "Message-ID: <c@x>\nReferences: <a@x>\n").await;
        assert_eq!(together(&known, &message("INBOX", 1)).await, [("Sent".into(), 3), ("INBOX".into(), 1)]);
        assert_eq!(together(&known, &message("INBOX", 2)).await, [("INBOX".into(), 2)]);
        known.close().await;
        let known = index(&folder).await;
        add(&known, "INBOX", 4, "Message-ID: <d@x>\nReferences: <b@x> <c@x>\n").await;
        assert_eq!(together(&known, &message("INBOX", 2)).await.len(), 4);
        known.forget_messages(&[message("INBOX", 4)]).await.expect("forgotten");
        assert_eq!(together(&known, &message("INBOX", 2)).await.len(), 3);
        let at = known.enter(ACCOUNT, "INBOX", UidValidity(1), Uid(9)).await.expect("a mailbox");
        assert_eq!((at.low, at.high), (1, 5));
        known.close().await;
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[tokio::test]
    async fn a_mailbox_made_anew_begins_anew_and_one_that_is_gone_is_forgotten() {
        let folder = folder("anew");
        let known = index(&folder).await;
        add(&known, "INBOX", 1, "Message-ID: <a@x>\n").await;
        add(&known, "Sent", 2, "Message-ID: <b@x>\nReferences: <a@x>\n").await;
        let at = known.enter(ACCOUNT, "INBOX", UidValidity(2), Uid(9)).await.expect("a mailbox");
        assert_eq!((at.low, at.high), (9, 9));
        assert_eq!(together(&known, &message("Sent", 2)).await, [("Sent".into(), 2)]);
        let left = known.mailboxes(ACCOUNT, |path| path == "INBOX").await.expect("the mailboxes");
        assert_eq!(left.keys().collect::<Vec<_>>(), ["INBOX"]);
        assert_eq!(together(&known, &message("Sent", 2)).await, []);
        known.close().await;
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[tokio::test]
    async fn a_damaged_file_is_made_anew() {
        let folder = folder("damaged");
        std::fs::write(folder.join("conversations.db"), "no database at all, and long enough to be read as one")
            .expect("written");
        let known = index(&folder).await;
        add(&known, "INBOX", 1, "Message-ID: <a@x>\n").await;
        assert_eq!(together(&known, &message("INBOX", 1)).await.len(), 1);
        known.close().await;
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
