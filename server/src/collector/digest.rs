//! By what a message is known again: its octets, whatever server they come from.

use sha2::{Digest as _, Sha256};

use crate::seal::hex;

/// The size and SHA-256 of a message with every line end counted as CRLF, which is how servers tell of it that keep lines
/// in another form (Dovecot).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    pub size: u64,
    /// In hexadecimal.
    pub hash: String,
    /// Octets as they came.
    pub raw: u64,
    pub has_nul: bool,
}

/// Takes a message in pieces.
#[derive(Default)]
pub struct Digester {
    sha: Sha256,
    size: u64,
    raw: u64,
    has_nul: bool,
    after_cr: bool,
}

impl Digester {
    pub fn push(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        self.raw += bytes.len() as u64;
        self.has_nul |= memchr::memchr(0, bytes).is_some();
        let mut hashed = 0;
        for at in self.bare(bytes) {
            self.sha.update(bytes.get(hashed..at).unwrap_or_default());
            self.sha.update(b"\r");
            self.size += 1;
            hashed = at;
        }
        self.size += bytes.len() as u64;
        self.sha.update(bytes.get(hashed..).unwrap_or_default());
        self.after_cr = *last == b'\r';
    }

    /// Where LF stand without CR before them. Hardly any message has one, and a loop without branches tells so in no time.
    fn bare(&self, bytes: &[u8]) -> Vec<usize> {
        let first = bytes.first() == Some(&b'\n') && !self.after_cr;
        let is_bare = |(before, byte): (&u8, &u8)| (*byte == b'\n') & (*before != b'\r');
        let pairs = || bytes.iter().zip(bytes.iter().skip(1));
        let any = pairs().fold(false, |any, pair| any | is_bare(pair));
        let mut found = Vec::from_iter(first.then_some(0));
        if any {
            found.extend(pairs().enumerate().filter(|(_, pair)| is_bare(*pair)).map(|(at, _)| at + 1));
        }
        found
    }

    pub fn finish(self) -> Digest {
        Digest { size: self.size, hash: hex(&self.sha.finalize()), raw: self.raw, has_nul: self.has_nul }
    }
}

/// The digest of a message that is there as a whole.
pub fn digest(message: &[u8]) -> Digest {
    let mut digester = Digester::default();
    digester.push(message);
    digester.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_ends_do_not_count() {
        assert_eq!(digest(b"a\nb\r\n\n").hash, digest(b"a\r\nb\r\n\r\n").hash);
        assert_eq!((digest(b"a\nb\r\n\n").size, digest(b"a\nb\r\n\n").raw), (8, 6));
        assert_ne!(digest(b"a\rb").hash, digest(b"a\r\nb").hash);
        assert!(digest(b"a\0").has_nul && !digest(b"a0").has_nul);
    }

    proptest! {
        #[test]
        fn pieces_make_the_same_digest(text in "[ab\r\n]{0,40}", piece in 1usize..9) {
            let mut digester = Digester::default();
            text.as_bytes().chunks(piece).for_each(|bytes| digester.push(bytes));
            prop_assert_eq!(digester.finish(), digest(text.as_bytes()));
        }
    }
}
