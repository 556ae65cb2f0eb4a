//! How tabs come to an account: new ones, and those that come back.

use std::sync::Arc;

use app::wire::{Connectivity, Error, Event, Reply, Resume, SavedSearch, ServerFrame, TabId, Welcome};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use super::{Attached, Browser, actor::Actor, line::Line, tab::Tab};
use crate::seal::random_hex;

/// Tabs of one account, detached ones included.
const TABS: usize = 64;

impl Actor {
    pub(super) async fn attach(
        &mut self,
        id: u32,
        resume: Option<Resume>,
        Browser { login, device }: Browser,
        frames: mpsc::Sender<Arc<ServerFrame>>,
        reply: oneshot::Sender<Attached>,
    ) {
        if let Some(Resume { tab, seq }) = resume
            && let Some(known) = self.tabs.get_mut(&tab)
            && known.login == login
            && known.can_resume(seq)
        {
            let generation = known.attach(frames);
            known.device = device;
            known.reply(id, Ok(Reply::Attached { welcome: None }));
            known.replay(seq);
            // A socket that went away meanwhile is noticed when it is written to.
            let _ = reply.send(Attached { tab, generation });
        } else {
            let Some(tab) = self.new_tab(login) else {
                let result = Err(Error::Busy);
                let _ = frames.try_send(Arc::new(ServerFrame::Reply { id, result }));
                return;
            };
            let welcome = self.welcome(&tab).await;
            let Some(known) = self.tabs.get_mut(&tab) else { return };
            let generation = known.attach(frames);
            known.device = device;
            known.reply(id, Ok(Reply::Attached { welcome: Some(Box::new(welcome)) }));
            let _ = reply.send(Attached { tab, generation });
        }
        self.idle_since = None;
        let was_down = matches!(self.line, Line::Down { .. });
        self.connect_if_due();
        if was_down && matches!(self.line, Line::Connecting) {
            // Why it went down was told, and is of before.
            self.tell_all(&Event::Connectivity { connectivity: Connectivity::Connecting });
        }
    }

    pub(super) fn new_tab(&mut self, login: Vec<u8>) -> Option<TabId> {
        if self.tabs.len() >= TABS {
            // The tab that has been without a socket for longest makes room.
            let oldest =
                self.tabs.values().filter_map(|tab| Some((tab.detached?, tab.id.clone()))).min_by_key(|(at, _)| *at);
            self.tabs.remove(&oldest?.1);
        }
        let id = TabId(random_hex(16).ok()?);
        self.tabs.insert(id.clone(), Tab::new(id.clone(), login));
        Some(id)
    }

    /// Tells the tabs which searches are kept. What could not be read is not told.
    pub(super) async fn tell_searches(&mut self) {
        if let Some(searches) = self.searches().await {
            self.tell_all(&Event::Searches { searches });
        }
    }

    async fn searches(&self) -> Option<Vec<SavedSearch>> {
        let searches = self.store.searches(self.record.id).await;
        searches
            .inspect_err(|error| warn!(error = format!("{error:#}"), "The searches of an account cannot be read"))
            .ok()
    }

    pub(super) async fn welcome(&mut self, tab: &TabId) -> Welcome {
        let writers = self.writers_for(tab);
        if let Some(tab) = self.tabs.get_mut(tab) {
            tab.writers.clone_from(&writers);
        }
        let submissions = match self.store.submissions(self.record.id).await {
            Ok(submissions) => submissions.iter().map(crate::store::StoredSubmission::to_wire).collect(),
            Err(error) => {
                warn!(error = format!("{error:#}"), "The outbox cannot be read");
                Vec::new()
            }
        };
        let searches = self.searches().await.unwrap_or_default();
        let identities = match self.store.identities(self.record.id).await {
            Ok(identities) => identities.into_iter().map(|one| one.identity).collect(),
            Err(error) => {
                warn!(error = format!("{error:#}"), "The identities of an account cannot be read");
                Vec::new()
            }
        };
        Welcome {
            tab: tab.clone(),
            account: self.record.id,
            identities,
            connectivity: self.connectivity(),
            mailboxes: self.mailboxes.clone(),
            partial: self.partial,
            folds: self.settings.folds.clone(),
            labels: self.labels.clone(),
            searches,
            quota: self.fill.quota.clone(),
            submissions,
            writers,
            upload_limit: self.upload_limit,
        }
    }
}
