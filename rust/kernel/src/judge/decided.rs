//! What a rule found out about a column: only what is not simply accepted takes room.

use crate::{
    column::{Column, Ranges, Slots},
    fault::{Fault, Outcome},
    varlen::Varlen,
};

/// Why a value is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Reason {
    TooLong,
    TooShort,
    PatternMismatch,
    NotListed,
    BadValue,
    LessThanEqual,
    LessThan,
    GreaterThanEqual,
    GreaterThan,
    MultipleOf,
    DecimalPlaces,
    IntParsing,
    FloatParsing,
    DecimalParsing,
    BoolParsing,
    DateParsing,
    StrictDateParsing,
    DateTimeParsing,
    StrictDateTimeParsing,
    TimeParsing,
    UuidParsing,
}

impl Reason {
    /// Pydantic's name of the error type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "string_too_long",
            Self::TooShort => "string_too_short",
            Self::PatternMismatch => "string_pattern_mismatch",
            Self::NotListed => "literal_error",
            Self::BadValue => "value_error",
            Self::LessThanEqual => "less_than_equal",
            Self::LessThan => "less_than",
            Self::GreaterThanEqual => "greater_than_equal",
            Self::GreaterThan => "greater_than",
            Self::MultipleOf => "multiple_of",
            Self::DecimalPlaces => "decimal_max_places",
            Self::IntParsing => "int_parsing",
            Self::FloatParsing => "float_parsing",
            Self::DecimalParsing => "decimal_parsing",
            Self::BoolParsing => "bool_parsing",
            Self::DateParsing => "date_from_datetime_parsing",
            Self::StrictDateParsing => "date_parsing",
            Self::StrictDateTimeParsing => "datetime_parsing",
            Self::DateTimeParsing => "datetime_from_date_parsing",
            Self::TimeParsing => "time_parsing",
            Self::UuidParsing => "uuid_parsing",
        }
    }
}

/// The answer on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pydantic accepts it, with the value in `Decided::values`.
    Accepted,
    /// Pydantic has to be asked.
    Undecided,
    /// Pydantic rejects it, with this one error.
    Rejected(Reason),
}

/// Accepted values, where they are not the column's own. As many as the column has rows.
#[derive(Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Accepted {
    /// The column itself holds them.
    Unchanged,
    Text(Varlen),
    Bool(Vec<bool>),
    Int64(Vec<i64>),
    Float64(Vec<f64>),
    Decimal128(Vec<i128>),
    Date32(Vec<i32>),
    /// Microseconds of the day.
    Time64(Vec<i64>),
    /// Microseconds since 1970.
    Timestamp(Vec<i64>),
}

/// The answer on a column. Rows in neither list are accepted or null.
#[derive(Debug, PartialEq)]
pub struct Decided {
    /// Hold for accepted rows only.
    pub values: Accepted,
    /// Rows to ask Pydantic about, rising.
    pub undecided: Vec<i64>,
    /// Rows by the reason they are rejected for, rising in each.
    pub rejected: Vec<(Reason, Vec<i64>)>,
}

impl Decided {
    /// Nothing said yet: every row accepted as it is.
    #[must_use]
    pub fn clean() -> Self {
        Self { values: Accepted::Unchanged, undecided: Vec::new(), rejected: Vec::new() }
    }

    /// Whether the column is accepted as it is.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.values == Accepted::Unchanged && self.undecided.is_empty() && self.rejected.is_empty()
    }

    /// The next row's answer.
    pub(crate) fn note(&mut self, row: usize, verdict: Verdict) {
        #[allow(clippy::cast_possible_wrap)] // an array has fewer rows than bytes
        let row = row as i64;
        match verdict {
            Verdict::Accepted => {}
            Verdict::Undecided => self.undecided.push(row),
            Verdict::Rejected(reason) => {
                match self.rejected.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, rows)) => rows.push(row),
                    None => self.rejected.push((reason, vec![row])),
                }
            }
        }
    }
}

