//! Numbers, dates, times and bytes as text that reads back equal.

use crate::canonical::time::{civil, clock, is_date, is_second};
use crate::column::{Bits, Slots, Unit, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};

use super::Notation;
use super::cells::Pen;

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

fn whole<T: itoa::Integer + Copy>(values: &[T], pen: &mut Pen<'_>) -> Outcome<bool> {
    let mut digits = itoa::Buffer::new();
    pen.each(|row, data| {
        data.extend_from_slice(digits.format(values[row]).as_bytes());
        true
    })
}

/// Plain notation with as many places as the type has, never an exponent.
fn decimals<T: Copy + Into<i128>>(values: &[T], scale: i32, pen: &mut Pen<'_>) -> Outcome<bool> {
    let places = scale.unsigned_abs() as usize;
    let mut digits = itoa::Buffer::new();
    pen.each(|row, data| {
        let value: i128 = values[row].into();
        if value < 0 {
            data.push(b'-');
        }
        let magnitude = value.unsigned_abs();
        let digits = match u64::try_from(magnitude) {
            Ok(short) => digits.format(short),
            Err(_) => digits.format(magnitude),
        };
        let digits = digits.as_bytes();
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
        data.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
        if places > 0 {
            data.push(b'.');
            data.resize(data.len() + places - fraction.len(), b'0');
            data.extend_from_slice(fraction);
        }
        true
    })
}

fn date(days: i64, data: &mut Vec<u8>) -> bool {
    let fits = is_date(days);
    if fits {
        data.extend_from_slice(&civil(days));
    }
    fits
}

fn times<T: Copy + Into<i64>>(values: &[T], unit: Unit, pen: &mut Pen<'_>) -> Outcome<bool> {
    let (per_second, places) = ticks(unit);
    pen.each(|row, data| {
        let ticks: i64 = values[row].into();
        if !(0..86_400 * per_second).contains(&ticks) {
            return false;
        }
        let mut text = [b'.'; 18];
        text[..8].copy_from_slice(&clock((ticks / per_second) as u32));
        fraction((ticks % per_second) as u32, &mut text[8..], places);
        data.extend_from_slice(&text[..8 + places + usize::from(places > 0)]);
        true
    })
}

/// ISO 8601 with as many digits as the unit has; `Z` for instants.
fn moments(values: &[i64], unit: Unit, zoned: bool, pen: &mut Pen<'_>) -> Outcome<bool> {
    const DAY: i64 = 86_400;
    let (per_second, places) = ticks(unit);
    let end = 19 + places + usize::from(places > 0);
    pen.each(|row, data| {
        let ticks = values[row];
        let second = ticks.div_euclid(per_second);
        if !is_second(second) {
            return false;
        }
        let mut text = [b'T'; 30];
        text[..10].copy_from_slice(&civil(second.div_euclid(DAY)));
        text[11..19].copy_from_slice(&clock(second.rem_euclid(DAY) as u32));
        fraction(ticks.rem_euclid(per_second) as u32, &mut text[19..], places);
        text[end] = b'Z';
        data.extend_from_slice(&text[..end + usize::from(zoned)]);
        true
    })
}

/// Ticks a second, and digits of a part of one.
const fn ticks(unit: Unit) -> (i64, usize) {
    match unit {
        Unit::Second => (1, 0),
        Unit::Milli => (1_000, 3),
        Unit::Micro => (1_000_000, 6),
        Unit::Nano => (1_000_000_000, 9),
    }
}

/// The point and the digits of a part of a second.
#[inline(always)]
fn fraction(mut ticks: u32, into: &mut [u8], places: usize) {
    if places == 0 {
        return;
    }
    into[0] = b'.';
    for digit in into[1..=places].iter_mut().rev() {
        *digit = b'0' + (ticks % 10) as u8;
        ticks /= 10;
    }
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
