//! A column without its rejected rows, or with some rows replaced: long runs copied whole.

use std::ops::Range;

use crate::{
    column::{Bytes, Column, Slots, Unit, Values},
    fault::{Fault, Outcome},
    varlen::Varlen,
};

use super::{
    decided::{Accepted, Rewrite},
    packed::Present,
};

/// Values, and which of them are not null; `None` if all are there.
#[derive(Debug, PartialEq)]
pub struct Spliced {
    /// The values.
    pub values: Accepted,
    /// Whether each is there.
    pub there: Option<Present>,
}

/// Rows of a batch that are to go, seen to be such once for all its columns.
pub struct Cut {
    runs: Vec<Range<usize>>,
    before: usize,
    left: usize,
}

impl Cut {
    /// Without the rows `gone` of so many; `Malformed` if those do not rise or are no rows.
    pub fn new(rows: usize, gone: &[i64]) -> Outcome<Self> {
        Ok(Self { runs: runs_between(rows, gone)?, before: rows, left: rows - gone.len() })
    }

    /// How many rows are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// A column without the rows.
    ///
    /// `UnsupportedType` for types that no accepted column has; `Malformed` if it has other rows.
    pub fn of(&self, column: &Column) -> Outcome<Spliced> {
        if column.len != self.before {
            return Err(Fault::Malformed);
        }
        let values = match &column.values {
            Values::Text(Bytes::Small(texts)) | Values::Binary(Bytes::Small(texts)) => {
                Accepted::Text(self.texts(texts.offsets(), texts.span())?)
            }
            Values::Bool(bits) => Accepted::Bool(self.flags(|row| bits.get(row))),
            Values::Int64(values) => Accepted::Int64(self.numbers(values)),
            Values::Float64(values) => Accepted::Float64(self.numbers(values)),
            Values::Date32(values) => Accepted::Date32(self.numbers(values)),
            Values::Decimal128 { values, .. } => Accepted::Decimal128(self.numbers(values)),
            Values::Time64 { values, unit: Unit::Micro } => Accepted::Time64(self.numbers(values)),
            Values::Timestamp { values, unit: Unit::Micro, .. } => {
                Accepted::Timestamp(self.numbers(values))
            }
            _ => return Err(Fault::UnsupportedType),
        };
        Ok(Spliced { values, there: self.there(column) })
    }

    /// New values of a column without the rows; where they are the column's own, as `of`.
    pub fn of_values(&self, column: &Column, values: Accepted) -> Outcome<Spliced> {
        let values = match values {
            Accepted::Unchanged => return self.of(column),
            Accepted::Text(texts) => Accepted::Text(self.texts(&texts.offsets, &texts.data)?),
            Accepted::Bool(flags) => Accepted::Bool(self.flags(|row| flags[row])),
            Accepted::Int64(values) => Accepted::Int64(self.shrunk(values)),
            Accepted::Float64(values) => Accepted::Float64(self.shrunk(values)),
            Accepted::Decimal128(values) => Accepted::Decimal128(self.shrunk(values)),
            Accepted::Date32(values) => Accepted::Date32(self.shrunk(values)),
            Accepted::Time64(values) => Accepted::Time64(self.shrunk(values)),
            Accepted::Timestamp(values) => Accepted::Timestamp(self.shrunk(values)),
        };
        Ok(Spliced { values, there: self.there(column) })
    }

    fn there(&self, column: &Column) -> Option<Present> {
        column.validity.and_then(|bits| Present::of_runs(bits, &self.runs))
    }

    fn numbers<T: Copy>(&self, values: &[T]) -> Vec<T> {
        let mut kept = Vec::with_capacity(self.left);
        for run in &self.runs {
            kept.extend_from_slice(&values[run.clone()]);
        }
        kept
    }

    /// The same memory, what is kept moved to the front.
    fn shrunk<T: Copy>(&self, mut values: Vec<T>) -> Vec<T> {
        let mut at = 0;
        for run in &self.runs {
            values.copy_within(run.clone(), at);
            at += run.len();
        }
        values.truncate(at);
        values
    }

    fn flags(&self, get: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut kept = Vec::with_capacity(self.left);
        for run in &self.runs {
            kept.extend(run.clone().map(&get));
        }
        kept
    }

    #[allow(clippy::cast_sign_loss)] // offsets rise from the first
    fn texts(&self, offsets: &[i32], span: &[u8]) -> Outcome<Varlen> {
        let mut kept = Varlen::with_capacity(self.left, span.len());
        let base = offsets[0];
        for run in &self.runs {
            let (start, end) = (offsets[run.start], offsets[run.end]);
            // Not above what the column itself has.
            let place = i32::try_from(kept.data.len()).map_err(|_| Fault::TooBig)?;
            kept.data.extend_from_slice(&span[(start - base) as usize..(end - base) as usize]);
            let shift = start.wrapping_sub(place);
            let moved = offsets[run.start + 1..=run.end].iter().map(|&end| end.wrapping_sub(shift));
            kept.offsets.extend(moved);
        }
        Ok(kept)
    }
}

/// The column without the rows `gone`, which rise: `Cut` for one.
pub fn without(column: &Column, gone: &[i64]) -> Outcome<Spliced> {
    Cut::new(column.len, gone)?.of(column)
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
    let everything = Cut::new(column.len, &[])?;
    let mut there = everything.there(column);
    for (place, row) in rows.iter().enumerate() {
        let row = usize::try_from(*row).map_err(|_| Fault::Malformed)?;
        let valid = new.is_valid(place);
        rewrite.replace(row, if valid { texts.get(place) } else { &[] })?;
        if there.is_some() || !valid {
            there.get_or_insert_with(|| Present::all(column.len)).set(row, valid);
        }
    }
    let values = match rewrite.finish()? {
        Accepted::Unchanged => Accepted::Text(everything.texts(old.offsets(), old.span())?),
        changed => changed,
    };
    Ok(Spliced { values, there: there.filter(Present::has_nulls) })
}

/// The rows that are null, rising.
#[must_use]
pub fn null_rows(column: &Column) -> Vec<i64> {
    let mut rows = Vec::new();
    let Some(there) = column.validity else { return rows };
    for start in (0..there.len()).step_by(64) {
        let count = (there.len() - start).min(64);
        let mut missing = !there.word(start, count) & (u64::MAX >> (64 - count));
        while missing != 0 {
            rows.extend(i64::try_from(start + missing.trailing_zeros() as usize));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Bits, Ranges};

    const OFFSETS: [i32; 6] = [1, 2, 4, 4, 7, 8];
    const DATA: &[u8] = b".abbcccd";

    fn texts(validity: Option<Bits<'_>>) -> Column<'_> {
        let values = Values::Text(Bytes::Small(Ranges::new(&OFFSETS, DATA).unwrap()));
        Column { len: 5, validity, values }
    }

    fn shown(spliced: &Spliced) -> Vec<Option<&str>> {
        let Accepted::Text(values) = &spliced.values else { panic!() };
        let there = |row: usize| spliced.there.as_ref().is_none_or(|there| there.get(row));
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
