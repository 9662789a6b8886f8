//! Digits of integers and decimals, written where they go.

use crate::canonical::time::PAIRS;

/// Bytes that the longest text has: a sign, 38 places, the point and a digit before it.
const ROOM: usize = 48;

/// An integer as sign and magnitude.
pub(super) trait Parts {
    /// Whether it is negative, and what it is without its sign.
    fn parts(self) -> (bool, u64);
}

macro_rules! parts {
    ($($kind:ty: $number:ident => $negative:expr, $magnitude:expr;)*) => {
        $(impl Parts for $kind {
            #[inline]
            fn parts(self) -> (bool, u64) {
                let $number = self;
                ($negative, u64::from($magnitude))
            }
        })*
    };
}
parts! {
    i8: n => n < 0, n.unsigned_abs();
    i16: n => n < 0, n.unsigned_abs();
    i32: n => n < 0, n.unsigned_abs();
    i64: n => n < 0, n.unsigned_abs();
    u8: n => false, n;
    u16: n => false, n;
    u32: n => false, n;
    u64: n => false, n;
}

/// Appends a number with its last `places` digits, 38 at most, after a point.
#[inline(always)]
pub(super) fn push(negative: bool, mut number: u64, places: usize, data: &mut Vec<u8>) {
    let start = data.len();
    let digits = 1 + number.max(1).ilog10() as usize;
    let len = usize::from(negative) + digits.max(places + 1) + usize::from(places > 0);
    // A length known when this is compiled; what is too much goes at once.
    data.extend_from_slice(&[b'0'; ROOM]);
    data.truncate(start + len);
    let mut text = &mut data[start..];
    if negative {
        text[0] = b'-';
        text = &mut text[1..];
    }
    if places > 0 {
        let (whole, fraction) = text.split_at_mut(text.len() - places);
        number = write(number, fraction);
        let (point, whole) = whole.split_last_mut().unwrap_or((&mut fraction[0], &mut []));
        *point = b'.';
        text = whole;
    }
    write(number, text);
}

/// The last digits over zeros, as many as there is room for; what is left of the number.
#[inline(always)]
fn write(mut number: u64, text: &mut [u8]) -> u64 {
    let (first, pairs) = text.as_rchunks_mut::<2>();
    for pair in pairs.iter_mut().rev() {
        *pair = PAIRS[(number % 100) as usize];
        number /= 100;
    }
    if let [first] = first {
        *first = b'0' + (number % 10) as u8;
        number /= 10;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(negative: bool, number: u64, places: usize) -> String {
        let mut data = b"before".to_vec();
        push(negative, number, places, &mut data);
        String::from_utf8(data[6..].to_vec()).unwrap()
    }

    #[test]
    fn every_number_of_digits_is_written() {
        let mut number = 0_u64;
        for digit in 0..20 {
            for near in [number.saturating_sub(1), number, number + 1] {
                assert_eq!(written(false, near, 0), near.to_string());
                assert_eq!(written(true, near, 0), format!("-{near}"));
            }
            number = number.wrapping_mul(10) + u64::from(digit == 0);
        }
        assert_eq!(written(false, u64::MAX, 0), u64::MAX.to_string());
    }

    #[test]
    fn the_point_stands_before_the_last_places() {
        for places in 1..=38 {
            for number in [0, 1, 12, 1_234_567_890_123, u64::MAX] {
                let padded = format!("{number:0width$}", width = places + 1);
                let (whole, fraction) = padded.split_at(padded.len() - places);
                assert_eq!(written(true, number, places), format!("-{whole}.{fraction}"));
            }
        }
    }
}
