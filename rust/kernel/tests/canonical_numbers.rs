//! Numbers, dates and times, against slower ways to write them.

mod columns;

use columns::{Random, encoded, one};
use lockgate_kernel::canonical::{Normaliser, canonical, encodable};
use lockgate_kernel::column::{Bits, Column, Unit, Values};
use lockgate_kernel::fault::Fault;

const EXACT: Normaliser = Normaliser::Exact;

fn text(values: Values<'_>) -> Option<String> {
    one(values, EXACT).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn every_day_of_ten_thousand_years() {
    let (mut year, mut month, mut day) = (1, 1, 1);
    let days: Vec<i32> = (-719_162..=2_932_896).collect();
    let column = Column { len: days.len(), validity: None, values: Values::Date32(&days) };
    let dates = canonical(&column, EXACT, true).unwrap();
    for at in 0..days.len() {
        let expected = format!("{year:04}-{month:02}-{day:02}");
        assert_eq!(dates.get(at), expected.as_bytes());
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 => 28 + i32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        day += 1;
        if day > last {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    assert_eq!((year, month, day), (10_000, 1, 1));
}

#[test]
fn times_and_timestamps_are_written_alike_in_every_unit() {
    let units = [(Unit::Second, 0_u32), (Unit::Milli, 3), (Unit::Micro, 6), (Unit::Nano, 9)];
    let mut random = Random(3);
    for _ in 0..20_000 {
        let (unit, places) = *random.of(&units);
        let per = 10_i64.pow(places);
        let second = random.below(86_400) as i64;
        let step = 10_i64.pow(random.below(places as usize + 1) as u32);
        let part = random.below(per as usize) as i64 / step * step;
        let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        let fraction = format!("{part:0width$}", width = places as usize);
        let fraction = if places == 0 { "" } else { fraction.trim_end_matches('0') };
        let expected = if fraction.is_empty() { clock } else { format!("{clock}.{fraction}") };
        let ticks = second * per + part;
        let time = match i32::try_from(ticks) {
            Ok(short) if random.below(2) == 0 => text(Values::Time32 { values: &[short], unit }),
            _ => text(Values::Time64 { values: &[ticks], unit }),
        };
        assert_eq!(time.as_ref(), Some(&expected));
        // The nanoseconds of 64 bits end in 2262.
        let days = random.below(100_000) as i32 - 1000;
        let stamp = [i64::from(days) * 86_400 * per + ticks];
        let date = text(Values::Date32(&[days])).unwrap();
        for (zoned, zone) in [(false, ""), (true, "Z")] {
            let written = text(Values::Timestamp { values: &stamp, unit, zoned });
            assert_eq!(written, Some(format!("{date}T{expected}{zone}")));
        }
    }
}

#[test]
fn what_is_outside_its_range_is_refused_and_said_to_be() {
    let per_second = [Unit::Second, Unit::Milli, Unit::Micro, Unit::Nano].into_iter().zip([
        1,
        1000,
        1_000_000,
        1_000_000_000,
    ]);
    let extremes = [i64::MIN, i64::MIN + 1, i64::MAX];
    for (unit, per) in per_second {
        let first: i64 = -62_135_596_800;
        let mut stamps = extremes.to_vec();
        stamps.extend(first.checked_mul(per).map(|ticks| ticks - 1));
        stamps.extend(253_402_300_800_i64.checked_mul(per));
        for stamp in stamps {
            let fits = unit == Unit::Nano;
            let values = Values::Timestamp { values: &[stamp], unit, zoned: true };
            assert_eq!(text(values.clone()).is_some(), fits);
            let column = Column { len: 1, validity: None, values };
            assert_eq!(encodable(&column, EXACT, true), Ok((!fits).then(|| vec![false])));
        }
        for time in [i64::MIN, -1, 86_400 * per, i64::MAX] {
            assert_eq!(text(Values::Time64 { values: &[time], unit }), None);
        }
    }
    for days in [i32::MIN, -719_163, 2_932_897, i32::MAX] {
        assert_eq!(text(Values::Date32(&[days])), None);
    }
    for millis in [i64::MIN, -1, 1, 86_399_999, i64::MAX] {
        assert_eq!(text(Values::Date64(&[millis])), None);
    }
    let column = Column { len: 3, validity: None, values: Values::Date32(&[0, i32::MAX, 1]) };
    assert_eq!(canonical(&column, EXACT, true), Err(Fault::NotEncodable { refused: 1 }));
    assert_eq!(encodable(&column, EXACT, true), Ok(Some(vec![true, false, true])));
}

#[test]
fn the_value_under_a_null_is_not_judged() {
    let validity = Some(Bits::new(&[0b101], 0, 3).unwrap());
    let column = Column { len: 3, validity, values: Values::Date32(&[0, i32::MAX, 1]) };
    assert_eq!(encodable(&column, EXACT, true), Ok(None));
    let slots = [b"1970-01-01".to_vec(), vec![], b"1970-01-02".to_vec()];
    assert_eq!(encoded(&column, EXACT, 2), Ok((slots.to_vec(), vec![])));
}

fn plain_decimal(digits: &str, scale: i32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    if digits == "0" {
        return "0".to_owned();
    }
    if scale <= 0 {
        return format!("{sign}{digits}{}", "0".repeat(scale.unsigned_abs() as usize));
    }
    let scale = scale as usize;
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let text = format!("{whole}.{fraction}");
    format!("{sign}{}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[test]
fn decimals_of_every_width_and_scale() {
    let mut random = Random(4);
    for round in 0..50_000 {
        let scale = *random.of(&[0, 1, 2, 9, 38, 127, 200, -1, -38, -128, -200, round % 256 - 128]);
        let digits = random.below(39) as u32;
        let mut value = i128::from_le_bytes(random.bytes()) % 10_i128.pow(digits);
        if random.below(3) == 0 {
            value = value / 1000 * 1000;
        }
        let expected = plain_decimal(&value.to_string(), scale);
        let mut wide = [if value < 0 { 0xff } else { 0 }; 32];
        wide[..16].copy_from_slice(&value.to_le_bytes());
        let written = [
            text(Values::Decimal128 { values: &[value], scale }),
            text(Values::Decimal256 { values: &[wide], scale }),
        ];
        assert!(written.iter().all(|text| text.as_ref() == Some(&expected)), "{value} {scale}");
        if let Ok(short) = i64::try_from(value) {
            assert_eq!(text(Values::Decimal64 { values: &[short], scale }), Some(expected.clone()));
        }
        if let Ok(short) = i32::try_from(value) {
            assert_eq!(text(Values::Decimal32 { values: &[short], scale }), Some(expected));
        }
    }
}

/// Decimal digits of 32 little-endian bytes, one digit at a time.
fn digits_of(mut bytes: [u8; 32]) -> String {
    let mut digits = String::new();
    while bytes != [0; 32] {
        let mut rest = 0;
        for byte in bytes.iter_mut().rev() {
            let dividend = rest * 256 + u32::from(*byte);
            *byte = (dividend / 10) as u8;
            rest = dividend % 10;
        }
        digits.insert(0, char::from(b'0' + rest as u8));
    }
    if digits.is_empty() { "0".to_owned() } else { digits }
}

#[test]
fn decimals_of_256_bits() {
    let mut random = Random(5);
    for _ in 0..5000 {
        let mut bytes: [u8; 32] = random.bytes();
        // Any length, and words of zeros between.
        bytes[random.below(32)..].fill(0);
        if random.below(2) == 0 {
            bytes[..random.below(32)].fill(0);
        }
        let digits = digits_of(bytes);
        if bytes[31] < 0x80 {
            let expected = plain_decimal(&digits, 10);
            assert_eq!(text(Values::Decimal256 { values: &[bytes], scale: 10 }), Some(expected));
        }
        let mut carry = true;
        let negated = bytes.map(|byte| {
            let (byte, carried) = (!byte).overflowing_add(u8::from(carry));
            carry = carried;
            byte
        });
        if negated[31] >= 0x80 {
            let expected = plain_decimal(&format!("-{digits}"), 0);
            assert_eq!(text(Values::Decimal256 { values: &[negated], scale: 0 }), Some(expected));
        }
    }
}

#[test]
fn every_half_is_widened_exactly() {
    for half in 0..=u16::MAX {
        let (exponent, fraction) = (i32::from(half >> 10 & 0x1f), f64::from(half & 0x3ff));
        let size = match exponent {
            0 => fraction * 2_f64.powi(-24),
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
        };
        let value = if half & 0x8000 == 0 { size } else { -size };
        let expected = text(Values::Float64(&[value]));
        assert!(expected.is_some());
        assert_eq!(text(Values::Float16(&[half])), expected, "{half:04x}");
    }
}

#[test]
fn floats_read_back_as_themselves() {
    let mut random = Random(6);
    for _ in 0..50_000 {
        let value = f64::from_bits(random.next());
        let written = text(Values::Float64(&[value])).unwrap();
        if value.is_nan() {
            assert_eq!(written, "NaN");
        } else {
            assert_eq!(written.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{written}");
        }
    }
}

#[test]
fn floats_are_never_compared() {
    for values in [Values::Float16(&[0]), Values::Float32(&[0.0]), Values::Float64(&[0.0])] {
        let column = Column { len: 1, validity: None, values };
        assert_eq!(canonical(&column, EXACT, true), Err(Fault::FloatNotDeterministic));
        assert_eq!(encodable(&column, EXACT, true), Err(Fault::FloatNotDeterministic));
        assert!(canonical(&column, EXACT, false).is_ok());
    }
}

#[test]
fn integers_and_booleans_are_written_as_their_digits_and_words() {
    let mut random = Random(7);
    for _ in 0..10_000 {
        let value = random.next() >> random.below(64);
        assert_eq!(text(Values::UInt64(&[value])), Some(value.to_string()));
        assert_eq!(text(Values::Int64(&[value as i64])), Some((value as i64).to_string()));
        assert_eq!(text(Values::UInt32(&[value as u32])), Some((value as u32).to_string()));
        assert_eq!(text(Values::Int32(&[value as i32])), Some((value as i32).to_string()));
        assert_eq!(text(Values::UInt16(&[value as u16])), Some((value as u16).to_string()));
        assert_eq!(text(Values::Int16(&[value as i16])), Some((value as i16).to_string()));
        assert_eq!(text(Values::UInt8(&[value as u8])), Some((value as u8).to_string()));
        assert_eq!(text(Values::Int8(&[value as i8])), Some((value as i8).to_string()));
    }
    let bits = Bits::new(&[0b0110], 1, 3).unwrap();
    let column = Column { len: 3, validity: None, values: Values::Bool(bits) };
    let words = ["true", "true", "false"].map(|word| word.as_bytes().to_vec());
    assert_eq!(encoded(&column, EXACT, 2), Ok((words.to_vec(), vec![])));
    let column = Column { len: 3, validity: None, values: Values::Null };
    assert_eq!(encoded(&column, EXACT, 2), Ok((vec![vec![]; 3], vec![])));
}
