//! Rules for dates, times of day, and both together: typed columns, or ISO 8601 text.

use crate::{
    column::{Column, Unit, Values},
    fault::Outcome,
};

use super::{
    bounds::{Limits, Read},
    decided::{Accepted, Decided, Reason},
    digits::{Placed, are_digits, pairs},
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
        let (values, decided) = self.limits.read(column, reason, |text| date(text.bytes()))?;
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
        let read = |text: Placed<'_>| {
            clock(text.bytes()).map_or_else(|| Read::unsure(text.bytes(), NOTATION), Read::Value)
        };
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
        let read = |text: Placed<'_>| self.read(text.bytes());
        let reason =
            if self.strict { Reason::StrictDateTimeParsing } else { Reason::DateTimeParsing };
        let (values, decided) = self.limits.read(column, reason, read)?;
        Ok(Decided { values: Accepted::Timestamp(values), ..decided })
    }

    fn read(&self, text: &[u8]) -> Read<i64> {
        let Some((day, time)) = self.parts(text) else { return Read::unsure(text, NOTATION) };
        match days(day) {
            Some(days) => Read::Value(i64::from(days) * DAY + time),
            None if is_no_day(*day) => Read::Never,
            None => Read::unsure(text, NOTATION),
        }
    }

    /// The day, and the microseconds from its beginning in UTC.
    #[inline]
    fn parts<'t>(&self, text: &'t [u8]) -> Option<(&'t [u8; 10], i64)> {
        let (day, rest) = text.split_first_chunk::<10>()?;
        let (b'T' | b' ', rest) = rest.split_first()? else { return None };
        let (time, offset) = if self.zoned { zone(rest)? } else { (rest, 0) };
        Some((day, clock(time)? - offset))
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
    let Ok(bytes) = <&[u8; 10]>::try_from(text) else { return Read::unsure(text, NOTATION) };
    match days(bytes) {
        Some(days) => Read::Value(days),
        None if is_no_day(*bytes) => Read::Never,
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
#[inline]
fn days(text: &[u8; 10]) -> Option<i32> {
    let (head, tail) = (text.first_chunk()?, text.last_chunk()?);
    // Digits become what they are, signs in their places zero, and nothing else does.
    let (head, tail) = (of(head) ^ of(b"0000-00-"), of(tail) ^ of(b"00-00-00"));
    if !(are_digits(head) & are_digits(tail)) || head & HYPHENS != 0 {
        return None;
    }
    let (numbers, last) = (pairs(head).to_le_bytes(), pairs(tail).to_le_bytes());
    let (century, short, month) = (numbers[0], numbers[2], usize::from(numbers[5]));
    let (year, day) = (i32::from(century) * 100 + i32::from(short), i32::from(last[6]));
    let leap = if short == 0 { century % 4 == 0 } else { short % 4 == 0 };
    let &(length, before) = MONTHS.get(month)?;
    let length = i32::from(length) + i32::from(leap & (month == 2));
    if day < 1 || day > length || year < 1 {
        return None;
    }
    // Years begin in March, so that a leap day ends one.
    let years = year - i32::from(month < 3);
    let in_year = i32::from(before) + day;
    Some(years * 365 + years / 4 - years / 100 + years / 400 + in_year - 719_469)
}

/// Where `YYYY-MM-` has hyphens; the rest of a date has none.
const HYPHENS: u64 = 0xff00_00ff_0000_0000;
/// Where `HH:MM:SS` has colons.
const COLONS: u64 = 0x0000_ff00_00ff_0000;

/// Days of each month in a common year, and those before it in a year that begins in March.
const MONTHS: [(u8, u16); 13] = [
    (0, 0),
    (31, 306),
    (28, 337),
    (31, 0),
    (30, 31),
    (31, 61),
    (30, 92),
    (31, 122),
    (31, 153),
    (30, 184),
    (31, 214),
    (30, 245),
    (31, 275),
];

/// The first byte lowest.
#[inline]
fn of(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

/// Microseconds of `HH:MM:SS`, `HH:MM:SS.sss` or `HH:MM:SS.ssssss`.
#[inline]
fn clock(text: &[u8]) -> Option<i64> {
    let (head, rest) = text.split_first_chunk::<8>()?;
    let digits = of(head) ^ of(b"00:00:00");
    if !are_digits(digits) || digits & COLONS != 0 {
        return None;
    }
    let numbers = pairs(digits).to_le_bytes().map(i64::from);
    let (hour, minute, second) = (numbers[0], numbers[3], numbers[6]);
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
mod tests;
