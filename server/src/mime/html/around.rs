//! What surrounds a body: a page for plain text, and the one for the printer.

use super::{MAX_TEXT, Theme, escape, page};
use crate::mime::text::cut;

/// A document of plain text.
pub fn from_text(text: &str, theme: Theme) -> String {
    let content = format!("<pre class=\"pismo-text\">{}</pre>", escape(cut(text, MAX_TEXT)));
    page(theme, false, "", "", &content)
}

/// A finished document with its subject and header fields above its body, which asks for the printer. All of them go in
/// as text. Only the one script with this nonce runs: see [`printing_policy`](super::printing_policy).
pub fn for_the_printer(document: &str, subject: &str, fields: &[(&str, String)], nonce: &str) -> String {
    let subject = escape(subject);
    let mut header = format!("<h1 style=\"margin:0 0 8px;font-size:1.4em\">{subject}</h1><table>");
    for (name, value) in fields {
        let (name, value) = (escape(name), escape(value));
        header.push_str(&format!("<tr><th align=left valign=top>{name}&emsp;</th><td>{value}</td></tr>"));
    }
    header.push_str("</table><hr>");
    // The document is ours up to its body: the first such tags are those we wrote.
    let (before, rest) = document.split_once("</head>").unwrap_or(("", document));
    let at = rest.find("<body").and_then(|at| Some(at + rest.get(at..)?.find('>')? + 1)).unwrap_or_default();
    let (body, rest) = rest.split_at(at);
    format!(
        "{before}<title>{subject}</title>\
         <script nonce=\"{nonce}\">addEventListener(\"load\",()=>print())</script></head>{body}{header}{rest}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_stand_above_the_body_as_text() {
        let document = "<html><head><meta></head><body class=x>hello <body>";
        let page = for_the_printer(document, "</title><i>", &[("From", "<b>&".to_owned())], "n");
        assert!(page.starts_with("<html><head><meta><title>&lt;/title&gt;&lt;i&gt;</title><script nonce=\"n\">"));
        assert!(page.contains("</script></head><body class=x><h1") && page.contains("&lt;b&gt;&amp;"), "{page}");
        assert!(page.ends_with("<hr>hello <body>"), "{page}");
    }
}
