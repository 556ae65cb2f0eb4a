//! Hostile HTML: whatever a body holds, what is left of it runs nothing, fetches nothing and stays what it is.

use std::{collections::HashMap, sync::Arc};

use check::{Again, ELEMENTS, check, check_twice};
use pismo::mime::html::{Options, Proxy, Theme};
use proptest::prelude::*;

#[path = "mime_html/check.rs"]
mod check;
#[path = "mime_html/chromium.rs"]
mod chromium;

/// Payloads by their kinds, a line each. The browser tests open the same ones.
const VECTORS: [&str; 11] = [
    include_str!("mime_html/vectors/addresses.txt"),
    include_str!("mime_html/vectors/css.txt"),
    include_str!("mime_html/vectors/fetches.txt"),
    include_str!("mime_html/vectors/handlers.txt"),
    include_str!("mime_html/vectors/leaving.txt"),
    include_str!("mime_html/vectors/names.txt"),
    include_str!("mime_html/vectors/namespaces.txt"),
    include_str!("mime_html/vectors/scripts.txt"),
    include_str!("mime_html/vectors/svg.txt"),
    include_str!("mime_html/vectors/syntax.txt"),
    include_str!("mime_html/vectors/text.txt"),
];

/// Pictures on the net are fetched where they are.
fn through(remote: bool) -> Option<Proxy> {
    remote.then(|| Proxy::new(str::to_owned))
}

fn every_option() -> Vec<Options> {
    let inline = Arc::new(HashMap::from([
        ("part".to_owned(), "data:image/png;base64,AAAA".to_owned()),
        ("svg".to_owned(), "data:image/svg+xml,<svg onload=alert(1)>".to_owned()),
        ("page".to_owned(), "data:text/html,x".to_owned()),
    ]));
    [(false, Theme::Light, None), (true, Theme::Dark, Some("Quoted"))]
        .map(|(remote, theme, fold)| Options { remote: through(remote), theme, inline: inline.clone(), fold })
        .to_vec()
}

#[test]
fn known_attacks_leave_nothing() {
    let vectors: Vec<&str> = VECTORS.iter().flat_map(|kind| kind.lines()).collect();
    assert!(vectors.len() > 1400, "{} vectors", vectors.len());
    for options in every_option() {
        for vector in &vectors {
            // Lists within cells of a table that is within a list: each reading takes them further apart.
            let again = if vector.starts_with("<dl><dd><dl><dt><table><dd>") { Again::NothingNew } else { Again::Same };
            for source in [
                (*vector).to_owned(),
                format!("<p>before</p>{vector}<p>after</p>"),
                format!("<table><tr><td>{vector}</td></tr></table>"),
                format!("<style>p{{color:red}}</style><div title=\"{}\">", vector.replace('"', "&quot;")),
                format!("<div style=\"{}\">x</div>", vector.replace('"', "&quot;")),
                format!("<style>{vector}</style>x"),
                vector.to_ascii_uppercase(),
                vector.replace('<', "<\0").replace("=", "=\0"),
                vector.chars().rev().collect(),
            ] {
                check_twice(&source, &options, again);
                if options.remote.is_some() {
                    // The options change addresses alone: the plain spelling tells.
                    break;
                }
            }
        }
    }
}

#[test]
fn no_handler_survives_on_any_element() {
    let handlers = [
        "onabort",
        "onafterprint",
        "onanimationend",
        "onauxclick",
        "onbeforecopy",
        "onbeforeunload",
        "onblur",
        "oncanplay",
        "onclick",
        "oncontextmenu",
        "oncopy",
        "ondblclick",
        "ondrag",
        "onerror",
        "onfocus",
        "onfocusin",
        "onhashchange",
        "oninput",
        "onkeydown",
        "onload",
        "onmessage",
        "onmouseover",
        "onpaste",
        "onpointerenter",
        "onresize",
        "onscroll",
        "onscrollend",
        "onscrollsnapchange",
        "onsecuritypolicyviolation",
        "ontoggle",
        "ontouchstart",
        "ontransitionend",
        "onwheel",
        "onfuture",
    ];
    let options = Options { remote: through(true), ..Options::default() };
    for element in ELEMENTS.split_whitespace().chain(["svg", "math", "body", "html", "input", "video", "x-y"]) {
        let all: String = handlers.iter().map(|handler| format!(" {handler}=alert(1)")).collect();
        check(&format!("<{element}{all}>x</{element}>"), &options);
        check(&format!("<table><{element}{all}><img src=x{all}>"), &options);
    }
}

