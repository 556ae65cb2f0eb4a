//! Line ends (RFC 5322 §2.3: CR and LF only together).

/// Makes every line end of a stream CRLF, whatever it was: a lone CR or LF is what smuggles commands into SMTP.
#[derive(Debug, Default)]
pub struct LineEnds {
    /// The last byte was a CR, already written as CRLF.
    after_cr: bool,
    /// Whether the last line has ended.
    ended: bool,
}

impl LineEnds {
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(chunk.len() + chunk.len() / 32 + 2);
        for &byte in chunk {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\r' | b'\n' => {
                    out.extend_from_slice(b"\r\n");
                    self.after_cr = byte == b'\r';
                    self.ended = true;
                }
                byte => {
                    out.push(byte);
                    self.after_cr = false;
                    self.ended = false;
                }
            }
        }
        out
    }

    /// Ends the last line, if it is not.
    pub fn finish(&mut self) -> Vec<u8> {
        if self.ended { Vec::new() } else { b"\r\n".to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_the_same() {
        for (text, canonical) in [
            ("a\nb", "a\r\nb\r\n"),
            ("a\rb\r\nc", "a\r\nb\r\nc\r\n"),
            ("\r\r\n\n", "\r\n\r\n\r\n"),
            ("a\r\n", "a\r\n"),
            ("a\r", "a\r\n"),
            ("", "\r\n"),
            ("\n.\n", "\r\n.\r\n"),
        ] {
            for size in 1..=text.len().max(1) {
                let mut ends = LineEnds::default();
                let mut out: Vec<u8> = text.as_bytes().chunks(size).flat_map(|chunk| ends.push(chunk)).collect();
                out.extend(ends.finish());
                assert_eq!(String::from_utf8_lossy(&out), canonical, "{text:?} in chunks of {size}");
            }
        }
    }
}
