//! Dates and times, in the person's language and by the person's clock.
//!
//! Both sides compute them with the same few lines, so that the browser finds the server's text as it would have
//! written it. The server knows the clock from a cookie; the browser knows it exactly, summer time included.

use leptos::prelude::*;

use crate::{i18n::*, state::State};

/// The date of a row: the time today, day and month this year, else the whole date.
#[component]
pub fn ListDate(
    /// Seconds since 1970 UTC.
    seconds: i64,
) -> impl IntoView {
    let state = expect_context::<State>();
    let text = move || brief_date(state, seconds);
    view! {
        <time class="row-date" data-testid="row-date" datetime=iso(seconds)>
            {text}
        </time>
    }
}

/// The time today, else the day, as in a row. Reactive.
pub fn brief_date(state: State, seconds: i64) -> String {
    let civil = |seconds| Civil::new(seconds, offset(state, seconds));
    list_date(state.language.get(), civil(seconds), civil(now()))
}

/// Day of the week, date and time. Reactive.
pub fn full_date(state: State, seconds: i64) -> String {
    full(state.language.get(), Civil::new(seconds, offset(state, seconds)))
}

/// Date and time, for the line above a quote. Not reactive.
pub fn quote_date(state: State, seconds: i64) -> String {
    untrack(|| plain(state.language.get(), Civil::new(seconds, offset(state, seconds))))
}

/// The day it is, as `1 May 2026`. Not reactive.
pub fn today(state: State) -> String {
    untrack(|| {
        let Civil { year, month, day, .. } = Civil::new(now(), offset(state, now()));
        format!("{day}\u{a0}{} {year}", name(months(state.language.get()), month))
    })
}

/// Date and time by a clock that is so many seconds ahead of UTC, for paper.
pub fn date_on_paper(language: Locale, clock: i32, seconds: i64) -> String {
    plain(language, Civil::new(seconds, clock))
}

/// The moment in UTC (RFC 3339), for machines.
pub fn iso(seconds: i64) -> String {
    let Civil { year, month, day, hour, minute, .. } = Civil::new(seconds, 0);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z")
}

/// What the person's clock shows, as seconds that would be UTC if it were a clock of UTC's. Only in the browser.
pub fn wall(seconds: i64) -> i64 {
    seconds + i64::from(local_offset(seconds))
}

/// When the person's clock shows this: the way back from [`wall`].
pub fn moment(wall: i64) -> i64 {
    moment_by(wall, local_offset)
}

fn moment_by(wall: i64, offset: impl Fn(i64) -> i32) -> i64 {
    // What was added is known only for the moment that is looked for; near it, it is the same but for an hour.
    let near = wall - i64::from(offset(wall));
    wall - i64::from(offset(near))
}

/// Seconds to add to UTC at this moment.
fn offset(state: State, seconds: i64) -> i32 {
    if state.alive.get() {
        return local_offset(seconds);
    }
    state.clock.get().unwrap_or_default()
}

#[cfg(target_arch = "wasm32")]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "JavaScript counts in doubles")]
pub fn local_offset(seconds: i64) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(seconds as f64 * 1000.0));
    -(date.get_timezone_offset() * 60.0) as i32
}

/// This moment, in seconds since 1970 UTC.
#[cfg(target_arch = "wasm32")]
#[expect(clippy::cast_possible_truncation, reason = "JavaScript counts in doubles")]
pub fn now() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

#[cfg(not(target_arch = "wasm32"))]
pub fn local_offset(_: i64) -> i32 {
    0
}

#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
}

/// A moment on someone's wall: Gregorian date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    /// 0 is Monday.
    weekday: usize,
}

impl Civil {
    fn new(seconds: i64, offset: i32) -> Civil {
        // A Date field may claim any year; nobody reads past these.
        let local = seconds.clamp(-62_135_596_800, 253_402_214_400) + i64::from(offset);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        // Days since 1 March of year 0, in eras of 400 years: then a leap day is the last day of its year.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Civil {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: usize::try_from(month).unwrap_or(1),
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: second / 3600,
            minute: second % 3600 / 60,
            weekday: usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0),
        }
    }
}

