//! Cuts what a server says into responses, within bounds (RFC 9051 §2.2.2, §4.3).

use super::value::Literal;

/// How much a server may say. Set for each command, since a row of a list and a whole message differ.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Text of one response, its literals not counted. What is longer is cut.
    pub text: usize,
    /// One literal. What is longer is read past and taken as empty.
    pub literal: usize,
    /// All literals of one response together.
    pub response: usize,
    /// Everything said until the command is answered. Whoever says more is hung up on.
    pub total: u64,
}

impl Limits {
    /// For commands whose answer is short.
    pub const SHORT: Limits =
        Limits { text: 256 * 1024, literal: 256 * 1024, response: 512 * 1024, total: 16 * 1024 * 1024 };

    /// Until somebody is logged in: whoever greets may be anybody, and what comes while the library logs in waits in memory.
    pub const ENTRY: Limits = Limits { text: 32 * 1024, literal: 16 * 1024, response: 32 * 1024, total: 256 * 1024 };

    /// The largest literal anybody may ask for.
    pub const MAX_LITERAL: usize = 16 * 1024 * 1024;
}

/// One response without its line end: a text from which the literals were taken out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    pub text: Vec<u8>,
    pub literals: Vec<Literal>,
    /// Something went over a limit and was left out.
    pub cut: bool,
}

/// Why the server is not listened to any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch(pub &'static str);

/// Bytes that the shortest response counts for: reading it costs more than they do, where they are few.
const EACH: usize = 32;

/// Room that is made for bytes of a literal before they come; as much again as there is already.
const AHEAD: usize = 256 * 1024;

/// The longest ending of a line that can announce a literal: `~{4294967295+}`.
const TAIL: usize = 16;

/// Bytes of literals that are read past for one command, beyond what it may be answered: one header of many megabytes must not hide
/// the messages beside it.
const PASSED: u64 = 256 * 1024 * 1024;

/// The longest literal that is read past.
const LONGEST_PASSED: u64 = 64 * 1024 * 1024;

/// The largest number of literals kept of one response.
const MAX_LITERALS: usize = 8192;

/// Puts bytes together to frames, in whatever pieces they come.
#[derive(Debug)]
pub struct Framer {
    frame: Frame,
    /// The end of the line that is being read, for the announcement of a literal.
    tail: Vec<u8>,
    /// Bytes of the current literal that are still to come; of those, none are kept if `skip`.
    literal: Option<usize>,
    skip: bool,
    /// Bytes of literals in this response.
    held: usize,
    pub limits: Limits,
    /// Bytes since the last [`Framer::restart`], those of literals that were passed not counted, and [`EACH`] response as one of some.
    said: u64,
    /// Bytes of literals that were passed since then.
    passed: u64,
}

impl Framer {
    pub fn new(limits: Limits) -> Self {
        Self {
            frame: Frame::default(),
            tail: Vec::new(),
            literal: None,
            skip: false,
            held: 0,
            limits,
            said: 0,
            passed: 0,
        }
    }

    /// A new command: counts from nothing.
    pub fn restart(&mut self, limits: Limits) {
        self.limits = limits;
        self.said = 0;
        self.passed = 0;
    }

    /// Whether no response is half read.
    pub fn is_between(&self) -> bool {
        self.literal.is_none() && self.tail.is_empty() && self.frame == Frame::default()
    }

    /// Takes in bytes and gives out the frames they complete.
    pub fn push(&mut self, mut bytes: &[u8], mut complete: impl FnMut(Frame)) -> Result<(), TooMuch> {
        while !bytes.is_empty() {
            let before = bytes.len();
            let passing = self.skip && self.literal.is_some();
            bytes = match self.literal {
                Some(missing) => self.take_literal(missing, bytes),
                None => self.take_line(bytes, &mut complete)?,
            };
            if !passing {
                self.said += (before - bytes.len()) as u64;
            }
            if self.said > self.limits.total {
                return Err(TooMuch("the answer to one command is too long"));
            }
        }
        Ok(())
    }

