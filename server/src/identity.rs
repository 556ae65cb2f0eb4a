//! As whom a person writes, and the way their mail goes out.

use app::wire::{AccountId, Address, CollectorId, Error, Event, Identity};
use secrecy::SecretString;

use crate::{
    bridge::{Bridge, internal},
    endpoint::Credentials,
    smtp::Transport,
    store::{AccountRecord, StoredIdentity, WayOut},
};

impl Bridge {
    /// Who a draft is from: what it says, as far as the person may write so, else the first identity.
    pub async fn sender(&self, account: AccountId, from: Option<Address>) -> Result<Address, Error> {
        let Some(from) = from else {
            let first = self.store.identities(account).await.map_err(internal)?.into_iter().next();
            return Ok(first.ok_or(Error::SignedOut)?.identity.address());
        };
        match self.store.identity_for(account, &from.email).await.map_err(internal)? {
            Some(_) => Ok(from),
            None => Err(Error::NotYourAddress { email: from.email }),
        }
    }

    /// Through which server mail from this address goes, and as whom to log in there.
    pub async fn way_out(&self, record: &AccountRecord, from: &str) -> Result<(Transport, Credentials), Error> {
        let identity = self.store.identity_for(record.id, from).await.map_err(internal)?;
        let identity = identity.ok_or_else(|| Error::NotYourAddress { email: from.to_owned() })?;
        match &identity.way_out {
            Some(way) => {
                let password = way.password.as_ref().ok_or_else(no_password)?;
                let owner = WayOut::owner(record.id, &identity.identity.email, &way.smtp);
                let password = self.seal.open(&owner, password).map_err(|error| {
                    tracing::error!(
                        account.id = record.id.0,
                        error = format!("{error:#}"),
                        "A password cannot be opened"
                    );
                    no_password()
                })?;
                let transport = Transport::new(way.smtp.clone()).through(self.config.source_dialer());
                Ok((transport, Credentials { user: way.user.clone(), password }))
            }
            None => self.own_way_out(record),
        }
    }

    /// Through the account's own server.
    pub fn own_way_out(&self, record: &AccountRecord) -> Result<(Transport, Credentials), Error> {
        let smtp = record.smtp.as_ref().or(self.config.smtp.as_ref()).ok_or(Error::NoWayOut)?;
        Ok((Transport::new(smtp.clone()), self.credentials(record)?))
    }

    /// A way out whose password is sealed for an identity.
    pub fn sealed_way_out(
        &self,
        account: AccountId,
        email: &str,
        mut way: WayOut,
        password: &SecretString,
    ) -> Result<WayOut, Error> {
        let owner = WayOut::owner(account, email, &way.smtp);
        way.password = Some(self.seal.seal(&owner, password).map_err(internal)?);
        Ok(way)
    }

    /// A collected account has another password: its identities log in with it as well, those that log in as it does.
    pub async fn renew_ways_out(
        &self,
        account: AccountId,
        collector: CollectorId,
        user: &str,
        password: &SecretString,
    ) -> Result<(), Error> {
        for StoredIdentity { identity, way_out, .. } in self
            .store
            .identities(account)
            .await
            .map_err(internal)?
            .into_iter()
            .filter(|one| one.collector == Some(collector))
        {
            let Some(way) = way_out.filter(|way| way.user == user) else { continue };
            let way = self.sealed_way_out(account, &identity.email, way, password)?;
            self.store.set_way_out(account, identity.id, Some(&way), Some(collector)).await.map_err(internal)?;
        }
        Ok(())
    }

    /// Tells the tabs as whom the person may write.
    pub async fn tell_identities(&self, account: AccountId) -> Result<(), Error> {
        if let Some(running) = self.accounts.running(account) {
            let identities = self.store.identities(account).await.map_err(internal)?;
            let identities: Vec<Identity> = identities.into_iter().map(|one| one.identity).collect();
            running.tell(Event::Identities { identities }).await;
        }
        Ok(())
    }
}

/// What is missing is typed on the page of the address.
fn no_password() -> Error {
    Error::Credentials { text: String::new() }
}
