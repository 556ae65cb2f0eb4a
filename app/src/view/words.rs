//! Words with numbers in them.

use crate::{
    i18n::*,
    legible::legible,
    state::State,
    wire::{Mailbox, SpecialUse},
};

/// The plural form of a text that goes with a number: `counted!(i18n, list.count, 21)`. Reactive.
macro_rules! counted {
    ($i18n:expr, $($key:ident).+, $count:expr $(, $name:ident = $value:expr)*) => {{
        let count: u32 = $count;
        match $crate::i18n::plural($i18n.get_locale(), count) {
            $crate::i18n::Plural::One =>
                $crate::i18n::t_string!($i18n, $($key).+.one, count = $crate::view::words::number(count) $(, $name = $value)*).to_string(),
            $crate::i18n::Plural::Few =>
                $crate::i18n::t_string!($i18n, $($key).+.few, count = $crate::view::words::number(count) $(, $name = $value)*).to_string(),
            $crate::i18n::Plural::Many =>
                $crate::i18n::t_string!($i18n, $($key).+.many, count = $crate::view::words::number(count) $(, $name = $value)*).to_string(),
        }
    }};
}
pub(crate) use counted;

/// The language in use, with its words.
pub type Words = leptos_i18n::I18nContext<Locale>;

/// A whole number with a narrow gap between thousands, as both languages allow.
pub fn number(count: u32) -> String {
    let digits = count.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::with_capacity(digits.len() + 6);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// What a mailbox is called on the screen: special ones in the person's language. Reactive.
pub fn folder_name(i18n: Words, mailbox: &Mailbox) -> String {
    match mailbox.special_use {
        Some(special_use) => use_name(i18n, special_use).to_owned(),
        None if mailbox.shared.is_some() && mailbox.name() == "INBOX" => use_name(i18n, SpecialUse::Inbox).to_owned(),
        None => legible(mailbox.name()).into_owned(),
    }
}

/// The same where it stands alone: with whose it is. Reactive.
pub fn full_name(i18n: Words, mailbox: &Mailbox) -> String {
    let name = folder_name(i18n, mailbox);
    match mailbox.shared.as_ref().and_then(|shared| shared.owner.as_ref()) {
        Some(owner) if *owner != name => format!("{name} ({owner})"),
        _ => name,
    }
}

/// The name of the mailbox of this path, with whose it is. Reactive.
pub fn path_name(i18n: Words, state: State, path: &str) -> String {
    match state.mailboxes.by_path(path) {
        Some(folder) => full_name(i18n, &folder.mailbox),
        None => legible(path).into_owned(),
    }
}

/// What mailboxes for a special use are called. Reactive.
pub fn use_name(i18n: Words, special_use: SpecialUse) -> &'static str {
    match special_use {
        SpecialUse::Inbox => t_string!(i18n, folder.inbox),
        SpecialUse::Flagged => t_string!(i18n, folder.flagged),
        SpecialUse::Drafts => t_string!(i18n, folder.drafts),
        SpecialUse::Sent => t_string!(i18n, folder.sent),
        SpecialUse::Archive => t_string!(i18n, folder.archive),
        SpecialUse::Junk => t_string!(i18n, folder.junk),
        SpecialUse::Trash => t_string!(i18n, folder.trash),
    }
}

/// The size of a file, for people. Reactive.
pub fn size(i18n: Words, bytes: u64) -> String {
    size_by(i18n, bytes, 1000)
}

/// The size of what a mail server gives room for: whoever sets 5 GB there means units of 1024. Reactive.
pub fn size_in_1024(i18n: Words, bytes: u64) -> String {
    size_by(i18n, bytes, 1024)
}

fn size_by(i18n: Words, bytes: u64, step: u64) -> String {
    let (value, unit) = scale(bytes, step);
    let value = if i18n.get_locale() == Locale::ru { value.replace('.', ",") } else { value };
    match unit {
        0 => t_string!(i18n, view.size_bytes, size = value).to_string(),
        1 => t_string!(i18n, view.size_kb, size = value).to_string(),
        2 => t_string!(i18n, view.size_mb, size = value).to_string(),
        _ => t_string!(i18n, view.size_gb, size = value).to_string(),
    }
}

/// A number of few digits, and which power of `step` it counts.
fn scale(bytes: u64, step: u64) -> (String, u32) {
    let (mut unit, mut divisor) = (0, 1_u64);
    while unit < 3 && bytes / divisor >= step {
        unit += 1;
        divisor *= step;
    }
    let tenths = bytes.saturating_mul(10) / divisor;
    if unit == 0 || tenths >= 100 || tenths.is_multiple_of(10) {
        (format!("{}", tenths / 10), unit)
    } else {
        (format!("{}.{}", tenths / 10, tenths % 10), unit)
    }
}

/// A text in small letters. The browser knows them, so that the module need not carry the table.
#[cfg(target_arch = "wasm32")]
pub fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(not(target_arch = "wasm32"))]
pub fn lower_case(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(number(1000), "1000");
        assert_eq!(number(100_000), "100\u{202f}000");
    }

    #[test]
    fn sizes_have_few_digits() {
        for (bytes, expected) in [
            (0, ("0", 0)),
            (999, ("999", 0)),
            (1000, ("1", 1)),
            (1540, ("1.5", 1)),
            (15_400, ("15", 1)),
            (2_300_000, ("2.3", 2)),
            (u64::MAX, ("1844674407", 3)),
        ] {
            assert_eq!(scale(bytes, 1000), (expected.0.to_owned(), expected.1), "{bytes}");
        }
        for (bytes, expected) in [(1000, ("1000", 0)), (5 << 30, ("5", 3)), (1_288_490_189, ("1.2", 3))] {
            assert_eq!(scale(bytes, 1024), (expected.0.to_owned(), expected.1), "{bytes}");
        }
    }
}
