//! What an IMAP server may say: the first byte tells in what pieces, the rest is said.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|said: &[u8]| {
    if let Some((&piece, said)) = said.split_first() {
        let understood = pismo::imap::rehearse(said, said.len());
        assert_eq!(pismo::imap::rehearse(said, usize::from(piece) + 1), understood);
    }
});
