//! What a response is made of: atoms, strings and lists, read without ever failing (RFC 9051 §4).

use bumpalo::{Bump, collections::Vec as InRoom};

/// The deepest nesting of lists that is kept. Real messages stay under ten; what lies deeper becomes [`Value::Nil`].
pub const MAX_DEPTH: usize = 64;

/// The largest number of values kept of one response.
pub const MAX_VALUES: usize = 65_536;

/// One value of a response. It borrows from the text, or from the room that [`read`] was given: a row of a list has a hundred
/// of them, and none is allocated by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Nil,
    /// An atom, a number or a flag; of `BODY[…]<0>` all of it.
    Atom(&'a [u8]),
    /// A quoted string without its quotes and escapes, or a literal.
    String(&'a [u8]),
    List(&'a [Value<'a>]),
}

impl<'a> Value<'a> {
    /// The bytes of an atom or a string.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Value::Atom(bytes) | Value::String(bytes) => Some(bytes),
            Value::Nil | Value::List(_) => None,
        }
    }

    /// The members of a list; none of anything else.
    pub fn list(&self) -> &'a [Value<'a>] {
        match self {
            Value::List(values) => values,
            _ => &[],
        }
    }

    /// The text of an atom or string, for words of the protocol.
    pub fn text(&self) -> Option<&'a str> {
        self.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// A name of a person's: in modified UTF-7 (RFC 3501 §5.1.3), or as it is.
    pub fn name(&self) -> Option<String> {
        let bytes = self.bytes()?;
        app::utf7::decode(bytes).or_else(|| String::from_utf8(bytes.to_vec()).ok())
    }

    pub fn is(&self, word: &str) -> bool {
        self.bytes().is_some_and(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()))
    }

    pub fn number(&self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    /// A number of 32 bits; a larger one counts as the largest.
    pub fn number32(&self) -> Option<u32> {
        self.number().map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// A size in octets, which some servers write as `9.3736e+06`. One of more than 32 bits counts as the largest.
    pub fn size(&self) -> Option<u32> {
        let rounded = || self.text()?.parse::<f64>().ok().filter(|size| *size >= 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "beyond its bounds it is the bound"
        )]
        self.number32().or_else(|| rounded().map(|size| size as u32))
    }
}

/// How many words of a list are kept, and how long each may be. Servers have some fifty capabilities, and a mailbox ten attributes.
const MAX_WORDS: usize = 300;
const LONGEST_WORD: usize = 100;

/// Words of the protocol, as many and as long as there can be.
pub fn words(values: &[Value]) -> Vec<String> {
    let texts = values.iter().filter_map(Value::text).filter(|text| text.len() <= LONGEST_WORD);
    texts.take(MAX_WORDS).map(str::to_owned).collect()
}

/// A literal, and where in the text it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    pub at: usize,
    pub bytes: Vec<u8>,
}

/// Reads all values of a text. Never fails: an unclosed list or string ends with the text, a stray `)` is skipped,
/// lists deeper than [`MAX_DEPTH`] become [`Value::Nil`]. The stack is a vector, so no input can overflow the real one.
pub fn read<'a>(text: &'a [u8], from: usize, literals: &'a [Literal], room: &'a Bump) -> &'a [Value<'a>] {
    let mut reader = Reader { text, at: from, literals: literals.iter(), room, no_more_ends: false };
    // Values of all lists that are open, and where in them each list begins.
    let mut values: InRoom<Value> = InRoom::with_capacity_in(64, room);
    let mut open: InRoom<usize> = InRoom::with_capacity_in(8, room);
    let mut skipped_depth = 0usize;
    let mut count = 0usize;
    while let Some(token) = reader.next() {
        match token {
            Token::Open if skipped_depth > 0 || open.len() >= MAX_DEPTH => {
                if skipped_depth == 0 {
                    values.push(Value::Nil);
                }
                skipped_depth += 1;
            }
            Token::Open => open.push(values.len()),
            Token::Close if skipped_depth > 0 => skipped_depth -= 1,
            Token::Close => {
                if let Some(start) = open.pop() {
                    close(&mut values, start, room);
                    count += 1;
                }
            }
            Token::Value(_) if skipped_depth > 0 => {}
            Token::Value(value) => {
                values.push(value);
                count += 1;
            }
        }
        if count >= MAX_VALUES {
            break;
        }
    }
    while let Some(start) = open.pop() {
        close(&mut values, start, room);
    }
    values.into_bump_slice()
}

/// Makes one list of the values from a place on.
fn close<'a>(values: &mut InRoom<'a, Value<'a>>, start: usize, room: &'a Bump) {
    let list = room.alloc_slice_copy(values.get(start..).unwrap_or_default());
    values.truncate(start);
    values.push(Value::List(list));
}

