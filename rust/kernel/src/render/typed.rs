//! Numbers, dates, times and bytes as text that reads back equal.

use crate::canonical::time::{PAIRS, civil, clock, each_unit, is_date, is_second, is_time};
use crate::column::{Bits, Slots, Unit, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};

use super::Notation;
use super::cells::Pen;
use super::digits::{self, Parts};

/// The most places of a decimal that are written.
const MOST_PLACES: i32 = 38;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Whether a value of this type stands in quotes. `UnsupportedType` if it is not written here.
pub(super) fn is_quoted(values: &Values<'_>) -> Outcome<bool> {
    match values {
        Values::Null
        | Values::Bool(_)
        | Values::Int8(_)
        | Values::Int16(_)
        | Values::Int32(_)
        | Values::Int64(_)
        | Values::UInt8(_)
        | Values::UInt16(_)
        | Values::UInt32(_)
        | Values::UInt64(_) => Ok(false),
        Values::Decimal32 { scale, .. }
        | Values::Decimal64 { scale, .. }
        | Values::Decimal128 { scale, .. }
            if (0..=MOST_PLACES).contains(scale) =>
        {
            Ok(true)
        }
        Values::Date32(_)
        | Values::Time32 { .. }
        | Values::Time64 { .. }
        | Values::Timestamp { .. }
        | Values::Text(_)
        | Values::Binary(_) => Ok(true),
        _ => Err(Fault::UnsupportedType),
    }
}

/// Writes some rows; false if a date or time is beyond what is written here.
pub(super) fn write<N: Notation>(values: &Values<'_>, pen: &mut Pen<'_>) -> Outcome<bool> {
    match values {
        Values::Null => pen.nulls(),
        Values::Bool(bits) => truths(*bits, pen),
        Values::Int8(values) => whole(values, pen),
        Values::Int16(values) => whole(values, pen),
        Values::Int32(values) => whole(values, pen),
        Values::Int64(values) => whole(values, pen),
        Values::UInt8(values) => whole(values, pen),
        Values::UInt16(values) => whole(values, pen),
        Values::UInt32(values) => whole(values, pen),
        Values::UInt64(values) => whole(values, pen),
        Values::Decimal32 { values, scale } => decimals(values, *scale, pen),
        Values::Decimal64 { values, scale } => decimals(values, *scale, pen),
        Values::Decimal128 { values, scale } => decimals(values, *scale, pen),
        Values::Date32(values) => pen.each(|row, data| date(i64::from(values[row]), data)),
        Values::Time32 { values, unit } => times(values, *unit, pen),
        Values::Time64 { values, unit } => times(values, *unit, pen),
        Values::Timestamp { values, unit, zoned } => moments(values, *unit, *zoned, pen),
        Values::Binary(bytes) => each_layout!(bytes, slots => binary::<N, _>(*slots, pen)),
        _ => Err(Fault::UnsupportedType),
    }
}

fn truths(bits: Bits<'_>, pen: &mut Pen<'_>) -> Outcome<bool> {
    pen.each(|row, data| {
        data.extend_from_slice(if bits.get(row) { b"true" } else { b"false" });
        true
    })
}

fn whole<T: Copy + Parts>(values: &[T], pen: &mut Pen<'_>) -> Outcome<bool> {
    pen.each(|row, data| {
        let (negative, magnitude) = values[row].parts();
        digits::push(negative, magnitude, 0, data);
        true
    })
}

/// Plain notation with as many places as the type has, never an exponent.
fn decimals<T: Copy + Into<i128>>(values: &[T], scale: i32, pen: &mut Pen<'_>) -> Outcome<bool> {
    let places = scale.unsigned_abs() as usize;
    pen.each(|row, data| {
        let value: i128 = values[row].into();
        match u64::try_from(value.unsigned_abs()) {
            Ok(magnitude) => digits::push(value < 0, magnitude, places, data),
            Err(_) => long_decimal(value, places, data),
        }
        true
    })
}

fn long_decimal(value: i128, places: usize, data: &mut Vec<u8>) {
    if value < 0 {
        data.push(b'-');
    }
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(value.unsigned_abs()).as_bytes();
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    data.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
    if places > 0 {
        data.push(b'.');
        data.resize(data.len() + places - fraction.len(), b'0');
        data.extend_from_slice(fraction);
    }
}

fn date(days: i64, data: &mut Vec<u8>) -> bool {
    let fits = is_date(days);
    if fits {
        data.extend_from_slice(&civil(days));
    }
    fits
}

fn times<T: Copy + Into<i64>>(values: &[T], unit: Unit, pen: &mut Pen<'_>) -> Outcome<bool> {
    each_unit!(unit, PER_SECOND => pen.each(|row, data| {
        let ticks: i64 = values[row].into();
        if !is_time::<PER_SECOND>(ticks) {
            return false;
        }
        let mut text = *b"00:00:00.0000000000";
        text[..8].copy_from_slice(&clock((ticks / PER_SECOND) as u32));
        fraction::<PER_SECOND>(ticks.rem_euclid(PER_SECOND), &mut text[9..]);
        push_first(&text, 8 + fraction_len(PER_SECOND), data);
        true
    }))
}

