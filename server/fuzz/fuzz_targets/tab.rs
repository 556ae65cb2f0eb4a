//! What a tab may send: a frame is read or refused, and one that was read says the same again. And what may be typed into the search
//! box.
#![no_main]

use app::wire::ClientFrame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|said: &str| {
    let _ = pismo::imap::search::parse(said);
    if let Ok(frame) = serde_json::from_str::<ClientFrame>(said) {
        let again = serde_json::to_string(&frame).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<ClientFrame>(&again).expect("what was written can be read"), frame);
    }
});
