//! Pismo as a whole: a real server over a real socket, in front of a real Dovecot and Postfix. One topic per file; they
//! are one program, because each of them would have to be linked with all of Pismo in it.

#[path = "../support/authenticator.rs"]
mod authenticator;
#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/fault.rs"]
mod fault;
#[path = "../support/fault_proxy.rs"]
mod fault_proxy;
#[path = "../support/http_client.rs"]
mod http_client;
#[path = "../support/mail.rs"]
mod mail;
#[path = "../support/mail_server.rs"]
mod mail_server;
#[path = "../support/masking_proxy.rs"]
mod masking_proxy;
#[path = "../support/name_server.rs"]
mod name_server;
#[path = "../support/peer.rs"]
mod peer;
#[path = "../support/published.rs"]
mod published;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/recording_proxy.rs"]
mod recording_proxy;
#[path = "../support/relay.rs"]
mod relay;
#[path = "../support/tab.rs"]
mod tab;
#[path = "../support/test_bridge.rs"]
mod test_bridge;
#[path = "../support/trace.rs"]
mod trace;
#[path = "../support/view.rs"]
mod view;

mod act;
mod admission;
mod arrange;
mod budget;
mod capability;
mod collectors;
mod contacts;
mod conversation;
mod crowd;
mod doors;
mod draft;
mod export;
mod folders;
mod formatted;
mod frames;
mod history;
mod hook;
mod identities;
mod killed;
mod label;
mod later;
mod line;
mod list;
mod live;
mod logins;
mod many;
mod order;
mod passkeys;
mod pictures;
mod quota;
mod read;
mod redirect;
mod reports;
mod restart;
mod routes;
mod saved;
mod search;
mod second_step;
mod secrets;
mod send;
mod senders;
mod servers;
mod sharing;
mod sign_in;
mod strange;
mod tabs;
mod templates;
mod writers;
