//! Style sheets and declarations: whatever they say, what is left of them, read as a browser reads it, fetches nothing and ends no
//! element.
#![no_main]

use cssparser::{ParseError, Parser, Token};
use libfuzzer_sys::fuzz_target;
use pismo::mime::html::{Options, Theme, sanitise};

fuzz_target!(|input: (bool, &str)| {
    let (dark, css) = input;
    // What ends the element is HTML, which has a target of its own.
    if css.contains('<') {
        return;
    }
    let attribute = css.replace('&', "&amp;").replace('"', "&quot;");
    let html = format!("<style>{css}</style><p style=\"{attribute}\" class=a id=b>text</p>");
    let options = Options { theme: if dark { Theme::Dark } else { Theme::Light }, ..Options::default() };
    let document = sanitise(&html, &options).document;
    let sheets = document.split("<style>").skip(1).filter_map(|rest| rest.split("</style>").next());
    let declared = document.split(" style=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let declared = declared.map(|css| css.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
    for css in sheets.map(str::to_owned).chain(declared) {
        assert!(!css.contains("</"), "{document}");
        harmless(&mut Parser::new(&css));
    }
    assert!(document.contains("text</p>"), "{document}");
});

fn harmless(input: &mut Parser<'_>) {
    while let Ok(token) = input.next_including_whitespace_and_comments().cloned() {
        match &token {
            Token::UnquotedUrl(url) => panic!("url({url})"),
            Token::BadUrl(url) => panic!("url({url}"),
            Token::AtKeyword(name) => assert!(["media", "supports"].contains(&&*name.to_ascii_lowercase()), "@{name}"),
            Token::Function(name) => {
                let name = name.to_ascii_lowercase();
                let fetches = ["url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "element", "expression", "attr"];
                assert!(!fetches.contains(&name.as_str()), "{name}()");
            }
            _ => {}
        }
        if matches!(token, Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock) {
            let _ = input.parse_nested_block(|inner| {
                harmless(inner);
                Ok::<(), ParseError<()>>(())
            });
        }
    }
}
