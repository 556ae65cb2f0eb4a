//! HTML that is written on: what a message is quoted with, what was pasted, and what leaves.
//!
//! It stands in the midst of other text, so there is no style sheet in it, no class and no name: a sheet would rule all of the
//! letter. Sheets of a quoted message become `style` attributes first.

use std::borrow::Cow;

use ammonia::Builder;

use super::{
    css, guarded, parse,
    policy::{self, base_builder},
    text::to_text,
};

/// The largest HTML that is written on, in bytes.
pub const MAX_WRITTEN: usize = 512 * 1024;
/// The largest style sheets that are put into a text's elements: what that costs grows with both.
const MAX_SHEET: usize = 128 * 1024;

/// The class of a signature of ours, by which it is found when another one is wanted.
pub const SIGNATURE: &str = "pismo-signature";

/// The same text with nothing in it but what a letter is made of. `picture` tells by what `cid:` a picture is known from here on;
/// one it does not know goes. Pictures on the net keep their addresses. None for what is too large or too deep.
pub fn tidy(html: &str, picture: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Option<String> {
    guarded(|| try_tidy(html, picture)).flatten()
}

fn try_tidy(html: &str, picture: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Option<String> {
    if html.len() > MAX_WRITTEN {
        return None;
    }
    let tree = parse(html)?;
    let mut sheet = String::new();
    for css in tree.style_sheets() {
        sheet.push_str(&css::sheet(&css, false).css);
    }
    let body = policy::body_style(&tree.body).css;
    drop(tree);
    let styled =
        (!sheet.is_empty() && sheet.len() <= MAX_SHEET).then(|| css_inline::inline_fragment(html, &sheet).ok());
    let styled = styled.flatten().map_or(Cow::Borrowed(html), Cow::Owned);
    let clean = builder(picture).clean(&styled).to_string();
    if clean.len() > 2 * MAX_WRITTEN {
        return None;
    }
    Some(if body.is_empty() { clean } else { format!("<div style=\"{}\">{clean}</div>", attribute(&body)) })
}

fn builder(picture: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Builder<'static> {
    let mut builder = base_builder();
    builder
        .rm_tags(["map", "area"])
        .rm_generic_attributes(["id", "role", "aria-hidden", "aria-label"])
        .rm_tag_attributes("a", ["name"])
        .rm_tag_attributes("img", ["usemap"])
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            (_, "class") => (value == SIGNATURE).then_some(Cow::Borrowed(SIGNATURE)),
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

/// The text of what was written, as it stands beside it in a message.
pub fn plain(html: &str) -> String {
    to_text(html).trim_end().to_owned() + "\n"
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
    fn what_is_too_large_is_not_taken() {
        assert_eq!(tidy(&"<p>x".repeat(200_000), |_| None), None);
    }
}
