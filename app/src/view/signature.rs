//! Where a signature stands in what is being written. Pure.

use std::ops::Range;

use crate::wire::IdentityChoices;

/// What a new text consists of: room to write, what is quoted, and the signature, above it or at the end.
pub fn with_signature(quoted: &str, choices: &IdentityChoices) -> String {
    let text = if quoted.trim().is_empty() { String::new() } else { format!("\n\n{quoted}") };
    add(text, quoted, choices)
}

/// The text with another signature. If the one before is not there any more, the person has seen to it: nothing changes.
/// `quoted` is what was quoted when the text was begun, as far as that is known.
pub fn exchange(text: &str, quoted: &str, before: &IdentityChoices, after: &IdentityChoices) -> String {
    let quote = quote_in(text, quoted);
    let old = block(quote.is_some(), before);
    if old.is_empty() {
        return add(text.to_owned(), quoted, after);
    }
    // What others have written is not touched, whatever is in it.
    let (from, to) = match &quote {
        Some(quote) if before.signature_above => (0, quote.start),
        Some(quote) => (quote.end, text.len()),
        None => (0, text.len()),
    };
    let Some(place) = text.get(from..to).and_then(|part| lines_of(part, &old)) else { return text.to_owned() };
    let (head, tail) = (text.get(..from + place).unwrap_or_default(), text.get(from + place + old.len()..));
    let (head, tail) = (head.trim_end_matches('\n'), tail.unwrap_or_default().trim_start_matches('\n'));
    add(if tail.is_empty() { head.to_owned() } else { format!("{head}\n\n{tail}") }, quoted, after)
}

/// The person's own words: what stands above what is quoted, without the signature.
pub fn own_words(text: &str, quoted: &str, choices: &IdentityChoices) -> String {
    let bare = exchange(text, quoted, choices, &IdentityChoices::default());
    let end = quote_in(&bare, quoted).map_or(bare.len(), |quote| quote.start);
    bare.get(..end).unwrap_or(&bare).trim().to_owned()
}

/// Whether there is nothing in a text but the signature.
pub fn is_blank(text: &str, choices: &IdentityChoices) -> bool {
    let text = text.trim();
    text.is_empty() || text == block(false, choices).trim()
}

/// The signature as it stands in a text: after its mark (RFC 3676 §4.3), unless what is quoted follows, which would be
/// taken for a part of it.
pub fn block(quotes: bool, choices: &IdentityChoices) -> String {
    let signature = choices.signature.trim_end();
    match () {
        () if signature.is_empty() => String::new(),
        () if quotes && choices.signature_above => signature.to_owned(),
        () => format!("-- \n{signature}"),
    }
}

fn add(text: String, quoted: &str, choices: &IdentityChoices) -> String {
    let quote = quote_in(&text, quoted);
    let block = block(quote.is_some(), choices);
    if block.is_empty() {
        return text;
    }
    let place = quote.filter(|_| choices.signature_above).and_then(|quote| text.split_at_checked(quote.start));
    match place {
        Some((head, rest)) => format!("{}\n\n{block}\n\n{rest}", head.trim_end_matches('\n')),
        None => format!("{}\n\n{block}\n", text.trim_end()),
    }
}

/// Where the words of others stand in a text, with the line that says whose they are.
fn quote_in(text: &str, quoted: &str) -> Option<Range<usize>> {
    let quoted = quoted.trim();
    if let Some(start) = text.rfind(quoted).filter(|_| !quoted.is_empty()) {
        return Some(start..start + quoted.len());
    }
    // It was cut down, or nobody knows how the text was begun.
    let (mut begin, mut end, mut before) = (None, 0, None);
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with('>') {
            begin = begin.or(before).or(Some(place));
            end = place + line.trim_end().len();
        } else if begin.is_none() && line.starts_with("----------") {
            // Where a forwarded message ends cannot be told.
            return Some(place..text.len());
        }
        before = line.trim_end().ends_with(':').then_some(place);
        place += line.len();
    }
    begin.map(|begin| begin..end)
}

