//! Users and their accounts.

use anyhow::{Context, Result};
use app::wire::AccountId;

use super::{Store, change, now, numbers::step, on};
use crate::endpoint::Endpoint;

/// An account as the store knows it.
#[derive(Debug, Clone)]
pub struct AccountRecord {
    pub id: AccountId,
    pub user: i64,
    /// The address the user signs in and writes with.
    pub address: String,
    pub imap: Endpoint,
    /// None where nothing was given: the account can read but not send.
    pub smtp: Option<Endpoint>,
    /// Sealed; none where nobody is signed in and nothing is to be sent.
    pub password: Option<Vec<u8>>,
}

type Columns = (i64, i64, String, String, Option<String>, Option<Vec<u8>>);

impl AccountRecord {
    fn from_columns((id, user, address, imap, smtp, password): Columns) -> Result<Self> {
        Ok(Self {
            id: AccountId(id),
            user,
            address,
            imap: imap.parse().context("A stored IMAP server")?,
            smtp: smtp.map(|smtp| smtp.parse()).transpose().context("A stored SMTP server")?,
            password,
        })
    }
}

impl Store {
    /// The account of whoever signs in with this address at this server; made the first time.
    pub async fn account_for(&self, address: &str, imap: &Endpoint, smtp: Option<&Endpoint>) -> Result<AccountRecord> {
        let imap = imap.to_string();
        let smtp = smtp.map(Endpoint::to_string);
        let (user,): (i64,) = on!(self, pool => sqlx::query_as(
            "INSERT INTO users (address, imap, created) VALUES ($1, $2, $3)
             ON CONFLICT (address, imap) DO UPDATE SET address = excluded.address RETURNING id")
            .bind(address).bind(&imap).bind(now()).fetch_one(pool))?;
        let columns: Columns = on!(self, pool => sqlx::query_as(
            "INSERT INTO accounts (id, user_id, address, imap, smtp)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM accounts) + $5, $1, $2, $3, $4)
             ON CONFLICT (user_id) DO UPDATE SET smtp = excluded.smtp
             RETURNING id, user_id, address, imap, smtp, password")
            .bind(user).bind(address).bind(&imap).bind(&smtp).bind(step()?).fetch_one(pool))?;
        change!(self, pool => sqlx::query(
            "INSERT INTO identities (id, account_id, email, preferred)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM identities) + $3, $1, $2, 1)
             ON CONFLICT (account_id, email) DO NOTHING").bind(columns.0).bind(address).bind(step()?).execute(pool))?;
        AccountRecord::from_columns(columns)
    }

    pub async fn account(&self, account: AccountId) -> Result<Option<AccountRecord>> {
        let columns: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, user_id, address, imap, smtp, password FROM accounts WHERE id = $1")
            .bind(account.0).fetch_optional(pool))?;
        columns.map(AccountRecord::from_columns).transpose()
    }

    /// Whether this is the address of another person's account at the same mail server. What somebody calls themselves at
    /// a server of their own takes nobody's address away.
    pub async fn is_of_another(&self, account: AccountId, address: &str) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT other.id FROM accounts AS own JOIN accounts AS other ON other.imap = own.imap AND other.id <> own.id
             WHERE own.id = $1 AND LOWER(other.address) = LOWER($2) AND LOWER(other.address) <> LOWER(own.address) LIMIT 1")
            .bind(account.0).bind(address).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Keeps what the mail server calls the inbox of a user; see [`Session::mailbox_id`](crate::imap::Session::mailbox_id). Nothing,
    /// for once it did not tell, changes nothing.
    pub async fn set_inbox(&self, user: i64, inbox: &str) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE users SET inbox = $2 WHERE id = $1 AND inbox <> $2 AND $2 <> ''")
            .bind(user).bind(inbox).execute(pool))?;
        Ok(())
    }

    /// Keeps the sealed password with which the account signs in.
    pub async fn set_password(&self, account: AccountId, sealed: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE accounts SET password = $2 WHERE id = $1")
            .bind(account.0).bind(sealed).execute(pool))?;
        Ok(())
    }
}
