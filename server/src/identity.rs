//! As whom a person writes, and the way their mail goes out.

use app::wire::{AccountId, Address, Closeness, CollectorId, Error, Event, Identity};
use secrecy::SecretString;

use crate::{
    bridge::{Bridge, internal},
    endpoint::Credentials,
    mime::recipient,
    smtp::Transport,
    store::{AccountRecord, StoredIdentity, WayOut},
};

/// The identity by which a person may write as this address, the closest, and the address with the domain as the identity has it:
/// headers have it in ASCII (RFC 5890 §2.3.2.5).
pub fn closest<'a>(identities: &'a [Identity], email: &str) -> Option<(&'a Identity, String)> {
    let ascii = recipient::to_ascii(email);
    let close =
        identities.iter().filter_map(|one| Some((Closeness::of(&recipient::to_ascii(&one.email), &ascii)?, one)));
    // Of several the first.
    let (closeness, identity) = close.rev().max_by_key(|(closeness, _)| *closeness)?;
    let spelled = match (closeness, email.rsplit_once('@'), identity.email.rsplit_once('@')) {
        (Closeness::Same, ..) => identity.email.clone(),
        (_, Some((local, _)), Some((_, domain))) => format!("{local}@{domain}"),
        _ => email.to_owned(),
    };
    Some((identity, spelled))
}

/// Whether an address is one of the person's own, and not only of their domain, where others may have one as well.
pub fn owns(identities: &[Identity], email: &str) -> bool {
    closest(identities, email).is_some_and(|(identity, _)| !identity.is_of_domain())
}

/// How mail goes out.
pub struct Route {
    pub transport: Transport,
    /// Who logs in there.
    pub credentials: Credentials,
    /// It is the way of the account itself.
    pub own: bool,
}

impl Bridge {
    /// Who a draft is from: what it says, as far as the person may write so, else the first identity.
    pub async fn sender(&self, account: AccountId, from: Option<Address>) -> Result<Address, Error> {
        let Some(from) = from else {
            let first = self.store.identities(account).await.map_err(internal)?.into_iter().next();
            return Ok(first.ok_or(Error::SignedOut)?.identity.address());
        };
        let found = self.store.identity_for(account, &from.email).await.map_err(internal)?;
        // Many servers let everybody write as everybody; who signs in to another account here is whose its address is.
        let may = match found {
            Some(StoredIdentity { way_out: Some(_), .. }) => true,
            Some(_) => !self.store.is_of_another(account, &from.email).await.map_err(internal)?,
            None => false,
        };
        if may { Ok(from) } else { Err(Error::NotYourAddress { email: from.email }) }
    }

    /// Through which server mail from this address goes, and as whom to log in there. Whoever writes as another than themselves has
    /// to be known there.
    pub async fn way_out(&self, record: &AccountRecord, from: &str) -> Result<Route, Error> {
        let identity = self.store.identity_for(record.id, from).await.map_err(internal)?;
        let identity = identity.ok_or_else(|| Error::NotYourAddress { email: from.to_owned() })?;
        match &identity.way_out {
            Some(way) => {
                let no_password = || Error::WayOutPassword { email: identity.identity.email.clone() };
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
                let transport = Transport::new(way.smtp.clone()).through(self.config.source_dialer()).for_known();
                Ok(Route { transport, credentials: Credentials { user: way.user.clone(), password }, own: false })
            }
            None if identity.identity.email == record.address => self.own_way_out(record),
            None => {
                let route = self.own_way_out(record)?;
                Ok(Route { transport: route.transport.for_known(), ..route })
            }
        }
    }

    /// Through the account's own server.
    pub fn own_way_out(&self, record: &AccountRecord) -> Result<Route, Error> {
        let smtp = record.smtp.as_ref().or(self.config.smtp.as_ref()).ok_or(Error::NoWayOut)?;
        let transport = match record.smtp {
            Some(_) => Transport::new(smtp.clone()).through(self.config.server_dialer()),
            None => Transport::new(smtp.clone()),
        };
        Ok(Route { transport, credentials: self.credentials(record)?, own: true })
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
            self.store.renew_way_out(account, identity.id, &way).await.map_err(internal)?;
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
