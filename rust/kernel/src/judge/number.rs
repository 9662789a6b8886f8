//! Rules for whole numbers, floats, decimals and truth.

use crate::{
    column::{Column, Slots, Values},
    fault::{Fault, Outcome},
};

use super::{
    bounds::{Limits, Read},
    decided::{Accepted, Decided, Reason, Verdict, texts},
};

/// More digits might not fit 64 bits.
const MOST_DIGITS: usize = 18;
const MOST_EXPONENT_DIGITS: usize = 3;

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

fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Digits behind a value; whether they all are.
fn append(value: &mut i128, digits: &[u8]) -> bool {
    for part in digits.chunks(MOST_DIGITS) {
        let (mut low, mut unit) = (0_u64, 1_i128);
        for &byte in part {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return false;
            }
            low = low * 10 + u64::from(digit);
            unit *= 10;
        }
        *value = value.wrapping_mul(unit).wrapping_add(i128::from(low));
    }
    true
}

/// `-42`: no other sign, no zero in front, no space.
fn whole(text: &[u8]) -> Read<i64> {
    let (minus, digits) = signed(text);
    let plain = match digits {
        [b'0'] => !minus,
        [b'1'..=b'9', ..] => digits.len() <= MOST_DIGITS,
        _ => false,
    };
    let mut value = 0_i64;
    let mut wrong = !plain;
    if plain {
        for &byte in digits {
            let digit = byte.wrapping_sub(b'0');
            wrong |= digit > 9;
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
        }
    }
    if wrong { Read::unsure(text, b"") } else { Read::Value(if minus { -value } else { value }) }
}

/// `-1.25` or `1.5e-07`, as the nearest double: both readers round correctly.
fn float(text: &[u8]) -> Read<f64> {
    const NOTATION: &[u8] = b"aefintyAEFINTY";
    if !is_plain_float(text) {
        return Read::unsure(text, NOTATION);
    }
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match value {
        Some(value) if value.is_finite() => Read::Value(value),
        _ => Read::Unsure,
    }
}

fn is_plain_float(text: &[u8]) -> bool {
    let rest = signed(text).1;
    let Some(rest) = after_digits(rest, MOST_DIGITS) else { return false };
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => after_digits(fraction, MOST_DIGITS),
        None => Some(rest),
    };
    match rest {
        Some([]) => true,
        Some([b'e' | b'E', exponent @ ..]) => {
            let exponent = exponent.strip_prefix(b"+").unwrap_or(signed(exponent).1);
            after_digits(exponent, MOST_EXPONENT_DIGITS) == Some(&[])
        }
        _ => false,
    }
}

/// What follows one to `most` digits.
fn after_digits(text: &[u8], most: usize) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=most).contains(&count).then(|| &text[count..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::bounds::Bound;

    #[test]
    fn whole_numbers_are_read_if_written_plainly() {
        assert_eq!(whole(b"0"), Read::Value(0));
        assert_eq!(whole(b"-999999999999999999"), Read::Value(-999_999_999_999_999_999));
        for text in
            [&b""[..], b"-", b"-0", b"01", b"+1", b" 1", b"1_0", b"1.0", b"1000000000000000000"]
        {
            assert_eq!(whole(text), Read::Unsure);
        }
        assert_eq!(whole(b"1e3"), Read::Never);
        assert_eq!(whole(b"12:3"), Read::Never);
    }

    #[test]
    fn floats_are_read_if_written_plainly() {
        for text in
            ["0", "-0", "1.5", "00.1", "123456789012345678.123456789012345678", "1e5", "-2.5E-007"]
        {
            let value: f64 = text.parse().unwrap();
            let Read::Value(found) = float(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(found.to_bits(), value.to_bits());
        }
        for text in
            [&b""[..], b".5", b"5.", b"nan", b"inf", b"1e", b"1e+", b"1e999", b"1e0001", b"--1"]
        {
            assert_eq!(float(text), Read::Unsure, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(float(b"1,5"), Read::Never);
    }

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
