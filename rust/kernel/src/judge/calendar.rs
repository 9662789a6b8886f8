//! Rules for dates, times of day, and both together: typed columns, or ISO 8601 text.

use crate::{
    column::{Column, Unit, Values},
    fault::Outcome,
};

use super::{
    bounds::{Limits, Read},
    decided::{Accepted, Decided, Reason},
};

const DAY: i64 = 86_400_000_000;
/// What else a date or a time can be written with, as a Unix time too.
const NOTATION: &[u8] = b":,TtZzaefinyAEFINY";

/// A rule for dates: a date32 column or text `YYYY-MM-DD`.
pub struct Date {
    /// In days since 1970.
    pub limits: Limits<i32>,
    /// Whether text is read strictly: as a date only, not as a moment of a day.
    pub strict: bool,
}

impl Date {
    /// Pydantic's verdict.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        if let Values::Date32(values) = column.values {
            return self.limits.judge(column, values);
        }
        let reason = if self.strict { Reason::StrictDateParsing } else { Reason::DateParsing };
        let (values, decided) = self.limits.read(column, reason, date)?;
        Ok(Decided { values: Accepted::Date32(values), ..decided })
    }
}

/// A rule for times without a zone: a time64 column of microseconds, or text `HH:MM:SS`
/// with none, three or six digits of a second.
pub struct Time(pub Limits<i64>);

impl Time {
    /// Pydantic's verdict.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        if let Values::Time64 { values, unit: Unit::Micro } = column.values {
            return self.0.judge(column, values);
        }
        let read =
            |text: &[u8]| clock(text).map_or_else(|| Read::unsure(text, NOTATION), Read::Value);
        let (values, decided) = self.0.read(column, Reason::TimeParsing, read)?;
        Ok(Decided { values: Accepted::Time64(values), ..decided })
    }
}

/// A rule for dates with a time: a timestamp column of microseconds, or text.
pub struct DateTime {
    /// In microseconds since 1970, UTC if `zoned`.
    pub limits: Limits<i64>,
    /// Whether values have a zone; others are left undecided.
    pub zoned: bool,
    /// Whether text is read strictly: not as a date alone.
    pub strict: bool,
}

impl DateTime {
    /// Pydantic's verdict.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        match column.values {
            Values::Timestamp { values, unit: Unit::Micro, zoned } if zoned == self.zoned => {
                return self.limits.judge(column, values);
            }
            _ => {}
        }
        let read = |text: &[u8]| self.read(text);
        let reason =
            if self.strict { Reason::StrictDateTimeParsing } else { Reason::DateTimeParsing };
        let (values, decided) = self.limits.read(column, reason, read)?;
        Ok(Decided { values: Accepted::Timestamp(values), ..decided })
    }

    fn read(&self, text: &[u8]) -> Read<i64> {
        self.plain(text).map_or_else(|| Read::unsure(text, NOTATION), Read::Value)
    }

    fn plain(&self, text: &[u8]) -> Option<i64> {
        let (day, rest) = text.split_first_chunk::<10>()?;
        let (b'T' | b' ', rest) = rest.split_first()? else { return None };
        let (time, offset) = if self.zoned { zone(rest)? } else { (rest, 0) };
        let micros = i64::from(days(*day)?) * DAY + clock(time)?;
        Some(micros - offset)
    }
}

/// The time and its offset from UTC in microseconds: `Z` or `+HH:MM`.
fn zone(text: &[u8]) -> Option<(&[u8], i64)> {
    if let Some(time) = text.strip_suffix(b"Z") {
        return Some((time, 0));
    }
    let (time, [sign @ (b'+' | b'-'), h, i, b':', m, n]) = text.split_last_chunk::<6>()? else {
        return None;
    };
    let (hours, minutes) = (two(*h, *i)?, two(*m, *n)?);
    let offset = (hours * 60 + minutes) * 60_000_000;
    (hours < 24 && minutes < 60).then_some((time, if *sign == b'-' { -offset } else { offset }))
}

fn date(text: &[u8]) -> Read<i32> {
    let Ok(bytes) = <[u8; 10]>::try_from(text) else { return Read::unsure(text, NOTATION) };
    match days(bytes) {
        Some(days) => Read::Value(days),
        None if is_no_day(bytes) => Read::Never,
        None => Read::unsure(text, NOTATION),
    }
}

