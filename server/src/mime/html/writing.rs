//! HTML that is written on: what a message is quoted with, what was pasted, and what leaves.
//!
//! It stands in the midst of other text, so there is no style sheet in it, no class and no name: a sheet would rule all of the
//! letter. Sheets of a quoted message become `style` attributes first.

use std::borrow::Cow;

use ammonia::Builder;
use app::legible::in_written_order;

use super::{
    css, guarded, inline, parse,
    policy::{self, base_builder},
    text::to_plain_text,
};

/// The largest HTML that is written on, in bytes; what it is made from may be twice as large.
pub const MAX_WRITTEN: usize = 512 * 1024;
/// The largest HTML that a message is quoted with: there has to be room to write.
pub const MAX_QUOTED: usize = 384 * 1024;

/// The class of a signature of ours, by which it is found when another one is wanted.
pub const SIGNATURE: &str = "pismo-signature";

/// The same text with nothing in it but what a letter is made of. `picture` tells by what `cid:` a picture is known from here on;
/// one it does not know goes. Pictures on the net keep their addresses. None for what is too large or too deep.
pub fn tidy(html: &str, picture: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Option<String> {
    guarded(|| try_tidy(html, Box::new(picture), true)).flatten()
}

/// The same of what somebody else wrote: a signature in it is not the person's.
pub fn quoted(html: &str, picture: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Option<String> {
    guarded(|| try_tidy(html, Box::new(picture), false)).flatten().filter(|html| html.len() <= MAX_QUOTED)
}

/// By what `cid:` a picture is known, from its Content-ID.
type Picture = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

fn try_tidy(html: &str, picture: Picture, own: bool) -> Option<String> {
    if html.len() > 2 * MAX_WRITTEN {
        return None;
    }
    let tree = parse(html)?;
    // Without its sheet, what a message hides would be seen: then it is quoted as plain text.
    let styled = inline::styled(html, &tree, css::on_screen).ok()?;
    let body = policy::body_style(&tree.body, css::NO_PICTURES).css;
    drop(tree);
    let clean = |html: &str| in_written_order(&builder(picture, own).clean(html).to_string()).into_owned();
    let clean = match styled {
        Some(styled) => clean(&styled),
        None if body.is_empty() => clean(html),
        None => format!("<div style=\"{}\">{}</div>", attribute(&body), clean(html)),
    };
    (clean.len() <= MAX_WRITTEN).then_some(clean)
}

fn builder(picture: Picture, own: bool) -> Builder<'static> {
    let mut builder = base_builder();
    builder
        .rm_tags(["map", "area"])
        .rm_generic_attributes(["id", "role", "aria-hidden", "aria-label"])
        .rm_tag_attributes("a", ["name"])
        .rm_tag_attributes("img", ["usemap"])
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            (_, "class") => (own && value == SIGNATURE).then_some(Cow::Borrowed(SIGNATURE)),
            ("img", "src") => match policy::content_id(value) {
                Some(id) => picture(&id).map(|id| Cow::Owned(format!("cid:{id}"))),
                None => policy::picture(value).map(Cow::Owned),
            },
            (_, "src" | "background") => None,
            _ => policy::filter_others(attribute, value),
        });
    builder
}

fn attribute(value: &str) -> String {
    super::escape(value).replace('"', "&quot;")
}

/// The text of what was written, as it stands beside it in a message: its spaces and blank lines are the person's. Marks of
/// quotes and of the signature are as `format=flowed` has them (RFC 3676 §4.3, §4.5).
pub fn plain(html: &str) -> String {
    let text = to_plain_text(html);
    let mut plain = String::with_capacity(text.len() + 1);
    for line in text.trim_end().lines() {
        let (mut depth, mut rest) = (0, line);
        while let Some(after) = rest.strip_prefix("> ").or_else(|| (rest == ">").then_some("")) {
            (depth, rest) = (depth + 1, after);
        }
        plain.push_str(&">".repeat(depth));
        if depth > 0 && !rest.is_empty() {
            plain.push(' ');
        }
        plain.push_str(if rest == "--" { "-- " } else { rest });
        plain.push('\n');
    }
    if plain.is_empty() { "\n".to_owned() } else { plain }
}

