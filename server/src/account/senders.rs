//! Who wrote a message: what the person's mail server found out, and why to look twice.

use std::{sync::Arc, time::Duration};

use app::wire::{MessageRef, SpecialUse, Suspicion, Unsubscribe};
use tokio::time::Instant;

use super::actor::Actor;
use crate::{
    familiar::Familiar,
    mime::{
        Headers,
        authentic::{self, Authentic, Trust},
        unsubscribe,
    },
    sender,
    store::Settings,
};

/// How long the domains that a person has to do with are taken to be the same.
const SAME: Duration = Duration::from_secs(300);

/// The domains that a person has to do with, and when that was found out.
pub(super) type Acquaintance = Option<(Instant, Arc<Familiar>)>;

/// What is known of who sent a message.
#[derive(Debug, Default)]
pub(super) struct Sender {
    pub authentic: Option<Authentic>,
    pub suspicions: Vec<Suspicion>,
    pub unsubscribe: Option<Unsubscribe>,
}

impl Actor {
    /// What is to be believed of who sent a message, and why to look twice. A message can be read without that.
    pub(super) async fn look_at_sender(&mut self, message: &MessageRef, headers: &Headers) -> Sender {
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == message.mailbox);
        let special_use = mailbox.and_then(|mailbox| mailbox.special_use);
        // What the person wrote themselves.
        if matches!(special_use, Some(SpecialUse::Sent | SpecialUse::Drafts)) {
            return Sender::default();
        }
        let authentic = self.authentic(message, headers, special_use == Some(SpecialUse::Inbox)).await;
        let authentic = authentic.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "Whether a message is authentic cannot be found out");
            None
        });
        let familiar = self.familiar().await.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "Whom a person has to do with cannot be found out");
            Arc::default()
        });
        let checks = authentic.as_ref().map(|authentic| &authentic.checks);
        let suspicions = sender::suspicions(headers, checks, &familiar);
        // Whoever answers junk tells that somebody reads it.
        let is_unwanted = matches!(special_use, Some(SpecialUse::Junk | SpecialUse::Trash))
            || suspicions.iter().any(|suspicion| matches!(suspicion, Suspicion::Unproven { .. }));
        let unsubscribe = if is_unwanted { None } else { unsubscribe::offered(headers, authentic.as_ref()) };
        Sender { authentic, suspicions, unsubscribe }
    }

    async fn authentic(
        &mut self,
        message: &MessageRef,
        headers: &Headers,
        in_inbox: bool,
    ) -> anyhow::Result<Option<Authentic>> {
        let names = self.authserv.clone();
        if !names.is_empty() {
            let found = authentic::authentic(headers, Trust::Named(&names));
            // Another server took it in, which may leave fields of ours to whoever writes some.
            return Ok(if found.is_some() && self.is_collected(message).await? { None } else { found });
        }
        let Some(server) = authentic::server(headers) else { return Ok(None) };
        if !self.settings.authserv.knows(&server) {
            if in_inbox && !self.is_collected(message).await? {
                self.learn(message, &server).await?;
            }
            return Ok(None);
        }
        let found = authentic::authentic(headers, Trust::Learned(&server));
        Ok(if found.is_some() && self.is_collected(message).await? { None } else { found })
    }

    async fn is_collected(&self, message: &MessageRef) -> anyhow::Result<bool> {
        self.store.is_collected(message.account, &message.mailbox, message.uid_validity, message.uid).await
    }

    /// Notes by which name the mail server speaks of what it has checked.
    async fn learn(&mut self, message: &MessageRef, server: &str) -> anyhow::Result<()> {
        // Another node may have noted something meanwhile.
        let mut settings: Settings = self.store.settings(self.record.id).await?;
        if settings.authserv.note(server, (message.uid_validity, message.uid)) {
            self.store.set_settings(self.record.id, &settings).await?;
        }
        self.settings.authserv = settings.authserv;
        Ok(())
    }

    /// The domains that a person has to do with.
    async fn familiar(&mut self) -> anyhow::Result<Arc<Familiar>> {
        if let Some((since, familiar)) = &self.acquaintance
            && since.elapsed() < SAME
        {
            return Ok(familiar.clone());
        }
        let identities = self.store.identities(self.record.id).await?;
        let own = identities.into_iter().filter_map(|one| Some(one.identity.email.rsplit_once('@')?.1.to_owned()));
        let mut domains: Vec<String> = own.collect();
        domains.extend(self.store.domains_written_to(self.record.id).await?);
        let familiar = Arc::new(Familiar::new(domains));
        self.acquaintance = Some((Instant::now(), familiar.clone()));
        Ok(familiar)
    }
}