enum Token<'a> {
    Open,
    Close,
    Value(Value<'a>),
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    literals: std::slice::Iter<'a, Literal>,
    room: &'a Bump,
    /// No bracket ends any more: it is not looked for again.
    no_more_ends: bool,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Where the next literal stood.
    fn literal_at(&self) -> usize {
        self.literals.as_slice().first().map_or(usize::MAX, |literal| literal.at)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.literal_at() <= self.at {
                return self.literals.next().map(|literal| Token::Value(Value::String(&literal.bytes)));
            }
            match self.peek()? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'(' => {
                    self.at += 1;
                    return Some(Token::Open);
                }
                b')' => {
                    self.at += 1;
                    return Some(Token::Close);
                }
                b'"' => return Some(Token::Value(self.quoted())),
                _ => return Some(Token::Value(self.atom())),
            }
        }
    }

    fn quoted(&mut self) -> Value<'a> {
        self.at += 1;
        let rest = self.rest();
        let plain = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        let (plain, after) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        self.at += plain.len();
        if after.first() != Some(&b'\\') {
            self.at += after.len().min(1);
            return Value::String(plain);
        }
        let mut bytes = plain.to_vec();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    // Only `\"` and `\\` are escapes (RFC 9051 §9, quoted-specials); some servers send a lone backslash.
                    match self.peek() {
                        Some(escaped @ (b'"' | b'\\')) => {
                            bytes.push(escaped);
                            self.at += 1;
                        }
                        _ => bytes.push(byte),
                    }
                }
                _ => bytes.push(byte),
            }
        }
        Value::String(self.room.alloc_slice_copy(&bytes))
    }

    fn atom(&mut self) -> Value<'a> {
        let start = self.at;
        // `BODY[HEADER.FIELDS (FROM TO)]<0>` is one word: what is in its brackets may hold spaces and parentheses.
        let sectioned = |word: &[u8]| word.eq_ignore_ascii_case(b"BODY") || word.eq_ignore_ascii_case(b"BINARY");
        let literal_at = self.literal_at();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b'"' => break,
                b'[' if !self.no_more_ends && sectioned(self.text.get(start..self.at).unwrap_or_default()) => {
                    let end = memchr::memchr(b']', self.rest());
                    self.no_more_ends = end.is_none();
                    self.at += end.map_or(1, |length| length + 1);
                }
                _ => self.at += 1,
            }
            if literal_at <= self.at {
                break;
            }
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        if word.eq_ignore_ascii_case(b"NIL") { Value::Nil } else { Value::Atom(word) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn atom(text: &str) -> Value<'_> {
        Value::Atom(text.as_bytes())
    }

    fn string(text: &str) -> Value<'_> {
        Value::String(text.as_bytes())
    }

    #[test]
    fn values_are_read_as_written() {
        let text = br#"(UID 7 FLAGS (\Seen $Junk) BODY[HEADER.FIELDS (TO)]<0> NIL "a\"b\\c" "x\y")"#;
        assert_eq!(
            read(text, 0, &[], &Bump::new()),
            [Value::List(&[
                atom("UID"),
                atom("7"),
                atom("FLAGS"),
                Value::List(&[atom("\\Seen"), atom("$Junk")]),
                atom("BODY[HEADER.FIELDS (TO)]<0>"),
                Value::Nil,
                string("a\"b\\c"),
                string("x\\y"),
            ])]
        );
    }

    #[test]
    fn a_literal_stands_where_it_stood() {
        let literals = [Literal { at: 2, bytes: b"lit)".to_vec() }, Literal { at: 4, bytes: Vec::new() }];
        assert_eq!(
            read(b"(a  b)", 0, &literals, &Bump::new()),
            [Value::List(&[atom("a"), string("lit)"), string(""), atom("b")])]
        );
    }

    #[test]
    fn broken_nesting_is_borne() {
        assert_eq!(
            read(b"a) (b (c", 0, &[], &Bump::new()),
            [atom("a"), Value::List(&[atom("b"), Value::List(&[atom("c")])])]
        );
        let deep = [vec![b'('; 100_000], b"x".to_vec(), vec![b')'; 100_000], b" y".to_vec()].concat();
        let room = Bump::new();
        let values = read(&deep, 0, &[], &room);
        assert_eq!(values.len(), 2);
        assert_eq!(values.last(), Some(&atom("y")));
    }

    /// A value that owns what it is made of.
    #[derive(Debug, Clone)]
    enum Written {
        Nil,
        Atom(String),
        String(Vec<u8>),
        List(Vec<Written>),
    }

    impl Written {
        fn write(&self, text: &mut Vec<u8>, literals: &mut Vec<Literal>) {
            match self {
                Written::Nil => text.extend_from_slice(b"NIL"),
                Written::Atom(atom) => text.extend_from_slice(atom.as_bytes()),
                Written::String(bytes) => literals.push(Literal { at: text.len(), bytes: bytes.clone() }),
                Written::List(values) => {
                    text.push(b'(');
                    for value in values {
                        value.write(text, literals);
                        text.push(b' ');
                    }
                    text.push(b')');
                }
            }
        }

        fn is(&self, value: &Value) -> bool {
            match (self, value) {
                (Written::Nil, Value::Nil) => true,
                (Written::Atom(atom), Value::Atom(bytes)) => atom.as_bytes() == *bytes,
                (Written::String(string), Value::String(bytes)) => string == bytes,
                (Written::List(list), Value::List(values)) => {
                    list.len() == values.len() && list.iter().zip(*values).all(|(written, value)| written.is(value))
                }
                _ => false,
            }
        }
    }

    fn any_value() -> impl Strategy<Value = Written> {
        let leaf = prop_oneof![
            Just(Written::Nil),
            "[A-Z0-9.$\\\\]{1,9}".prop_filter("NIL is no atom", |word| word != "NIL").prop_map(Written::Atom),
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(Written::String),
        ];
        leaf.prop_recursive(6, 60, 8, |inner| proptest::collection::vec(inner, 0..8).prop_map(Written::List))
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(text: Vec<u8>, places: Vec<(usize, Vec<u8>)>) {
            let literals: Vec<Literal> = places.into_iter().map(|(at, bytes)| Literal { at, bytes }).collect();
            read(&text, 0, &literals, &Bump::new());
        }

        #[test]
        fn what_is_written_is_read_again(written in any_value()) {
            let (mut text, mut literals) = (Vec::new(), Vec::new());
            written.write(&mut text, &mut literals);
            let room = Bump::new();
            let values = read(&text, 0, &literals, &room);
            prop_assert!(values.len() == 1 && values.iter().all(|value| written.is(value)), "{:?}", values);
        }
    }
}
