//! A message that Pismo itself puts into somebody's inbox.

use std::io::{self, Write};

use app::wire::Address;

use super::{Date, addresses, content, field, ids, text};

/// What it says, and to whom.
#[derive(Debug, Clone)]
pub struct OutgoingNotice<'a> {
    pub from: &'a Address,
    pub to: &'a [Address],
    pub subject: &'a str,
    /// Plain text with `\n` line ends.
    pub body: &'a str,
    /// Seconds since 1970 UTC.
    pub date: i64,
    /// Without angle brackets.
    pub message_id: &'a str,
}

/// Writes it. Fails as [`super::build`] does.
pub fn notice(outgoing: &OutgoingNotice, out: &mut impl Write) -> io::Result<()> {
    let OutgoingNotice { from, to, subject, body, date, message_id } = *outgoing;
    let mut header = Vec::new();
    addresses(&mut header, "From", std::slice::from_ref(from))?;
    addresses(&mut header, "To", to)?;
    text(&mut header, "Subject", subject);
    field(&mut header, "Date", &Date::new(date).to_rfc822());
    ids(&mut header, "Message-ID", &[message_id.to_owned()]);
    // RFC 3834 §5: no program answers it.
    field(&mut header, "Auto-Submitted", "auto-generated");
    field(&mut header, "MIME-Version", "1.0");
    out.write_all(&header)?;
    content::text(body, out)
}
