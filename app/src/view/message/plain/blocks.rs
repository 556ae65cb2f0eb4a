//! Finds quotes and the signature in plain text. Pure.

/// A stretch of text of one kind.
#[derive(Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Lines of the writer.
    Text(String),
    /// Lines of someone else (RFC 3676 §4.5), without their marks.
    Quote { lines: u32, inside: Vec<Block<'a>> },
    /// What stands below `-- ` (RFC 3676 §4.3).
    Signature(&'a str),
}

/// Deeper quotes are shown as text: nobody reads them, and what comes from outside must not decide how deep we go.
const DEPTH: usize = 8;

/// The blocks of a message's text.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let (text, signature) = split_signature(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut found = within(&lines, 0);
    if let Some(signature) = signature {
        found.push(Block::Signature(signature));
    }
    found
}

fn split_signature(text: &str) -> (&str, Option<&str>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // Some programs lose the blank at the end of the line.
        if matches!(line.trim_end_matches(['\n', '\r']), "-- " | "--") && start > 0 {
            let (above, below) = text.split_at(start);
            // What is answered below a signature is no signature.
            let is_last = !below.lines().any(|line| quoted(line).is_some());
            return if is_last { (above, Some(below)) } else { (text, None) };
        }
        start += line.len();
    }
    (text, None)
}

fn within<'a>(lines: &[&'a str], depth: usize) -> Vec<Block<'a>> {
    let mut found = Vec::new();
    for stretch in lines.chunk_by(|a, b| quoted(a).is_some() == quoted(b).is_some()) {
        let is_quote = stretch.first().is_some_and(|line| quoted(line).is_some());
        if is_quote && depth < DEPTH {
            let inside: Vec<&str> = stretch.iter().filter_map(|line| quoted(line)).collect();
            let lines = u32::try_from(inside.len()).unwrap_or(u32::MAX);
            found.push(Block::Quote { lines, inside: within(&inside, depth + 1) });
        } else if stretch.iter().any(|line| !line.trim().is_empty()) {
            found.push(Block::Text(stretch.join("\n")));
        }
    }
    found
}

/// The line without its mark, if it has one.
fn quoted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('>')?;
    // `>From` at the start of a line is how mbox files save "From".
    if rest.starts_with("From ") {
        return None;
    }
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Block<'_> {
        Block::Text(text.to_owned())
    }

    #[test]
    fn quotes_are_found_at_every_level() {
        let found = blocks("Да.\n\n> Идём?\n>> В парк?\n> > Да\n> Нет");
        let inner = Block::Quote { lines: 2, inside: vec![text("В парк?\nДа")] };
        let quote = Block::Quote { lines: 4, inside: vec![text("Идём?"), inner, text("Нет")] };
        assert_eq!(found, [text("Да.\n"), quote]);
    }

    #[test]
    fn what_stands_below_two_dashes_is_the_signature() {
        assert_eq!(blocks("Hello\n-- \nAna"), [text("Hello"), Block::Signature("-- \nAna")]);
        assert_eq!(blocks("Hello\n-- \nAna\n> quoted").len(), 2, "the signature of someone who answers above");
    }

    #[test]
    fn a_line_that_begins_with_from_is_no_quote() {
        assert_eq!(blocks(">From here on"), [text(">From here on")]);
    }

    #[test]
    fn a_tower_of_marks_ends_somewhere() {
        let tower = ">".repeat(100_000);
        let mut found = &blocks(&tower);
        let mut depth = 0;
        while let [Block::Quote { inside, .. }] = &found[..] {
            found = inside;
            depth += 1;
        }
        assert_eq!(depth, DEPTH);
    }
}
