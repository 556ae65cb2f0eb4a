//! The languages of the interface. The words are in `app/locales`.

use leptos::prelude::*;
use leptos_i18n::context::{UseLocalesOptions, init_i18n_subcontext_with_options};

pub use words::*;

mod words {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
    pub use i18n::*;
}

/// The cookie with the language the person chose.
pub const COOKIE: &str = "pismo_language";

/// The language to answer a request in: the person's choice, else the best of `Accept-Language` (RFC 9110 §12.5.4).
pub fn negotiate(cookie: Option<&str>, accept_language: &str) -> Locale {
    if let Some(locale) = cookie.and_then(locale) {
        return locale;
    }
    let mut best = (0.0_f32, Locale::en);
    for item in accept_language.split(',').take(32) {
        let mut fields = item.split(';');
        let Some(locale) = fields.next().and_then(locale) else {
            continue;
        };
        let weight = fields
            .find_map(|field| field.trim().strip_prefix("q="))
            .map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
        if weight > best.0 {
            best = (weight, locale);
        }
    }
    best.1
}

/// The language of a tag like `ru` or `ru-RU`, if we speak it.
pub fn locale(tag: &str) -> Option<Locale> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    match primary.as_str() {
        "en" => Some(Locale::en),
        "ru" => Some(Locale::ru),
        _ => None,
    }
}

/// For `lang` attributes and the cookie.
pub fn tag(language: Locale) -> &'static str {
    match language {
        Locale::en => "en",
        Locale::ru => "ru",
    }
}

/// Makes the words follow `language`. Called once at the root of each tree of views.
pub fn provide(language: Signal<Locale>) {
    // Without this the library looks for the request by itself, and complains that it finds none.
    let no_request = UseLocalesOptions::default().ssr_lang_header_getter(|| None);
    provide_context(init_i18n_subcontext_with_options::<Locale>(Some(language), None, None, Some(no_request)));
}

/// Which form of a noun goes with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plural {
    One,
    Few,
    Many,
}

/// The plural form of whole numbers (CLDR cardinal rules); English uses `One` and `Many`.
pub fn plural(locale: Locale, count: u32) -> Plural {
    match locale {
        Locale::en if count == 1 => Plural::One,
        Locale::en => Plural::Many,
        Locale::ru => match (count % 10, count % 100) {
            (1, tens) if tens != 11 => Plural::One,
            (2..=4, tens) if !(12..=14).contains(&tens) => Plural::Few,
            _ => Plural::Many,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_persons_choice_or_the_browsers() {
        assert_eq!(negotiate(Some("ru"), "en"), Locale::ru);
        assert_eq!(negotiate(Some("xx"), "ru-RU,ru;q=0.9,en;q=0.8"), Locale::ru);
        assert_eq!(negotiate(None, "de, en;q=0.5, ru;q=0.7"), Locale::ru);
        assert_eq!(negotiate(None, ""), Locale::en);
    }

    #[test]
    fn russian_numbers_choose_among_three_forms() {
        for (count, form) in [
            (1, Plural::One),
            (2, Plural::Few),
            (5, Plural::Many),
            (11, Plural::Many),
            (21, Plural::One),
            (112, Plural::Many),
        ] {
            assert_eq!(plural(Locale::ru, count), form, "{count}");
        }
    }
}
