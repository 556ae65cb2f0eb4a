//! What a domain publishes of its mail servers: whatever it says, each server has a name and a port that can be called, and nobody is to
//! log in by a name that has a line end in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pismo::discover::{Way, published};

fuzz_target!(|document: &str| {
    for way in [Way::In, Way::Out] {
        for candidate in published(document, "ana.b@example.org", way) {
            let endpoint = candidate.endpoint.to_string();
            assert_eq!(endpoint.parse().as_ref(), Ok(&candidate.endpoint), "{endpoint}");
            assert!(candidate.endpoint.port > 0 && candidate.users.len() <= 2, "{candidate:?}");
            assert!(candidate.users.iter().all(|user| !user.contains(char::is_control)), "{candidate:?}");
        }
    }
});
