//! From bytes to text: charsets as they are labelled, mislabelled and not labelled at all.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, KOI8_R, UTF_8, WINDOWS_1251, WINDOWS_1252};
use mail_parser::decoders::charsets::{DecoderFnc, map::charset_decoder};

/// How much of a text the guess looks at.
const GUESS: usize = 64 * 1024;

/// Decodes text by its label. Text without a useful label, or with one that its bytes contradict, is guessed.
pub fn decode(bytes: &[u8], label: Option<&str>) -> String {
    match label.map_or(Charset::Unknown, named) {
        Charset::Unknown => guess(bytes),
        Charset::Other(decoder) => decoder(bytes),
        Charset::Known(encoding) if encoding == UTF_8 => decode_utf8(bytes),
        Charset::Known(encoding) if encoding.is_single_byte() && is_utf8(bytes, encoding) => decode_utf8(bytes),
        Charset::Known(encoding) if encoding == WINDOWS_1252 && looks_foreign(bytes) => guess(bytes),
        // No byte order mark: in KOI8-R its bytes are the letters ЧЪ.
        Charset::Known(encoding) if encoding.is_single_byte() => {
            encoding.decode_without_bom_handling(bytes).0.into_owned()
        }
        // `utf-16` without a byte order means what its mark says.
        Charset::Known(encoding) => encoding.decode(bytes).0.into_owned(),
    }
}

/// Decodes text that says nothing about its charset: UTF-8 where it is that, else what its letters look like.
pub fn guess(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        // Cut in the middle of a letter, as the beginning of a longer text is.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or(bytes)).into_owned()
        }
        Err(_) => guess_legacy(bytes),
    }
}

/// What a charset label names.
enum Charset {
    Known(&'static Encoding),
    /// What only the mail parser's tables know: UTF-7, some DOS and Macintosh sets.
    Other(DecoderFnc),
    /// No label of a charset, or one that stands for "not known".
    Unknown,
}

fn named(label: &str) -> Charset {
    // Seen in the wild: quotes, a stray semicolon, a language after an asterisk (RFC 2231 §5).
    let label = label.trim_matches(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '"' | '\'' | ';'));
    let label = label.split('*').next().unwrap_or(label).to_ascii_lowercase();
    let label = match label.as_str() {
        "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "unknown" | "x-unknown" | "default"
        | "8bit" | "7bit" | "none" | "_autodetect" | "_autodetect_all" => return Charset::Unknown,
        "win-1251" | "win1251" | "win" | "windows1251" | "windows_1251" | "cp-1251" | "ansi_1251" | "1251"
        | "x-windows-1251" | "ms-cyrl" | "russian" => "windows-1251",
        "win-1252" | "cp-1252" => "windows-1252",
        "maccyrillic" | "x-maccyrillic" | "mac-cyrillic" | "macintosh-cyrillic" => "x-mac-cyrillic",
        "koi8r" | "koi-8r" | "koi-8-r" | "koi8_r" | "koi-8" | "koi" | "koi8-ru" | "koi8ru" | "cskoi8-r" => "koi8-r",
        "cp-866" | "dos-866" | "dos" | "alt" => "ibm866",
        "utf" | "utf_8" | "utf8mb4" | "utf-8-mac" | "utf-8n" | "cp65001" => "utf-8",
        "iso8859_5" | "iso_8859_5" => "iso-8859-5",
        "cp932" => "shift_jis",
        "cp949" => "euc-kr",
        "cp936" => "gbk",
        "cp950" => "big5",
        other => other,
    };
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) => Charset::Known(encoding),
        None => charset_decoder(label.as_bytes()).map_or(Charset::Unknown, Charset::Other),
    }
}

/// Whether bytes are UTF-8 whatever their label says: no words of an old charset happen to be valid UTF-8, though
/// two letters of Cyrillic may.
fn is_utf8(bytes: &[u8], labelled: &'static Encoding) -> bool {
    let least = if labelled == WINDOWS_1252 { 1 } else { 3 };
    !bytes.is_ascii()
        && std::str::from_utf8(bytes)
            .is_ok_and(|text| text.chars().filter(|letter| !letter.is_ascii()).take(least).count() == least)
}

/// UTF-8 by its label. A text that is mostly not that was labelled wrongly.
fn decode_utf8(bytes: &[u8]) -> String {
    let (text, malformed) = UTF_8.decode_with_bom_removal(bytes);
    if !malformed {
        return text.into_owned();
    }
    let broken = text.chars().filter(|letter| *letter == char::REPLACEMENT_CHARACTER).count();
    let foreign = text.chars().filter(|letter| !letter.is_ascii()).count();
    if broken > 1 && broken * 2 > foreign {
        return guess_legacy(bytes);
    }
    text.into_owned()
}

