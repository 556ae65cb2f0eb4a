//! What the two sides say, what the browser knows, and what it shows.
#![forbid(unsafe_code)]

pub mod wire;
