//! Numbers written plainly, so that every reader reads the same.

use super::{
    bounds::Read,
    digits::{HEAD, Placed, decimal_number},
};

/// More digits might not fit 63 bits.
const MOST_DIGITS: usize = 18;
/// More digits might not fit 64 bits.
const MOST_WHOLE_DIGITS: usize = 19;
const MOST_EXPONENT_DIGITS: usize = 3;

/// Whether there is a minus, and what follows it.
pub(crate) fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Digits behind a value; whether they all are.
pub(crate) fn append(value: &mut i128, digits: &[u8]) -> bool {
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
#[inline]
pub(crate) fn whole(text: Placed<'_>) -> Read<i64> {
    short_whole(text).map_or_else(|| any_whole(text.bytes()), Read::Value)
}

/// A number without a minus of at most 16 digits.
#[inline]
fn short_whole(text: Placed<'_>) -> Option<i64> {
    let (count, head) = (text.len(), text.head());
    #[allow(clippy::cast_possible_truncation)] // the first byte
    let zero = count > 1 && head as u8 == b'0';
    if zero || !(1..=HEAD).contains(&count) {
        return None;
    }
    i64::try_from(decimal_number(head, count)?).ok()
}

fn any_whole(text: &[u8]) -> Read<i64> {
    let (minus, digits) = signed(text);
    let plain = match digits {
        [b'0'] => !minus,
        [b'1'..=b'9', ..] => digits.len() <= MOST_WHOLE_DIGITS,
        _ => false,
    };
    let mut value = 0_u64;
    let mut wrong = !plain;
    if plain {
        for &byte in digits {
            let digit = byte.wrapping_sub(b'0');
            wrong |= digit > 9;
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        }
    }
    match i64::try_from(value) {
        Ok(value) if !wrong => Read::Value(if minus { -value } else { value }),
        _ => Read::unsure(text, b""),
    }
}

/// `-1.25` or `1.5e-07`, as the nearest double: both readers round correctly.
pub(crate) fn float(text: &[u8]) -> Read<f64> {
    const NOTATION: &[u8] = b"aefintyAEFINTY";
    if let Some(value) = short_float(text) {
        return Read::Value(value);
    }
    if !is_plain_float(text) {
        return Read::unsure(text, NOTATION);
    }
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match value {
        Some(value) if value.is_finite() => Read::Value(value),
        _ => Read::Unsure,
    }
}

/// A float of few digits: digits and power of ten are exact, so one division rounds correctly.
fn short_float(text: &[u8]) -> Option<f64> {
    const EXACT: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (minus, digits) = signed(text);
    if digits.len() > EXACT.len() {
        return None;
    }
    let (mut value, mut point, mut wrong) = (0_u64, digits.len(), false);
    for (place, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if byte == b'.' {
            wrong |= point != digits.len();
            point = place;
        } else {
            wrong |= digit > 9;
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        }
    }
    let places = digits.len() - point;
    // A point needs a digit on both sides. Up to 16 digits may be above 2^53: those are left.
    if wrong || point == 0 || places == 1 || value >= 1 << 53 {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // below 2^53
    let value = value as f64 / EXACT[places.saturating_sub(1)];
    Some(if minus { -value } else { value })
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

    #[test]
    fn whole_numbers_are_read_if_written_plainly() {
        let whole = |text: &[u8]| {
            let found = whole(Placed::alone(text));
            assert_eq!(found, any_whole(text));
            found
        };
        assert_eq!(whole(b"0"), Read::Value(0));
        assert_eq!(whole(b"9223372036854775807"), Read::Value(i64::MAX));
        assert_eq!(whole(b"-999999999999999999"), Read::Value(-999_999_999_999_999_999));
        for count in 1..=HEAD + 3 {
            for place in 0..count {
                for byte in 0..=255 {
                    let mut text = vec![b'7'; count];
                    text[place] = byte;
                    whole(&text);
                }
            }
        }
        for text in
            [&b""[..], b"-", b"-0", b"01", b"+1", b" 1", b"1_0", b"1.0", b"9223372036854775808"]
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

    #[test]
    fn short_floats_are_the_nearest_doubles() {
        let mut state = 1_u64;
        for _ in 0..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let digits =
                format!("{:016}", state >> 10).split_off(usize::try_from(state >> 60).unwrap());
            let point = usize::try_from(state >> 32).unwrap() % (digits.len() + 1);
            let text = format!("{}.{}", &digits[..point], &digits[point..]);
            if let Some(found) = short_float(text.as_bytes()) {
                assert_eq!(found.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
            }
        }
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".1",
            "1..2",
            "1.2.",
            "9007199254740992",
            "1e5",
            "12345678901234567",
        ] {
            assert_eq!(short_float(text.as_bytes()), None, "{text}");
        }
        assert_eq!(short_float(b"-0.0").map(f64::to_bits), Some((-0.0_f64).to_bits()));
    }
}