/// The last place where a block stands in a text as lines of its own.
fn lines_of(text: &str, block: &str) -> Option<usize> {
    let whole = |place: &usize| {
        let (head, tail) =
            (text.get(..*place).unwrap_or_default(), text.get(place + block.len()..).unwrap_or_default());
        (head.is_empty() || head.ends_with('\n')) && (tail.is_empty() || tail.starts_with('\n'))
    };
    text.match_indices(block).map(|(place, _)| place).filter(whole).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(signature: &str, above: bool) -> IdentityChoices {
        IdentityChoices { signature: signature.to_owned(), signature_above: above, ..IdentityChoices::default() }
    }

    const QUOTED: &str = "Boris wrote:\n> Hello Ana\n> Ana\n";

    #[test]
    fn a_signature_stands_where_it_is_wanted() {
        for (quoted, choices, expected) in [
            ("", signed("", false), ""),
            ("", signed("Ana\n", true), "\n\n-- \nAna\n"),
            (QUOTED, signed("", true), "\n\nBoris wrote:\n> Hello Ana\n> Ana\n"),
            (QUOTED, signed("Ana", false), "\n\nBoris wrote:\n> Hello Ana\n> Ana\n\n-- \nAna\n"),
            (QUOTED, signed("Ana", true), "\n\nAna\n\nBoris wrote:\n> Hello Ana\n> Ana\n"),
        ] {
            assert_eq!(with_signature(quoted, &choices), expected);
        }
    }

    #[test]
    fn a_signature_is_exchanged_and_what_was_written_stays() {
        let (ana, shop, none) = (signed("Ana", false), signed("The shop\nOpen daily", true), signed("", false));
        let forwarded = "---------- Forwarded message ----------\nFrom: x\n\nHi\n-- \nAna\n";
        for quoted in ["", QUOTED, forwarded] {
            for (begin, other) in [(&ana, &shop), (&shop, &ana), (&none, &shop), (&none, &ana)] {
                let text = format!("Hi, Ana!{}", with_signature(quoted, begin));
                let exchanged = exchange(&text, quoted, begin, other);
                let expected = format!("Hi, Ana!{}", with_signature(quoted, other));
                assert_eq!(exchanged.trim_end(), expected.trim_end(), "{text:?}");
            }
            let text = format!("Hi!{}", with_signature(quoted, &ana));
            let without = format!("Hi!{}", with_signature(quoted, &none));
            assert_eq!(exchange(&text, quoted, &ana, &none).trim_end(), without.trim_end());
        }
    }

    #[test]
    fn a_text_of_which_nothing_is_known_is_understood() {
        let (ana, shop) = (signed("Ana", true), signed("The shop", true));
        let cut = "Hi!\n\nAna\n\nBoris wrote:\n> Ana\n";
        assert_eq!(exchange(cut, "", &ana, &shop), cut.replacen("\n\nAna\n", "\n\nThe shop\n", 1));
        assert_eq!(exchange(cut, QUOTED, &ana, &shop), cut.replacen("\n\nAna\n", "\n\nThe shop\n", 1));
        let below = "Hi!\n\nOn Monday, Boris wrote:\n> Ana\n\nYes\n> -- \n> Ana\n\n-- \nAna\n";
        let expected = below.replace("\n\n-- \nAna\n", "\n").replacen("On Monday", "The shop\n\nOn Monday", 1);
        assert_eq!(exchange(below, "", &signed("Ana", false), &shop).trim_end(), expected.trim_end());
    }

    #[test]
    fn what_the_person_or_others_have_written_is_left_alone() {
        let (ana, shop) = (signed("Ana", false), signed("The shop", false));
        for text in ["Hi!\n\n-- \nAna, +7 900 1\n", "Hi!\n\n-- \nAna B.\n", "Hi, Ana", "Boris wrote:\n> -- \n> Ana\n"] {
            assert_eq!(exchange(text, "", &ana, &shop), text);
        }
        let forwarded = "Hi!\n\n---------- Forwarded message ----------\n\nText\n-- \nAna\n";
        assert_eq!(exchange(forwarded, "", &ana, &shop), forwarded);
        assert_eq!(
            exchange("Ana said so.\n\nBoris wrote:\n> Ana\n", QUOTED, &signed("Ana", true), &shop),
            "Ana said so.\n\nBoris wrote:\n> Ana\n"
        );
        // The quote is not there any more: at the end is always a place.
        assert_eq!(exchange("Hi!", QUOTED, &signed("", false), &signed("Shop", true)), "Hi!\n\n-- \nShop\n");
    }

    #[test]
    fn ones_own_words_are_found() {
        for choices in [signed("Ana", false), signed("Ana", true), signed("", false)] {
            for quoted in ["", QUOTED] {
                let text = format!("Hi!\n\nAll well?{}", with_signature(quoted, &choices));
                assert_eq!(own_words(&text, quoted, &choices), "Hi!\n\nAll well?", "{text}");
                assert_eq!(own_words(&text, "", &choices), "Hi!\n\nAll well?", "{text}");
            }
        }
    }

    #[test]
    fn a_signature_alone_is_no_text() {
        let ana = signed("Ana", false);
        assert!(is_blank(&with_signature("", &ana), &ana) && is_blank(" \n", &ana));
        assert!(!is_blank("Hi!\n\n-- \nAna", &ana));
    }
}
