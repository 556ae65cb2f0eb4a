use std::collections::HashSet;

use super::*;

fn clean(html: &str) -> String {
    let clean = sanitise(html, &Options::default());
    assert!(!clean.simplified, "{html}");
    body_of(&clean.document)
}

fn body_of(document: &str) -> String {
    let (_, body) = document.split_once("<body>").expect("body");
    body.strip_suffix("</body></html>").expect("end").to_owned()
}

#[test]
fn ordinary_letters_stay_as_they_are() {
    for html in [
        "<p>Hello <b>you</b></p>",
        "<table border=\"0\" cellpadding=\"4\" bgcolor=\"#ffffff\" width=\"600\"><tbody><tr><td align=\"center\">x</td></tr></tbody></table>",
        "<font color=\"red\" face=\"Arial\">x</font>",
        "<center>x</center>",
        "<p class=\"a b\" style=\"color:red;\">x</p>",
        "<blockquote type=\"cite\">x</blockquote>",
    ] {
        assert_eq!(clean(html), html);
    }
}

#[test]
fn links_open_elsewhere_and_lead_only_to_the_web_and_mail() {
    assert_eq!(
        clean("<a href=\"https://example.org/a?b=c&d=e\">x</a>"),
        "<a href=\"https://example.org/a?b=c&amp;d=e\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>"
    );
    for href in [
        "javascript:alert(1)",
        "data:text/html,x",
        "cid:x",
        "file:///etc/passwd",
        "/relative",
        "//host",
        "#a",
        "tel:1",
        "blob:x",
        "JaVa\tScRiPt:x",
    ] {
        assert!(!clean(&format!("<a href=\"{href}\">x</a>")).contains("href"), "{href}");
    }
    assert!(
        clean("<a href=\"mailto:a@x\" ping=\"http://x\" target=_self rel=opener>x</a>")
            .contains("mailto:a@x\" target=\"_blank\" rel=\"noopener")
    );
}

#[test]
fn links_say_where_they_lead_and_not_who_follows_them() {
    let shown = clean("<a href=\"https://evil.test/a?utm_source=x&id=2\">https://bank.example</a>");
    assert!(shown.starts_with("<a title=\"→ evil.test\" href=\"https://evil.test/a?id=2\""), "{shown}");
    assert!(shown.contains("</a><span class=\"pismo-leads\" style=\"display:inline !important;"), "{shown}");
    assert!(shown.ends_with(" (→ evil.test)</span>"), "{shown}");
    assert_eq!(clean(&shown), shown, "the sign stays as it is");
    let faked = clean(
        "<style>.pismo-leads,span{display:none}</style><a href=https://evil.test/>bank.com</a><span class=pismo-leads> (→ bank.com)</span>",
    );
    assert!(faked.contains("(→ evil.test)</span><span"), "{faked}");
}

/// `hide` is what a message may say of an element to take it out of sight; the sign says the contrary of each, and louder.
#[test]
fn no_style_of_the_message_takes_a_sign_out_of_sight() {
    let shown = clean("<a href=https://evil.test/>bank.com</a>");
    let (_, sign) = shown.split_once("class=\"pismo-leads\" style=\"").expect("a sign");
    let (style, _) = sign.split_once('"').expect("its style");
    for hide in [
        "display:none",
        "visibility:hidden",
        "opacity:0",
        "float:left",
        "width:0",
        "max-width:0",
        "height:0",
        "max-height:0",
        "overflow:hidden",
        "margin-left:-9999px",
        "padding:9999px",
        "text-indent:-9999px",
        "font-size:0",
        "color:#fff3cd",
        "-webkit-text-fill-color:transparent",
        "-webkit-text-stroke:20px #fff3cd",
        "background:#5c4400",
        "order:-1",
        "flex:0 0 0",
        "white-space:nowrap",
        "letter-spacing:-1em",
        "word-spacing:99em",
        "direction:rtl",
        "position:relative",
        "vertical-align:9999px",
    ] {
        let (property, _) = hide.split_once(':').expect("a declaration");
        let shorthand = match property {
            "margin-left" => "margin",
            "font-size" => "font",
            other => other,
        };
        let stays = clean(&format!("<p style=\"{hide}\">x</p>"));
        assert!(stays.contains(hide), "a message may say {hide}: {stays}");
        let louder =
            style.split(';').any(|one| one.starts_with(&format!("{shorthand}:")) && one.ends_with(" !important"));
        assert!(louder, "{hide}: {style}");
    }
}

#[test]
fn letters_are_read_in_the_order_they_are_written() {
    for html in [
        "<a href=https://evil.test/>\u{202e}moc.knab</a>",
        "&#x202e;<a href=https://evil.test/>moc.knab</a>",
        "<bdo dir=rtl><a href=https://evil.test/>moc.knab</a></bdo>",
        "<p style=\"direction:rtl;unicode-bidi:bidi-override\"><a href=https://evil.test/>moc.knab</a></p>",
        "<p style=\"unicode-bidi:isolate-override\"><a href=https://evil.test/ title=\"&#8237;x\">moc.knab</a></p>",
    ] {
        let shown = clean(html);
        assert!(!shown.contains(['\u{202d}', '\u{202e}']), "{shown}");
        assert!(!shown.contains("override") && !shown.contains("<bdo"), "{shown}");
        assert!(!to_text(html).contains(['\u{202d}', '\u{202e}']), "{html}");
        let written = writing::quoted(html, |_| None).expect("a quote");
        assert!(!written.contains(['\u{202d}', '\u{202e}']) && !written.contains("override"), "{written}");
    }
    // What turns whole phrases, as those who write from right to left must, stays.
    assert!(clean("<p dir=rtl>\u{2067}\u{5d0}\u{2069}</p>").contains('\u{2067}'));
}

