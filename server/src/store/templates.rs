//! Texts that people keep to write with.

use anyhow::{Context, Result};
use app::wire::{AccountId, Template, TemplateId};

use super::{Store, change, numbers::step, on};

type Columns = (i64, String, String, String, String, i64);

fn from_columns((id, name, subject, recipients, text, formatted): Columns) -> Result<Template> {
    let to = serde_json::from_str(&recipients).context("Stored recipients of a template")?;
    Ok(Template { id: TemplateId(id), name, subject, to, text, formatted: formatted != 0 })
}

impl Store {
    /// All of an account, by name.
    pub async fn templates(&self, account: AccountId) -> Result<Vec<Template>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, name, subject, recipients, body, formatted FROM templates WHERE account_id = $1 ORDER BY name, id")
            .bind(account.0).fetch_all(pool))?;
        rows.into_iter().map(from_columns).collect()
    }

    /// The names of all of an account, in order.
    pub async fn template_names(&self, account: AccountId) -> Result<Vec<(TemplateId, String)>> {
        let rows: Vec<(i64, String)> = on!(self, pool => sqlx::query_as(
            "SELECT id, name FROM templates WHERE account_id = $1 ORDER BY name, id").bind(account.0).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(id, name)| (TemplateId(id), name)).collect())
    }

    pub async fn template(&self, account: AccountId, id: TemplateId) -> Result<Option<Template>> {
        let row: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, name, subject, recipients, body, formatted FROM templates WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).fetch_optional(pool))?;
        row.map(from_columns).transpose()
    }

    /// Adds a template, whatever its number. Says no if the account has one of this name.
    pub async fn add_template(&self, account: AccountId, template: &Template) -> Result<bool> {
        let Template { name, subject, to, text, formatted, .. } = template;
        let to = serde_json::to_string(to)?;
        let added = change!(self, pool => sqlx::query(
            "INSERT INTO templates (id, account_id, name, subject, recipients, body, formatted)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM templates) + $7, $1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, name) DO NOTHING")
            .bind(account.0).bind(name).bind(subject).bind(&to).bind(text).bind(i64::from(*formatted))
            .bind(step()?).execute(pool))?;
        Ok(added > 0)
    }

    /// Says no if there is no such template, or another one of this name.
    pub async fn change_template(&self, account: AccountId, template: &Template) -> Result<bool> {
        let Template { id, name, subject, to, text, formatted } = template;
        let to = serde_json::to_string(to)?;
        let changed = change!(self, pool => sqlx::query(
            "UPDATE templates SET name = $3, subject = $4, recipients = $5, body = $6, formatted = $7
             WHERE account_id = $1 AND id = $2
             AND NOT EXISTS (SELECT 1 FROM templates WHERE account_id = $1 AND name = $3 AND id <> $2)")
            .bind(account.0).bind(id.0).bind(name).bind(subject).bind(&to).bind(text).bind(i64::from(*formatted))
            .execute(pool))?;
        Ok(changed > 0)
    }

    /// Says whether it was there.
    pub async fn remove_template(&self, account: AccountId, id: TemplateId) -> Result<bool> {
        let removed = change!(self, pool => sqlx::query("DELETE FROM templates WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).execute(pool))?;
        Ok(removed > 0)
    }
}
