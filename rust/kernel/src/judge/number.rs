//! Rules for whole numbers, floats, decimals and truth.

use crate::{
    column::{Column, Slots, Values},
    fault::{Fault, Outcome},
};

use super::{
    bounds::{Limits, Read},
    decided::{Accepted, Decided, Reason, Verdict, texts},
    digits::{HEAD, Placed, decimal_number, last_digits},
    number_text::{append, float, signed, whole},
};

/// A rule for whole numbers: an int64 column or text.
pub struct Int(pub Limits<i64>);

impl Int {
    /// Pydantic's verdict.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        if let Values::Int64(values) = column.values {
            return self.0.judge(column, values);
        }
        let (values, decided) = self.0.read(column, Reason::IntParsing, whole)?;
        Ok(Decided { values: Accepted::Int64(values), ..decided })
    }
}

/// A rule for floats: a float64 column or text.
pub struct Float(pub Limits<f64>);

impl Float {
    /// Pydantic's verdict.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        if let Values::Float64(values) = column.values {
            return self.0.judge(column, values);
        }
        let read = |text: Placed<'_>| float(text.bytes());
        let (values, decided) = self.0.read(column, Reason::FloatParsing, read)?;
        Ok(Decided { values: Accepted::Float64(values), ..decided })
    }
}

/// A rule for decimals of one scale: a decimal128 column of that scale, or text.
pub struct Decimal {
    /// In units of the last place.
    pub limits: Limits<i128>,
    /// Places of the column.
    pub scale: usize,
    /// Most digits before the point.
    pub whole: usize,
    /// Most digits after it.
    pub fraction: usize,
    /// With more digits after the point, but no more than so many in all, that is the one rule a
    /// plain number breaks.
    pub most: usize,
}

