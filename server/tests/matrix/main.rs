//! The matrix: what people do, on real Dovecot, Cyrus IMAP and Courier IMAP, each also without some of what it can do.
//! Prints a table with one row for each server and mask.
//!
//! `PISMO_SERVER`, `PISMO_MASK` and `PISMO_STORY` leave only those whose name contains it.

#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/http_client.rs"]
mod http_client;
#[path = "../support/mail.rs"]
mod mail;
#[path = "../support/mail_server.rs"]
mod mail_server;
#[path = "../support/masking_proxy.rs"]
mod masking_proxy;
#[path = "../support/recording_proxy.rs"]
mod recording_proxy;
#[path = "../support/relay.rs"]
mod relay;
#[path = "../support/tab.rs"]
mod tab;
#[path = "../support/test_bridge.rs"]
mod test_bridge;
#[path = "../support/view.rs"]
mod view;

mod cell;
mod desk;
mod naughty;
mod sharing;
mod stories;

use cell::{SERVERS, all_cells};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_passes_on_every_server_behind_every_mask() {
    all_cells(SERVERS).await;
}
