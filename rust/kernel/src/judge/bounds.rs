//! Numbers held to their bounds, and text columns read as numbers.

use crate::{
    column::Column,
    fault::{Fault, Outcome},
};

use super::{
    decided::{Decided, Reason, Verdict, texts},
    digits::Placed,
    rows::piece,
};

/// Rows that are looked at together before any of them alone.
const CHUNK: usize = 256;

/// What a value's bounds are given in.
pub trait Number: Copy + PartialOrd + Default {
    /// The next lower one.
    fn lower(self) -> Self;
    /// The next higher one.
    fn higher(self) -> Self;
    /// Whether it is a whole multiple of `unit`. Floats have no such rule.
    fn is_multiple(self, unit: Self) -> bool;
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            fn lower(self) -> Self {
                self.saturating_sub(1)
            }
            fn higher(self) -> Self {
                self.saturating_add(1)
            }
            fn is_multiple(self, unit: Self) -> bool {
                self.checked_rem(unit) == Some(0)
            }
        }
    )*};
}
whole!(i32, i64, i128);

impl Number for f64 {
    fn lower(self) -> Self {
        self.next_down()
    }
    fn higher(self) -> Self {
        self.next_up()
    }
    fn is_multiple(self, _: Self) -> bool {
        false
    }
}

/// Pydantic's comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Bound {
    LessThanEqual,
    LessThan,
    GreaterThanEqual,
    GreaterThan,
}

/// What a number has to keep to.
#[derive(Clone, Debug)]
pub struct Limits<T> {
    bounds: Vec<(Bound, T)>,
    multiple_of: Option<T>,
    /// Outside of these (both included) nothing is decided.
    known: (T, T),
    /// Within these nothing is broken, but for the multiple.
    plain: (T, T),
}

impl<T: Number> Limits<T> {
    /// Values outside of `known` are left undecided.
    pub fn new(bounds: Vec<(Bound, T)>, multiple_of: Option<T>, known: (T, T)) -> Self {
        let (mut low, mut high) = known;
        for &(bound, limit) in &bounds {
            let (least, most) = match bound {
                Bound::LessThanEqual => (low, limit),
                Bound::LessThan => (low, limit.lower()),
                Bound::GreaterThanEqual => (limit, high),
                Bound::GreaterThan => (limit.higher(), high),
            };
            low = if least > low { least } else { low };
            high = if most < high { most } else { high };
        }
        Self { bounds, multiple_of, known, plain: (low, high) }
    }

    #[inline]
    fn is_plain(&self, value: T) -> bool {
        (self.plain.0 <= value) & (value <= self.plain.1)
    }

    /// One broken rule is the reason; of several, Pydantic says which comes first.
    fn verdict(&self, value: T) -> Verdict {
        if !(self.known.0 <= value && value <= self.known.1) {
            return Verdict::Undecided;
        }
        let mut broken = self.bounds.iter().filter_map(|&(bound, limit)| match bound {
            Bound::LessThanEqual => (value > limit).then_some(Reason::LessThanEqual),
            Bound::LessThan => (value >= limit).then_some(Reason::LessThan),
            Bound::GreaterThanEqual => (value < limit).then_some(Reason::GreaterThanEqual),
            Bound::GreaterThan => (value <= limit).then_some(Reason::GreaterThan),
        });
        let multiple = self.multiple_of.is_none_or(|unit| value.is_multiple(unit));
        match (multiple, broken.next(), broken.next()) {
            (true, None, _) => Verdict::Accepted,
            (false, None, _) => Verdict::Rejected(Reason::MultipleOf),
            (true, Some(reason), None) => Verdict::Rejected(reason),
            _ => Verdict::Undecided,
        }
    }

    /// The answer on typed values.
    pub(crate) fn judge(&self, column: &Column, values: &[T]) -> Outcome<Decided> {
        if values.len() != column.len {
            return Err(Fault::Malformed);
        }
        let mut decided = Decided::clean();
        for (number, chunk) in values.chunks(CHUNK).enumerate() {
            let plain = chunk.iter().fold(true, |plain, &value| plain & self.is_plain(value));
            if plain && self.multiple_of.is_none() {
                continue;
            }
            for (place, &value) in chunk.iter().enumerate() {
                let row = number * CHUNK + place;
                if column.is_valid(row) {
                    decided.note(row, self.verdict(value));
                }
            }
        }
        Ok(decided)
    }

