//! POP3 (RFC 1939): connects, logs in, and reads one maildrop, which is locked for others meanwhile.
//!
//! All is framed here. Nothing that the server says is believed without a bound, and a message counts only when the line that
//! ends it has come; until then it is pieces that the caller may have to throw away.

mod body;
mod capability;
mod code;
mod connect;
mod error;
mod line;
mod login;
mod retrieval;
mod session;

pub use body::Unstuffer;
pub use capability::Capabilities;
pub use code::Code;
pub use connect::{connect, connect_noting};
pub use error::Error;
pub use retrieval::{Arrival, Retrieval};
pub use session::{Listed, Named, Session, Stat};
