//! People that an account has written to and heard from, for what is offered when somebody is written to. Each can be forgotten.

use std::collections::HashSet;

use anyhow::Result;
use app::wire::{AccountId, Address};

use super::{Store, change, now, on};

/// People that are kept for an account who were heard from alone: those of whom there was news last.
const KEPT: i64 = 5000;

/// The longest address and name that are kept, in bytes.
const LONGEST: usize = 320;

/// Somebody who was written to or heard from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correspondent {
    pub address: Address,
    /// How often they were written to; 0 for who was heard from alone.
    pub written: u32,
}

impl Store {
    /// Notes that these people were written to, or heard from.
    pub async fn note_correspondents(&self, account: AccountId, people: &[Address], written: bool) -> Result<()> {
        for Address { name, email } in people.iter().filter(|one| one.email.contains('@')) {
            let (name, key) = (name.trim(), email.to_lowercase());
            if key.len() > LONGEST || name.len() > LONGEST {
                continue;
            }
            let searched = format!("{} {key}", name.to_lowercase());
            // Whoever was called by a name keeps it where a message has none.
            change!(self, pool => sqlx::query(
                "INSERT INTO correspondents (account_id, email, name, searched, written, last) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (account_id, email) DO UPDATE SET written = correspondents.written + excluded.written,
                    last = excluded.last,
                    searched = CASE WHEN excluded.name = '' THEN correspondents.searched ELSE excluded.searched END,
                    name = CASE WHEN excluded.name = '' THEN correspondents.name ELSE excluded.name END")
                .bind(account.0).bind(&key).bind(name).bind(&searched).bind(i64::from(written)).bind(now())
                .execute(pool))?;
        }
        change!(self, pool => sqlx::query(
            "DELETE FROM correspondents WHERE account_id = $1 AND written = 0 AND last <
                (SELECT last FROM correspondents WHERE account_id = $1 AND written = 0 ORDER BY last DESC LIMIT 1 OFFSET $2)")
            .bind(account.0).bind(KEPT).execute(pool))?;
        Ok(())
    }

    /// Who has all of these words in name or address, at most `most`: who was written to most comes first, then the latest.
    pub async fn correspondents(&self, account: AccountId, words: &str, most: i64) -> Result<Vec<Correspondent>> {
        let words = words.get(..words.floor_char_boundary(LONGEST)).unwrap_or_default().to_lowercase();
        let wanted: Vec<&str> = words.split_whitespace().collect();
        let like =
            wanted.first().map_or_else(|| "%".to_owned(), |word| format!("%{}%", super::contacts::escaped(word)));
        let rows: Vec<(String, String, String, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT email, name, searched, written FROM correspondents WHERE account_id = $1 AND searched LIKE $2 ESCAPE '\\'
             ORDER BY written DESC, last DESC, email LIMIT $3")
            .bind(account.0).bind(&like).bind(most).fetch_all(pool))?;
        Ok(rows
            .into_iter()
            .filter(|(.., searched, _)| wanted.iter().all(|word| searched.contains(word)))
            .map(|(email, name, _, written)| Correspondent {
                address: Address { name, email },
                written: u32::try_from(written).unwrap_or(u32::MAX),
            })
            .collect())
    }

    /// The domains of those who were written to, the most and the latest first.
    pub async fn domains_written_to(&self, account: AccountId) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT email FROM correspondents WHERE account_id = $1 AND written > 0 ORDER BY written DESC, last DESC LIMIT $2")
            .bind(account.0).bind(KEPT).fetch_all(pool))?;
        let mut domains: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for (email,) in rows {
            let Some((_, domain)) = email.rsplit_once('@') else { continue };
            if seen.insert(domain.to_owned()) {
                domains.push(domain.to_owned());
            }
        }
        Ok(domains)
    }

    pub async fn count_correspondents(&self, account: AccountId) -> Result<u32> {
        let (count,): (i64,) = on!(self, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM correspondents WHERE account_id = $1").bind(account.0).fetch_one(pool))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Forgets somebody, or everybody.
    pub async fn forget_correspondents(&self, account: AccountId, email: Option<&str>) -> Result<()> {
        let email = email.map(str::to_lowercase);
        change!(self, pool => sqlx::query(
            "DELETE FROM correspondents WHERE account_id = $1 AND (email = $2 OR $2 IS NULL)")
            .bind(account.0).bind(&email).execute(pool))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{Endpoint, Protocol, Security};

    #[tokio::test]
    async fn domains_that_were_written_to_are_known_once() {
        let folder = std::env::temp_dir().join(format!("pismo-correspondents-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = Store::open(&folder, None).await.expect("a store");
        let imap = Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", 143);
        let account = store.account_for("ana@pismo.test", &imap, None).await.expect("an account").id;
        let people = |emails: &[&str]| -> Vec<Address> {
            emails.iter().map(|email| Address { name: String::new(), email: (*email).to_owned() }).collect()
        };
        let note = async |emails: &[&str], written: bool| {
            store.note_correspondents(account, &people(emails), written).await.expect("the store");
        };
        note(&["a@x.example", "b@X.example", "c@y.example"], true).await;
        note(&["c@y.example"], true).await;
        note(&["d@heard.example"], false).await;
        assert_eq!(store.domains_written_to(account).await.expect("the store"), ["y.example", "x.example"]);
        store.close().await;
        let _ = std::fs::remove_dir_all(&folder);
    }
}
