//! Time: the clock, and times as upstreams write them.

use crate::{Timestamp, random, runtime::clock};

/// The time of day, in milliseconds since 1970-01-01T00:00:00Z.
pub fn now() -> Timestamp {
    clock::now()
}

/// Waits. The call's deadline goes on.
pub fn sleep(milliseconds: u32) {
    clock::sleep(milliseconds);
}

/// Waits before another try, after so many that lost against somebody else's: up to twice as long each time, from two
/// milliseconds on, and never as long as they do.
pub fn back_off(tries: u32) {
    let chance = random::bytes(1).first().copied().unwrap_or_default();
    sleep(u32::from(chance) % (2 << tries.min(7)));
}

/// Reads a time in the notation of RFC 3339, such as `2026-01-31T09:30:00.5Z` or `2026-01-31T10:30:00+01:00`.
///
/// Anything finer than a millisecond is cut off. None: it is not such a time, or before 1970.
pub fn from_rfc3339(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (separator, rest) = rest.split_at_checked(1)?;
    if !matches!(separator, "T" | "t" | " ") {
        return None;
    }
    let (clock, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-', 4)?;
    let [hour, minute, second] = numbers(clock, ':', 2)?;
    // A leap second is the last one of its minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
        None => ("0", rest),
    };
    let milliseconds = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let seconds = day_number(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second.min(59);
    if fraction.is_empty() {
        return None;
    }
    Timestamp::try_from((seconds - offset(zone)?) * 1000 + milliseconds).ok()
}

/// Writes a time in the notation of RFC 3339 in UTC, as the manifest's `rfc3339` does: with a fraction only where there is
/// one, such as `2026-01-31T09:30:00.5Z`.
pub fn to_rfc3339(time: Timestamp) -> String {
    let (days, seconds, milliseconds) = (time / 86_400_000, time / 1000 % 86_400, time % 1000);
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match milliseconds {
        0 => String::new(),
        some => format!(".{some:03}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Three numbers of a date or a time of day: digits alone, so many in the first and two in the others.
fn numbers(text: &str, separator: char, first: usize) -> Option<[i64; 3]> {
    let mut parts = text.splitn(3, separator);
    let mut number = |width: usize| {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse().ok()
    };
    Some([number(first)?, number(2)?, number(2)?])
}

/// The zone's distance from UTC, in seconds.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, clock) = zone.split_at_checked(1)?;
    let [hour, minute, _] = numbers(&format!("{clock}:00"), ':', 2)?;
    let seconds = (hour < 24 && minute < 60).then_some(hour * 3600 + minute * 60)?;
    match sign {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar; none if there is no such day.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    let length = *lengths.get(before)?;
    if !(1..=length).contains(&day) || year < 1 {
        return None;
    }
    let past = year - 1;
    let in_past_years = past * 365 + past / 4 - past / 100 + past / 400;
    /// Days from 0001-01-01 to 1970-01-01.
    const EPOCH: i64 = 719_162;
    Some(in_past_years - EPOCH + lengths.iter().take(before).sum::<i64>() + day - 1)
}

/// Year, month and day of a number of days since 1970-01-01.
fn date_of(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that the day that leap years add is the last one of a year. 400 years always have as
    // many days, and five months from March on as well.
    const EPOCH: u64 = 719_468;
    const FOUR_CENTURIES: u64 = 146_097;
    const FIVE_MONTHS: u64 = 153;
    let (era, day_of_era) = ((days + EPOCH) / FOUR_CENTURIES, (days + EPOCH) % FOUR_CENTURIES);
    let leaps = day_of_era / 1460 + day_of_era / (FOUR_CENTURIES - 1);
    let year = (day_of_era + day_of_era / 36_524 - leaps) / 365;
    let day = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / FIVE_MONTHS;
    let in_new_year = u64::from(month >= 10);
    (era * 400 + year + in_new_year, month + 3 - 12 * in_new_year, day - (FIVE_MONTHS * month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_upstreams_are_read() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.001Z", 1),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2026-11-22T10:28:15.123456789Z", 1_795_343_295_123),
            ("2026-11-22T10:28:15.5Z", 1_795_343_295_500),
            ("2026-11-22t11:28:15+01:00", 1_795_343_295_000),
            ("2026-11-22 04:58:15-05:30", 1_795_343_295_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ];
        for (text, expected) in cases {
            assert_eq!(from_rfc3339(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        let cases = [
            "",
            "0001-01-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1",
            "2026-01-01T00:00:00+1:00",
            "2026-01-01T00:00:00*01:00",
            "2026-01-01T00:00:00Zz",
            "2026-1-001T00:00:00Z",
            "202-06-001T00:00:00Z",
            "2026-01-01T00:00:00+001:0",
            "2026-01-01T00:00:00+",
            "+026-01-01T00:00:00Z",
            "2026-01-01X00:00:00Z",
            "2026-01-01T00:00:0ö",
        ];
        for text in cases {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00.001Z",
            "2000-02-29T12:00:00Z",
            "2026-11-22T10:28:15.5Z",
            "2024-12-31T23:59:59.99Z",
            "9999-12-31T23:59:59.999Z",
        ] {
            assert_eq!(from_rfc3339(text).map(to_rfc3339).as_deref(), Some(text));
        }
        // Every day of 800 years, at a time that moves through the day.
        for day in 0..800 * 366 {
            let time = day * 86_401_003;
            assert_eq!(from_rfc3339(&to_rfc3339(time)), Some(time), "{}", to_rfc3339(time));
        }
    }
}