/// Whether it is written as a date, but there is no such day in that year.
fn is_no_day([a, b, c, d, dash, m, n, again, x, y]: [u8; 10]) -> bool {
    let year = two(a, b).zip(two(c, d)).is_some_and(|years| years != (0, 0));
    year && (dash, again) == (b'-', b'-') && two(m, n).is_some() && two(x, y).is_some()
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens * 10 + ones))
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, if that is a day of the years 1 to 9999.
fn days(text: [u8; 10]) -> Option<i32> {
    let [a, b, c, d, dash, m, n, again, x, y] = text.map(|byte| byte.wrapping_sub(b'0'));
    const HYPHEN: u8 = b'-'.wrapping_sub(b'0');
    let digits = a.max(b).max(c.max(d)).max(m.max(n).max(x.max(y))) <= 9;
    if !digits || dash != HYPHEN || again != HYPHEN {
        return None;
    }
    let number = |tens: u8, ones: u8| i32::from(tens) * 10 + i32::from(ones);
    let (century, short, month, day) = (number(a, b), number(c, d), number(m, n), number(x, y));
    let year = century * 100 + short;
    let leap = if short == 0 { century % 4 == 0 } else { short % 4 == 0 };
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i32::from(leap),
        _ => 0,
    };
    if day < 1 || day > last || year < 1 {
        return None;
    }
    // Years begin in March, so that a leap day ends one.
    let years = year - i32::from(month < 3);
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(years * 365 + years / 4 - years / 100 + years / 400 + in_year - 719_468)
}

/// Microseconds of `HH:MM:SS`, `HH:MM:SS.sss` or `HH:MM:SS.ssssss`.
fn clock(text: &[u8]) -> Option<i64> {
    let (&[h, i, b':', m, n, b':', s, t], rest) = text.split_first_chunk::<8>()? else {
        return None;
    };
    let (hour, minute, second) = (two(h, i)?, two(m, n)?, two(s, t)?);
    let fraction = match *rest {
        [] => 0,
        [b'.', a, b, c] => (two(b'0', a)? * 100 + two(b, c)?) * 1_000,
        [b'.', a, b, c, d, e, f] => two(a, b)? * 10_000 + two(c, d)? * 100 + two(e, f)?,
        _ => return None,
    };
    let whole = (hour * 60 + minute) * 60 + second;
    (hour < 24 && minute < 60 && second < 60).then_some(whole * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_one_after_the_day_before() {
        let mut expected = -719_162;
        for year in 1..=9999 {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    if let Some(found) = days(text.as_bytes().try_into().unwrap()) {
                        assert_eq!(found, expected, "{text}");
                        expected += 1;
                    } else {
                        assert_eq!(date(text.as_bytes()), Read::Never);
                    }
                }
            }
        }
        assert_eq!(expected - 1, 2_932_896);
    }

    #[test]
    fn dates_in_other_notations_are_left_to_pydantic() {
        for text in
            [&b"20240101"[..], b"0000-01-01", b"2024-1-01", b"", b"2024-01-01 ", b"1e5", b"nan"]
        {
            assert_eq!(date(text), Read::Unsure, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(date(b"01/02/2024"), Read::Never);
    }

    #[test]
    fn times_have_none_three_or_six_digits_of_a_second() {
        assert_eq!(clock(b"23:59:59"), Some(86_399_000_000));
        assert_eq!(clock(b"00:00:01.002"), Some(1_002_000));
        assert_eq!(clock(b"00:00:01.000203"), Some(1_000_203));
        for text in [
            &b"24:00:00"[..],
            b"00:60:00",
            b"00:00:60",
            b"00:00",
            b"00:00:00.",
            b"00:00:00.1",
            b"00-00-00",
        ] {
            assert_eq!(clock(text), None);
        }
    }

    #[test]
    fn zones_are_taken_off() {
        let limits = || Limits::new(Vec::new(), None, (i64::MIN, i64::MAX));
        let zoned = DateTime { limits: limits(), zoned: true, strict: false };
        let naive = DateTime { limits: limits(), zoned: false, strict: false };
        assert_eq!(naive.read(b"1970-01-02T00:00:00"), Read::Value(DAY));
        assert_eq!(zoned.read(b"1970-01-01 00:00:00.5Z"), Read::Unsure);
        assert_eq!(zoned.read(b"1970-01-01 00:00:00.500Z"), Read::Value(500_000));
        assert_eq!(zoned.read(b"1970-01-01T01:30:00+01:30"), Read::Value(0));
        assert_eq!(zoned.read(b"1970-01-01T00:00:00-00:01"), Read::Value(60_000_000));
        assert_eq!(zoned.read(b"1970-01-01T00:00:00"), Read::Unsure);
        assert_eq!(naive.read(b"1970-01-01T00:00:00Z"), Read::Unsure);
        assert_eq!(zoned.read(b"1970-01-01T00:00:00+24:00"), Read::Unsure);
        assert_eq!(naive.read(b"1970-01-01?00:00:00"), Read::Never);
    }
}
