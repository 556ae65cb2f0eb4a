//! Whether somebody would like to know that a message was read (RFC 8098 §2).

use app::wire::Address;

use super::{Headers, recipient, structure::Node};

/// The field by which it is asked.
pub const FIELD: &str = "Disposition-Notification-To";

/// Who would like to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub to: Address,
    /// It is who has sent the message, to the person: else nothing is told without asking them (RFC 8098 §2.1).
    pub certain: bool,
}

/// Who would like to know that a message was read, if anybody may.
pub fn asked(headers: &Headers, structure: &Node) -> Option<Asked> {
    let wanted = headers.addresses(FIELD);
    let to = wanted.first().filter(|to| recipient::check(&to.email).is_ok())?.clone();
    // RFC 8098 §2.1: a report is not answered, nor is what nobody wrote (RFC 3834 §2).
    let automatic = headers.text("Auto-Submitted").trim().to_ascii_lowercase();
    if structure.content_type == "multipart/report" || !automatic.is_empty() && !automatic.starts_with("no") {
        return None;
    }
    // RFC 8098 §2.2: what we do not know, and must.
    if headers.text("Disposition-Notification-Options").to_ascii_lowercase().contains("=required") {
        return None;
    }
    let sender = match headers.raw("Return-Path") {
        Some(path) if path.trim_ascii() == b"<>" => return None,
        Some(_) => headers.addresses("Return-Path").into_iter().next(),
        None => None,
    };
    let spelled = |email: &str| recipient::to_ascii(email).to_lowercase();
    let sent_it = sender.is_some_and(|sender| spelled(&sender.email) == spelled(&to.email));
    Some(Asked { to, certain: wanted.len() == 1 && sent_it && !is_to_many(headers) })
}

/// Whether it came by a list, or as one of many (RFC 2919, RFC 2369).
fn is_to_many(headers: &Headers) -> bool {
    let precedence = headers.text("Precedence").trim().to_ascii_lowercase();
    ["List-Id", "List-Post", "List-Unsubscribe", "Feedback-Id"].iter().any(|name| headers.raw(name).is_some())
        || matches!(precedence.as_str(), "bulk" | "list" | "junk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_sent_a_message_learns_unasked_that_it_was_read() {
        let request = "Disposition-Notification-To: Ana <ana@x.org>\n";
        let path = "Return-Path: <ana@x.org>\n";
        for (header, expected) in [
            (format!("{path}{request}"), Some(true)),
            (format!("Return-Path: <ANA@X.org>\n{request}"), Some(true)),
            (request.to_owned(), Some(false)),
            (format!("Return-Path: <bounce@x.org>\n{request}"), Some(false)),
            (format!("{path}Disposition-Notification-To: ana@x.org, eve@x.org\n"), Some(false)),
            (format!("{path}{request}List-Id: <all.x.org>\n"), Some(false)),
            (format!("{path}{request}Precedence: bulk\n"), Some(false)),
            (format!("{path}{request}Auto-Submitted: no\n"), Some(true)),
            (format!("{path}{request}Auto-Submitted: auto-generated\n"), None),
            (format!("Return-Path: <>\n{request}"), None),
            (format!("{path}{request}Disposition-Notification-Options: x=required,y\n"), None),
            (format!("{path}Disposition-Notification-To: nobody\n"), None),
            (path.to_owned(), None),
        ] {
            let asked = asked(&Headers::parse(header.as_bytes()), &Node::default());
            assert_eq!(asked.map(|asked| asked.certain), expected, "{header}");
        }
        let report = Node { content_type: "multipart/report".into(), ..Node::default() };
        assert_eq!(asked(&Headers::parse(format!("{path}{request}").as_bytes()), &report), None);
    }
}
