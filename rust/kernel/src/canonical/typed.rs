//! Which writer is whose: one arm for each Arrow type.

use std::ops::Range;

use crate::canonical::{Normaliser, decimal, float, number, plain, rows, text, time};
use crate::column::{Column, Values};
use crate::fault::Outcome;
use crate::varlen::Varlen;

/// See `Encoder::encode`. The column was checked, and `rows` lie in it.
pub fn encode(
    column: &Column<'_>,
    normaliser: Normaliser,
    range: Range<usize>,
    into: &mut Varlen,
    refused: &mut Vec<usize>,
) -> Outcome<()> {
    match &column.values {
        Values::Null => plain::empty(range, into),
        Values::Bool(bits) => plain::bools(column, *bits, range, into),
        Values::Binary(bytes) => plain::copied(column, bytes, range, into),
        Values::Text(bytes) => text::encode(column, bytes, normaliser, range, into, refused),
        Values::Int8(values) => number::integers(column, values, range, into, refused),
        Values::Int16(values) => number::integers(column, values, range, into, refused),
        Values::Int32(values) => number::integers(column, values, range, into, refused),
        Values::Int64(values) => number::integers(column, values, range, into, refused),
        Values::UInt8(values) => number::integers(column, values, range, into, refused),
        Values::UInt16(values) => number::integers(column, values, range, into, refused),
        Values::UInt32(values) => number::integers(column, values, range, into, refused),
        Values::UInt64(values) => number::integers(column, values, range, into, refused),
        _ => by_value(column, range, into, refused),
    }
}

fn by_value(
    column: &Column<'_>,
    range: Range<usize>,
    into: &mut Varlen,
    refused: &mut Vec<usize>,
) -> Outcome<()> {
    macro_rules! each {
        ($values:expr, |$value:ident, $data:ident| $write:expr) => {
            rows::each(column, $values, range, into, refused, |$value, $data| $write)
        };
    }
    macro_rules! always {
        ($values:expr, |$value:ident, $data:ident| $write:expr) => {
            each!($values, |$value, $data| {
                $write;
                true
            })
        };
    }
    match &column.values {
        Values::Float16(values) => always!(values, |v, data| float::write(float::widened(v), data)),
        Values::Float32(values) => always!(values, |v, data| float::write(f64::from(v), data)),
        Values::Float64(values) => always!(values, |v, data| float::write(v, data)),
        Values::Decimal32 { values, scale } => {
            always!(values, |v, data| decimal::write(v.into(), *scale, data))
        }
        Values::Decimal64 { values, scale } => {
            always!(values, |v, data| decimal::write(v.into(), *scale, data))
        }
        Values::Decimal128 { values, scale } => {
            always!(values, |v, data| decimal::write(v, *scale, data))
        }
        Values::Decimal256 { values, scale } => {
            always!(values, |v, data| decimal::write_256(&v, *scale, data))
        }
        Values::Date32(values) => each!(values, |v, data| time::date(v.into(), data)),
        Values::Date64(values) => each!(values, |v, data| time::date_of_millis(v, data)),
        Values::Time32 { values, unit } => time::each_unit!(*unit, PER_SECOND => {
            each!(values, |v, data| time::time::<PER_SECOND>(v.into(), data))
        }),
        Values::Time64 { values, unit } => time::each_unit!(*unit, PER_SECOND => {
            each!(values, |v, data| time::time::<PER_SECOND>(v, data))
        }),
        Values::Timestamp { values, unit, zoned } => time::each_unit!(*unit, PER_SECOND => {
            each!(values, |v, data| time::timestamp::<PER_SECOND>(v, *zoned, data))
        }),
        _ => plain::empty(range, into),
    }
}

/// Rows without an encoding, where that can be said without writing; `None` where it cannot.
pub fn refusals(column: &Column<'_>) -> Option<Vec<usize>> {
    Some(match &column.values {
        Values::Date32(values) => rows::misfits(column, values, |v| time::is_date(v.into())),
        Values::Date64(values) => rows::misfits(column, values, time::is_date_of_millis),
        Values::Time32 { values, unit } => time::each_unit!(*unit, PER_SECOND => {
            rows::misfits(column, values, |v| time::is_time::<PER_SECOND>(v.into()))
        }),
        Values::Time64 { values, unit } => time::each_unit!(*unit, PER_SECOND => {
            rows::misfits(column, values, time::is_time::<PER_SECOND>)
        }),
        Values::Timestamp { values, unit, .. } => time::each_unit!(*unit, PER_SECOND => {
            rows::misfits(column, values, time::is_timestamp::<PER_SECOND>)
        }),
        Values::Text(_) => return None,
        _ => Vec::new(),
    })
}
