//! Dates, times of day and timestamps.

const DAY: i64 = 86_400;
const DAY_MILLIS: i64 = DAY * 1000;
/// Days from 0000-03-01, where the arithmetic begins, to 1970-01-01.
const EPOCH: i64 = 719_468;
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;
const FIRST_SECOND: i64 = FIRST_DAY * DAY;
const LAST_SECOND: i64 = LAST_DAY * DAY + DAY - 1;

/// The digits of 00 to 99.
pub static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut at = 0;
    while at < 100 {
        pairs[at] = [b'0' + (at / 10) as u8, b'0' + (at % 10) as u8];
        at += 1;
    }
    pairs
};

/// `YYYY-MM-DD` of days since 1970; false, and nothing written, outside years 0001 to 9999.
pub fn date(days: i64, data: &mut Vec<u8>) -> bool {
    let fits = is_date(days);
    if fits {
        data.extend_from_slice(&civil(days));
    }
    fits
}

/// The same of milliseconds, which have to be whole days.
pub fn date_of_millis(millis: i64, data: &mut Vec<u8>) -> bool {
    millis % DAY_MILLIS == 0 && date(millis / DAY_MILLIS, data)
}

/// Whether days since 1970 are within years 0001 to 9999.
pub fn is_date(days: i64) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&days)
}

/// Whether milliseconds are a whole day of years 0001 to 9999.
pub fn is_date_of_millis(millis: i64) -> bool {
    millis % DAY_MILLIS == 0 && is_date(millis / DAY_MILLIS)
}

/// `YYYY-MM-DDThh:mm:ss[.f]`, `Z` for an instant; false outside years 0001 to 9999.
pub fn timestamp<const PER_SECOND: i64>(ticks: i64, zoned: bool, data: &mut Vec<u8>) -> bool {
    let second = ticks.div_euclid(PER_SECOND);
    if !is_second(second) {
        return false;
    }
    let from_first = (second - FIRST_SECOND) as u64;
    let days = (from_first / DAY as u64) as i64 + FIRST_DAY;
    let mut text = [b'T'; 19];
    text[..10].copy_from_slice(&civil(days));
    text[11..].copy_from_slice(&clock((from_first % DAY as u64) as u32));
    data.extend_from_slice(&text);
    fraction::<PER_SECOND>(ticks.rem_euclid(PER_SECOND) as u32, data);
    if zoned {
        data.push(b'Z');
    }
    true
}

/// Whether ticks are within years 0001 to 9999.
pub fn is_timestamp<const PER_SECOND: i64>(ticks: i64) -> bool {
    is_second(ticks.div_euclid(PER_SECOND))
}

/// Whether seconds since 1970 are within years 0001 to 9999.
pub fn is_second(second: i64) -> bool {
    (FIRST_SECOND..=LAST_SECOND).contains(&second)
}

/// `hh:mm:ss[.f]`; false outside one day.
pub fn time<const PER_SECOND: i64>(ticks: i64, data: &mut Vec<u8>) -> bool {
    let fits = is_time::<PER_SECOND>(ticks);
    if fits {
        data.extend_from_slice(&clock((ticks / PER_SECOND) as u32));
        fraction::<PER_SECOND>((ticks % PER_SECOND) as u32, data);
    }
    fits
}

/// Whether ticks are within one day.
pub fn is_time<const PER_SECOND: i64>(ticks: i64) -> bool {
    (0..DAY * PER_SECOND).contains(&ticks)
}

/// Runs `$body` with the constant `$per` bound to the ticks a second of `$unit`.
macro_rules! each_unit {
    ($unit:expr, $per:ident => $body:expr) => {
        match $unit {
            $crate::column::Unit::Second => {
                const $per: i64 = 1;
                $body
            }
            $crate::column::Unit::Milli => {
                const $per: i64 = 1000;
                $body
            }
            $crate::column::Unit::Micro => {
                const $per: i64 = 1_000_000;
                $body
            }
            $crate::column::Unit::Nano => {
                const $per: i64 = 1_000_000_000;
                $body
            }
        }
    };
}
pub(crate) use each_unit;

/// A day that `is_date`, by the arithmetic of Neri and Schneider ("Euclidean affine functions and
/// their application to calendar algorithms", 2022): years from March, divisions by constants.
#[inline]
pub fn civil(days: i64) -> [u8; 10] {
    let quarters = 4 * (days + EPOCH) as u32 + 3;
    let century = quarters / 146_097;
    let quarters = (quarters % 146_097) | 3;
    let product = 2_939_745 * u64::from(quarters);
    let year = (product >> 32) as u32;
    let day_of_year = (product as u32) / 2_939_745 / 4;
    let months = 2141 * day_of_year + 197_913;
    let next = day_of_year >= 306;
    let month = (months >> 16) - if next { 12 } else { 0 };
    let day = (months & 0xffff) / 2141 + 1;
    let year = 100 * century + year + u32::from(next);
    let mut text = *b"0000-00-00";
    text[..2].copy_from_slice(&PAIRS[(year / 100) as usize]);
    text[2..4].copy_from_slice(&PAIRS[(year % 100) as usize]);
    text[5..7].copy_from_slice(&PAIRS[month as usize]);
    text[8..].copy_from_slice(&PAIRS[day as usize]);
    text
}

/// `hh:mm:ss` of a second of the day.
#[inline]
pub fn clock(second: u32) -> [u8; 8] {
    let mut text = *b"00:00:00";
    text[..2].copy_from_slice(&PAIRS[(second / 3600) as usize]);
    text[3..5].copy_from_slice(&PAIRS[(second / 60 % 60) as usize]);
    text[6..].copy_from_slice(&PAIRS[(second % 60) as usize]);
    text
}

/// The point and the digits of a part of a second, without trailing zeros; nothing for none.
#[inline]
fn fraction<const PER_SECOND: i64>(ticks: u32, data: &mut Vec<u8>) {
    if ticks == 0 {
        return;
    }
    // A tenth digit makes five pairs.
    let mut rest = u64::from(ticks) * (10_000_000_000 / PER_SECOND as u64);
    let mut text = [b'.'; 11];
    for pair in text[1..].as_chunks_mut::<2>().0.iter_mut().rev() {
        *pair = PAIRS[(rest % 100) as usize];
        rest /= 100;
    }
    let digits = text.iter().rposition(|digit| *digit != b'0').unwrap_or_default();
    data.extend_from_slice(&text[..=digits]);
}
