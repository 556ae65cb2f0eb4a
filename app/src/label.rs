//! Labels: IMAP keywords (RFC 9051 §2.3.2) as people know them, in the way of Thunderbird, so that both show the same.
//! Pure; used on both sides.

use crate::{
    i18n::{Locale, td_string},
    utf7,
};

/// The five that Thunderbird has from the start, in its order.
pub const KNOWN: [&str; 5] = ["$label1", "$label2", "$label3", "$label4", "$label5"];

/// Colours for all others, numbered on from those of [`KNOWN`].
const OTHER_COLOURS: usize = 6;

/// The longest keyword that is made here, in bytes: Dovecot takes no longer one unless it is told to
/// (`mail_max_keyword_length`).
const LONGEST: usize = 50;

/// What Thunderbird writes as `_`, and `]`, which no atom may hold either (RFC 9051 §9, resp-specials).
const UNFIT: &str = " ()/{%*<>\\\"]";

/// Words of programs among themselves, in small letters; those that begin with `$` are left out.
const TECHNICAL: [&str; 9] =
    ["nonjunk", "junk", "notjunk", "junkrecorded", "forwarded", "redirected", "mdnsent", "receipt-handled", "old"];

/// Whether a keyword is a person's and not a program's.
pub fn is_label(keyword: &str) -> bool {
    let lower = keyword.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix('$') {
        return rest.strip_prefix("label").is_some_and(|number| number.parse::<u8>().is_ok());
    }
    // `\Important` of a server is no keyword; Dovecot makes `unknown-3` of one whose name it has lost.
    !lower.is_empty() && !lower.starts_with(['\\']) && !lower.starts_with("unknown-") && !TECHNICAL.contains(&&*lower)
}

/// Where a keyword stands in [`KNOWN`].
pub fn known(keyword: &str) -> Option<usize> {
    KNOWN.iter().position(|known| known.eq_ignore_ascii_case(keyword))
}

/// A number that stands for the label's colour in the style sheet, from 0.
pub fn colour(keyword: &str) -> usize {
    known(keyword).unwrap_or_else(|| {
        let sum = keyword.bytes().fold(0, |sum: usize, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte.to_ascii_lowercase())) & 0xffff
        });
        KNOWN.len() + sum % OTHER_COLOURS
    })
}

/// What a label is called.
pub fn title(language: Locale, keyword: &str) -> String {
    let title = match known(keyword) {
        Some(0) => td_string!(language, label.important),
        Some(1) => td_string!(language, label.work),
        Some(2) => td_string!(language, label.personal),
        Some(3) => td_string!(language, label.todo),
        Some(_) => td_string!(language, label.later),
        None => return decode(keyword).unwrap_or_else(|| keyword.to_owned()).replace('_', " "),
    };
    title.to_owned()
}

/// The keyword for a label of this name, the same that Thunderbird makes but for capitals, which do not count. None when
/// there can be none: without a letter or digit, too long, or a word of programs.
pub fn keyword(name: &str) -> Option<String> {
    let fit = |letter: char| if letter.is_whitespace() || UNFIT.contains(letter) { '_' } else { letter };
    let name: String = name.trim().chars().map(fit).collect();
    let keyword = utf7::encode(&name);
    let fits = name.chars().any(char::is_alphanumeric) && keyword.len() <= LONGEST;
    (fits && !keyword.starts_with('$') && is_label(&keyword)).then_some(keyword)
}

/// What to write into the search box to find the messages with a label.
pub fn search(language: Locale, keyword: &str) -> String {
    let title = title(language, keyword);
    let quotes = |letter: char| matches!(letter, '"' | '“' | '”' | '«' | '»');
    let found =
        known(keyword).is_some() || self::keyword(&title).is_some_and(|made| made.eq_ignore_ascii_case(keyword));
    match title.contains(char::is_whitespace) {
        _ if !found || title.contains(quotes) => format!("label:{keyword}"),
        true => format!("label:\"{title}\""),
        false => format!("label:{title}"),
    }
}

