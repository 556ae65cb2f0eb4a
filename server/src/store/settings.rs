//! What a person has chosen for an account, the same on every device.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use app::wire::{AccountId, Folds, Receipts, SpecialUse};
use serde::{Deserialize, Serialize};

use super::{Authserv, Store, change, on};

/// The choices. What is not chosen is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The paths of the mailboxes that are wanted for a use, whatever the server says of them.
    pub uses: BTreeMap<SpecialUse, String>,
    /// Mailboxes that are not subscribed to (RFC 9051 §6.3.7) are not shown.
    pub only_subscribed: bool,
    /// Which mailboxes are folded.
    #[serde(skip_serializing_if = "Folds::is_empty")]
    pub folds: Folds,
    /// By which name the mail server speaks of what it has checked: learned, not chosen.
    #[serde(skip_serializing_if = "Authserv::is_empty")]
    pub authserv: Authserv,
}

impl Store {
    pub async fn settings(&self, account: AccountId) -> Result<Settings> {
        let found: Option<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT value FROM settings WHERE account_id = $1")
            .bind(account.0).fetch_optional(pool))?;
        let read = |(value,): (String,)| serde_json::from_str(&value).context("Stored settings");
        Ok(found.map(read).transpose()?.unwrap_or_default())
    }

    /// What is done when somebody would like to know that a message was read.
    pub async fn receipts(&self, account: AccountId) -> Result<Receipts> {
        let found: Option<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT receipts FROM settings WHERE account_id = $1").bind(account.0).fetch_optional(pool))?;
        // What a newer version has written is not known: nothing is told unasked.
        Ok(found.and_then(|(choice,)| Receipts::from_name(&choice)).unwrap_or_default())
    }

    pub async fn set_receipts(&self, account: AccountId, choice: Receipts) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO settings (account_id, value, receipts) VALUES ($1, '{}', $2)
             ON CONFLICT (account_id) DO UPDATE SET receipts = excluded.receipts")
            .bind(account.0).bind(choice.name()).execute(pool))?;
        Ok(())
    }

    pub async fn set_settings(&self, account: AccountId, settings: &Settings) -> Result<()> {
        let value = serde_json::to_string(settings)?;
        change!(self, pool => sqlx::query(
            "INSERT INTO settings (account_id, value) VALUES ($1, $2)
             ON CONFLICT (account_id) DO UPDATE SET value = excluded.value")
            .bind(account.0).bind(&value).execute(pool))?;
        Ok(())
    }
}
