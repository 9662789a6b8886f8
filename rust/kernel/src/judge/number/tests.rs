//! Decimals however they are read, and the words of truth.

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
    let data = [b"7.77777777777777777", text].concat();
    let place = Placed::new(&data, Piece { at: 19, len: text.len() });
    assert_eq!(found, rule.read(place), "{text:?}");
    found
}

#[test]
fn short_decimals_are_read_as_long_ones_are() {
    let limits = || Limits::new(Vec::new(), None, (i128::MIN, i128::MAX));
    for (scale, whole, fraction) in [(2, 10, 2), (0, 5, 0), (18, 20, 18), (25, 3, 25), (4, 30, 2)] {
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
        for good in [&b"-12.34"[..], b"9999999999.99", b"-1234567890123.45", b"123.4567890123"] {
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
    assert_eq!(read(&long, text), Read::Value(12_345_678_901_234_567_890_123_456_789_012_345_678));
}

#[test]
fn truth_has_its_words_in_any_case() {
    assert_eq!(["tRUE", "oN", "1"].map(|word| truth(word.as_bytes())), [Some(true); 3]);
    assert_eq!(["NO", "f", "0"].map(|word| truth(word.as_bytes())), [Some(false); 3]);
    assert_eq!(["", " on", "tr", "2"].map(|word| truth(word.as_bytes())), [None; 4]);
}
