//! A column without its rejected rows, or with some rows replaced: long runs copied whole.

use std::ops::Range;

use crate::{
    column::{Bits, Bytes, Column, Ranges, Slots, Unit, Values},
    fault::{Fault, Outcome},
    varlen::Varlen,
};

use super::decided::{Accepted, Rewrite};

/// Values, and which of them are not null; `None` if all are there.
#[derive(Debug, PartialEq)]
pub struct Spliced {
    /// The values.
    pub values: Accepted,
    /// Whether each is there.
    pub there: Option<Vec<bool>>,
}

/// The column without the rows `gone`, which rise.
///
/// `UnsupportedType` for types that no accepted column has; `Malformed` if `gone` does not rise
/// or leaves the column.
pub fn without(column: &Column, gone: &[i64]) -> Outcome<Spliced> {
    let runs = runs_between(column.len, gone)?;
    let rows = column.len - gone.len();
    let values = match &column.values {
        Values::Text(Bytes::Small(texts)) | Values::Binary(Bytes::Small(texts)) => {
            Accepted::Text(texts_of(*texts, &runs, rows)?)
        }
        Values::Bool(bits) => Accepted::Bool(each(&runs, rows, |row| bits.get(row))),
        Values::Int64(values) => Accepted::Int64(numbers(values, &runs, rows)),
        Values::Float64(values) => Accepted::Float64(numbers(values, &runs, rows)),
        Values::Date32(values) => Accepted::Date32(numbers(values, &runs, rows)),
        Values::Decimal128 { values, .. } => Accepted::Decimal128(numbers(values, &runs, rows)),
        Values::Time64 { values, unit: Unit::Micro } => {
            Accepted::Time64(numbers(values, &runs, rows))
        }
        Values::Timestamp { values, unit: Unit::Micro, .. } => {
            Accepted::Timestamp(numbers(values, &runs, rows))
        }
        _ => return Err(Fault::UnsupportedType),
    };
    let there = column.validity.filter(|bits| !all_null_among(*bits, gone));
    let there = there.map(|bits| each(&runs, rows, |row| bits.get(row)));
    Ok(Spliced { values, there })
}

/// Whether there is no null but in the rows that are gone.
fn all_null_among(there: Bits<'_>, gone: &[i64]) -> bool {
    let set: usize = there.packed().iter().map(|byte| byte.count_ones() as usize).sum();
    let null = |row: &&i64| usize::try_from(**row).is_ok_and(|row| !there.get(row));
    there.len() - set == gone.iter().filter(null).count()
}

/// The text column with `rows`, which rise, replaced by the values of `new` in order.
///
/// `UnsupportedType` if one of them is no text; `Malformed` if there are not as many rows as new
/// values, or the rows do not rise or leave the column.
pub fn replaced(column: &Column, rows: &[i64], new: &Column) -> Outcome<Spliced> {
    let (Values::Text(Bytes::Small(old)), Values::Text(Bytes::Small(texts))) =
        (&column.values, &new.values)
    else {
        return Err(Fault::UnsupportedType);
    };
    if rows.len() != new.len {
        return Err(Fault::Malformed);
    }
    runs_between(column.len, rows)?;
    let mut rewrite = Rewrite::new(*old);
    let mut there: Option<Vec<bool>> =
        column.validity.map(|bits| (0..column.len).map(|row| bits.get(row)).collect());
    for (place, row) in rows.iter().enumerate() {
        let row = usize::try_from(*row).map_err(|_| Fault::Malformed)?;
        let valid = new.is_valid(place);
        rewrite.replace(row, if valid { texts.get(place) } else { &[] })?;
        if there.is_some() || !valid {
            there.get_or_insert_with(|| vec![true; column.len])[row] = valid;
        }
    }
    let values = match rewrite.finish()? {
        Accepted::Unchanged => {
            Accepted::Text(texts_of(*old, &runs_between(column.len, &[])?, column.len)?)
        }
        changed => changed,
    };
    Ok(Spliced { values, there: there.filter(|there| there.contains(&false)) })
}

/// The rows that are null, rising.
#[must_use]
pub fn null_rows(column: &Column) -> Vec<i64> {
    let mut rows = Vec::new();
    let Some(there) = column.validity else { return rows };
    for (place, byte) in there.packed().into_iter().enumerate() {
        let mut missing = !byte;
        while missing != 0 {
            let row = place * 8 + missing.trailing_zeros() as usize;
            if row < there.len() {
                rows.extend(i64::try_from(row));
            }
            missing &= missing - 1;
        }
    }
    rows
}

/// The runs of rows between those that are gone.
fn runs_between(rows: usize, gone: &[i64]) -> Outcome<Vec<Range<usize>>> {
    let mut runs = Vec::with_capacity(gone.len() + 1);
    let mut start = 0;
    for &row in gone {
        let row = usize::try_from(row).map_err(|_| Fault::Malformed)?;
        if row < start || row >= rows {
            return Err(Fault::Malformed);
        }
        runs.push(start..row);
        start = row + 1;
    }
    runs.push(start..rows);
    Ok(runs)
}

fn numbers<T: Copy>(values: &[T], runs: &[Range<usize>], rows: usize) -> Vec<T> {
    let mut kept = Vec::with_capacity(rows);
    for run in runs {
        kept.extend_from_slice(&values[run.clone()]);
    }
    kept
}

