//! What is shown: one component per file, all of them rendered by the server first and taken over by the browser.
//!
//! Until `state.alive` is true, a view shows the same on both sides.

pub mod composer;
pub mod date;
pub mod dialog;
pub mod explain;
pub mod help;
pub mod icon;
pub mod keyboard;
pub mod layout;
pub mod login;
pub mod mailbox_list;
pub mod message;
pub mod message_list;
pub mod opening;
pub mod outbox;
pub mod recipients;
pub mod search;
pub mod settings;
pub mod toast;
pub mod toolbar;
pub mod words;
