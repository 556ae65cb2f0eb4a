//! What is left of a subject when replies and forwards are taken away (RFC 5256 §2.1).

/// Words before a colon that say "reply" or "forward": those of the RFC, and what programs write in other languages.
const PREFIXES: [&str; 10] = ["re", "fw", "fwd", "aw", "wg", "sv", "tr", "ответ", "отв", "пересл"];

/// As much of a subject as counts, in bytes.
const LONGEST: usize = 1024;

/// The base subject of a decoded subject, in lower case, its spaces made one.
pub fn base_subject(subject: &str) -> String {
    split_subject(subject).0
}

/// The base subject, and whether the subject is that of a reply or a forward.
pub fn split_subject(subject: &str) -> (String, bool) {
    let subject = super::text::cut(subject, LONGEST);
    let collapsed = subject.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut text = collapsed.as_str();
    let mut reply = false;
    loop {
        let before = text;
        while let Some(rest) = text.strip_suffix("(fwd)") {
            (text, reply) = (rest.trim_end(), true);
        }
        while let Some(rest) = without_leader(text) {
            (text, reply) = (rest, true);
        }
        if let Some(rest) = without_blob(text).filter(|rest| !rest.is_empty()) {
            text = rest;
        }
        if let Some(rest) = text.strip_prefix("[fwd:").and_then(|rest| rest.strip_suffix(']')) {
            (text, reply) = (rest.trim(), true);
        }
        if text == before {
            return (text.to_owned(), reply);
        }
    }
}

/// `[list] `
fn without_blob(text: &str) -> Option<&str> {
    let (blob, rest) = text.strip_prefix('[')?.split_once(']')?;
    (!blob.contains('[')).then(|| rest.trim_start())
}

/// `[list] Re [2]: `
fn without_leader(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(after) = without_blob(rest) {
        rest = after;
    }
    let (prefix, subject) = rest.split_once(':')?;
    let word = prefix.split(['[', ' ']).next().unwrap_or_default();
    let tail = prefix.get(word.len()..).unwrap_or_default().trim();
    let numbered = tail.is_empty() || without_blob(tail).is_some_and(str::is_empty);
    (numbered && PREFIXES.contains(&word)).then(|| subject.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_and_forwards_are_taken_away() {
        for (subject, base) in [
            ("Lunch", "lunch"),
            ("Re: Lunch", "lunch"),
            ("RE[2]: Fwd:  Lunch   today (fwd) (FWD)", "lunch today"),
            ("[team] Re: [team] lunch", "lunch"),
            ("[Fwd: Re: Lunch]", "lunch"),
            ("[team]", "[team]"),
            ("Re:", ""),
            ("Ответ: Счёт", "счёт"),
            ("AW: WG: Rechnung", "rechnung"),
            ("Report: lunch", "report: lunch"),
            ("Re reading: a book", "re reading: a book"),
            ("", ""),
        ] {
            assert_eq!(base_subject(subject), base, "{subject}");
        }
    }

    #[test]
    fn a_reply_is_told_from_a_list_and_from_a_first_letter() {
        for (subject, reply) in [
            ("Lunch", false),
            ("[team] Lunch", false),
            ("Re: Lunch", true),
            ("[team] Отв: Обед", true),
            ("Lunch (fwd)", true),
            ("[Fwd: Lunch]", true),
            ("Report: lunch", false),
        ] {
            assert_eq!(split_subject(subject).1, reply, "{subject}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_left_has_nothing_to_be_taken_away(subject: String) {
            let base = base_subject(&subject);
            proptest::prop_assert_eq!(base_subject(&base), base);
        }
    }
}