/// The keywords that may be meant by what stands in a search box: one of [`KNOWN`] by its name in any language, a name, or
/// the keyword itself.
pub fn meant(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let called =
        |known: &&str| [Locale::en, Locale::ru].iter().any(|language| title(*language, known).to_lowercase() == lower);
    let known = KNOWN.iter().copied().filter(called).map(str::to_owned);
    let mut meant: Vec<String> = known.chain(keyword(text)).collect();
    let is_atom = text.bytes().all(|byte| byte.is_ascii_graphic() && !UNFIT.contains(char::from(byte)));
    if is_atom && !text.is_empty() && !meant.iter().any(|other| other.eq_ignore_ascii_case(text)) {
        meant.push(text.to_owned());
    }
    meant
}

/// The name that a keyword was made of, as far as it can be told.
fn decode(keyword: &str) -> Option<String> {
    let name = if keyword.contains('&') && !keyword.bytes().any(|byte| byte.is_ascii_uppercase()) {
        restore(keyword)
    } else {
        utf7::decode(keyword.as_bytes())
    };
    name.filter(|name| !name.contains(char::is_control))
}

/// Thunderbird writes keys in small letters, and with them the base64 in which a capital means another thing. Where all of
/// it can be Cyrillic it is, and little is left to guess: whether every third letter is a capital.
fn restore(keyword: &str) -> Option<String> {
    let mut capitals = String::with_capacity(keyword.len());
    let mut parts = keyword.split('&');
    capitals.push_str(parts.next()?);
    for part in parts {
        let (base64, rest) = part.split_once('-')?;
        capitals.push('&');
        // Eight digits are three letters, and nothing carries over.
        for digits in base64.as_bytes().chunks(8) {
            capitals.push_str(&likeliest(digits)?);
        }
        capitals.push('-');
        capitals.push_str(rest);
    }
    utf7::decode(capitals.as_bytes())
}

/// Of all ways to write some of these digits, eight at most, as capitals, the one that makes the most usual letters.
fn likeliest(digits: &[u8]) -> Option<String> {
    let raised = |mask: u32| {
        digits.iter().enumerate().map(move |(at, digit)| match mask >> at & 1 {
            0 => *digit,
            _ => digit.to_ascii_uppercase(),
        })
    };
    let oddity = |mask: &u32| {
        let mut bits = 0_u64;
        for digit in raised(*mask) {
            bits = bits << 6 | u64::from(utf7::value(digit)?);
        }
        let (length, spare) = (6 * digits.len() / 16, 6 * digits.len() % 16);
        let letters = (0..length).map(|at| u32::try_from(bits >> (spare + 16 * at) & 0xffff).ok().and_then(oddity));
        letters.sum::<Option<u32>>().filter(|_| bits & ((1 << spare) - 1) == 0)
    };
    let possible = (0..1 << digits.len()).filter_map(|mask| Some((oddity(&mask)?, mask)));
    let (_, mask) = possible.min()?;
    Some(raised(mask).map(char::from).collect())
}

