//! The bridge: holds IMAP sessions for its users and streams what happens to their tabs.
#![forbid(unsafe_code)]

pub mod endpoint;
pub mod mime;