#[test]
fn no_scheme_survives_in_any_address() {
    let schemes = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "\u{a0}javascript:alert(1)",
        "javascript\u{2028}:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "data:text/html;base64,x",
        "data:application/xhtml+xml,x",
        "data:image/svg+xml,x",
        "data:,x",
        "blob:x",
        "filesystem:x",
        "about:blank",
        "file:///x",
        "ftp://x",
        "cid:svg",
        "cid:page",
        "ws://x",
        "chrome://x",
        "resource://x",
        "//evil.test",
        "/x",
        "x",
        "#x",
        "?x",
        "",
        " ",
        "http:",
        "https:///",
        "http://[::1",
        "mailto:",
        "urn:x",
        "javascript&colon;alert(1)",
    ];
    for options in every_option() {
        for scheme in schemes {
            for template in [
                "<a href=\"$\">x</a>",
                "<area href=\"$\">",
                "<img src=\"$\">",
                "<td background=\"$\">",
                "<table background=\"$\"><td>",
                "<body background=\"$\">",
                "<img srcset=\"$\">",
                "<img src=x usemap=\"$\">",
                "<blockquote cite=\"$\">",
                "<form action=\"$\">",
                "<base href=\"$\">",
                "<div style=\"background:url($)\">",
                "<style>*{background:url($)}</style>",
                "<link href=\"$\">",
            ] {
                let source = template.replace('$', scheme);
                check(&source, &options);
            }
        }
    }
}

#[test]
fn the_policy_closes_the_net() {
    use pismo::mime::html::{content_security_policy, printing_policy};
    for pictures in [None, Some("https://pismo.example/remote/")] {
        let policy = content_security_policy(pictures);
        for part in [
            "default-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
            "sandbox allow-popups",
        ] {
            assert!(policy.contains(part), "{part}");
        }
        assert!(
            !policy.contains("allow-scripts")
                && !policy.contains("allow-same-origin")
                && !policy.contains("script-src")
        );
        let images = policy.split(';').find_map(|one| one.trim().strip_prefix("img-src data:"));
        assert_eq!(images.map(str::trim), Some(pictures.unwrap_or_default()), "{policy}");
        assert_eq!(policy.contains("http"), pictures.is_some());
        let printing = printing_policy(pictures, "abc");
        assert!(printing.starts_with(&policy), "{printing}");
        assert!(printing.ends_with("-sandbox allow-scripts allow-modals; script-src 'nonce-abc'"), "{printing}");
        assert!(!printing.contains("allow-same-origin") && !printing.contains("'self' 'unsafe"), "{printing}");
    }
}

/// Pieces that mean something to a parser, in any order.
fn piece() -> impl Strategy<Value = String> {
    let lines: Vec<String> = VECTORS.iter().flat_map(|kind| kind.lines()).map(str::to_owned).collect();
    prop_oneof![
        3 => prop::sample::select(lines),
        4 => prop::sample::select(
            [
                "<div>", "</div>", "<p>", "</p>", "<b>", "</b>", "<a href=x>", "</a>", "<table>", "</table>", "<tr>", "<td>", "</td>",
                "<svg>", "</svg>", "<math>", "</math>", "<mtext>", "<mglyph>", "<foreignObject>", "<desc>", "<annotation-xml encoding=text/html>",
                "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<noscript>", "</noscript>", "<template>",
                "</template>", "<select>", "</select>", "<option>", "<form>", "</form>", "<!--", "-->", "<![CDATA[", "]]>", "<img src=x onerror=alert(1)>",
                "<p title=\"", "\">", "'", "\"", "`", "<pre>\n", "</pre>", "<li>", "<font color=red>", "</font>", "<br>", "<hr>", "<nobr>", "<ruby><rt>",
                "&lt;", "&amp;", "&#x3c;", "&", "\0", "\r", "text", " ", "\u{feff}", "<frameset>", "<body>", "</body>", "<html>", "<caption>", "<col>",
            ]
            .map(str::to_owned)
            .to_vec()
        ),
        1 => "[<>/='\"a-z &;!-]{0,12}",
    ]
}

/// A thousand, if the environment names no number.
fn cases() -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { usual } else { ProptestConfig { cases: 1000, ..usual } }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_mixture_of_pieces_survives(pieces in prop::collection::vec(piece(), 1..12), remote: bool) {
        check_twice(&pieces.concat(), &Options { remote: through(remote), ..Options::default() }, Again::NothingNew);
    }
}