/// The text column of a rule that reads text. Python hands over no other layout.
pub(crate) fn texts<'a>(column: &Column<'a>) -> Outcome<Ranges<'a, i32>> {
    use crate::column::{Bytes, Values};
    match column.values {
        Values::Text(Bytes::Small(texts)) if texts.len() == column.len => Ok(texts),
        _ => Err(Fault::UnsupportedType),
    }
}

/// Text of a column with some rows replaced. Nothing is copied before the first of them.
pub(crate) struct Rewrite<'a> {
    texts: Ranges<'a, i32>,
    out: Option<Varlen>,
    done: usize,
}

impl<'a> Rewrite<'a> {
    pub fn new(texts: Ranges<'a, i32>) -> Self {
        Self { texts, out: None, done: 0 }
    }

    /// The next row that differs from the column's own.
    pub fn replace(&mut self, row: usize, text: &[u8]) -> Outcome<()> {
        self.keep_until(row)?;
        self.done = row + 1;
        match &mut self.out {
            Some(out) => {
                out.data.extend_from_slice(text);
                out.close()
            }
            None => Ok(()),
        }
    }

    fn keep_until(&mut self, row: usize) -> Outcome<()> {
        let (offsets, span) = (self.texts.offsets(), self.texts.span());
        let out =
            self.out.get_or_insert_with(|| Varlen::with_capacity(offsets.len() - 1, span.len()));
        let base = offsets[0];
        let (start, stop) = (offsets[self.done] - base, offsets[row] - base);
        let place = i64::try_from(out.data.len()).map_err(|_| Fault::TooBig)?;
        let shift = place - i64::from(offsets[self.done]);
        #[allow(clippy::cast_sign_loss)] // offsets rise
        out.data.extend_from_slice(&span[start as usize..stop as usize]);
        i32::try_from(out.data.len()).map_err(|_| Fault::TooBig)?;
        #[allow(clippy::cast_possible_truncation)] // no more than the length that fits
        out.offsets.extend(
            offsets[self.done + 1..=row].iter().map(|&offset| (i64::from(offset) + shift) as i32),
        );
        self.done = row;
        Ok(())
    }

    /// All rows, if any was replaced.
    pub fn finish(mut self) -> Outcome<Accepted> {
        if self.out.is_none() {
            return Ok(Accepted::Unchanged);
        }
        self.keep_until(self.texts.len())?;
        Ok(self.out.map_or(Accepted::Unchanged, Accepted::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_rows_stand_among_the_others() {
        let offsets = [2, 4, 4, 7, 8];
        let texts = Ranges::new(&offsets, b"..abcdef").unwrap();
        assert_eq!(Rewrite::new(texts).finish().unwrap(), Accepted::Unchanged);
        for replaced in [vec![0], vec![1, 2], vec![3], vec![0, 1, 2, 3]] {
            let mut rewrite = Rewrite::new(texts);
            for &row in &replaced {
                rewrite.replace(row, b"new").unwrap();
            }
            let Accepted::Text(found) = rewrite.finish().unwrap() else { panic!() };
            for row in 0..4 {
                let expected = if replaced.contains(&row) { b"new" } else { texts.get(row) };
                assert_eq!(found.get(row), expected);
            }
            assert_eq!(found.len(), 4);
        }
    }

    #[test]
    fn rows_are_kept_by_reason() {
        let mut decided = Decided::clean();
        assert!(decided.is_clean());
        for (row, verdict) in [
            (1, Verdict::Rejected(Reason::TooLong)),
            (2, Verdict::Accepted),
            (4, Verdict::Rejected(Reason::TooShort)),
            (5, Verdict::Undecided),
            (7, Verdict::Rejected(Reason::TooLong)),
        ] {
            decided.note(row, verdict);
        }
        assert_eq!(decided.undecided, [5]);
        assert_eq!(decided.rejected, [(Reason::TooLong, vec![1, 7]), (Reason::TooShort, vec![4])]);
        assert!(!decided.is_clean());
    }
}
