//! A message that is sent on as it is (RFC 5322 §3.6.6): what says so stands above it, and the rest is its own bytes.

use std::io::{self, BufRead, Write};

use app::wire::Address;
use mail_builder::headers::date::Date;

use super::build::{addresses, field, ids};

/// Fields that tell of recipients whom nobody is to see (RFC 5322 §3.6.3): they do not go on.
const HIDDEN: [&[u8]; 2] = [b"bcc", b"resent-bcc"];

/// How much of a line of the header is read at once, in bytes: nobody says how long a line may be that came from outside.
const LINE: u64 = 16 * 1024;

/// Who sends a message on, to whom, and when.
#[derive(Debug, Clone)]
pub struct Resent<'a> {
    pub from: &'a Address,
    pub to: &'a [Address],
    pub cc: &'a [Address],
    /// Seconds since 1970 UTC.
    pub date: i64,
    /// Without angle brackets. It stays the same through all retries.
    pub message_id: &'a str,
}

/// Writes the message that is sent on. Fails only where it cannot be read or the output not be written; an address that is not
/// one is [`io::ErrorKind::InvalidInput`].
pub fn write(resent: &Resent, message: &mut impl BufRead, out: &mut impl Write) -> io::Result<()> {
    let mut header = Vec::new();
    field(&mut header, "Resent-Date", &Date::new(resent.date).to_rfc822());
    addresses(&mut header, "Resent-From", std::slice::from_ref(resent.from))?;
    addresses(&mut header, "Resent-To", resent.to)?;
    addresses(&mut header, "Resent-Cc", resent.cc)?;
    ids(&mut header, "Resent-Message-ID", &[resent.message_id.to_owned()]);
    out.write_all(&header)?;
    without_hidden(message, out)?;
    io::copy(message, out)?;
    Ok(())
}

/// Copies a header to its end, the empty line. One before it is a mistake of the sender's, as in [`super::Headers::parse`].
fn without_hidden(message: &mut impl BufRead, out: &mut impl Write) -> io::Result<()> {
    let (mut begins, mut is_hidden, mut has_begun) = (true, false, false);
    let mut line = Vec::new();
    loop {
        line.clear();
        if io::Read::take(&mut *message, LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let is_empty = begins && matches!(line.as_slice(), b"\n" | b"\r\n");
        if is_empty && !has_begun {
            continue;
        }
        has_begun = true;
        // RFC 5322 §2.2.3: a line that begins with a blank goes on with the field before it.
        if begins && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            is_hidden = HIDDEN.iter().any(|name| is_field(&line, name));
        }
        if !is_hidden {
            out.write_all(&line)?;
        }
        if is_empty {
            return Ok(());
        }
        begins = line.ends_with(b"\n");
    }
}

/// Whether a line begins the field of this name, in lower case. RFC 5322 §4.5.3: blanks may precede the colon.
fn is_field(line: &[u8], name: &[u8]) -> bool {
    line.split(|byte| *byte == b':').next().is_some_and(|before| before.trim_ascii_end().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(email: &str) -> Address {
        Address { name: String::new(), email: email.to_owned() }
    }

    fn written(message: &str) -> String {
        let (from, to, cc) = (address("ana@x.example"), [address("b@x.example")], [address("c@x.example")]);
        let resent = Resent { from: &from, to: &to, cc: &cc, date: 0, message_id: "1@x.example" };
        let mut out = Vec::new();
        write(&resent, &mut message.as_bytes(), &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    const ABOVE: &str = "Resent-Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nResent-From: <ana@x.example>\r\n\
        Resent-To: <b@x.example>\r\nResent-Cc: <c@x.example>\r\nResent-Message-ID: <1@x.example>\r\n";

    #[test]
    fn what_is_sent_on_is_the_same_below_but_for_whom_nobody_sees() {
        let long = format!("X: {}\r\n", "x".repeat(40_000));
        for (message, below) in [
            (
                "Received: x\r\nFrom: a@x\r\n\r\nBcc: in the text\r\n",
                "Received: x\r\nFrom: a@x\r\n\r\nBcc: in the text\r\n",
            ),
            ("A: 1\nBcc: d@x,\n e@x\n\tf@x\nB: 2\n\nx", "A: 1\nB: 2\n\nx"),
            ("bCC : d@x\r\nResent-Bcc: e@x\r\nBccs: f\r\n\r\n", "Bccs: f\r\n\r\n"),
            (&format!("{long}{}\r\n", long.replacen('X', "Bcc", 1)), &format!("{long}\r\n")),
            ("A: no end", "A: no end"),
            ("\r\nA: 1\r\n\r\ntext", "A: 1\r\n\r\ntext"),
            ("", ""),
        ] {
            let shown = message.get(..60).unwrap_or(message);
            assert!(written(message) == format!("{ABOVE}{below}"), "{shown}");
        }
    }
}
