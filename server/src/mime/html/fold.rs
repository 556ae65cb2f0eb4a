//! Folding what a reply quotes beneath itself. Works on text that the sanitizer has written: it only puts two tags of ours in
//! between, and reads nothing anew.

use std::borrow::Cow;

/// Each tag that begins a quote has one of these in it.
const SIGNS: [&str; 2] = ["quote", "zmail_extra"];

/// Elements without an end tag.
const VOID: &[&str] = &["area", "br", "col", "hr", "img", "wbr"];

/// Nesting beyond which nothing is folded.
const DEEP: usize = 500;

/// A tag: where it begins and ends, its name, and its attributes as they are written.
pub(super) struct Tag<'a> {
    pub start: usize,
    pub end: usize,
    pub name: &'a str,
    pub attributes: &'a str,
    pub closes: bool,
}

/// Puts the quote at the end of a body under a fold with these words, if there is one, and something above it.
pub fn fold<'a>(content: &'a str, words: &str) -> Cow<'a, str> {
    // Most of what is large, such as a newsletter, quotes nothing.
    let quotes = SIGNS.iter().any(|sign| content.contains(sign));
    let Some((start, end)) = quotes.then(|| last_quote(content)).flatten() else { return Cow::Borrowed(content) };
    let (before, rest) = content.split_at(start);
    let (quote, after) = rest.split_at(end - start);
    // Without quotation marks: wherever it stood, it could not end an attribute.
    let words = super::escape(words);
    Cow::Owned(format!("{before}<details class=pismo-quote><summary>{words}</summary>{quote}</details>{after}"))
}

/// Where the last outermost quote begins and ends, if only space follows it and text stands before it.
fn last_quote(content: &str) -> Option<(usize, usize)> {
    let mut open: Vec<&str> = Vec::new();
    // The quote that is open: where it began, and how deep.
    let mut quote: Option<(usize, usize)> = None;
    let mut last: Option<(usize, usize)> = None;
    let (mut at, mut text_before) = (0, false);
    while let Some(tag) = next_tag(content, at) {
        if quote.is_none() && is_text(content.get(at..tag.start)?) {
            (text_before, last) = (true, None);
        }
        at = tag.end;
        if tag.closes {
            if open.pop() != Some(tag.name) {
                return None;
            }
            if let Some((start, depth)) = quote
                && open.len() == depth
            {
                (last, quote) = (Some((start, tag.end)), None);
            }
            continue;
        }
        if quote.is_none() {
            if is_quote(&tag) && text_before {
                quote = Some((tag.start, open.len()));
            } else if matches!(tag.name, "img" | "table") {
                // Something to be seen.
                (text_before, last) = (true, None);
            }
        }
        if !VOID.contains(&tag.name) {
            open.push(tag.name);
            if open.len() > DEEP {
                return None;
            }
        }
    }
    (open.is_empty() && !is_text(content.get(at..)?)).then_some(last).flatten()
}

/// The next tag from there on.
pub(super) fn next_tag(content: &str, from: usize) -> Option<Tag<'_>> {
    let start = from + content.get(from..)?.find('<')?;
    let mut quoted = None;
    let inside = content.get(start + 1..)?;
    let length = inside.bytes().position(|byte| match (quoted, byte) {
        (None, b'>') => true,
        (None, b'"' | b'\'') => {
            quoted = Some(byte);
            false
        }
        (Some(mark), byte) => {
            if mark == byte {
                quoted = None;
            }
            false
        }
        _ => false,
    })?;
    let inside = inside.get(..length)?;
    let (closes, inside) = match inside.strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, inside),
    };
    let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
    Some(Tag { start, end: start + 1 + length + 1, name, attributes, closes })
}

/// What mail programs put around what they quote: Apple Mail, Thunderbird and others `blockquote`, Gmail and Yahoo a `div` of
/// a class of theirs, with the line that says who wrote it.
fn is_quote(tag: &Tag<'_>) -> bool {
    let class = |name: &str| {
        let class = tag.attributes.split_once("class=\"").and_then(|(_, rest)| rest.split('"').next());
        class.is_some_and(|class| class.split(' ').any(|word| word == name))
    };
    match tag.name {
        "blockquote" => tag.attributes.contains("type=\"cite\"") || class("gmail_quote") || class("protonmail_quote"),
        "div" => ["gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra"].into_iter().any(class),
        _ => false,
    }
}

fn is_text(text: &str) -> bool {
    !text.replace("&nbsp;", " ").trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(content: &str) -> String {
        fold(content, "Quoted")
            .replace("<details class=pismo-quote><summary>Quoted</summary>", "{")
            .replace("</details>", "}")
    }

    #[test]
    fn the_quote_beneath_an_answer_is_folded() {
        for (content, expected) in [
            (
                "<p>Yes</p><blockquote type=\"cite\"><p>Really?</p></blockquote><br>&nbsp;",
                "<p>Yes</p>{<blockquote type=\"cite\"><p>Really?</p></blockquote>}<br>&nbsp;",
            ),
            (
                "<div>Yes<div class=\"gmail_quote x\"><div>On Monday:</div><blockquote>a<br></blockquote></div></div>",
                "<div>Yes{<div class=\"gmail_quote x\"><div>On Monday:</div><blockquote>a<br></blockquote></div>}</div>",
            ),
            (
                "<img src=\"a\"><blockquote type=\"cite\">a<blockquote type=\"cite\">b</blockquote></blockquote>",
                "<img src=\"a\">{<blockquote type=\"cite\">a<blockquote type=\"cite\">b</blockquote></blockquote>}",
            ),
        ] {
            assert_eq!(folded(content), expected);
        }
    }

    #[test]
    fn what_is_answered_below_and_what_is_all_there_is_stays_open() {
        for content in [
            "",
            "plain",
            "<blockquote type=\"cite\">Only this</blockquote>",
            "<p>Yes</p><blockquote type=\"cite\">Really?</blockquote><p>Really.</p>",
            "<p>Yes</p><blockquote type=\"cite\">Really?</blockquote><img src=\"a\">",
            "<p>Yes</p><blockquote>A poem</blockquote>",
            "<p title=\"<blockquote type='cite'>\">Yes</p>",
        ] {
            assert_eq!(folded(content), content);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_whatever_it_is(content in "(<b>|</b>|<div class=\"gmail_quote\">|</div>|<br>|<blockquote type=\"cite\">|</blockquote>|\"|<|>|a| |я){0,40}") {
            let folded = fold(&content, "Quoted");
            let plain = folded.replace("<details class=pismo-quote><summary>Quoted</summary>", "").replace("</details>", "");
            proptest::prop_assert_eq!(plain, content);
        }
    }
}
