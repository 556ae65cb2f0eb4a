//! Leaving a list by one request (RFC 8058).

use app::wire::{Error, MessageRef};

use crate::{
    bridge::Bridge,
    mime::unsubscribe::{ONE_CLICK, one_click},
    net::{Dialer, Reach, post},
    store::Login,
};

impl Bridge {
    /// Asks the server that a message names to send the person no more of this. Only where what the message says is proven to be
    /// of whoever signed it, and only on the public internet, whatever is allowed to collectors: a message must not open this
    /// machine's own network.
    pub async fn unsubscribe(&self, login: &Login, message: MessageRef) -> Result<(), Error> {
        let loaded = self.account(login).await?.load(message).await?;
        let url = one_click(&loaded.headers, loaded.authentic.as_ref()).ok_or(Error::Gone)?;
        let _turn = self.leaving.turn(login.account).await?;
        let asked = post(&Dialer::new(Reach::Public), url.as_str(), ONE_CLICK).await;
        // Whatever the reason is, the answer is the same: it says nothing of what is at an address.
        let refused = || Error::NotUnsubscribed { host: url.host_str().unwrap_or_default().to_owned() };
        match asked {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) => {
                tracing::info!(account.id = login.account.0, %status, "A list was not left");
                Err(refused())
            }
            Err(error) => {
                tracing::info!(account.id = login.account.0, error = format!("{error:#}"), "A list was not left");
                Err(refused())
            }
        }
    }
}
