//! `format=flowed` (RFC 3676): long lines with soft breaks that a reader joins again.

/// How long a line may get before it is broken (§4.2: 78 or less).
const WIDTH: usize = 76;

/// Breaks long lines softly. [`crate::mime::text::unflow`] gives the text back.
pub fn flow(text: &str) -> String {
    let mut flowed = String::with_capacity(text.len() + text.len() / 50);
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        // A text that ends with a line end has no empty line after it.
        if line.is_empty() && lines.peek().is_none() {
            break;
        }
        flow_line(line, &mut flowed);
    }
    flowed
}

fn flow_line(line: &str, flowed: &mut String) {
    let rest = line.trim_start_matches('>');
    let mut prefix = line.get(..line.len() - rest.len()).unwrap_or_default().to_owned();
    let quoted = !prefix.is_empty();
    let rest = if quoted { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    // §4.3: the signature separator keeps its space; any other line that ends in one would flow on.
    let rest = if rest == "-- " { rest } else { rest.trim_end_matches(' ') };
    if quoted && !rest.is_empty() {
        prefix.push(' ');
    }
    if rest == "-- " || rest.is_empty() {
        flowed.push_str(&prefix);
        flowed.push_str(rest);
        flowed.push_str("\r\n");
        return;
    }
    let mut width = 0;
    let mut open = false;
    for word in rest.split_inclusive(' ') {
        let length = word.trim_end_matches(' ').chars().count();
        // A line of `-- ` alone would be read as the separator of a signature.
        let separator = flowed.ends_with("-- ") && width == prefix.len() + 3;
        if open && width + length > WIDTH && length > 0 && !separator {
            flowed.push_str("\r\n");
            open = false;
        }
        if !open {
            // §4.4: a line that begins with a space, a `>` or `From ` is stuffed with one more.
            let stuffed = !quoted && (word.starts_with([' ', '>']) || word.starts_with("From "));
            flowed.push_str(&prefix);
            if stuffed {
                flowed.push(' ');
            }
            width = prefix.len() + usize::from(stuffed);
            open = true;
        }
        flowed.push_str(word);
        width += word.chars().count();
    }
    flowed.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::text::unflow;

    #[test]
    fn flowed_text_comes_back_as_it_was() {
        for text in [
            "",
            "short",
            "a\nb\n\nc",
            "word ".repeat(100).trim_end(),
            "слово ".repeat(100).trim_end(),
            "> quoted\n>> deeper\n> > odd\n>\n>tight",
            &format!("> {}", "quoted ".repeat(50).trim_end()),
            "From here\n From\n > not a quote\n  two spaces",
            "text\n-- \nAna",
            &"x".repeat(500),
            &format!("{}  two  spaces {}", "a".repeat(70), "b".repeat(40)),
            &format!("{} > {}", "a".repeat(75), "b".repeat(40)),
            &format!("{} From {}", "a".repeat(75), "b".repeat(40)),
        ] {
            let flowed = flow(text);
            let back = unflow(&flowed.replace("\r\n", "\n"), false);
            let expected = text.replace(">tight", "> tight");
            assert_eq!(back.trim_end_matches('\n'), expected, "{flowed:?}");
            assert!(flowed.lines().all(|line| line.chars().count() <= 78 || !line.trim().contains(' ')), "{flowed:?}");
        }
    }

    #[test]
    fn spaces_at_line_ends_are_dropped() {
        assert_eq!(flow("a  \nb"), "a\r\nb\r\n");
    }
}
