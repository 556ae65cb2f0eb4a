//! A message that tells that another was read (RFC 8098 §3).

use std::io::{self, Write};

use app::wire::Address;
use serde::{Deserialize, Serialize};

use super::{Date, Multipart, addresses, content, field, ids, text};

/// What is told of a message that was read, to whoever has asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The Message-ID of the message, without angle brackets; none if it has none.
    pub message_id: Option<String>,
    /// To which address of the reader it came.
    pub recipient: String,
    /// The field that says to which it was sent, as a server has noted it (RFC 8098 §2.3).
    pub original_recipient: Option<String>,
    /// The reader was not asked, but has chosen that it is told.
    pub unasked: bool,
}

/// The message around what is told.
#[derive(Debug, Clone)]
pub struct OutgoingReceipt<'a> {
    pub from: &'a Address,
    pub to: &'a [Address],
    pub subject: &'a str,
    /// For people. Plain text with `\n` line ends.
    pub body: &'a str,
    /// Seconds since 1970 UTC.
    pub date: i64,
    /// Without angle brackets.
    pub message_id: &'a str,
    pub receipt: &'a Receipt,
}

/// Writes it. Fails as [`super::build`] does.
pub fn receipt(outgoing: &OutgoingReceipt, out: &mut impl Write) -> io::Result<()> {
    let OutgoingReceipt { from, to, subject, body, date, message_id, receipt } = *outgoing;
    let mut header = Vec::new();
    addresses(&mut header, "From", std::slice::from_ref(from))?;
    addresses(&mut header, "To", to)?;
    text(&mut header, "Subject", subject);
    field(&mut header, "Date", &Date::new(date).to_rfc822());
    ids(&mut header, "Message-ID", &[message_id.to_owned()]);
    if let Some(read) = &receipt.message_id {
        ids(&mut header, "In-Reply-To", std::slice::from_ref(read));
        ids(&mut header, "References", std::slice::from_ref(read));
    }
    // RFC 3834 §5: no program answers it.
    field(&mut header, "Auto-Submitted", "auto-replied");
    field(&mut header, "MIME-Version", "1.0");
    out.write_all(&header)?;
    let report = Multipart::begin("report", ";\r\n report-type=disposition-notification", message_id, out)?;
    report.part(out)?;
    content::text(body, out)?;
    report.part(out)?;
    out.write_all(b"Content-Type: message/disposition-notification\r\n\r\n")?;
    let mut told = Vec::new();
    if let Some(original) = &receipt.original_recipient {
        field(&mut told, "Original-Recipient", &plain(original));
    }
    field(&mut told, "Final-Recipient", &format!("rfc822; {}", plain(&receipt.recipient)));
    if let Some(read) = &receipt.message_id {
        ids(&mut told, "Original-Message-ID", std::slice::from_ref(read));
    }
    let mode =
        if receipt.unasked { "automatic-action/MDN-sent-automatically" } else { "manual-action/MDN-sent-manually" };
    field(&mut told, "Disposition", &format!("{mode}; displayed"));
    out.write_all(&told)?;
    report.end(out)
}

/// What fits into one line of a header.
fn plain(value: &str) -> String {
    value.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(500).collect()
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;
    use crate::mime::Headers;

    fn address(email: &str) -> Address {
        Address { name: "Ана".to_owned(), email: email.to_owned() }
    }

    fn built(receipt: &Receipt) -> String {
        let mut message = Vec::new();
        let outgoing = OutgoingReceipt {
            from: &address("ana@pismo.test"),
            to: &[address("boris@pismo.test")],
            subject: "Прочитано: one\r\nX-Evil: yes",
            body: "Прочитано.\n",
            date: 1_763_708_700,
            message_id: "1@pismo.test",
            receipt,
        };
        super::receipt(&outgoing, &mut message).expect("built");
        String::from_utf8(message).expect("ASCII")
    }

    #[test]
    fn it_says_what_programs_understand() {
        let receipt = Receipt {
            message_id: Some("read@x.org".to_owned()),
            recipient: "ana@pismo.test".to_owned(),
            original_recipient: Some("rfc822;info@pismo.test".to_owned()),
            unasked: false,
        };
        let message = built(&receipt);
        let parsed = MessageParser::new().parse(message.as_bytes()).expect("a message");
        let kind = parsed.content_type().expect("a type");
        assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
        assert_eq!(kind.attribute("report-type"), Some("disposition-notification"));
        assert_eq!(parsed.parts.len(), 3);
        let (_, told) =
            message.split_once("Content-Type: message/disposition-notification\r\n\r\n").expect("it is told");
        let told = Headers::parse(told.as_bytes());
        assert_eq!(told.text("Original-Recipient"), "rfc822;info@pismo.test");
        assert_eq!(told.text("Final-Recipient"), "rfc822; ana@pismo.test");
        assert_eq!(told.message_ids("Original-Message-ID"), ["read@x.org"]);
        assert_eq!(told.text("Disposition"), "manual-action/MDN-sent-manually; displayed");
        let unasked = built(&Receipt { unasked: true, ..receipt });
        assert!(unasked.contains("Disposition: automatic-action/MDN-sent-automatically; displayed\r\n"));
    }

    #[test]
    fn what_is_told_cannot_write_fields() {
        let message = built(&Receipt {
            message_id: Some("a@b>\r\nX-Evil: yes".to_owned()),
            recipient: "ana@pismo.test\r\nX-Evil: yes".to_owned(),
            original_recipient: Some("rfc822;x\nX-Evil: yes".to_owned()),
            unasked: false,
        });
        assert!(message.is_ascii());
        assert!(!message.lines().any(|line| line.starts_with("X-Evil")), "{message}");
    }
}
