//! Address books. What a file has brought can be taken back: each import keeps what it has changed.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use app::wire::{AccountId, Contact, ContactImport, ContactImportId};

use super::{Pool, Store, at_once, change, collectors::small, now, numbers::step, on};
use crate::{
    contacts::{BOOK, Card, Found, Known, MOST, Plan},
    seal::random_hex,
};

/// Imports that are kept, the last ones: these can be taken back.
const KEPT: i64 = 10;

/// The longest that is looked for, in bytes.
const LONGEST: usize = 200;

/// How often a plan is made anew when the book has changed meanwhile.
const ATTEMPTS: usize = 3;

/// How long a file waits for a person to say yes, in seconds.
const WAITS: i64 = 24 * 3600;

/// What became of a file that a person has said yes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    All,
    /// Nobody was taken: with these there would be too many, or they say too much.
    TooMany,
    TooLarge,
}

impl Store {
    /// People of an account, by name, at most `most`; of those that have all of these words, if any are given.
    pub async fn contacts(&self, account: AccountId, words: &str, most: i64) -> Result<Vec<Contact>> {
        let words = words.get(..words.floor_char_boundary(LONGEST)).unwrap_or_default();
        let wanted = words.to_lowercase();
        let wanted: Vec<&str> = wanted.split_whitespace().collect();
        let like = wanted.first().map_or_else(|| "%".to_owned(), |word| format!("%{}%", escaped(word)));
        let rows: Vec<(String, String, String, String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT id, name, emails, phones, searched FROM contacts WHERE account_id = $1 AND searched LIKE $2 ESCAPE '\\'")
            .bind(account.0).bind(&like).fetch_all(pool))?;
        let mut found: Vec<Contact> = rows
            .into_iter()
            .filter(|(.., searched)| wanted.iter().all(|word| searched.contains(word)))
            .map(|(id, name, emails, phones, _)| Contact {
                id,
                name,
                emails: emails.split(' ').filter(|email| !email.is_empty()).map(str::to_owned).collect(),
                phones: phones.split('\n').filter(|phone| !phone.is_empty()).map(str::to_owned).collect(),
            })
            .collect();
        // In the order of the screen, whatever the database makes of letters.
        found.sort_by_cached_key(|contact| (contact.name.to_lowercase(), contact.id.clone()));
        found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(found)
    }

    pub async fn count_contacts(&self, account: AccountId) -> Result<u32> {
        let (count,): (i64,) = on!(self, pool => sqlx::query_as("SELECT COUNT(*) FROM contacts WHERE account_id = $1")
            .bind(account.0).fetch_one(pool))?;
        Ok(small(count))
    }