fn list_date(language: Locale, date: Civil, now: Civil) -> String {
    let Civil { year, month, day, hour, minute, .. } = date;
    if (year, month, day) == (now.year, now.month, now.day) {
        return format!("{hour:02}:{minute:02}");
    }
    if year == now.year {
        return format!("{day}\u{a0}{}", name(short_months(language), month));
    }
    match language {
        Locale::en => format!("{day}\u{a0}{}\u{a0}{year}", name(short_months(language), month)),
        Locale::ru => format!("{day:02}.{month:02}.{year}"),
    }
}

fn full(language: Locale, date: Civil) -> String {
    let weekday = match language {
        Locale::en => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        Locale::ru => ["пн", "вт", "ср", "чт", "пт", "сб", "вс"],
    };
    let weekday = weekday.get(date.weekday).copied().unwrap_or_default();
    format!("{weekday}, {}", day_and_time(short_months(language), date))
}

fn plain(language: Locale, date: Civil) -> String {
    day_and_time(months(language), date)
}

fn day_and_time(months: [&'static str; 12], date: Civil) -> String {
    let Civil { year, month, day, hour, minute, .. } = date;
    format!("{day}\u{a0}{} {year}, {hour:02}:{minute:02}", name(months, month))
}

fn name(names: [&'static str; 12], month: usize) -> &'static str {
    month.checked_sub(1).and_then(|index| names.get(index).copied()).unwrap_or_default()
}

fn months(language: Locale) -> [&'static str; 12] {
    match language {
        Locale::en => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Locale::ru => [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ],
    }
}

fn short_months(language: Locale) -> [&'static str; 12] {
    match language {
        Locale::en => ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        Locale::ru => {
            ["янв.", "февр.", "марта", "апр.", "мая", "июня", "июля", "авг.", "сент.", "окт.", "нояб.", "дек."]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_457_400; // 2026-11-23 18:10 UTC, a Monday

    fn shown(language: Locale, seconds: i64, offset: i32) -> String {
        list_date(language, Civil::new(seconds, offset), Civil::new(NOW, offset))
    }

    #[test]
    fn a_list_shows_the_time_today_and_the_date_before() {
        assert_eq!(shown(Locale::en, NOW - 60, 0), "18:09");
        assert_eq!(shown(Locale::en, NOW - 86_400, 0), "22\u{a0}Nov");
        assert_eq!(shown(Locale::ru, NOW - 86_400, 0), "22\u{a0}нояб.");
        assert_eq!(shown(Locale::en, NOW - 400 * 86_400, 0), "19\u{a0}Oct\u{a0}2025");
        assert_eq!(shown(Locale::ru, NOW - 400 * 86_400, 0), "19.10.2025");
    }

    #[test]
    fn midnight_is_where_the_person_is() {
        // 23:30 UTC of the day before is 02:30 of today in Moscow.
        assert_eq!(shown(Locale::ru, NOW - 18 * 3600 - 40 * 60, 3 * 3600), "02:30");
    }

    #[test]
    fn a_whole_date_names_the_day() {
        assert_eq!(full(Locale::en, Civil::new(NOW, 0)), "Mon, 23\u{a0}Nov 2026, 18:10");
        assert_eq!(full(Locale::ru, Civil::new(NOW, 0)), "пн, 23\u{a0}нояб. 2026, 18:10");
        assert_eq!(iso(NOW), "2026-11-23T18:10Z");
    }

    #[test]
    fn a_clock_that_is_put_forward_and_back_shows_each_moment() {
        let (forward, back) = (1_774_746_000, 1_792_890_000); // in Belgrade, 2026
        for zone in [-5 * 3600, 0, 3600, 11 * 3600] {
            let offset = |at: i64| if (forward..back).contains(&at) { zone + 3600 } else { zone };
            for change in [forward, back] {
                for minutes in (-24 * 60..24 * 60).step_by(30) {
                    let at = change + minutes * 60;
                    let shown = at + i64::from(offset(at));
                    let found = moment_by(shown, offset);
                    // The hour that comes twice is one of the two.
                    assert_eq!(found + i64::from(offset(found)), shown, "{zone} {minutes}");
                }
            }
        }
    }

    #[test]
    fn every_moment_has_a_date() {
        for seconds in [i64::MIN, i64::MAX, 0, -1, 951_782_400] {
            assert!((1..=12).contains(&Civil::new(seconds, 14 * 3600).month), "{seconds}");
        }
        assert_eq!(iso(951_782_400), "2000-02-29T00:00Z");
        assert_eq!(iso(-1), "1969-12-31T23:59Z");
    }
}
