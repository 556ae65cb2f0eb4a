//! Plain text: soft line breaks joined (RFC 3676), and the one line of it that a list shows.

use mail_parser::decoders::html::html_to_text;

/// How long a preview is, in letters.
const PREVIEW: usize = 200;
/// How much of a text a preview looks at.
const LOOK: usize = 32 * 1024;

/// Joins the soft line breaks of `format=flowed` text (RFC 3676 §4). Quoted lines keep their marks: `>> text`.
pub fn unflow(text: &str, delsp: bool) -> String {
    let mut unflowed = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let rest = line.trim_start_matches('>');
        let depth = line.len() - rest.len();
        // §4.4: one space of stuffing is taken off.
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        // §4.3: a signature separator is a line of its own, before and after.
        let signature = rest == "-- ";
        if open != Some(depth) || signature {
            if open.is_some() {
                trim_blank(&mut unflowed);
                unflowed.push('\n');
            }
            unflowed.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !rest.is_empty() {
                unflowed.push(' ');
            }
        }
        if rest.ends_with(' ') && !signature {
            // §4.1, §4.2: the line flows on; with DelSp the space itself was only a mark.
            let joined = if delsp { rest.strip_suffix(' ').unwrap_or(rest) } else { rest };
            unflowed.push_str(joined);
            open = Some(depth);
        } else {
            unflowed.push_str(rest);
            unflowed.push('\n');
            open = None;
        }
    }
    if open.is_some() {
        trim_blank(&mut unflowed);
        unflowed.push('\n');
    }
    if !text.ends_with('\n') {
        unflowed.pop();
    }
    unflowed
}

/// A line that should have gone on but did not.
fn trim_blank(text: &mut String) {
    while text.ends_with(' ') {
        text.pop();
    }
}

/// The beginning of a plain text as one line of at most 200 letters: without quotes, rules and signature.
pub fn preview(text: &str) -> String {
    let head = cut(text, LOOK);
    let own = head
        .lines()
        .take_while(|line| *line != "-- ")
        .filter(|line| !line.trim_start().starts_with('>'))
        .filter(|line| !is_rule(line));
    let line = squeeze(own);
    if line.is_empty() { squeeze(head.lines()) } else { line }
}

/// The beginning of an HTML text as one line. The text may be cut anywhere.
pub fn html_to_preview(html: &str) -> String {
    let html = cut(html, 4 * LOOK);
    let body = without_elements(html);
    preview(&html_to_text(&body))
}

/// The longest beginning of at most `limit` bytes.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.chars().all(|letter| matches!(letter, '-' | '=' | '_' | '*' | '~' | '#' | '+'))
}

/// One line with single spaces, and without the invisible letters that newsletters pad their previews with.
fn squeeze<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in lines.flat_map(str::split_whitespace) {
        let mut fresh = true;
        for letter in word.chars().filter(|letter| !is_invisible(*letter)) {
            if std::mem::take(&mut fresh) && !line.is_empty() {
                line.push(' ');
                length += 1;
            }
            if length >= PREVIEW {
                return line.trim_end().to_owned();
            }
            line.push(letter);
            length += 1;
        }
    }
    line
}

fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fffc}'
    ) || letter.is_control()
}

/// Takes out what is not text: style sheets, scripts, titles, comments. An element that does not end takes the rest.
fn without_elements(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        kept.push_str(before);
        let end = if tag.starts_with("<!--") {
            Some("-->")
        } else {
            let name: String = tag.chars().skip(1).take_while(char::is_ascii_alphabetic).take(10).collect();
            match name.to_ascii_lowercase().as_str() {
                "style" => Some("</style"),
                "script" => Some("</script"),
                "title" => Some("</title"),
                _ => None,
            }
        };
        rest = match end {
            None => {
                kept.push('<');
                tag.get(1..).unwrap_or_default()
            }
            Some(end) => match find_ignoring_case(tag, end) {
                Some(at) => {
                    let after = tag.get(at + end.len()..).unwrap_or_default();
                    if end == "-->" { after } else { after.split_once('>').map_or("", |(_, after)| after) }
                }
                None => "",
            },
        };
    }
    kept.push_str(rest);
    kept
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_text_is_joined() {
        for (text, delsp, expected) in [
            ("one \ntwo\nthree", false, "one two\nthree"),
            ("one \ntwo\n", false, "one two\n"),
            (" stuffed\n", false, "stuffed\n"),
            ("> quoted \n> on\nmine", false, "> quoted on\nmine"),
            (">> deep \n> less", false, ">> deep\n> less"),
            ("text \n-- \nname", false, "text\n-- \nname"),
            ("日本 \n語", true, "日本語"),
            ("cut ", false, "cut"),
            ("", false, ""),
            ("\n\na", false, "\n\na"),
        ] {
            assert_eq!(unflow(text, delsp), expected, "{text:?}");
        }
    }

    #[test]
    fn a_preview_is_one_line_of_own_words() {
        for (text, expected) in [
            ("Hello,\n\n  how   are\tyou?\n-- \nAna", "Hello, how are you?"),
            ("> old\n> words\nNew words", "New words"),
            ("> only quoted", "> only quoted"),
            ("=====\nTitle\n-----\ntext", "Title text"),
            ("A\u{200b}\u{34f} \u{200c} B", "A B"),
            ("", ""),
        ] {
            assert_eq!(preview(text), expected, "{text:?}");
        }
        assert_eq!(preview(&"Привет ".repeat(100)).chars().count(), 200);
    }

    #[test]
    fn a_preview_of_html_has_no_markup() {
        for (html, expected) in [
            ("<p>Hello <b>you</b> &amp; me", "Hello you & me"),
            ("<head><title>T</title><STYLE>p{color:red}</STYLE></head><body>Text<!-- no --></body>", "Text"),
            ("<style>p{color:", ""),
            ("<p>cut <a href=\"http", "cut"),
            ("a<br>b", "a b"),
        ] {
            assert_eq!(html_to_preview(html), expected, "{html:?}");
        }
    }
}
