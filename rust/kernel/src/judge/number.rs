//! Rules for whole numbers, floats, decimals and truth.

use crate::{
    column::{Column, Slots, Values},
    fault::{Fault, Outcome},
};

use super::{
    bounds::{Limits, Read},
    decided::{Accepted, Decided, Reason, Verdict, texts},
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
        let (values, decided) = self.0.read(column, Reason::FloatParsing, float)?;
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
        let read = |text: &[u8]| self.read(text);
        let (values, decided) = self.limits.read(column, Reason::DecimalParsing, read)?;
        Ok(Decided { values: Accepted::Decimal128(values), ..decided })
    }

    fn read(&self, text: &[u8]) -> Read<i128> {
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
            return Read::unsure(text, NOTATION);
        }
        for _ in after.len()..self.scale {
            value = value.wrapping_mul(10);
        }
        Read::Value(if minus { -value } else { value })
    }
}

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
    use crate::judge::bounds::Bound;

    fn cents() -> Decimal {
        let bounds = vec![(Bound::GreaterThan, 0)];
        let limits = Limits::new(bounds, None, (i128::MIN, i128::MAX));
        Decimal { limits, scale: 2, whole: 6, fraction: 2 }
    }

    #[test]
    fn decimals_are_read_in_units_of_the_last_place() {
        for (text, value) in [("0", 0), ("-0.5", -50), ("123456.78", 12_345_678), ("7.1", 710)] {
            assert_eq!(cents().read(text.as_bytes()), Read::Value(value));
        }
        for text in ["1234567", "1.234", "01", ".5", "5.", "", "-", "1e3", "NaN", "+1", "1.2.3"] {
            assert_eq!(cents().read(text.as_bytes()), Read::Unsure, "{text}");
        }
        assert_eq!(cents().read(b"$5"), Read::Never);
        let limits = Limits::new(Vec::new(), None, (i128::MIN, i128::MAX));
        let long = Decimal { limits, scale: 18, whole: 20, fraction: 18 };
        let text = b"12345678901234567890.123456789012345678";
        assert_eq!(
            long.read(text),
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
