//! As whom a person writes.

use anyhow::{Context, Result};
use app::wire::{AccountId, CollectorId, Identity, IdentityChoices, IdentityId};

use super::{Store, change, numbers::step, on};
use crate::{endpoint::Endpoint, identity::closest};

/// An identity, and the way its mail goes.
#[derive(Debug, Clone)]
pub struct StoredIdentity {
    pub identity: Identity,
    /// None for the account's own.
    pub way_out: Option<WayOut>,
    /// The collected account that it is of.
    pub collector: Option<CollectorId>,
}

/// A submission server of an identity's own.
#[derive(Debug, Clone)]
pub struct WayOut {
    pub smtp: Endpoint,
    /// Who logs in there.
    pub user: String,
    /// Sealed. None until it was given.
    pub password: Option<Vec<u8>>,
}

impl WayOut {
    /// What the sealed password is bound to: it opens neither in another row nor for another server.
    pub fn owner(account: AccountId, email: &str, smtp: &Endpoint) -> String {
        format!("identity:{}:{email}:{smtp}", account.0)
    }

    fn columns(way_out: Option<&WayOut>) -> (Option<String>, Option<&str>, Option<&[u8]>) {
        let smtp = way_out.map(|way| way.smtp.to_string());
        (smtp, way_out.map(|way| way.user.as_str()), way_out.and_then(|way| way.password.as_deref()))
    }
}

type Columns = (i64, String, String, Option<String>, Option<String>, Option<Vec<u8>>, Option<i64>);

fn from_columns((id, email, choices, smtp, login, password, collector): Columns) -> Result<StoredIdentity> {
    let choices: IdentityChoices = serde_json::from_str(&choices).context("Stored choices of an identity")?;
    let way_out = match smtp {
        Some(smtp) => {
            let smtp = smtp.parse().context("A stored submission server")?;
            Some(WayOut { smtp, user: login.unwrap_or_default(), password })
        }
        None => None,
    };
    let identity = Identity { id: IdentityId(id), email, choices };
    Ok(StoredIdentity { identity, way_out, collector: collector.map(CollectorId) })
}

impl Store {
    /// All of an account, the one first with which a new message begins.
    pub async fn identities(&self, account: AccountId) -> Result<Vec<StoredIdentity>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, email, choices, smtp, login, password, collector_id FROM identities
             WHERE account_id = $1 ORDER BY preferred DESC, id").bind(account.0).fetch_all(pool))?;
        rows.into_iter().map(from_columns).collect()
    }

    /// The identity by which an account's person may write as this address: the closest.
    pub async fn identity_for(&self, account: AccountId, email: &str) -> Result<Option<StoredIdentity>> {
        let all = self.identities(account).await?;
        let identities: Vec<Identity> = all.iter().map(|one| one.identity.clone()).collect();
        let found = closest(&identities, email).map(|(identity, _)| identity.id);
        Ok(all.into_iter().find(|one| Some(one.identity.id) == found))
    }

    /// Adds an identity. Says no if the account has one of this address.
    pub async fn add_identity(
        &self,
        account: AccountId,
        email: &str,
        choices: &IdentityChoices,
        way_out: Option<&WayOut>,
        collector: Option<CollectorId>,
    ) -> Result<bool> {
        let choices = serde_json::to_string(choices)?;
        let (smtp, user, password) = WayOut::columns(way_out);
        let added = change!(self, pool => sqlx::query(
            "INSERT INTO identities (id, account_id, email, choices, smtp, login, password, collector_id)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM identities) + $8, $1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, email) DO NOTHING")
            .bind(account.0).bind(email).bind(&choices).bind(&smtp).bind(user).bind(password)
            .bind(collector.map(|id| id.0)).bind(step()?).execute(pool))?;
        Ok(added > 0)
    }

    /// Says whether there is such an identity.
    pub async fn set_identity_choices(
        &self,
        account: AccountId,
        id: IdentityId,
        choices: &IdentityChoices,
    ) -> Result<bool> {
        let choices = serde_json::to_string(choices)?;
        let changed = change!(self, pool => sqlx::query(
            "UPDATE identities SET choices = $3 WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).bind(&choices).execute(pool))?;
        Ok(changed > 0)
    }

    /// Has an identity's mail sent through a server of its own; through the account's again if there is none.
    pub async fn set_way_out(
        &self,
        account: AccountId,
        id: IdentityId,
        way_out: Option<&WayOut>,
        collector: Option<CollectorId>,
    ) -> Result<()> {
        let (smtp, user, password) = WayOut::columns(way_out);
        change!(self, pool => sqlx::query(
            "UPDATE identities SET smtp = $3, login = $4, password = $5, collector_id = $6
             WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).bind(&smtp).bind(user).bind(password).bind(collector.map(|id| id.0))
            .execute(pool))?;
        Ok(())
    }

    /// Keeps another password of an identity's own server, if that is still the same.
    pub async fn renew_way_out(&self, account: AccountId, id: IdentityId, way_out: &WayOut) -> Result<()> {
        let (smtp, user, password) = WayOut::columns(Some(way_out));
        change!(self, pool => sqlx::query(
            "UPDATE identities SET password = $5
             WHERE account_id = $1 AND id = $2 AND smtp = $3 AND login = $4 AND collector_id IS NOT NULL")
            .bind(account.0).bind(id.0).bind(&smtp).bind(user).bind(password).execute(pool))?;
        Ok(())
    }

    /// Has new messages begin with this one. Says whether there is such an identity.
    pub async fn prefer_identity(&self, account: AccountId, id: IdentityId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE identities SET preferred = CASE WHEN id = $2 THEN 1 ELSE 0 END
             WHERE account_id = $1 AND EXISTS (SELECT 1 FROM identities WHERE account_id = $1 AND id = $2)")
            .bind(account.0).bind(id.0).execute(pool))?;
        Ok(changed > 0)
    }

    /// Removes an identity. The account's own address stays. Says whether it was there.
    pub async fn remove_identity(&self, account: AccountId, id: IdentityId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "DELETE FROM identities WHERE account_id = $1 AND id = $2
             AND email <> (SELECT address FROM accounts WHERE accounts.id = $1)")
            .bind(account.0).bind(id.0).execute(pool))?;
        Ok(changed > 0)
    }
}