impl Decimal {
    /// Pydantic's verdict.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        if let Values::Decimal128 { values, scale } = column.values {
            if usize::try_from(scale) != Ok(self.scale) {
                return Err(Fault::UnsupportedType);
            }
            return self.limits.judge(column, values);
        }
        let read = |text: Placed<'_>| self.read(text);
        let (values, decided) = self.limits.read(column, Reason::DecimalParsing, read)?;
        Ok(Decided { values: Accepted::Decimal128(values), ..decided })
    }

    #[inline]
    fn read(&self, text: Placed<'_>) -> Read<i128> {
        let found = self.read_full(text).or_else(|| self.read_short(text));
        found.map_or_else(|| self.read_any(text.bytes()), Read::Value)
    }

    /// A number with all the places of the column: its point stands where it always does.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // one half after the other, and the first byte
    fn read_full(&self, text: Placed<'_>) -> Option<i128> {
        const HALF: usize = HEAD / 2;
        let places = self.scale;
        if places != self.fraction || !(1..HALF).contains(&places) {
            return None;
        }
        let tail = text.tail()?;
        let first = (text.len() > places + 1).then(|| text.first())?;
        let minus = first == b'-';
        let count = text.len() - usize::from(minus) - places - 1;
        let last = tail >> (8 * (HALF - 1 - places));
        let (before, point) = (last as u64, (last >> 64) as u8);
        if point != b'.' || !(1..=self.whole.min(HALF)).contains(&count) {
            return None;
        }
        let (whole, part) =
            (last_digits(before, count)?, last_digits((tail >> 64) as u64, places)?);
        // A zero in front, which is not the only digit, leaves a number with fewer.
        if count > 1 && whole < POWERS_64[count - 1] {
            return None;
        }
        let value = i64::try_from(whole * POWERS_64[places] + part).ok()?;
        Some(i128::from(if minus { -value } else { value }))
    }

    /// A number of at most 16 bytes: the point is taken out of a word, and the rest are digits.
    #[inline]
    fn read_short(&self, text: Placed<'_>) -> Option<i128> {
        const POINTS: u128 = u128::from_le_bytes([b'.'; HEAD]);
        const ONES: u128 = u128::from_le_bytes([1; HEAD]);
        if !(1..=HEAD).contains(&text.len()) {
            return None;
        }
        let head = text.head();
        #[allow(clippy::cast_possible_truncation)] // the first byte
        let minus = head as u8 == b'-';
        let (bytes, count) = (head >> (8 * u32::from(minus)), text.len() - usize::from(minus));
        // The lowest byte that is a point has the lowest bit of these.
        let points = bytes ^ POINTS;
        let points = points.wrapping_sub(ONES) & !points & (ONES << 7);
        let whole = (points.trailing_zeros() as usize / 8).min(count);
        // The point itself counts.
        let after = count - whole;
        let zero = bytes as u8 == b'0' && whole > 1;
        if zero || !(1..=self.whole).contains(&whole) || after == 1 || after > self.fraction + 1 {
            return None;
        }
        let (digits, places) = if after == 0 {
            (bytes, 0)
        } else {
            let before = bytes & !(u128::MAX << (8 * whole));
            (before | bytes >> 8 >> (8 * whole) << (8 * whole), after - 1)
        };
        let number = decimal_number(digits, whole + places)?;
        let value = i128::from(number).wrapping_mul(*POWERS.get(self.scale - places)?);
        Some(if minus { -value } else { value })
    }

    fn read_any(&self, text: &[u8]) -> Read<i128> {
        const NOTATION: &[u8] = b"aefinstyAEFINSTY";
        let (minus, digits) = signed(text);
        let (whole, fraction) = match digits.iter().position(|&byte| byte == b'.') {
            Some(point) => (&digits[..point], Some(&digits[point + 1..])),
            None => (digits, None),
        };
        let plain = (1..=self.whole).contains(&whole.len())
            && (whole.len() == 1 || whole[0] != b'0')
            && fraction.is_none_or(|part| (1..=self.fraction).contains(&part.len()));
        let after = fraction.unwrap_or_default();
        let mut value = 0_i128;
        // At most 38 digits: `whole`, `fraction` and `scale` are those of a 38-digit column.
        if !plain || !append(&mut value, whole) || !append(&mut value, after) {
            if self.has_too_many_places(whole, after) {
                return Read::Broken(Reason::DecimalPlaces);
            }
            return Read::unsure(text, NOTATION);
        }
        for _ in after.len()..self.scale {
            value = value.wrapping_mul(10);
        }
        Read::Value(if minus { -value } else { value })
    }

    /// Whether plain digits around a point have too many places, the last no zero, and nothing else
    /// is wrong with them.
    #[cold]
    fn has_too_many_places(&self, whole: &[u8], after: &[u8]) -> bool {
        let (first, digits) = match whole {
            [] => return false,
            [b'0'] => (b'0', 0),
            [first, ..] => (*first, whole.len()),
        };
        let all = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        after.len() > self.fraction
            && digits <= self.whole
            && digits + after.len() <= self.most
            && (first != b'0' || digits == 0)
            && after.last() != Some(&b'0')
            && all(whole)
            && all(after)
    }
}

/// Powers of ten, as many as eight digits can be moved by.
const POWERS_64: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Powers of ten, as many as a 16-digit number can be moved by.
const POWERS: [i128; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// A rule for truth: text. (A boolean column is accepted as it is.)
pub struct Bool;

impl Bool {
    /// Pydantic's verdict: one of its words in any case, or none.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        if let Values::Bool(_) = column.values {
            return Ok(Decided::clean());
        }
        let texts = texts(column)?;
        let mut decided = Decided::clean();
        let mut values = vec![false; column.len];
        for (row, slot) in values.iter_mut().enumerate() {
            if !column.is_valid(row) {
                continue;
            }
            match (truth(texts.get(row)), texts.get(row).is_ascii()) {
                (Some(truth), _) => *slot = truth,
                (None, true) => decided.note(row, Verdict::Rejected(Reason::BoolParsing)),
                (None, false) => decided.note(row, Verdict::Undecided),
            }
        }
        Ok(Decided { values: Accepted::Bool(values), ..decided })
    }
}

fn truth(text: &[u8]) -> Option<bool> {
    const TRUE: [&[u8]; 6] = [b"1", b"true", b"t", b"yes", b"y", b"on"];
    const FALSE: [&[u8]; 6] = [b"0", b"false", b"f", b"no", b"n", b"off"];
    let is = |word: &&[u8]| word.eq_ignore_ascii_case(text);
    if TRUE.iter().any(is) {
        return Some(true);
    }
    FALSE.iter().any(is).then_some(false)
}

#[cfg(test)]
mod tests;
