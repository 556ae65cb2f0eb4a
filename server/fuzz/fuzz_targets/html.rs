//! HTML bodies and their style sheets: no library panics over them or takes long, and what is fit to go out still is when it has
//! gone out before. That nothing in what is left does anything is for `server/tests/mime_html.rs`, which reads it as a browser does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pismo::mime::html::{Options, Proxy, Theme, sanitise, survey, to_text, writing};

fuzz_target!(|input: (bool, bool, &str)| {
    let (remote, dark, html) = input;
    let options = Options {
        remote: remote.then(|| Proxy::new(|_| "/picture".to_owned())),
        theme: if dark { Theme::Dark } else { Theme::Light },
        ..Options::default()
    };
    let document = sanitise(html, &options).document;
    assert!(document.starts_with("<!doctype html>"));
    let _ = (survey(html), to_text(html));
    if let Some(written) = writing::tidy(html, |_| None) {
        assert!(writing::tidy(&written, |_| None).is_some());
    }
});