    fn take_literal<'a>(&mut self, missing: usize, bytes: &'a [u8]) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
        if !self.skip
            && let Some(literal) = self.frame.literals.last_mut()
        {
            if literal.bytes.capacity() - literal.bytes.len() < taken.len() {
                // As much as is to come, but for what only somebody announces.
                literal.bytes.reserve_exact(missing.min(literal.bytes.len() + AHEAD).max(taken.len()));
            }
            literal.bytes.extend_from_slice(taken);
        }
        self.literal = match missing - taken.len() {
            0 => None,
            missing => Some(missing),
        };
        rest
    }

    fn take_line<'a>(&mut self, bytes: &'a [u8], complete: &mut impl FnMut(Frame)) -> Result<&'a [u8], TooMuch> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default()),
            None => (bytes, &[][..]),
        };
        self.keep(line);
        if end.is_none() {
            return Ok(rest);
        }
        let announced = if self.may_hold_literals() { announced(&self.tail) } else { None };
        match announced {
            Some((length, mark)) => self.begin_literal(length, mark)?,
            None => {
                let mut frame = std::mem::take(&mut self.frame);
                if frame.text.last() == Some(&b'\r') {
                    frame.text.pop();
                }
                self.held = 0;
                self.said += EACH.saturating_sub(frame.text.len()) as u64;
                self.tail.clear();
                complete(frame);
            }
        }
        Ok(rest)
    }

    /// Keeps a piece of a line as far as the limit goes, and always its end.
    fn keep(&mut self, piece: &[u8]) {
        let room = self.limits.text.saturating_sub(self.frame.text.len());
        let kept = piece.get(..room.min(piece.len())).unwrap_or_default();
        self.frame.cut |= kept.len() < piece.len();
        self.frame.text.extend_from_slice(kept);
        let last = piece.get(piece.len().saturating_sub(TAIL + 1)..).unwrap_or_default();
        self.tail.extend_from_slice(last);
        let surplus = self.tail.len().saturating_sub(TAIL + 1);
        self.tail.drain(..surplus);
    }

    /// Only data hold literals: the words of a status or a continuation may end in `{5}` and mean nothing by it.
    fn may_hold_literals(&self) -> bool {
        let Some(rest) = self.frame.text.strip_prefix(b"* ") else { return false };
        let word = rest.split(|&byte| byte == b' ').next().unwrap_or_default();
        let status: [&[u8]; 5] = [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"];
        !status.iter().any(|status| word.eq_ignore_ascii_case(status))
    }

    fn begin_literal(&mut self, length: u64, mark: usize) -> Result<(), TooMuch> {
        let within = usize::try_from(length).ok().filter(|length| *length <= self.limits.literal);
        self.skip = within.is_none_or(|length| self.held + length > self.limits.response);
        self.passed = self.passed.saturating_add(if self.skip { length } else { 0 });
        let too_long = match self.skip {
            true => length > LONGEST_PASSED || self.passed > PASSED,
            false => length > self.limits.total.saturating_sub(self.said),
        };
        if too_long {
            return Err(TooMuch("a literal is too long"));
        }
        let length = usize::try_from(length).map_err(|_| TooMuch("a literal is too long"))?;
        let mark = self.tail.get(self.tail.len().saturating_sub(mark)..).unwrap_or_default();
        if self.frame.text.ends_with(mark) {
            let kept = self.frame.text.len() - mark.len();
            self.frame.text.truncate(kept);
        }
        self.frame.cut |= self.skip;
        if !self.skip {
            self.held += length;
        }
        // Each literal costs more than its bytes, and an empty one costs the server nothing.
        if self.frame.literals.len() < MAX_LITERALS {
            self.frame.literals.push(Literal { at: self.frame.text.len(), bytes: Vec::new() });
        } else {
            self.skip = true;
            self.frame.cut = true;
        }
        self.tail.clear();
        self.literal = (length > 0).then_some(length);
        Ok(())
    }
}

