//! Pictures on the net that a message shows.

use super::Client;
use crate::wire::{Command, MessageRef, PicturesOf};

impl Client {
    /// Has pictures shown from now on, of this message, its sender or the sender's domain.
    pub fn allow_pictures(&self, message: &MessageRef, of: PicturesOf) {
        let (client, reply) = (*self, self.send(Command::AllowPictures { message: message.clone(), of }));
        self.spawn(async move {
            match reply.await {
                // What is kept of messages says that they are not shown.
                Ok(_) => client.state.opened.clear(),
                Err(error) => client.complain(error),
            }
        });
    }
}
