//! Headers of whatever messages: read without an end in sight of the reader's patience, and what is text in them stays on a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pismo::mime::Headers;

fuzz_target!(|block: &[u8]| {
    let headers = Headers::parse(block);
    for name in ["From", "To", "Cc", "Reply-To", "Sender"] {
        for address in headers.addresses(name) {
            assert!(!address.email.contains(['\r', '\n']) && !address.name.contains(['\r', '\n']), "{address:?}");
        }
    }
    for name in ["Subject", "Message-ID", "Comments"] {
        assert!(!headers.text(name).contains(['\r', '\n']), "{name}");
    }
    let _ = (headers.date(), headers.message_ids("References"));
});
