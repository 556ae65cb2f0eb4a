//! Plain text as the HTML that is written on. Pure.

/// The class of a signature, by which it is found when another one is wanted. What else has a class loses it at the server.
const SIGNATURE: &str = "pismo-signature";

/// How a quote is marked for those who read it elsewhere.
const QUOTE: &str =
    "<blockquote type=\"cite\" style=\"margin:8px 0 8px 8px;padding-left:12px;border-left:2px solid #c3c8d0\">";

/// A block for each line, and quotes where lines begin with their marks.
pub fn html_of(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        let (level, words) = quote_level(line);
        while depth < level {
            html.push_str(QUOTE);
            depth += 1;
        }
        while depth > level {
            html.push_str("</blockquote>");
            depth -= 1;
        }
        html.push_str("<div dir=\"auto\">");
        html.push_str(&if words.is_empty() { "<br>".to_owned() } else { words_of(words) });
        html.push_str("</div>");
    }
    html.push_str(&"</blockquote>".repeat(depth));
    html
}

/// What somebody else wrote, below a line that says so.
pub fn quoted(line: &str, html: &str) -> String {
    format!("{}{QUOTE}{html}</blockquote>", html_of(line))
}

/// A signature as it stands in a text; nothing for none. `text` is it in plain text, after its mark where it has one; `html` its own
/// HTML, if it is formatted.
pub fn signature_block(text: &str, html: Option<&str>) -> String {
    let inside = match html {
        _ if text.is_empty() => return String::new(),
        Some(html) if text.starts_with("-- \n") => format!("{}{html}", html_of("-- ")),
        Some(html) => html.to_owned(),
        None => html_of(text),
    };
    format!("<div class=\"{SIGNATURE}\">{inside}</div>")
}

/// How often a line is quoted, and what it says.
fn quote_level(line: &str) -> (usize, &str) {
    let (mut level, mut rest) = (0, line);
    while let Some(after) = rest.strip_prefix('>') {
        level += 1;
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    (level.min(16), rest)
}

/// The words of a line, with as many spaces as there are.
fn words_of(line: &str) -> String {
    let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let spaced = escaped.replace('\t', "    ").replace("  ", "\u{a0} ");
    match spaced.strip_prefix(' ') {
        Some(rest) => format!("\u{a0}{rest}"),
        None => spaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_lines_and_quotes() {
        for (text, html) in [
            ("a\n\nb\n", "<div dir=\"auto\">a</div><div dir=\"auto\"><br></div><div dir=\"auto\">b</div>"),
            ("<b>&\n   in", "<div dir=\"auto\">&lt;b&gt;&amp;</div><div dir=\"auto\">\u{a0}  in</div>"),
            ("", "<div dir=\"auto\"><br></div>"),
        ] {
            assert_eq!(html_of(text), html, "{text:?}");
        }
        let nested =
            html_of("x:\n> a\n>> b\nc").replace(QUOTE, "[").replace(" dir=\"auto\"", "").replace("</blockquote>", "]");
        assert_eq!(nested, "<div>x:</div>[<div>a</div>[<div>b</div>]]<div>c</div>");
    }

    #[test]
    fn a_signature_can_be_found_again() {
        assert_eq!(signature_block("", Some("<b>Ana</b>")), "");
        let block = signature_block("-- \nAna", None).replace(" dir=\"auto\"", "");
        assert_eq!(block, "<div class=\"pismo-signature\"><div>-- </div><div>Ana</div></div>");
        for (text, mark) in [("-- \nAna", "<div>-- </div>"), ("Ana", "")] {
            let block = signature_block(text, Some("<b>Ana</b>")).replace(" dir=\"auto\"", "");
            assert_eq!(block, format!("<div class=\"pismo-signature\">{mark}<b>Ana</b></div>"));
        }
    }
}
