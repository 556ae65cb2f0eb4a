//! Text of a message that stands among our own words: without letters that nobody sees, or that turn others round. Pure.
//!
//! Names and subjects come from anybody. A letter that turns the direction of reading (UAX #9) makes `moc.knab` of `bank.com`,
//! and one without a shape hides a word from whoever looks for it, or keeps two names apart that look the same.

use std::borrow::Cow;

/// The text without what could deceive. Joiners stay where letters are written otherwise for them: in emoji, and in scripts
/// whose letters join (RFC 5892 Appendix A.1 and A.2 have the idea, for domains).
pub fn legible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|letter| is_turning(letter) || is_unseen(letter)) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        let stays = !is_turning(letter) && (!is_unseen(letter) || belongs(before, letter, letters.peek().copied()));
        if stays {
            kept.push(letter);
            before = Some(letter);
        }
    }
    Cow::Owned(kept)
}

/// Whether a letter turns the direction in which others are read (UAX #9 §2): embeddings, overrides, isolates and marks.
pub fn is_turning(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same of a longer text, whose writer may well have to turn directions: all but what has letters read in another order than they
/// are written, whatever letters they are (the overrides of UAX #9 §2.2). By these alone `moc.knab` is `bank.com`.
pub fn in_written_order(text: &str) -> Cow<'_, str> {
    let overrides = ['\u{202d}', '\u{202e}'];
    if text.contains(overrides) { Cow::Owned(text.replace(overrides, "")) } else { Cow::Borrowed(text) }
}

/// Whether a letter has no shape of its own (Default_Ignorable_Code_Point of Unicode, and a few that are drawn as nothing).
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether an unseen letter changes how those beside it are written.
fn belongs(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    // What goes itself is no neighbour.
    let after = after.filter(|after| !is_turning(*after) && !is_unseen(*after)).unwrap_or(' ');
    match letter {
        // ZWNJ between letters that would join; ZWJ there, or between pictures that are one.
        '\u{200c}' => joins(before) && joins(after),
        '\u{200d}' => joins(before) || is_picture(before) && is_picture(after),
        // Which form of the letter before is meant: of a picture, of a digit in its key, of an ideograph.
        '\u{fe00}'..='\u{fe0f}' => is_picture(before) || is_ideograph(before) || after == '\u{20e3}',
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
        // The flags of England, Scotland and Wales are a black one with letters that nobody sees (UTS #51, C.1).
        '\u{e0020}'..='\u{e007f}' => matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'),
        _ => false,
    }
}

/// Whether letters of this one's script join: those of Arabic and its neighbours, of India and of South-East Asia.
fn joins(letter: char) -> bool {
    matches!(
        letter,
        '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}' | '\u{1820}'..='\u{18aa}' | '\u{1a20}'..='\u{1aff}' | '\u{1b00}'..='\u{1bff}'
            | '\u{1cd0}'..='\u{1cff}' | '\u{a8e0}'..='\u{a8ff}' | '\u{aa00}'..='\u{aaff}' | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{10fff}' | '\u{11000}'..='\u{11fff}' | '\u{1e900}'..='\u{1e95f}'
    )
}

/// Whether this is a picture, or says of which kind the one before it is.
fn is_picture(letter: char) -> bool {
    matches!(
        letter,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
            | '\u{2300}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}'
            | '\u{3297}' | '\u{3299}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}'
    )
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_and_what_turns_goes() {
        for (text, expected) in [
            ("\u{202e}moc.knab\u{202c}", "moc.knab"),
            ("\u{2067}a\u{2069}\u{200f}b\u{200e}\u{61c}", "ab"),
            ("pay\u{200b}pal", "paypal"),
            ("pay\u{ad}p\u{2060}al\u{feff}", "paypal"),
            ("pay\u{200d}pal \u{200c}x", "paypal x"),
            ("a\u{fe0f}b\u{fe01}", "ab"),
            ("a\u{e0061}\u{e0062}", "a"),
            ("\u{3164}\u{115f}\u{ffa0}", ""),
            ("\u{200d}\u{200c}", ""),
            ("бан\u{200c}к", "банк"),
        ] {
            assert_eq!(legible(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_belongs_to_the_writing_stays() {
        for text in [
            "plain",
            "Привет, мир",
            // Persian "I want", with the joiner that keeps its two parts apart.
            "می\u{200c}خواهم",
            // Hindi, with a half form; Sinhala "Sri".
            "क\u{94d}\u{200d}ष",
            "ශ\u{dca}\u{200d}ර\u{dd3}",
            // A family, a pilot, a heart on fire, a key, the flag of Scotland.
            "👨\u{200d}👩\u{200d}👧",
            "👩🏽\u{200d}✈\u{fe0f}",
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "שלום",
            "葛\u{e0100}城",
        ] {
            assert_eq!(legible(text), text, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn once_is_enough(text in "[a\u{430}\u{645}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{fe0f}1\u{20e3}❤🔥\u{e0061}\u{1f3f4}]{0,12}|\\PC{0,20}") {
            let once = legible(&text).into_owned();
            proptest::prop_assert_eq!(legible(&once), once.as_str());
            proptest::prop_assert!(!once.chars().any(is_turning));
        }
    }
}