fn each(runs: &[Range<usize>], rows: usize, get: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut kept = Vec::with_capacity(rows);
    for run in runs {
        kept.extend(run.clone().map(&get));
    }
    kept
}

#[allow(clippy::cast_sign_loss)] // offsets rise from the first
fn texts_of(texts: Ranges<'_, i32>, runs: &[Range<usize>], rows: usize) -> Outcome<Varlen> {
    let (offsets, span) = (texts.offsets(), texts.span());
    let mut kept = Varlen::with_capacity(rows, span.len());
    for run in runs {
        let start = offsets[run.start];
        let end = offsets[run.end];
        // Not above what the column itself has.
        let place = i32::try_from(kept.data.len()).map_err(|_| Fault::TooBig)?;
        let base = offsets[0];
        kept.data.extend_from_slice(&span[(start - base) as usize..(end - base) as usize]);
        let shift = start.wrapping_sub(place);
        let moved = offsets[run.start + 1..=run.end].iter().map(|&end| end.wrapping_sub(shift));
        kept.offsets.extend(moved);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFSETS: [i32; 6] = [1, 2, 4, 4, 7, 8];
    const DATA: &[u8] = b".abbcccd";

    fn texts(validity: Option<Bits<'_>>) -> Column<'_> {
        let values = Values::Text(Bytes::Small(Ranges::new(&OFFSETS, DATA).unwrap()));
        Column { len: 5, validity, values }
    }

    fn shown(spliced: &Spliced) -> Vec<Option<&str>> {
        let Accepted::Text(values) = &spliced.values else { panic!() };
        let there = |row: usize| spliced.there.as_ref().is_none_or(|there| there[row]);
        let text = |row| there(row).then(|| std::str::from_utf8(values.get(row)).unwrap());
        (0..values.len()).map(text).collect()
    }

    #[test]
    fn rows_that_are_gone_are_gone() {
        let bitmap = [0b10111];
        let some = Bits::new(&bitmap, 0, 5).unwrap();
        for gone in [vec![], vec![0], vec![4], vec![1, 2], vec![0, 3, 4], vec![0, 1, 2, 3, 4]] {
            for validity in [None, Some(some)] {
                let found = without(&texts(validity), &gone).unwrap();
                let all = [
                    Some("a"),
                    Some("bb"),
                    Some(""),
                    Some("ccc").filter(|_| validity.is_none()),
                    Some("d"),
                ];
                let mut expected = all.to_vec();
                for &row in gone.iter().rev() {
                    expected.remove(usize::try_from(row).unwrap());
                }
                assert_eq!(shown(&found), expected);
                assert_eq!(found.there.is_some(), expected.contains(&None));
            }
        }
        let numbers = Column { len: 3, validity: None, values: Values::Int64(&[7, 8, 9]) };
        assert_eq!(without(&numbers, &[1]).unwrap().values, Accepted::Int64(vec![7, 9]));
        let bits = Values::Bool(Bits::new(&bitmap, 2, 3).unwrap());
        let bits = Column { len: 3, validity: None, values: bits };
        assert_eq!(without(&bits, &[0]).unwrap().values, Accepted::Bool(vec![false, true]));
    }

    #[test]
    fn replaced_rows_are_the_new_ones() {
        let bitmap = [0b01];
        let new =
            Column { len: 2, validity: Some(Bits::new(&bitmap, 0, 2).unwrap()), ..texts(None) };
        let new = Column {
            values: Values::Text(Bytes::Small(Ranges::new(&OFFSETS[..3], DATA).unwrap())),
            ..new
        };
        let found = replaced(&texts(None), &[1, 3], &new).unwrap();
        assert_eq!(shown(&found), [Some("a"), Some("a"), Some(""), None, Some("d")]);
        let nothing = Column { len: 0, ..new.clone() };
        let nothing = Column {
            values: Values::Text(Bytes::Small(Ranges::new(&OFFSETS[..1], DATA).unwrap())),
            ..nothing
        };
        assert_eq!(shown(&replaced(&texts(None), &[], &nothing).unwrap()).len(), 5);
    }

    #[test]
    fn null_rows_are_found_wherever_the_bits_begin() {
        let bitmap = [0b1010_1010, 0xff, 0b0110_1111];
        for offset in 0..9 {
            for len in 0..=15 {
                let bits = Bits::new(&bitmap, offset, len).unwrap();
                let column = Column { len, validity: Some(bits), values: Values::Null };
                let expected: Vec<i64> =
                    (0..len).filter(|&row| !bits.get(row)).map(|row| row as i64).collect();
                assert_eq!(null_rows(&column), expected);
            }
        }
        assert!(null_rows(&texts(None)).is_empty());
    }

    #[test]
    fn rows_that_cannot_be_are_refused() {
        for gone in [vec![5], vec![-1], vec![2, 1], vec![1, 1]] {
            assert_eq!(without(&texts(None), &gone), Err(Fault::Malformed), "{gone:?}");
            assert_eq!(replaced(&texts(None), &gone, &texts(None)), Err(Fault::Malformed));
        }
        let wrong = Column { len: 1, validity: None, values: Values::Int8(&[1]) };
        assert_eq!(without(&wrong, &[]), Err(Fault::UnsupportedType));
    }
}
