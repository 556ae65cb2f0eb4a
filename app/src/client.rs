//! What views do: one method for each thing a person can do. Sends [`Command`]s and shows their outcome at once
//! through [`crate::state::Pending`]; knows no socket and no DOM.

mod act;
mod browse;
mod check;
mod compose;
mod find;
mod folders;
mod formatted;
mod outbox;
mod pictures;
mod receipt;
mod redirect;
mod settings;
mod templates;
mod unsubscribe;
mod writers;

use std::sync::Arc;

pub use find::is_filtered;

use futures_channel::{mpsc, oneshot};
use leptos::prelude::*;

use crate::{
    platform::{Nowhere, Platform},
    state::{Line, Notice, State},
    wire::{Command, Error, Reply},
};

/// Speaks for the person. In the context of every view.
#[derive(Clone, Copy)]
pub struct Client {
    pub state: State,
    inner: StoredValue<Inner>,
}

struct Inner {
    requests: mpsc::Sender<Request>,
    platform: Arc<dyn Platform>,
    browse: browse::Memory,
    compose: compose::Memory,
}

/// A command on its way to the socket, and where its reply goes.
pub struct Request {
    pub command: Command,
    pub reply: oneshot::Sender<Result<Reply, Error>>,
}

/// Commands that may wait for the socket; more are refused as [`Error::Busy`].
pub const MAX_REQUESTS: usize = 256;

impl Client {
    /// The client, and the end that the socket takes requests from.
    pub fn new(state: State, platform: Arc<dyn Platform>) -> (Client, mpsc::Receiver<Request>) {
        let (requests, receiver) = mpsc::channel(MAX_REQUESTS);
        let inner =
            Inner { requests, platform, browse: browse::Memory::default(), compose: compose::Memory::default() };
        (Client { state, inner: StoredValue::new(inner) }, receiver)
    }

    /// The server's: whatever is sent goes nowhere.
    pub fn nowhere(state: State) -> Client {
        Client::new(state, Arc::new(Nowhere)).0
    }

    /// Sends a command and waits for its reply, through reconnects if it must.
    pub fn send(&self, command: Command) -> impl Future<Output = Result<Reply, Error>> + use<> {
        let (reply, answer) = oneshot::channel();
        let mut sent = false;
        self.inner.update_value(|inner| sent = inner.requests.try_send(Request { command, reply }).is_ok());
        async move {
            if !sent {
                return Err(Error::Busy);
            }
            // The socket's end is dropped only when the login is over.
            answer.await.unwrap_or(Err(Error::SignedOut))
        }
    }

    pub(crate) fn platform(&self) -> Arc<dyn Platform> {
        self.inner.with_value(|inner| inner.platform.clone())
    }

    /// Tries the line to the server now instead of later.
    pub fn reconnect(&self) {
        self.platform().reconnect();
    }

    /// The person looks at this tab, or no longer does.
    pub fn attend(&self, front: bool) {
        // Without a line there is nobody to be told; whoever comes back says it anew.
        if self.state.line.get_untracked() == Line::Live {
            drop(self.send(Command::Attend { front }));
        }
    }

    /// The login is over: signs in again, and comes back to what is on the screen.
    pub fn leave_for_login(&self) {
        self.keep_now();
        self.platform().leave(&format!("/login?next={}", crate::route::encode(&self.route().url())));
    }

    /// Runs something in the background.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.platform().spawn(Box::pin(task));
    }

    /// Tells the person what went wrong.
    pub(crate) fn complain(&self, error: Error) {
        if error == Error::SignedOut {
            self.state.signed_out.set(true);
        }
        self.notify(Notice::Error(error), None);
    }
}
