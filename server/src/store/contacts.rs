//! Address books. What a file has brought can be taken back: each import keeps what it has changed.

use anyhow::{Context, Result};
use app::wire::{AccountId, Contact, ContactImport, ContactImportId};

use super::{Pool, Store, change, collectors::small, now, on};
use crate::{
    contacts::{Card, Known, MOST, Plan},
    seal::random_hex,
};

/// Imports that are listed.
const LISTED: i64 = 20;

/// How long a file waits for a person to say yes, in seconds.
const WAITS: i64 = 24 * 3600;

/// Does several statements, all or none of them.
macro_rules! at_once {
    ($store:expr, $all:ident => $body:block) => {
        match &$store.pool {
            Pool::Sqlite(pool) => {
                let mut $all = pool.begin().await?;
                let result = $body;
                $all.commit().await?;
                result
            }
            Pool::Postgres(pool) => {
                let mut $all = pool.begin().await?;
                let result = $body;
                $all.commit().await?;
                result
            }
        }
    };
}

impl Store {
    /// People of an account, by name, at most `most`; of those that have all of these words, if any are given.
    pub async fn contacts(&self, account: AccountId, words: &str, most: i64) -> Result<Vec<Contact>> {
        // The rarest first would be quicker, and an address book is small.
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

    async fn known(&self, account: AccountId) -> Result<Vec<Known>> {
        let rows: Vec<(String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT id, card FROM contacts WHERE account_id = $1 ORDER BY id").bind(account.0).fetch_all(pool))?;
        Ok(rows.into_iter().filter_map(known).collect())
    }

    /// Says whether there was somebody.
    pub async fn remove_contact(&self, account: AccountId, id: &str) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query("DELETE FROM contacts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id).execute(pool))?;
        Ok(changed > 0)
    }

    /// Keeps what was in a file until a person has seen it and said yes. What waits for too long goes.
    pub async fn add_contact_import(&self, account: AccountId, title: &str, cards: &[Card]) -> Result<ContactImportId> {
        change!(self, pool => sqlx::query("DELETE FROM contact_imports WHERE state = 'shown' AND created < $1")
            .bind(now() - WAITS).execute(pool))?;
        let cards = serde_json::to_string(&cards.iter().map(Card::to_text).collect::<Vec<_>>())?;
        let (id,): (i64,) = on!(self, pool => sqlx::query_as(
            "INSERT INTO contact_imports (account_id, title, created, state, cards) VALUES ($1, $2, $3, 'shown', $4)
             RETURNING id").bind(account.0).bind(title).bind(now()).bind(&cards).fetch_one(pool))?;
        Ok(ContactImportId(id))
    }

    /// What would become of the people in a file that waits, and how it is called. None if there is no such file.
    pub async fn contact_plan(
        &self,
        account: AccountId,
        id: ContactImportId,
    ) -> Result<Option<(String, Vec<Card>, Plan)>> {
        let found: Option<(String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT title, cards FROM contact_imports WHERE account_id = $1 AND id = $2 AND state = 'shown'")
            .bind(account.0).bind(id.0).fetch_optional(pool))?;
        let Some((title, cards)) = found else { return Ok(None) };
        let cards = read_cards(&cards)?;
        let plan = Plan::of(self.known(account).await?, cards.clone());
        Ok(Some((title, cards, plan)))
    }

    /// Takes the people of a file that waits into the address book, all or none of them. Says whether there was such a file, and
    /// room for them.
    pub async fn take_contact_import(&self, account: AccountId, id: ContactImportId) -> Result<Option<bool>> {
        let insert = match &self.pool {
            Pool::Sqlite(_) => INSERT_SQLITE,
            Pool::Postgres(_) => INSERT_POSTGRES,
        };
        let keep = match &self.pool {
            Pool::Sqlite(_) => KEEP_SQLITE,
            Pool::Postgres(_) => KEEP_POSTGRES,
        };
        Ok(at_once!(self, all => {
            // Whoever comes second finds it done.
            let taken: Option<(String,)> = sqlx::query_as(
                "UPDATE contact_imports SET state = 'done' WHERE account_id = $1 AND id = $2 AND state = 'shown' RETURNING cards")
                .bind(account.0).bind(id.0).fetch_optional(&mut *all).await?;
            let Some((cards,)) = taken else { return Ok(None) };
            let rows: Vec<(String, String)> = sqlx::query_as("SELECT id, card FROM contacts WHERE account_id = $1 ORDER BY id")
                .bind(account.0).fetch_all(&mut *all).await?;
            let before: Vec<Known> = rows.into_iter().filter_map(known).collect();
            let plan = Plan::of(before.clone(), read_cards(&cards)?);
            if before.len() + plan.new.len() > MOST {
                return Ok(Some(false));
            }
            let (mut changed, mut changes) = (Vec::new(), Vec::new());
            for card in &plan.new {
                let new = random_hex(8)?;
                changes.push(serde_json::json!([new, null_text()]));
                changed.push(row(&new, card));
            }
            for Known { id, card } in &plan.joined {
                let was = before.iter().find(|known| known.id == *id).map(|known| known.card.to_text());
                changes.push(serde_json::json!([id, was]));
                changed.push(row(id, card));
            }
            sqlx::query(keep).bind(id.0).bind(serde_json::to_string(&changes)?).execute(&mut *all).await?;
            sqlx::query(insert).bind(account.0).bind(serde_json::to_string(&changed)?).execute(&mut *all).await?;
            sqlx::query("UPDATE contact_imports SET cards = '[]', fresh = $2, joined = $3 WHERE id = $1")
                .bind(id.0).bind(i64::try_from(plan.new.len())?).bind(i64::try_from(plan.joined.len())?)
                .execute(&mut *all).await?;
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
            .bind(account.0).bind(LISTED).fetch_all(pool))?;
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
    Ok(texts.iter().flat_map(|text| Card::read_all(text)).collect())
}

fn known((id, card): (String, String)) -> Option<Known> {
    Some(Known { id, card: Card::read_all(&card).into_iter().next()? })
}

fn null_text() -> Option<String> {
    None
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
fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

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
