//! IMAP: connects, logs in, and speaks for one account at a time. Knows no tabs.
//!
//! async-imap carries the line and the login. Between it and the line sits a filter ([`tap`]) that reads every response
//! itself, within bounds; commands go through a loop of our own ([`session`]), which tells a refusal from success.

mod capability;
mod code;
mod command;
mod connect;
mod date;
mod error;
mod frame;
mod line;
mod namespace;
mod rehearsal;
mod response;
mod row;
pub mod search;
mod session;
mod special_use;
mod stream;
mod structure;
mod tap;
mod uid_set;
mod value;

pub use crate::endpoint::Credentials;
pub use capability::{AppendLimit, Capabilities};
pub use code::Code;
pub use connect::{connect, connect_by, connect_noting, connect_trusting};
pub(crate) use date::asctime;
pub use error::Error;
pub use namespace::Namespaces;
pub use rehearsal::{rehearse, rehearse_structure};
pub use session::{
    Acl, Change, CopyUid, FetchedMessage, FetchedRow, Letter, Listed, Look, Names, Put, Selected, Session, Status,
    TextPart, Woken, is_speakable,
};
pub use special_use::{View, by_name as usual_use};
pub use uid_set::UidSet;