/// The length a line's end announces (`{5}`, `{5+}`, `~{5}`) and how many bytes the announcement has, CR included.
fn announced(tail: &[u8]) -> Option<(u64, usize)> {
    let line = tail.strip_suffix(b"\r").unwrap_or(tail);
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|&byte| byte == b'{')?;
    let digits = inner.get(open + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let tilde = usize::from(open.checked_sub(1).and_then(|before| inner.get(before)) == Some(&b'~'));
    Some((length, tail.len() - open + tilde))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { text: 64, literal: 10, response: 16, total: 100_000 };

    fn frames(pieces: &[&[u8]]) -> Result<Vec<Frame>, TooMuch> {
        let (mut framer, mut frames) = (Framer::new(LIMITS), Vec::new());
        for piece in pieces {
            framer.push(piece, |frame| frames.push(frame))?;
        }
        Ok(frames)
    }

    fn literal(at: usize, bytes: &[u8]) -> Literal {
        Literal { at, bytes: bytes.to_vec() }
    }

    #[test]
    fn responses_without_number_are_too_much_however_short_they_are() {
        let short = "+\n".repeat(4000);
        assert!(short.len() < 10_000);
        assert!(frames(&[short.as_bytes()]).is_err());
        assert_eq!(frames(&["+\n".repeat(1000).as_bytes()]).map(|frames| frames.len()), Ok(1000));
    }

    #[test]
    fn a_response_ends_where_its_last_line_ends() {
        let said =
            b"* 1 FETCH (A {3}\r\na\r\n B ~{0}\r\n)\r\n* 2 EXISTS\r\n+ more {9}\r\nt1 OK done {3}\r\n* OK x {1}\n";
        let expected = [
            Frame {
                text: b"* 1 FETCH (A  B )".to_vec(),
                literals: vec![literal(13, b"a\r\n"), literal(16, b"")],
                cut: false,
            },
            Frame { text: b"* 2 EXISTS".to_vec(), ..Frame::default() },
            Frame { text: b"+ more {9}".to_vec(), ..Frame::default() },
            Frame { text: b"t1 OK done {3}".to_vec(), ..Frame::default() },
            Frame { text: b"* OK x {1}".to_vec(), ..Frame::default() },
        ];
        assert_eq!(frames(&[said]).unwrap(), expected);
        let bytes: Vec<&[u8]> = said.chunks(1).collect();
        assert_eq!(frames(&bytes).unwrap(), expected);
    }

    #[test]
    fn what_is_too_long_is_cut_and_the_next_response_is_whole() {
        let long = [b"* X ".to_vec(), vec![b'x'; 500], b" {3}\r\nabc y\r\n* 2 EXISTS\r\n".to_vec()].concat();
        let frames = frames(&[&long, b"* 1 FETCH (A {11}\r\n12345678901 B {2}\r\nok)\r\n"]).unwrap();
        assert_eq!(frames.iter().map(|frame| frame.cut).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(frames[2].text, b"* 1 FETCH (A  B )");
        assert_eq!(frames[2].literals, [literal(13, b""), literal(16, b"ok")]);
    }

    #[test]
    fn a_huge_literal_is_not_waited_for() {
        assert!(frames(&[b"* 1 FETCH (A {4294967295}\r\n"]).is_err());
        assert!(frames(&[b"* 1 FETCH (A {67108865}\r\n"]).is_err());
        assert!(frames(&[b"* 1 FETCH (A {67108864}\r\n"]).is_ok(), "it is read past");
        let many = b"* 1 FETCH (A {67108864}\r\n".to_vec();
        let mut framer = Framer::new(LIMITS);
        let passed = (0..5).try_for_each(|_| {
            framer.literal = None;
            framer.push(&many, |_| ())
        });
        assert!(passed.is_err(), "not for ever");
        assert!(frames(&[&[b'x'; 100_001]]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_stay_within_bounds(said: Vec<u8>, cuts in proptest::collection::vec(1usize..9, 1..40)) {
            let mut framer = Framer::new(LIMITS);
            let mut rest = said.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                rest = after;
                let mut within = true;
                if framer.push(piece, |frame| within &= frame.text.len() <= LIMITS.text).is_err() { break; }
                prop_assert!(within && framer.frame.text.len() <= LIMITS.text && framer.tail.len() <= TAIL + 1);
                let held: usize = framer.frame.literals.iter().map(|literal| literal.bytes.len()).sum();
                prop_assert!(held <= LIMITS.response);
            }
        }

        #[test]
        fn pieces_do_not_matter(
            words in proptest::collection::vec(("[a-z (){}+]{0,12}", proptest::option::of(proptest::collection::vec(any::<u8>(), 0..9))), 0..12),
            cut in 1usize..7,
        ) {
            let mut said = Vec::new();
            for (word, literal) in &words {
                said.extend_from_slice(format!("* DATA {word}").as_bytes());
                if let Some(literal) = literal {
                    said.extend_from_slice(format!(" {{{}}}\r\n", literal.len()).as_bytes());
                    said.extend_from_slice(literal);
                }
                said.extend_from_slice(b" .\r\n");
            }
            let pieces: Vec<&[u8]> = said.chunks(cut).collect();
            prop_assert_eq!(frames(&[&said]), frames(&pieces));
            prop_assert_eq!(frames(&pieces).unwrap().len(), words.len());
        }
    }
}
