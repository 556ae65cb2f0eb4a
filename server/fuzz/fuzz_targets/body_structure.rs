//! What a server may say of how a message is built: the tree is bounded, and its sections are numbered as IMAP numbers them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|said: &[u8]| {
    pismo::imap::rehearse_structure(said);
});