    /// The cards of everybody, by name.
    pub async fn cards(&self, account: AccountId) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT card FROM contacts WHERE account_id = $1 ORDER BY name, id").bind(account.0).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(card,)| card).collect())
    }

    async fn rows_of(&self, account: AccountId) -> Result<Vec<(String, String)>> {
        Ok(on!(self, pool => sqlx::query_as(BOOK_OF).bind(account.0).fetch_all(pool))?)
    }

    /// Says whether there was somebody.
    pub async fn remove_contact(&self, account: AccountId, id: &str) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query("DELETE FROM contacts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id).execute(pool))?;
        Ok(changed > 0)
    }

    /// Keeps what was in a file until a person has seen it and said yes, in place of another file that waits.
    pub async fn add_contact_import(&self, account: AccountId, title: &str, found: &Found) -> Result<ContactImportId> {
        let cards = serde_json::to_string(&found.cards.iter().map(Card::to_text).collect::<Vec<_>>())?;
        change!(self, pool => sqlx::query("DELETE FROM contact_imports WHERE state = 'shown' AND account_id = $1")
            .bind(account.0).execute(pool))?;
        let (id,): (i64,) = on!(self, pool => sqlx::query_as(
            "INSERT INTO contact_imports (id, account_id, title, created, state, cards, unread)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM contact_imports) + $6, $1, $2, $3, 'shown', $4, $5)
             RETURNING id")
            .bind(account.0).bind(title).bind(now()).bind(&cards).bind(i64::from(found.unread))
            .bind(step()?).fetch_one(pool))?;
        Ok(ContactImportId(id))
    }

    /// Forgets files that have waited for too long.
    pub async fn forget_waiting_contacts(&self) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM contact_imports WHERE state = 'shown' AND created < $1")
            .bind(now() - WAITS).execute(pool))?;
        Ok(())
    }

    /// What would become of the people in a file that waits, how it is called, and how many could not be read. None if there is
    /// no such file.
    pub async fn contact_plan(
        &self,
        account: AccountId,
        id: ContactImportId,
    ) -> Result<Option<(String, Vec<Card>, Plan, u32)>> {
        let found: Option<(String, String, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT title, cards, unread FROM contact_imports WHERE account_id = $1 AND id = $2 AND state = 'shown'")
            .bind(account.0).bind(id.0).fetch_optional(pool))?;
        let Some((title, cards, unread)) = found else { return Ok(None) };
        let rows = self.rows_of(account).await?;
        let (cards, plan) = planned(rows, cards).await?;
        Ok(Some((title, cards, plan, small(unread))))
    }

    /// Takes the people of a file that waits into the address book, all or none of them. None if there is no such file.
    pub async fn take_contact_import(&self, account: AccountId, id: ContactImportId) -> Result<Option<Taken>> {
        for _ in 0..ATTEMPTS {
            let found: Option<(String,)> = on!(self, pool => sqlx::query_as(
                "SELECT cards FROM contact_imports WHERE account_id = $1 AND id = $2 AND state = 'shown'")
                .bind(account.0).bind(id.0).fetch_optional(pool))?;
            let Some((cards,)) = found else { return Ok(None) };
            let before = self.rows_of(account).await?;
            let (_, plan) = planned(before.clone(), cards).await?;
            let octets: usize = before.iter().map(|(_, card)| card.len()).sum();
            let more: usize = plan.new.iter().map(|card| card.to_text().len()).sum();
            if before.len() + plan.new.len() > MOST {
                return Ok(Some(Taken::TooMany));
            }
            if octets + more > BOOK {
                return Ok(Some(Taken::TooLarge));
            }
            match self.carry_out(account, id, &before, &plan).await? {
                // Somebody has changed the book meanwhile.
                None => {}
                Some(true) => return Ok(Some(Taken::All)),
                Some(false) => return Ok(None),
            }
        }
        bail!("An address book changes all the time")
    }

    /// None if the book is not what it was when the plan was made; false if the file is not there any more.
    async fn carry_out(
        &self,
        account: AccountId,
        id: ContactImportId,
        before: &[(String, String)],
        plan: &Plan,
    ) -> Result<Option<bool>> {
        let (insert, keep) = match &self.pool {
            Pool::Sqlite(_) => (INSERT_SQLITE, KEEP_SQLITE),
            Pool::Postgres(_) => (INSERT_POSTGRES, KEEP_POSTGRES),
        };
        let was: HashMap<&str, &str> = before.iter().map(|(id, card)| (id.as_str(), card.as_str())).collect();
        let (mut changed, mut changes) = (Vec::new(), Vec::new());
        for card in &plan.new {
            let new = random_hex(8)?;
            changes.push(serde_json::json!([new, None::<&str>]));
            changed.push(row(&new, card));
        }
        for Known { id, card } in &plan.joined {
            changes.push(serde_json::json!([id, was.get(id.as_str())]));
            changed.push(row(id, card));
        }
        let (changed, changes) = (serde_json::to_string(&changed)?, serde_json::to_string(&changes)?);
        Ok(at_once!(self, all => {
            sqlx::query(LOCK).bind(account.0).execute(&mut *all).await?;
            let now: Vec<(String, String)> = sqlx::query_as(BOOK_OF).bind(account.0).fetch_all(&mut *all).await?;
            if now != before {
                return Ok(None);
            }
            let done = sqlx::query(
                "UPDATE contact_imports SET state = 'done', cards = '[]', fresh = $3, joined = $4
                 WHERE account_id = $1 AND id = $2 AND state = 'shown'")
                .bind(account.0).bind(id.0).bind(i64::try_from(plan.new.len())?).bind(i64::try_from(plan.joined.len())?)
                .execute(&mut *all).await?;
            if done.rows_affected() == 0 {
                return Ok(Some(false));
            }
            sqlx::query(keep).bind(id.0).bind(&changes).execute(&mut *all).await?;
            sqlx::query(insert).bind(account.0).bind(&changed).execute(&mut *all).await?;
            sqlx::query(
                "DELETE FROM contact_imports WHERE account_id = $1 AND state <> 'shown' AND id NOT IN
                    (SELECT id FROM contact_imports WHERE account_id = $1 AND state <> 'shown' ORDER BY id DESC LIMIT $2)")
                .bind(account.0).bind(KEPT).execute(&mut *all).await?;
            Some(true)
        }))
    }

    /// Forgets a file that waits. Says whether there was one.
    pub async fn drop_contact_import(&self, account: AccountId, id: ContactImportId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "DELETE FROM contact_imports WHERE account_id = $1 AND id = $2 AND state = 'shown'")
            .bind(account.0).bind(id.0).execute(pool))?;
        Ok(changed > 0)
    }

    /// Takes back what the last import has done that was not taken back yet; of somebody who was removed since, nothing. Says
    /// whether it was the last.
    pub async fn undo_contact_import(&self, account: AccountId, id: ContactImportId) -> Result<bool> {
        let insert = match &self.pool {
            Pool::Sqlite(_) => INSERT_SQLITE,
            Pool::Postgres(_) => INSERT_POSTGRES,
        };
        Ok(at_once!(self, all => {
            sqlx::query(LOCK).bind(account.0).execute(&mut *all).await?;
            let undone = sqlx::query(
                "UPDATE contact_imports SET state = 'undone' WHERE account_id = $1 AND id = $2 AND state = 'done' AND id =
                    (SELECT MAX(id) FROM contact_imports WHERE account_id = $1 AND state = 'done')")
                .bind(account.0).bind(id.0).execute(&mut *all).await?;
            if undone.rows_affected() == 0 {
                return Ok(false);
            }
            let joined: Vec<(String, String)> = sqlx::query_as(
                "SELECT c.id, h.before FROM contact_changes AS h JOIN contacts AS c ON c.id = h.contact_id
                 WHERE h.import_id = $1 AND h.before IS NOT NULL").bind(id.0).fetch_all(&mut *all).await?;
            sqlx::query("DELETE FROM contacts WHERE account_id = $1 AND id IN
                (SELECT contact_id FROM contact_changes WHERE import_id = $2 AND before IS NULL)")
                .bind(account.0).bind(id.0).execute(&mut *all).await?;
            let rows: Vec<serde_json::Value> =
                joined.into_iter().filter_map(known).map(|Known { id, card }| row(&id, &card)).collect();
            sqlx::query(insert).bind(account.0).bind(serde_json::to_string(&rows)?).execute(&mut *all).await?;
            sqlx::query("DELETE FROM contact_changes WHERE import_id = $1").bind(id.0).execute(&mut *all).await?;
            true
        }))
    }

    /// The last imports, the newest first.
    pub async fn contact_imports(&self, account: AccountId) -> Result<Vec<ContactImport>> {
        let rows: Vec<(i64, String, i64, String, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT id, title, created, state, fresh, joined FROM contact_imports WHERE account_id = $1 ORDER BY id DESC LIMIT $2")
            .bind(account.0).bind(KEPT + 1).fetch_all(pool))?;
        let last = rows.iter().find(|(.., state, _, _)| state == "done").map(|(id, ..)| *id);
        let import = |(id, title, created, state, fresh, joined): (i64, String, i64, String, i64, i64)| ContactImport {
            id: ContactImportId(id),
            title,
            created,
            waits: state == "shown",
            undone: state == "undone",
            is_last: last == Some(id),
            fresh: small(fresh),
            joined: small(joined),
        };
        Ok(rows.into_iter().map(import).collect())
    }
}

fn read_cards(json: &str) -> Result<Vec<Card>> {
    let texts: Vec<String> = serde_json::from_str(json).context("A stored file of people")?;
    Ok(texts.iter().filter_map(|text| Card::stored(text)).collect())
}

/// What would become of the cards of a file. It may be work, and nobody else waits for it.
async fn planned(rows: Vec<(String, String)>, cards: String) -> Result<(Vec<Card>, Plan)> {
    let plan = move || {
        let cards = read_cards(&cards)?;
        let plan = Plan::of(rows.into_iter().filter_map(known).collect(), cards.clone());
        Ok((cards, plan))
    };
    tokio::task::spawn_blocking(plan).await.context("A plan")?
}

fn known((id, card): (String, String)) -> Option<Known> {
    Some(Known { id, card: Card::stored(&card)? })
}

fn row(id: &str, card: &Card) -> serde_json::Value {
    serde_json::json!([
        id,
        card.to_text(),
        card.name(),
        card.emails().join(" "),
        card.phones().join("\n"),
        card.searched()
    ])
}

/// A word in a LIKE: its signs mean themselves.
pub(super) fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

const BOOK_OF: &str = "SELECT id, card FROM contacts WHERE account_id = $1 ORDER BY id";

/// Whoever changes a book does so alone.
const LOCK: &str = "UPDATE accounts SET address = address WHERE id = $1";

const INSERT_SQLITE: &str = "INSERT INTO contacts (id, account_id, card, name, emails, phones, searched)
    SELECT value ->> 0, $1, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each($2) WHERE true
    ON CONFLICT (id) DO UPDATE SET card = excluded.card, name = excluded.name, emails = excluded.emails,
        phones = excluded.phones, searched = excluded.searched WHERE contacts.account_id = excluded.account_id";

const INSERT_POSTGRES: &str = "INSERT INTO contacts (id, account_id, card, name, emails, phones, searched)
    SELECT value ->> 0, $1, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM jsonb_array_elements($2::jsonb)
    ON CONFLICT (id) DO UPDATE SET card = excluded.card, name = excluded.name, emails = excluded.emails,
        phones = excluded.phones, searched = excluded.searched WHERE contacts.account_id = excluded.account_id";

const KEEP_SQLITE: &str = "INSERT INTO contact_changes (import_id, contact_id, before)
    SELECT $1, value ->> 0, value ->> 1 FROM json_each($2) WHERE true";

const KEEP_POSTGRES: &str = "INSERT INTO contact_changes (import_id, contact_id, before)
    SELECT $1, value ->> 0, value ->> 1 FROM jsonb_array_elements($2::jsonb)";
