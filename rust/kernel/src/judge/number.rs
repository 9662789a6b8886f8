//! Rules for whole numbers, floats, decimals and truth.

use crate::{
    column::{Column, Slots, Values},
    fault::{Fault, Outcome},
};

use super::{
    bounds::{Limits, Read},
    decided::{Accepted, Decided, Reason, Verdict, texts},
    digits::{HEAD, Placed, decimal_number},
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
        self.read_short(text).map_or_else(|| self.read_any(text.bytes()), Read::Value)
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
mod tests {
    use super::*;
    use crate::judge::{bounds::Bound, machine::Piece};

    fn cents() -> Decimal {
        let bounds = vec![(Bound::GreaterThan, 0)];
        let limits = Limits::new(bounds, None, (i128::MIN, i128::MAX));
        Decimal { limits, scale: 2, whole: 6, fraction: 2, most: 8 }
    }

    /// However it is read, it is the same.
    fn read(rule: &Decimal, text: &[u8]) -> Read<i128> {
        let found = rule.read(Placed::alone(text));
        assert_eq!(found, rule.read_any(text), "{text:?}");
        let data = [b"7.7", text, b"7.7777777777777777"].concat();
        let place = Placed::new(&data, Piece { at: 3, len: text.len() });
        assert_eq!(found, rule.read(place), "{text:?}");
        found
    }

    #[test]
    fn short_decimals_are_read_as_long_ones_are() {
        let limits = || Limits::new(Vec::new(), None, (i128::MIN, i128::MAX));
        for (scale, whole, fraction) in
            [(2, 10, 2), (0, 5, 0), (18, 20, 18), (25, 3, 25), (4, 30, 2)]
        {
            let rule = Decimal { limits: limits(), scale, whole, fraction, most: 0 };
            for count in 0..=HEAD + 2 {
                for point in 0..=count {
                    for sign in [&b""[..], b"-", b"+"] {
                        let digits = &b"135792468013579246"[..count];
                        let text = [sign, &digits[..point], b".", &digits[point..]].concat();
                        read(&rule, &text);
                        read(&rule, &[sign, digits].concat());
                        read(&rule, &[sign, b"0", digits].concat());
                    }
                }
            }
            for good in [&b"-12.34"[..], b"9999999999.99", b"-1234567890123.45", b"123.4567890123"]
            {
                for place in 0..good.len() {
                    for byte in 0..=255 {
                        let mut text = good.to_vec();
                        text[place] = byte;
                        read(&rule, &text);
                    }
                }
            }
        }
    }

    #[test]
    fn decimals_are_read_in_units_of_the_last_place() {
        for (text, value) in [("0", 0), ("-0.5", -50), ("123456.78", 12_345_678), ("7.1", 710)] {
            assert_eq!(read(&cents(), text.as_bytes()), Read::Value(value));
        }
        for text in ["0.001", "-1.234", "123.45678", "123456.78"].map(str::as_bytes) {
            let (_, places) = text.split_at(text.iter().position(|byte| *byte == b'.').unwrap());
            let broken = places.len() > 3;
            let found = read(&cents(), text);
            assert_eq!(found == Read::Broken(Reason::DecimalPlaces), broken, "{found:?}");
        }
        for text in ["1.230", "12345678.901", "123456.789", "01.234", "1.2e4", "1.2 4", ".123"] {
            assert_eq!(read(&cents(), text.as_bytes()), Read::Unsure, "{text}");
        }
        for text in ["1234567", "1.20000", "01", ".5", "5.", "", "-", "1e3", "NaN", "+1", "1.2.3"] {
            assert_eq!(read(&cents(), text.as_bytes()), Read::Unsure, "{text}");
        }
        assert_eq!(read(&cents(), b"$5"), Read::Never);
        let limits = Limits::new(Vec::new(), None, (i128::MIN, i128::MAX));
        let long = Decimal { limits, scale: 18, whole: 20, fraction: 18, most: 38 };
        let text = b"12345678901234567890.123456789012345678";
        assert_eq!(
            read(&long, text),
            Read::Value(12_345_678_901_234_567_890_123_456_789_012_345_678)
        );
    }

    #[test]
    fn truth_has_its_words_in_any_case() {
        assert_eq!(["tRUE", "oN", "1"].map(|word| truth(word.as_bytes())), [Some(true); 3]);
        assert_eq!(["NO", "f", "0"].map(|word| truth(word.as_bytes())), [Some(false); 3]);
        assert_eq!(["", " on", "tr", "2"].map(|word| truth(word.as_bytes())), [None; 4]);
    }
}
