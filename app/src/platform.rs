//! What the app asks of the browser it runs in. `frontend` implements it; on the server there is [`Nowhere`].

use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::{
    state::Theme,
    wire::{Attachment, DraftId, Error},
};

/// Whether an address becomes a new step of the history or takes the place of the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    Push,
    Replace,
}

/// The browser, as far as the app needs it outside of event handlers.
pub trait Platform: Send + Sync + 'static {
    /// Show this address in the address bar.
    fn visit(&self, url: &str, visit: Visit);
    /// Load another page in place of this one.
    fn leave(&self, url: &str);
    /// Try the line to the server now instead of later.
    fn reconnect(&self);
    /// Fetch this address into the browser's cache, when there is nothing more important to do.
    fn warm(&self, url: &str);
    /// The colours to show, for the person's choice and the system's: `light` or `dark`.
    fn theme(&self, theme: Theme) -> &'static str;
    /// The time zone of the person's clock, as `Europe/Belgrade`.
    fn zone(&self) -> String;
    /// Remember a setting for a year.
    fn set_cookie(&self, name: &str, value: &str);
    /// Keep what is being written where a reload or a crash does not lose it; none forgets it.
    fn keep_draft(&self, draft: Option<&str>);
    /// Forget what is being written, in whichever tab, and keep no more of it: the person signs out.
    fn forget_drafts(&self);
    /// What was kept and is not being written in another tab.
    fn kept_draft(&self) -> Option<String>;
    /// A name for a new draft: 128 random bits in hex.
    fn new_draft_id(&self) -> DraftId;
    /// Send a file to the server. `progress` hears of the bytes sent. Dropping the future cancels.
    fn upload(
        &self,
        file: web_sys::File,
        progress: Box<dyn Fn(u64)>,
    ) -> LocalBoxFuture<'static, Result<Attachment, Error>>;
    /// Tell the page in which formatted text is written something, with the bytes that go with it.
    fn tell_editor(&self, what: &str, file: Option<&web_sys::Blob>);
    /// The bytes of a picture at an address of ours, if it is there.
    fn picture(&self, url: String) -> LocalBoxFuture<'static, Option<web_sys::Blob>>;
    /// What is at such an address as JSON: the addresses of pictures on the net, each with the one of ours where it is had.
    fn pictures(&self, url: String) -> LocalBoxFuture<'static, Vec<(String, String)>>;
    /// Run something later, or never if the tab is closed before.
    fn after(&self, delay: Duration, then: Box<dyn FnOnce()>);
    /// Run a future to its end in the background.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

/// The server's side: nothing happens.
pub struct Nowhere;

impl Platform for Nowhere {
    fn visit(&self, _: &str, _: Visit) {}
    fn leave(&self, _: &str) {}
    fn reconnect(&self) {}
    fn warm(&self, _: &str) {}
    fn theme(&self, theme: Theme) -> &'static str {
        if theme == Theme::Dark { "dark" } else { "light" }
    }
    fn zone(&self) -> String {
        "UTC".to_owned()
    }
    fn set_cookie(&self, _: &str, _: &str) {}
    fn keep_draft(&self, _: Option<&str>) {}
    fn forget_drafts(&self) {}
    fn kept_draft(&self) -> Option<String> {
        None
    }
    fn new_draft_id(&self) -> DraftId {
        DraftId(String::new())
    }
    fn upload(&self, _: web_sys::File, _: Box<dyn Fn(u64)>) -> LocalBoxFuture<'static, Result<Attachment, Error>> {
        Box::pin(std::future::ready(Err(Error::Internal)))
    }
    fn tell_editor(&self, _: &str, _: Option<&web_sys::Blob>) {}
    fn picture(&self, _: String) -> LocalBoxFuture<'static, Option<web_sys::Blob>> {
        Box::pin(std::future::ready(None))
    }
    fn pictures(&self, _: String) -> LocalBoxFuture<'static, Vec<(String, String)>> {
        Box::pin(std::future::ready(Vec::new()))
    }
    fn after(&self, _: Duration, _: Box<dyn FnOnce()>) {}
    fn spawn(&self, _: LocalBoxFuture<'static, ()>) {}
}