/// A whole document of what was written.
pub fn document(html: &str) -> String {
    format!(
        "<!DOCTYPE html><html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head>\
         <body>{html}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(html: &str) -> String {
        tidy(html, |id| (id == "known").then(|| "new@here".to_owned())).unwrap()
    }

    #[test]
    fn what_is_written_on_looks_as_it_did_and_rules_nothing_else() {
        for (html, expected) in [
            ("<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
            ("<style>p{color:red}</style><p>Hi</p>", "<p style=\"color:red;\">Hi</p>"),
            (
                "<style>.x td{color:red}</style><table class=x><tr><td>a</table>",
                "<table><tbody><tr><td style=\"color:red;\">a</td></tr></tbody></table>",
            ),
            ("<p class=\"compose\" id=\"compose-title\">Hi</p>", "<p>Hi</p>"),
            ("<div class=\"pismo-signature\">A</div>", "<div class=\"pismo-signature\">A</div>"),
            ("<body bgcolor=\"#eee\"><p>Hi</p>", "<div style=\"background-color:#eee;\"><p>Hi</p></div>"),
            ("<img src=\"cid:known\" alt=\"a\"><img src=\"cid:other\">", "<img src=\"cid:new@here\" alt=\"a\"><img>"),
            ("<img src=\"https://example.org/a.png\" onerror=\"x()\">", "<img src=\"https://example.org/a.png\">"),
            ("<img src=\"file:///etc/passwd\"><img src=\"/blobs/1\">", "<img><img>"),
            ("<a href=\"javascript:x()\" name=\"y\">a</a>", "<a>a</a>"),
            ("<a href=\"https://example.org/\" target=_top>a</a>", "<a href=\"https://example.org/\">a</a>"),
            ("<script>x()</script><svg><a>b</a></svg><form><input value=c>d</form>", "d"),
            ("<td background=\"https://example.org/\">a", "a"),
            ("<p hidden>a</p>", "<p hidden=\"\">a</p>"),
            (
                "<style>@media Screen{.x{display:none}}@media print{p{color:red}}</style><p class=x>a</p>",
                "<p style=\"display:none;\">a</p>",
            ),
            (
                "<style>@media (min-width:1px){.x{color:red}}.x{color:blue}@media (max-width:1px){p{color:red}}</style><p class=x>a",
                "<p style=\"color:blue;\">a</p>",
            ),
            (
                "<style>@media (min-width:1px){.x{display:none}}</style><p class=x>a</p>",
                "<p style=\"display:none;\">a</p>",
            ),
            // As where it is read: in the body of a page, without what is not shown.
            (
                "<style>html .x p:first-child{color:red}body>div{margin:0}</style><div class=x><o:p><p>a",
                "<div style=\"margin:0;\"><p style=\"color:red;\">a</p></div>",
            ),
            (
                "<style>p:not([data-x]){color:red}</style><p data-x=1 data-css-inline=ignore>a",
                "<p style=\"color:red;\">a</p>",
            ),
            (
                "<style>:root{margin:0}body{color:red}</style><body bgcolor=\"#eee\"><p>a",
                "<div style=\"margin:0;\"><div style=\"background-color:#eee;color:red;\"><p>a</p></div></div>",
            ),
        ] {
            assert_eq!(tidied(html), expected, "{html}");
        }
    }

    #[test]
    fn what_is_tidy_stays_as_it_is() {
        let html = "<style>a{color:red} .b{font-weight:bold}</style><body bgcolor=red><p class=b>x <a href='https://x.example/?a=1&b=2'>y</a><pre> z\n  w</pre>";
        let once = tidied(html);
        assert_eq!(tidied(&once), once);
    }

    #[test]
    fn the_words_are_as_they_were_written() {
        for (html, text) in [
            ("<div>a</div><div><br></div><div><br></div><div>\u{a0} b\u{a0} c</div>", "a\n\n\n  b  c\n"),
            ("x<blockquote>a<blockquote>b</blockquote></blockquote>", "x\n\n> a\n>\n>> b\n"),
            ("<div>a</div><div class=\"pismo-signature\"><div>-- </div><div>Ana</div></div>", "a\n-- \nAna\n"),
            ("", "\n"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn a_signature_of_somebody_else_is_none() {
        let html = "<div class=\"pismo-signature\">A</div>";
        assert_eq!(quoted(html, |_| None).as_deref(), Some("<div>A</div>"));
    }

    #[test]
    fn what_is_too_large_or_grows_too_much_is_not_taken() {
        assert_eq!(tidy(&"<p>x".repeat(200_000), |_| None), None);
        let fonts = format!("<style>*{{font-family:\"{}\"}}</style>{}", "x".repeat(100_000), "<br>".repeat(50_000));
        assert_eq!(tidy(&fonts, |_| None), None);
        let rules = format!("<style>{}</style>{}", "a b c{color:red}".repeat(5000), "<i>x</i>".repeat(10_000));
        assert_eq!(tidy(&rules, |_| None), None);
        // Sheets count as they are cleaned, and none is fetched.
        let odd = format!(
            "<link rel=stylesheet href=https://x/><style>*{{--a:\"{}\"}}p{{color:red}}</style><p>x</p>",
            "x".repeat(100_000)
        );
        assert_eq!(tidy(&odd, |_| None).as_deref(), Some("<p style=\"color:red;\">x</p>"));
    }
}