/// ISO 8601 with as many digits as the unit has; `Z` for instants.
fn moments(values: &[i64], unit: Unit, zoned: bool, pen: &mut Pen<'_>) -> Outcome<bool> {
    const DAY: i64 = 86_400;
    each_unit!(unit, PER_SECOND => pen.each(|row, data| {
        let second = values[row].div_euclid(PER_SECOND);
        if !is_second(second) {
            return false;
        }
        let mut text = *b"0000-00-00T00:00:00.0000000000";
        text[..10].copy_from_slice(&civil(second.div_euclid(DAY)));
        text[11..19].copy_from_slice(&clock(second.rem_euclid(DAY) as u32));
        fraction::<PER_SECOND>(values[row].rem_euclid(PER_SECOND), &mut text[20..]);
        let end = 19 + fraction_len(PER_SECOND);
        text[end] = b'Z';
        push_first(&text, end + usize::from(zoned), data);
        true
    }))
}

/// The digits of a part of a second, ten bytes of them, over zeros.
#[inline(always)]
fn fraction<const PER_SECOND: i64>(ticks: i64, text: &mut [u8]) {
    if ticks != 0 {
        // A tenth digit makes five pairs.
        let mut rest = ticks as u64 * (10_000_000_000 / PER_SECOND as u64);
        for pair in text.as_chunks_mut::<2>().0.iter_mut().rev() {
            *pair = PAIRS[(rest % 100) as usize];
            rest /= 100;
        }
    }
}

/// How long the point and the digits of a part of a second are.
const fn fraction_len(per_second: i64) -> usize {
    if per_second == 1 { 0 } else { 1 + per_second.ilog10() as usize }
}

/// Appends the first `len` bytes; the number that is copied is known when this is compiled.
#[inline(always)]
fn push_first<const N: usize>(text: &[u8; N], len: usize, data: &mut Vec<u8>) {
    let end = data.len() + len;
    data.extend_from_slice(text);
    data.truncate(end);
}

/// base64url without padding (RFC 4648, section 5), which is text: it may begin with a hyphen.
fn binary<N: Notation, S: Slots>(values: S, pen: &mut Pen<'_>) -> Outcome<bool> {
    pen.each(|row, data| {
        let start = data.len();
        for group in values.get(row).chunks(3) {
            let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let sign = |at: u32| ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
            data.extend_from_slice(&[sign(0), sign(1), sign(2), sign(3)][..=group.len()]);
        }
        if data.get(start).is_some_and(|first| N::may_begin(*first)) {
            let text = data.split_off(start);
            N::write(&text, data);
        }
        true
    })
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::super::formulas::Csv;
    use super::*;
    use crate::varlen::Varlen;

    fn written(values: &Values<'_>, rows: Range<usize>) -> Vec<String> {
        let mut into = Varlen::default();
        let mut pen = Pen::new(&mut into, rows, None, b"", false);
        assert_eq!(write::<Csv>(values, &mut pen), Ok(true));
        (0..into.len()).map(|row| String::from_utf8(into.get(row).to_vec()).unwrap()).collect()
    }

    #[test]
    fn decimals_have_all_their_places() {
        let values: &[i128] = &[0, 5, -5, 123, -12_345, i128::MAX, i128::MIN];
        let found = written(&Values::Decimal128 { values, scale: 3 }, 0..5);
        assert_eq!(found, ["0.000", "0.005", "-0.005", "0.123", "-12.345"]);
        let found = written(&Values::Decimal128 { values, scale: 0 }, 4..7);
        assert_eq!(found[0], "-12345");
        assert_eq!(found[1], i128::MAX.to_string());
        assert_eq!(found[2], i128::MIN.to_string());
    }

    #[test]
    fn times_have_the_digits_of_their_unit() {
        let values: &[i64] = &[-1, 1_709_251_199_500_000];
        let of = |unit, zoned| written(&Values::Timestamp { values, unit, zoned }, 0..2);
        assert_eq!(
            of(Unit::Micro, true),
            ["1969-12-31T23:59:59.999999Z", "2024-02-29T23:59:59.500000Z"]
        );
        assert_eq!(of(Unit::Nano, false)[0], "1969-12-31T23:59:59.999999999");
        assert_eq!(of(Unit::Nano, false)[1], "1970-01-20T18:47:31.199500000");
        let seconds = Values::Timestamp { values: &[0], unit: Unit::Second, zoned: true };
        assert_eq!(written(&seconds, 0..1), ["1970-01-01T00:00:00Z"]);
        let times = Values::Time32 { values: &[86_399_999], unit: Unit::Milli };
        assert_eq!(written(&times, 0..1), ["23:59:59.999"]);
    }

    #[test]
    fn what_is_outside_of_the_calendar_is_not_written() {
        for values in [
            Values::Date32(&[i32::MAX]),
            Values::Date32(&[-719_163]),
            Values::Time32 { values: &[86_400], unit: Unit::Second },
            Values::Time64 { values: &[-1], unit: Unit::Nano },
            Values::Timestamp { values: &[i64::MIN], unit: Unit::Micro, zoned: false },
        ] {
            let mut into = Varlen::default();
            let mut pen = Pen::new(&mut into, 0..1, None, b"", false);
            assert_eq!(write::<Csv>(&values, &mut pen), Ok(false), "{values:?}");
        }
    }
}
