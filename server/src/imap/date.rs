//! Dates as IMAP writes them (RFC 9051 §9, date and date-time).

use std::fmt;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day of the calendar that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: i32,
    month: u32,
    day: u32,
}

impl Date {
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// Reads `2026-11-23`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if parts.next().is_some() || year.len() != 4 || !digits {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Days since 1970-01-01 in the Gregorian calendar.
    fn days(self) -> i64 {
        // Counted in years that begin in March, so that the leap day is the last of a year.
        let shifted = i64::from(self.year) - i64::from(self.month <= 2);
        let month = (i64::from(self.month) + 9) % 12;
        let of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        shifted * 365 + shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400) + of_year - 719_468
    }

    fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let calendar_month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year_of_era + i64::from(calendar_month <= 2);
        let fitted = |number: i64| u32::try_from(number).unwrap_or(1);
        Self { year: i32::try_from(year).unwrap_or(9999), month: fitted(calendar_month), day: fitted(day) }
    }

    fn month_name(self) -> &'static str {
        MONTHS.get(self.month as usize - 1).copied().unwrap_or("Jan")
    }
}

impl fmt::Display for Date {
    /// `23-Nov-2026`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{:04}", self.day, self.month_name(), self.year)
    }
}

/// Reads `" 3-Nov-2026 18:10:00 +0300"` into seconds since 1970 UTC.
pub fn parse_date_time(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let (date, time) = (words.next()?, words.next()?);
    let zone = words.next().unwrap_or("+0000");
    let mut date = date.split('-');
    let day = date.next()?.parse().ok()?;
    let month = date.next()?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))?;
    let year = date.next()?.parse().ok()?;
    let date = Date::new(year, u32::try_from(month).ok()? + 1, day)?;
    let mut time = time.split(':').map(|part| part.parse::<u32>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().unwrap_or(Some(0))?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = date.days() * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(seconds - zone_offset(zone).unwrap_or(0))
}

fn zone_offset(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// Writes seconds since 1970 UTC as `"23-Nov-2026 18:10:00 +0000"`, without the quotes.
pub fn date_time(seconds: i64) -> String {
    // Four digits of year are all the syntax has.
    let seconds = seconds.clamp(-62_135_596_800, 253_402_300_799);
    let date = Date::from_days(seconds.div_euclid(86_400));
    let time = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{:02}-{}-{:04} {hour:02}:{minute:02}:{second:02} +0000", date.day, date.month_name(), date.year)
}

/// Writes seconds since 1970 UTC as mbox files have it (RFC 4155, after C's `asctime`): `Mon Nov 23 18:10:00 2026`.
pub fn asctime(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let date = Date::from_days(days);
    let of_week = usize::try_from(days.rem_euclid(7)).ok().and_then(|index| DAYS.get(index)).copied();
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let (week_day, month) = (of_week.unwrap_or_default(), date.month_name());
    format!("{week_day} {month} {:>2} {hour:02}:{minute:02}:{second:02} {:04}", date.day, date.year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_date_of_mbox_has_the_day_of_the_week() {
        assert_eq!(asctime(1_795_457_400), "Mon Nov 23 18:10:00 2026");
        assert_eq!(asctime(-1), "Wed Dec 31 23:59:59 1969");
        assert_eq!(asctime(951_782_400), "Tue Feb 29 00:00:00 2000");
    }

    #[test]
    fn a_date_time_is_read_with_its_zone() {
        for (text, seconds) in [
            ("01-Jan-1970 00:00:00 +0000", 0),
            (" 1-Jan-1970 03:00:00 +0300", 0),
            ("29-Feb-2024 23:59:59 -0330", 1_709_263_799),
            ("17-Jul-1996 02:44:25 -0700", 837_596_665),
            ("17-jul-1996 09:44:25", 837_596_665),
        ] {
            assert_eq!(parse_date_time(text), Some(seconds), "{text}");
        }
        for text in ["", "NIL", "30-Feb-2024 00:00:00 +0000", "1-Foo-2024 00:00:00 +0000", "1-Jan-2024 25:00:00 +0000"]
        {
            assert_eq!(parse_date_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_read_and_written() {
        assert_eq!(Date::parse("2026-11-03").map(|date| date.to_string()), Some("3-Nov-2026".to_owned()));
        for text in ["2026-02-29", "26-1-1", "2026-13-01", "2026-00-01", "2026-1-0", "2026-1-1-1", "+026-1-1", "x"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_comes_back(seconds in -62_135_596_800i64..=253_402_300_799) {
            prop_assert_eq!(parse_date_time(&date_time(seconds)), Some(seconds));
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            parse_date_time(&text);
            Date::parse(&text);
        }
    }
}
