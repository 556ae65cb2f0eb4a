//! Messages in and out: decoding what arrives, building what is sent. Pure.

pub mod structure;
