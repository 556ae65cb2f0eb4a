//! What surrounds a body: the page for the printer, and what can be known of it beforehand.

use std::collections::HashSet;

use super::{MAX_TEXT, Theme, escape, guarded, page, parse, policy};
use crate::mime::text::cut;

/// What an HTML body refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The Content-IDs of the images within the message that it shows.
    pub content_ids: HashSet<String>,
    /// Whether it wants anything from the net.
    pub remote: bool,
}

/// Looks through an HTML body. Heavy enough for a blocking thread.
pub fn survey(html: &str) -> Survey {
    let tree = guarded(|| parse(html)).flatten().unwrap_or_default();
    let attributes = tree.elements().flat_map(|element| &element.attributes);
    let content_ids = attributes
        .chain(&tree.body)
        .filter(|(name, _)| matches!(name.as_str(), "src" | "background"))
        .filter_map(|(_, value)| policy::content_id(value))
        .collect();
    Survey { content_ids, remote: tree.elements().any(policy::is_remote) || policy::has_remote_background(&tree.body) }
}

/// A document of plain text.
pub fn from_text(text: &str, theme: Theme) -> String {
    let content = format!("<pre class=\"pismo-text\">{}</pre>", escape(cut(text, MAX_TEXT)));
    page(theme, false, "", "", &content)
}

/// A finished document with header fields above its body. They go in as text.
pub fn with_header(document: &str, fields: &[(&str, String)]) -> String {
    let mut table = String::from("<table>");
    for (name, value) in fields {
        table.push_str(&format!(
            "<tr><th align=left valign=top>{}&emsp;</th><td>{}</td></tr>",
            escape(name),
            escape(value)
        ));
    }
    table.push_str("</table><hr>");
    // The document is ours up to its body: the first such tag is the one we wrote.
    match document.find("<body").and_then(|at| Some(at + document.get(at..)?.find('>')? + 1)) {
        Some(end) => {
            format!("{}{table}{}", document.get(..end).unwrap_or_default(), document.get(end..).unwrap_or_default())
        }
        None => format!("{table}{document}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_stand_above_the_body_as_text() {
        let page = with_header("<html><head></head><body class=x>hello", &[("Subject", "<b>&".to_owned())]);
        assert!(
            page.contains("<body class=x><table>") && page.contains("&lt;b&gt;&amp;") && page.ends_with("<hr>hello")
        );
    }
}