    /// The answer on text, and the numbers in it; 0 where none is accepted.
    pub(crate) fn read(
        &self,
        column: &Column,
        unreadable: Reason,
        read: impl Fn(Placed<'_>) -> Read<T>,
    ) -> Outcome<(Vec<T>, Decided)> {
        let texts = texts(column)?;
        let span = texts.span();
        let mut values = vec![T::default(); column.len];
        let mut decided = Decided::clean();
        for (row, slot) in values.iter_mut().enumerate() {
            if column.validity.is_some_and(|there| !there.get(row)) {
                continue;
            }
            match read(Placed::new(span, piece(texts, row))) {
                Read::Value(value) => {
                    *slot = value;
                    if !self.is_plain(value) || self.multiple_of.is_some() {
                        decided.note(row, self.verdict(value));
                    }
                }
                Read::Never => decided.note(row, Verdict::Rejected(unreadable)),
                Read::Broken(reason) => decided.note(row, Verdict::Rejected(reason)),
                Read::Unsure => decided.note(row, Verdict::Undecided),
            }
        }
        Ok((values, decided))
    }
}

/// What a text is as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Read<T> {
    /// Written plainly, so every reader reads this.
    Value(T),
    /// No reader reads one in it.
    Never,
    /// Every reader reads this, and it breaks a rule that no bound says.
    Broken(Reason),
    /// Pydantic has to read it.
    Unsure,
}

impl<T> Read<T> {
    /// Not written plainly: whether it can be a number at all.
    ///
    /// A printable ASCII byte that no notation has decides, if the rest is ASCII and short.
    #[cold]
    pub fn unsure(text: &[u8], notation: &[u8]) -> Self {
        const LONGEST: usize = 64;
        let foreign = |byte: &u8| {
            byte.is_ascii_graphic() && !notation.contains(byte) && !b"0123456789+-_.".contains(byte)
        };
        if text.len() <= LONGEST && text.is_ascii() && text.iter().any(foreign) {
            return Self::Never;
        }
        Self::Unsure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Bits, Values};

    #[test]
    fn one_broken_bound_is_the_reason_and_two_are_left() {
        let bounds = vec![(Bound::GreaterThanEqual, 0), (Bound::LessThan, 10)];
        let limits = Limits::new(bounds, Some(2), (-100, 100_i64));
        for (value, verdict) in [
            (0, Verdict::Accepted),
            (8, Verdict::Accepted),
            (3, Verdict::Rejected(Reason::MultipleOf)),
            (10, Verdict::Rejected(Reason::LessThan)),
            (-2, Verdict::Rejected(Reason::GreaterThanEqual)),
            (11, Verdict::Undecided),
            (101, Verdict::Undecided),
            (-101, Verdict::Undecided),
        ] {
            assert_eq!(limits.verdict(value), verdict, "{value}");
        }
    }

    #[test]
    fn bounds_of_floats_know_what_is_next_and_what_is_no_number() {
        let bounds = vec![(Bound::GreaterThan, 0.0), (Bound::LessThanEqual, 1.0)];
        let limits = Limits::new(bounds, None, (f64::MIN, f64::MAX));
        for value in [0.0, -0.0, 5e-324, 1.0, 1.0_f64.next_up(), -1.0] {
            assert_eq!(
                limits.is_plain(value),
                limits.verdict(value) == Verdict::Accepted,
                "{value}"
            );
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!limits.is_plain(value));
            assert_eq!(limits.verdict(value), Verdict::Undecided);
        }
    }

    #[test]
    fn bounds_at_the_ends_of_a_type_break_nothing() {
        let ends = (i64::MIN, i64::MAX);
        let limits = Limits::new(vec![(Bound::LessThan, i64::MIN)], None, ends);
        assert_eq!(limits.verdict(i64::MIN), Verdict::Rejected(Reason::LessThan));
        assert!(!limits.is_plain(0));
    }

    #[test]
    fn null_rows_are_in_no_list() {
        let limits = Limits::new(vec![(Bound::LessThan, 5)], None, (i64::MIN, i64::MAX));
        let values: Vec<i64> = (0..600).map(|row| row % 10).collect();
        let bitmap: Vec<u8> = vec![0b0101_0101; 75];
        let column = Column {
            len: 600,
            validity: Some(Bits::new(&bitmap, 0, 600).unwrap()),
            values: Values::Int64(&values),
        };
        let found = limits.judge(&column, &values).unwrap();
        let expected: Vec<i64> = (0..600).filter(|row| row % 2 == 0 && row % 10 >= 5).collect();
        assert_eq!(found.rejected, [(Reason::LessThan, expected)]);
    }

    #[test]
    fn a_byte_that_no_number_has_decides() {
        assert_eq!(Read::<i64>::unsure(b"12x", b""), Read::Never);
        for text in [&b"1_2"[..], b"", b" 12", b"\n", "1x\u{e9}".as_bytes(), b"e", &[b'x'; 65]] {
            assert_eq!(Read::<i64>::unsure(text, b"e"), Read::Unsure);
        }
    }
}