/// How unusual a Cyrillic letter, by its number, is in a name. None for any other.
fn oddity(letter: u32) -> Option<u32> {
    match letter {
        // а–я, ё
        0x430..=0x44f | 0x451 => Some(0),
        // А–Щ
        0x410..=0x429 => Some(1),
        0x400..=0x45f => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_programs_are_no_labels() {
        for keyword in ["$label1", "$Label5", "$label6", "urgent", "&BCAEMA-", "Junkyard"] {
            assert!(is_label(keyword), "{keyword}");
        }
        for keyword in [
            "",
            "$Forwarded",
            "$MDNSent",
            "$label",
            "$labels",
            "$has_cal",
            "$x-me-annot-2",
            "NonJunk",
            "junk",
            "\\Important",
            "unknown-3",
        ] {
            assert!(!is_label(keyword), "{keyword}");
        }
    }

    #[test]
    fn the_five_are_called_as_in_thunderbird() {
        let titles = |language| KNOWN.map(|keyword| title(language, keyword));
        assert_eq!(titles(Locale::en), ["Important", "Work", "Personal", "To Do", "Later"]);
        assert_eq!(titles(Locale::ru), ["Важное", "Работа", "Личное", "К исполнению", "Позже"]);
        assert_eq!(title(Locale::ru, "$LABEL2"), "Работа");
    }

    #[test]
    fn a_name_is_made_a_keyword_and_read_back() {
        for (name, made) in [
            ("Clients", "Clients"),
            (" my project ", "my_project"),
            ("a/b", "a_b"),
            ("R&D", "R&-D"),
            ("Клиенты", "&BBoEOwQ4BDUEPQRCBEs-"),
            ("[x]", "[x_"),
        ] {
            assert_eq!(keyword(name).as_deref(), Some(made));
        }
        for name in ["", " ", "***", "$label7", "Junk", &"long ".repeat(11), &"я".repeat(20)] {
            assert_eq!(keyword(name), None, "{name}");
        }
        for name in ["Clients", "my project", "R&D", "Клиенты", "日本 x"] {
            assert_eq!(title(Locale::en, &keyword(name).unwrap()), name);
        }
    }

    #[test]
    fn cyrillic_names_of_thunderbird_are_restored() {
        for name in [
            "Клиенты",
            "клиенты",
            "Счета на оплату",
            "Договор №".trim_end_matches(" №"),
            "Ждём ответа",
            "Семья",
            "Объезд",
            "Хочу & буду",
        ] {
            let key = keyword(name).unwrap().to_ascii_lowercase();
            assert_eq!(title(Locale::ru, &key), name, "{key}");
        }
        // A name in another script is shown as it travels: what it was cannot be told.
        let greek = keyword("Λόγος").unwrap().to_ascii_lowercase();
        assert_eq!(title(Locale::en, &greek), greek);
        for odd in ["&", "&-", "a&b", "&ah-", "&!-", "&abcdefghijk"] {
            assert!(!title(Locale::en, odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn what_is_written_to_search_means_the_label() {
        for keyword in [
            "$label1",
            "$label4",
            "urgent",
            "my_project",
            "&BBoEOwQ4BDUEPQRCBEs-",
            "&bboeowq4bduepqrcbes-",
            "&a7sdzaoza78dwg-",
            "a\"b",
            "R&-D",
        ] {
            for language in [Locale::en, Locale::ru] {
                let written = search(language, keyword);
                let text = written.strip_prefix("label:").unwrap().trim_matches('"').to_owned();
                let meant = meant(&text);
                assert!(
                    meant.iter().any(|meant| meant.eq_ignore_ascii_case(keyword)) || keyword.contains('"'),
                    "{written}: {meant:?}"
                );
            }
        }
        assert_eq!(meant("work"), ["$label2", "work"]);
        assert_eq!(meant("ВАЖНОЕ")[0], "$label1");
        assert_eq!(meant("$label1"), ["$label1"]);
        assert_eq!(meant("(]"), Vec::<String>::new());
    }

    #[test]
    fn colours_are_the_same_however_a_keyword_is_written() {
        assert_eq!(colour("$LABEL3"), 2);
        assert_eq!(colour("Clients"), colour("clients"));
        assert!((5..11).contains(&colour("anything")));
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_name_is_its_keyword_can_be_sent(name: String) {
            if let Some(keyword) = keyword(&name) {
                proptest::prop_assert!(keyword.bytes().all(|byte| byte.is_ascii_graphic() && !UNFIT.contains(char::from(byte))));
            }
        }

        #[test]
        fn any_keyword_has_a_title(keyword in "[!-~]{1,60}") {
            title(Locale::en, &keyword);
        }
    }
}
