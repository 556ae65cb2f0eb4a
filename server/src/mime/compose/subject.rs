//! Subjects of answers: one prefix, however many the message has gathered in however many languages.

/// What mail programs write before the subject of an answer.
const REPLY: &[&str] =
    &["re", "aw", "antw", "antwort", "sv", "vs", "odp", "rif", "ynt", "ответ", "отв", "вiдп", "відп"];
/// And before the subject of a forwarded message.
const FORWARD: &[&str] =
    &["fwd", "fw", "wg", "tr", "rv", "enc", "doorst", "vb", "vl", "пересл", "переслано", "пер", "пд"];

/// `Re: ` once.
pub fn reply_subject(subject: &str) -> String {
    format!("Re: {}", strip(subject, REPLY)).trim_end().to_owned()
}

/// `Fwd: ` once.
pub fn forward_subject(subject: &str) -> String {
    format!("Fwd: {}", strip(subject, FORWARD)).trim_end().to_owned()
}

/// Takes prefixes off the beginning: `Re:`, `RE[2]:`, `Aw :`, `Ответ：`.
fn strip<'a>(subject: &'a str, prefixes: &[&str]) -> &'a str {
    let mut rest = subject.trim();
    while let Some((prefix, after)) = rest.split_once([':', '：']) {
        let name = prefix.trim_end();
        // A counter: `Re[2]`, `Re(2)`, `Re^2`.
        let name = name.trim_end_matches(|letter: char| {
            letter.is_ascii_digit() || matches!(letter, '[' | ']' | '(' | ')' | '^' | '*')
        });
        if !prefixes.contains(&name.trim_end().to_lowercase().as_str()) {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_prefix() {
        for (subject, reply, forward) in [
            ("Hello", "Re: Hello", "Fwd: Hello"),
            ("Re: Hello", "Re: Hello", "Fwd: Re: Hello"),
            ("RE: re:Re[3]: Hello", "Re: Hello", "Fwd: RE: re:Re[3]: Hello"),
            ("Ответ: Привет", "Re: Привет", "Fwd: Ответ: Привет"),
            ("Fwd: Hello", "Re: Fwd: Hello", "Fwd: Hello"),
            ("Пересл: Fw: Hello", "Re: Пересл: Fw: Hello", "Fwd: Hello"),
            ("Aw : Hello", "Re: Hello", "Fwd: Aw : Hello"),
            ("Re： Hello", "Re: Hello", "Fwd: Re： Hello"),
            ("Report: numbers", "Re: Report: numbers", "Fwd: Report: numbers"),
            ("", "Re:", "Fwd:"),
        ] {
            assert_eq!(reply_subject(subject), reply, "{subject}");
            assert_eq!(forward_subject(subject), forward, "{subject}");
        }
    }
}
