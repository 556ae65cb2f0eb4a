//! Style sheets of a text put into the `style` attributes of the elements they are about, as they apply where it is read.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    MAX_HTML,
    css::{self, Sheet},
    policy,
    tree::Tree,
};

/// The largest style sheets that are put into elements, in bytes as cleaned, and how often a selector is held against an element.
const MAX_SHEET: usize = 128 * 1024;
const MAX_MATCHES: usize = 4_000_000;
/// The largest text that is made, in bytes.
const MAX_INLINED: usize = 2 * MAX_HTML;

/// The sheets of a text are more than can be put into its elements.
pub struct TooMuch;

/// The content of a text with its sheets, each cleaned by `clean`, in its elements: what rules the whole page is in a `<div>` around
/// it. It is to be cleaned again. None of a text without sheets.
pub fn styled(html: &str, tree: &Tree, clean: fn(&str) -> Sheet) -> Result<Option<String>, TooMuch> {
    let mut sheet = String::new();
    for css in tree.style_sheets() {
        sheet.push_str(&clean(&css).css);
    }
    if sheet.is_empty() {
        return Ok(None);
    }
    if sheet.len() > MAX_SHEET || selectors(&sheet).saturating_mul(tree.elements().count()) > MAX_MATCHES {
        return Err(TooMuch);
    }
    let body = policy::body_style(&tree.body, css::NO_PICTURES).css;
    if !body.is_empty() {
        sheet.insert_str(0, &format!("body{{{body}}}\n"));
    }
    // Selectors see what is shown, in a page: a rule may be about the page, or about what stands where something was taken out.
    let shown = policy::builder_for_selectors().clean(html);
    let page = format!("<!doctype html><html><head></head><body>{shown}</body></html>");
    // Sheets as they came are not to be trusted, and nothing is fetched.
    let options = css_inline::CSSInliner::options().inline_style_tags(false).load_remote_stylesheets(false);
    let mut bounded = Bounded(Vec::new());
    let inlined = options.extra_css(Some(Cow::Owned(sheet))).build().inline_to(&page, &mut bounded);
    let page = inlined.ok().and_then(|()| String::from_utf8(bounded.0).ok());
    page.as_deref().and_then(content).map(Some).ok_or(TooMuch)
}

/// How many selectors a flat sheet has: at least as many as are looked for.
fn selectors(sheet: &str) -> usize {
    let blocks = sheet.split('}').filter_map(|rule| rule.split_once('{'));
    blocks.map(|(selectors, _)| 1 + selectors.matches(',').count()).sum()
}

/// The content of a page, with the styles of the page around it.
fn content(page: &str) -> Option<String> {
    let (html, page) = opened(page.split_once("<html")?.1)?;
    let (body, page) = opened(page.split_once("<body")?.1)?;
    let mut content = page.strip_suffix("</body></html>")?.to_owned();
    for style in [body, html].into_iter().filter(|style| !style.is_empty()) {
        content = format!("<div style=\"{style}\">{content}</div>");
    }
    Some(content)
}

/// The `style` attribute, as it is written, of a tag that has no other, and what follows the tag.
fn opened(tag: &str) -> Option<(&str, &str)> {
    let (style, rest) = match tag.strip_prefix(" style=\"") {
        Some(style) => style.split_once('"')?,
        None => ("", tag),
    };
    Some((style, rest.strip_prefix('>')?))
}

/// What is written, up to a size: a rule that is long is written into each element anew.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_INLINED {
            return Err(io::Error::other("too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
