//! Where a signature stands in what is being written. Pure.

use crate::wire::IdentityChoices;

/// What a new text consists of: room to write, what is quoted, and the signature, above it or at the end.
pub fn with_signature(quoted: &str, choices: &IdentityChoices) -> String {
    let text = if quoted.trim().is_empty() { String::new() } else { format!("\n\n{quoted}") };
    add(text, quoted, choices)
}

/// The text with another signature. If the one before is not there any more, the person has seen to it: nothing changes.
pub fn exchange(text: &str, quoted: &str, before: &IdentityChoices, after: &IdentityChoices) -> String {
    let old = block(quoted, before);
    if old.is_empty() {
        return add(text.to_owned(), quoted, after);
    }
    let Some((head, tail)) = text.rsplit_once(&old) else { return text.to_owned() };
    let (head, tail) = (head.trim_end_matches('\n'), tail.trim_matches('\n'));
    add(if tail.is_empty() { head.to_owned() } else { format!("{head}\n\n{tail}") }, quoted, after)
}

/// Whether there is nothing in a text but the signature.
pub fn is_blank(text: &str, choices: &IdentityChoices) -> bool {
    let text = text.trim();
    text.is_empty() || text == block("", choices).trim()
}

/// The signature as it stands in a text: after its mark (RFC 3676 §4.3), unless what is quoted follows, which would be
/// taken for a part of it.
fn block(quoted: &str, choices: &IdentityChoices) -> String {
    let signature = choices.signature.trim_end();
    match () {
        () if signature.is_empty() => String::new(),
        () if is_above(quoted, choices) => signature.to_owned(),
        () => format!("-- \n{signature}"),
    }
}

fn is_above(quoted: &str, choices: &IdentityChoices) -> bool {
    choices.signature_above && !quoted.trim().is_empty()
}

fn add(text: String, quoted: &str, choices: &IdentityChoices) -> String {
    let block = block(quoted, choices);
    if block.is_empty() {
        return text;
    }
    let place = if is_above(quoted, choices) { text.rfind(quoted.trim_end()) } else { None };
    match place.and_then(|place| text.split_at_checked(place)) {
        Some((head, rest)) => format!("{}\n\n{block}\n\n{rest}", head.trim_end_matches('\n')),
        None => format!("{}\n\n{block}\n", text.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(signature: &str, above: bool) -> IdentityChoices {
        IdentityChoices { signature: signature.to_owned(), signature_above: above, ..IdentityChoices::default() }
    }

    const QUOTED: &str = "Boris wrote:\n> Hello\n";

    #[test]
    fn a_signature_stands_where_it_is_wanted() {
        for (quoted, choices, expected) in [
            ("", signed("", false), ""),
            ("", signed("Ana\n", true), "\n\n-- \nAna\n"),
            (QUOTED, signed("", true), "\n\nBoris wrote:\n> Hello\n"),
            (QUOTED, signed("Ana", false), "\n\nBoris wrote:\n> Hello\n\n-- \nAna\n"),
            (QUOTED, signed("Ana", true), "\n\nAna\n\nBoris wrote:\n> Hello\n"),
        ] {
            assert_eq!(with_signature(quoted, &choices), expected);
        }
    }

    #[test]
    fn a_signature_is_exchanged_and_what_was_written_stays() {
        let (ana, shop, none) = (signed("Ana", false), signed("The shop\nOpen daily", true), signed("", false));
        for (quoted, begin, others) in
            [("", &ana, &shop), (QUOTED, &ana, &shop), (QUOTED, &shop, &ana), (QUOTED, &none, &shop)]
        {
            let text = format!("Hi!{}", with_signature(quoted, begin));
            let other = exchange(&text, quoted, begin, others);
            assert_eq!(other, format!("Hi!{}", with_signature(quoted, others)), "{text:?}");
        }
        let text = format!("Hi!{}", with_signature(QUOTED, &ana));
        assert_eq!(exchange(&text, QUOTED, &ana, &none).trim_end(), format!("Hi!\n\n{QUOTED}").trim_end());
    }

    #[test]
    fn what_the_person_has_changed_is_left_alone() {
        let text = "Hi!\n\n-- \nAna B.\n";
        assert_eq!(exchange(text, "", &signed("Ana C.", false), &signed("Shop", false)), text);
        // The quote is not there any more: at the end is always a place.
        assert_eq!(exchange("Hi!", QUOTED, &signed("", false), &signed("Shop", true)), "Hi!\n\nShop\n");
    }

    #[test]
    fn a_signature_alone_is_no_text() {
        let ana = signed("Ana", false);
        assert!(is_blank(&with_signature("", &ana), &ana) && is_blank(" \n", &ana));
        assert!(!is_blank("Hi!\n\n-- \nAna", &ana));
    }
}
