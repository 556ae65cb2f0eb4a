//! What the two sides say ([`wire`]), what the browser knows ([`state`], written by [`client`]), and what it
//! shows ([`view`]). The server renders the same views to text ([`page`]) that the browser then takes over.
#![forbid(unsafe_code)]
// Views are types, and theirs are deep.
#![recursion_limit = "512"]

pub mod client;
pub mod i18n;
pub mod label;
pub mod legible;
#[cfg(feature = "ssr")]
pub mod page;
pub mod platform;
pub mod providers;
pub mod route;
pub mod state;
pub mod trackers;
pub mod utf7;
pub mod view;
pub mod wire;

pub use client::Client;
pub use platform::Platform;
pub use state::State;

pub(crate) use view::{formatted, opening, signature};