fn guess_legacy(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let head = bytes.get(..GUESS).unwrap_or(bytes);
    detector.feed(head, bytes.len() <= GUESS);
    if !looks_foreign(bytes) {
        // Single accented letters between Latin ones: western Europe.
        let encoding = detector.guess(None, Utf8Detection::Deny);
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    let mut encoding = detector.guess(Some(b"ru"), Utf8Detection::Deny);
    // The detector takes a word or two for accented Latin; nobody writes words of accented letters alone.
    if encoding == WINDOWS_1252 && bytes.len() < 32 {
        let within: Vec<u8> = bytes.array_windows().filter_map(|[one, next]| (*one >= 0xC0).then_some(*next)).collect();
        // Small letters are the lower half in KOI8-R and the upper half in windows-1251.
        let lower = within.iter().filter(|byte| (0xC0..0xE0).contains(*byte)).count();
        encoding = if lower * 2 > within.len() { KOI8_R } else { WINDOWS_1251 };
    }
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Whether most letters are above ASCII, as in no western European language.
fn looks_foreign(bytes: &[u8]) -> bool {
    let head = bytes.get(..GUESS).unwrap_or(bytes);
    let mut high = 0usize;
    let mut beside = 0usize;
    let mut before = 0u8;
    for &byte in head {
        // Two in a row within a word are as good as two letters of a non-Latin alphabet.
        if byte >= 0xC0 || byte == 0xB8 || byte == 0xA3 {
            high += 1;
            if before >= 0xC0 {
                beside += 1;
            }
        }
        before = byte;
    }
    high >= 2 && beside * 2 >= high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_text_is_decoded() {
        let koi = [0xF0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4];
        let windows = [0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2];
        for (label, bytes, text) in [
            ("koi8-r", &koi[..], "Привет"),
            ("koi8-r", &[0xFE, 0xFF, 0x21], "ЧЪ!"),
            ("KOI8-R", &koi, "Привет"),
            ("koi8r", &koi, "Привет"),
            ("windows-1251", &windows, "Привет"),
            ("win-1251", &windows, "Привет"),
            ("cp1251", &windows, "Привет"),
            ("\"Windows-1251\";", &windows, "Привет"),
            ("windows-1251*ru", &windows, "Привет"),
            ("maccyrillic", &[0x8F, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2], "Привет"),
            ("ibm866", &[0x8F, 0xE0, 0xA8, 0xA2, 0xA5, 0xE2], "Привет"),
            ("iso-8859-5", &[0xBF, 0xE0, 0xD8, 0xD2, 0xD5, 0xE2], "Привет"),
            ("utf-8", "Привет".as_bytes(), "Привет"),
            ("utf-8", &[b'n', b'a', 0xC3, 0xAF, b'v', b'e', 0xFF], "naïve\u{fffd}"),
            ("utf-8", &windows, "Привет"),
            ("utf-7", b"+BB8EQAQ4BDIENQRC-", "Привет"),
            ("utf-16", &[0xFE, 0xFF, 0x04, 0x1F], "П"),
            ("iso-8859-1", &[b'c', b'a', b'f', 0xE9], "café"),
            ("iso-8859-1", &windows, "Привет"),
            ("iso-8859-1", "Привет".as_bytes(), "Привет"),
            ("iso-8859-1", "é".as_bytes(), "é"),
            ("windows-1251", "Привет".as_bytes(), "Привет"),
            ("windows-1251", &[0xD0, 0xB8], "Рё"),
            ("us-ascii", &windows, "Привет"),
            ("unknown-8bit", &koi, "Привет"),
            ("no-such-thing", "Привет".as_bytes(), "Привет"),
        ] {
            assert_eq!(decode(bytes, Some(label)), text, "{label}");
        }
    }

    #[test]
    fn unlabelled_text_is_guessed() {
        assert_eq!(guess("Привет".as_bytes()), "Привет");
        assert_eq!(guess(&"Привет".as_bytes()[..11]), "Приве");
        assert_eq!(guess(&[0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2, b',', b' ', 0xEA, 0xE0, 0xEA]), "Привет, как");
        assert_eq!(guess(&[0xE4, 0xE0]), "да");
        assert_eq!(guess(&[0xF7, 0xC1, 0xD3, 0xD1]), "Вася");
        assert_eq!(guess(b"Gar\xE7on, un caf\xE9 et une bi\xE8re"), "Garçon, un café et une bière");
        assert_eq!(guess(b"plain"), "plain");
    }
}
