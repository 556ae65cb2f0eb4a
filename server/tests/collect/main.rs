//! Collectors between real mail servers, judged by a hand of their own (`raw.rs`): folder, SHA-256, flags, keywords and
//! INTERNALDATE of every message.
//!
//! With `PISMO_TEST_DATABASE=postgres://…` the ledger is in that database; then run one test at a time (`-j 1`).

#[path = "../support/mail_server.rs"]
mod mail_server;
#[path = "../support/masking_proxy.rs"]
mod masking_proxy;
#[path = "../support/peer.rs"]
mod peer;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/recording_proxy.rs"]
mod recording_proxy;
#[path = "../support/relay.rs"]
mod relay;

mod cutting;
mod lab;
mod raw;
mod seed;

mod faults;
mod files;
mod gmail;
mod gone;
mod killed;
mod maildrop;
mod people;
mod servers;
mod task;
mod whole;

use std::sync::OnceLock;

use lab::Side;
use mail_server::MailServer;

/// A Dovecot that divides levels by `.` and lets names hold everything else.
fn source_server() -> &'static MailServer {
    static SERVER: OnceLock<MailServer> = OnceLock::new();
    SERVER.get_or_init(|| {
        MailServer::start(&[
            "--set",
            "namespace inbox {\n  separator=.\n}",
            "--set",
            "mail_location=sdbox:~/mail:LAYOUT=index",
        ])
    })
}

/// A number that the environment sets for a long run.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// A new person at the source, and one at the target.
fn sides() -> (Side, Side) {
    let (source, target) = (source_server(), MailServer::shared());
    let at = |server: &MailServer, delimiter| Side {
        port: server.imap_port(),
        user: server.new_user(),
        prefix: "",
        delimiter,
    };
    (at(source, '.'), at(target, '/'))
}
