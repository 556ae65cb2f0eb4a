//! Modified UTF-7 (RFC 3501 §5.1.3, RFC 2152): how names of mailboxes travel, and Thunderbird writes labels.

/// `Черновики` → `&BCcENQRABD0EPgQyBDgEOgQ4-`.
pub fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut shifted: Vec<u16> = Vec::new();
    for letter in name.chars() {
        if matches!(letter, ' '..='~') {
            flush(&mut shifted, &mut encoded);
            encoded.push(letter);
            if letter == '&' {
                encoded.push('-');
            }
        } else {
            shifted.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut shifted, &mut encoded);
    encoded
}

/// The name, or nothing when the text is not modified UTF-7.
pub fn decode(text: &[u8]) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'&' => {
                let end = rest.iter().position(|&byte| byte == b'-')?;
                let (base64, after) = rest.split_at_checked(end)?;
                rest = after.get(1..)?;
                if base64.is_empty() {
                    name.push('&');
                } else {
                    unshift(base64, &mut name)?;
                }
            }
            b' '..=b'~' => name.push(char::from(byte)),
            _ => return None,
        }
    }
    Some(name)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

fn flush(shifted: &mut Vec<u16>, encoded: &mut String) {
    if shifted.is_empty() {
        return;
    }
    encoded.push('&');
    let (mut bits, mut held) = (0u32, 0u32);
    for unit in shifted.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        held += 16;
        while held >= 6 {
            held -= 6;
            push_digit(bits >> held, encoded);
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        push_digit(bits << (6 - held), encoded);
    }
    encoded.push('-');
}

fn push_digit(value: u32, encoded: &mut String) {
    if let Some(&digit) = ALPHABET.get((value & 63) as usize) {
        encoded.push(char::from(digit));
    }
}

/// What a digit of the base64 stands for.
pub(crate) fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        // Some servers write `/` where the RFC has `,`.
        b',' | b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

fn unshift(base64: &[u8], name: &mut String) -> Option<()> {
    let mut units = Vec::with_capacity(base64.len() / 2);
    let (mut bits, mut held) = (0u32, 0u32);
    for digit in base64 {
        bits = (bits << 6) | value(*digit)?;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push(u16::try_from((bits >> held) & 0xffff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    for letter in char::decode_utf16(units) {
        name.push(letter.ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_coded_as_the_rfc_says() {
        for (name, coded) in [
            ("INBOX", "INBOX"),
            ("A & B", "A &- B"),
            ("Черновики", "&BCcENQRABD0EPgQyBDgEOgQ4-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("📮", "&2D3c7g-"),
            ("a\tb", "a&AAk-b"),
        ] {
            assert_eq!(encode(name), coded);
            assert_eq!(decode(coded.as_bytes()).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_no_name_is_not_guessed() {
        for text in ["&", "&AGE", "&!-", "Вход", "&2D0-"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name: String) {
            let encoded = encode(&name);
            prop_assert!(encoded.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(decode(encoded.as_bytes()), Some(name));
        }

        #[test]
        fn any_bytes_are_decoded_without_panic(text: Vec<u8>) {
            decode(&text);
        }
    }
}