#[test]
fn images_come_from_the_message_or_not_at_all() {
    let inline = HashMap::from([("logo@x".to_owned(), "data:image/png;base64,AAAA".to_owned())]);
    let options = Options { inline: Arc::new(inline), ..Options::default() };
    let html = "<img src=\"cid:logo@x\"><img src=\"CID:logo%40x\"><img src=\"cid:other\" alt=\"o\"><img src=\"http://h/t.gif\" alt=\"r\" \
                srcset=\"http://h/2\"><img src=\"data:image/gif;base64,R0\"><img src=\"data:image/svg+xml,<svg>\"><td background=\"http://h/b\">";
    let shown = sanitise(html, &options);
    assert_eq!(
        body_of(&shown.document),
        "<img src=\"data:image/png;base64,AAAA\"><img src=\"data:image/png;base64,AAAA\"><img alt=\"o\"><img alt=\"r\">\
         <img src=\"data:image/gif;base64,R0\"><img>"
    );
    assert!(survey(html).remote);
    let proxy = Proxy::new(|url| format!("https://by-way/?of={url}"));
    let shown = sanitise(html, &Options { remote: Some(proxy), ..options });
    assert!(shown.document.contains("<img src=\"https://by-way/?of=http://h/t.gif\" alt=\"r\">"), "{}", shown.document);
    assert!(!shown.document.contains("srcset"));
    assert!(!survey("<img src=\"cid:a\">").remote);
    let pixel = "<img src=\"http://h/p\" width=1 height=1><img src=\"http://h/q\">";
    let proxy = Proxy::new(str::to_owned);
    let shown = sanitise(pixel, &Options { remote: Some(proxy), ..Options::default() });
    assert!(shown.document.contains("http://h/q") && !shown.document.contains("http://h/p"), "{}", shown.document);
}

#[test]
fn content_ids_are_found() {
    let found = survey("<body background=cid:back><img src=cid:a@b><img src='CID:%3Cc%3E'><td background=cid:none>");
    assert_eq!(found.content_ids, HashSet::from(["a@b".to_owned(), "c".to_owned(), "back".to_owned()]));
}

#[test]
fn style_sheets_move_to_the_head_and_are_clean() {
    let shown = sanitise(
        "<html><head><style>p{color:red;background:url(http://x)}</style></head>\
         <body bgcolor=ffffff text='red;}</style>' style='margin:0;background:url(x)'><p>x",
        &Options::default(),
    );
    assert!(
        shown.document.contains(
            "<style>body{background-color:#ffffff;margin:0;background:none;}\np{color:red;background:none;}\n</style>"
        ),
        "{}",
        shown.document
    );
    assert_eq!(body_of(&shown.document), "<p>x</p>");
}

#[test]
fn only_messages_without_colours_become_dark() {
    let dark = Options { theme: Theme::Dark, ..Options::default() };
    let is_dark = |html: &str| sanitise(html, &dark).document.contains("color-scheme:dark");
    assert!(is_dark("<p>plain"));
    assert!(is_dark("<p style='margin:0'>plain"));
    assert!(!is_dark("<p style='color:black'>x"));
    assert!(!is_dark("<table bgcolor=white>"));
    assert!(!is_dark("<body text=black>x"));
    assert!(!is_dark("<style>p{background:#fff}</style>x"));
    assert!(!sanitise("<p>plain", &Options::default()).document.contains("color-scheme:dark"));
}

#[test]
fn what_is_too_large_or_too_deep_is_shown_as_text() {
    let deep = "<div>".repeat(50_000) + "<script>x</script>deep<b>";
    let started = std::time::Instant::now();
    let shown = sanitise(&deep, &Options::default());
    assert!(shown.simplified);
    assert!(body_of(&shown.document).contains("deep"));
    assert!(!body_of(&shown.document).contains("<div>"));
    assert!(started.elapsed().as_secs() < 10, "took {:?}", started.elapsed());
    let large = format!("<p>{}", "large &lt;b&gt; ".repeat(200_000));
    let shown = sanitise(&large, &Options::default());
    assert!(shown.simplified);
    assert!(shown.document.len() < 2 * MAX_TEXT);
    assert!(shown.document.contains("&lt;b&gt;"));
}

#[test]
fn an_image_named_many_times_does_not_fill_the_memory() {
    let image = format!("data:image/png;base64,{}", "A".repeat(1024 * 1024));
    let options = Options { inline: Arc::new(HashMap::from([("a".to_owned(), image)])), ..Options::default() };
    let shown = sanitise(&"<img src=cid:a>".repeat(10_000), &options);
    assert!(shown.document.len() < 8 * 1024 * 1024, "{}", shown.document.len());
    assert!(shown.document.contains("data:image/png"));
}

#[test]
fn lists_that_copy_themselves_are_shown_as_text() {
    let nested = "<select><button><selectedcontent></selectedcontent></button><option selected>".repeat(100);
    assert!(sanitise(&nested, &Options::default()).simplified);
}
