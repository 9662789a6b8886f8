//! Every day, and everything near a date or a time.

use super::*;

#[test]
fn every_day_is_one_after_the_day_before() {
    let mut expected = -719_162;
    for year in 1..=9999 {
        for month in 0..=13 {
            for day in 0..=32 {
                let text = format!("{year:04}-{month:02}-{day:02}");
                if let Some(found) = days(text.as_bytes().try_into().unwrap()) {
                    assert_eq!(found, expected, "{text}");
                    expected += 1;
                } else {
                    assert_eq!(date(text.as_bytes()), Read::Never);
                }
            }
        }
    }
    assert_eq!(expected - 1, 2_932_896);
}

#[test]
fn a_date_or_a_time_with_another_byte_in_any_place_is_none() {
    for place in 0..10 {
        for byte in 0..=255_u8 {
            let mut text = *b"1111-11-11";
            text[place] = byte;
            let right = if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
            let right = right
                && !(place == 5 && byte > b'1')
                && !(place == 6 && byte > b'2')
                && !(place == 8 && byte > b'3');
            let right = right && text != *b"1111-11-31";
            assert_eq!(days(&text).is_some(), right, "{place} {byte}");
        }
    }
    for place in 0..8 {
        for byte in 0..=255_u8 {
            let mut text = *b"11:11:11";
            text[place] = byte;
            let right = if matches!(place, 2 | 5) { byte == b':' } else { byte.is_ascii_digit() };
            let most = if place == 0 { b'2' } else { b'5' };
            let right = right && !(matches!(place, 0 | 3 | 6) && byte > most);
            assert_eq!(clock(&text).is_some(), right, "{place} {byte}");
        }
    }
}

#[test]
fn dates_in_other_notations_are_left_to_pydantic() {
    for text in [&b"20240101"[..], b"0000-01-01", b"2024-1-01", b"", b"2024-01-01 ", b"1e5", b"nan"]
    {
        assert_eq!(date(text), Read::Unsure, "{}", String::from_utf8_lossy(text));
    }
    assert_eq!(date(b"01/02/2024"), Read::Never);
}

#[test]
fn times_have_none_three_or_six_digits_of_a_second() {
    assert_eq!(clock(b"23:59:59"), Some(86_399_000_000));
    assert_eq!(clock(b"00:00:01.002"), Some(1_002_000));
    assert_eq!(clock(b"00:00:01.000203"), Some(1_000_203));
    for text in [
        &b"24:00:00"[..],
        b"00:60:00",
        b"00:00:60",
        b"00:00",
        b"00:00:00.",
        b"00:00:00.1",
        b"00-00-00",
    ] {
        assert_eq!(clock(text), None);
    }
}

#[test]
fn zones_are_taken_off() {
    let limits = || Limits::new(Vec::new(), None, (i64::MIN, i64::MAX));
    let zoned = DateTime { limits: limits(), zoned: true, strict: false };
    let naive = DateTime { limits: limits(), zoned: false, strict: false };
    assert_eq!(naive.read(b"1970-01-02T00:00:00"), Read::Value(DAY));
    assert_eq!(zoned.read(b"1970-01-01 00:00:00.5Z"), Read::Unsure);
    assert_eq!(zoned.read(b"1970-01-01 00:00:00.500Z"), Read::Value(500_000));
    assert_eq!(zoned.read(b"1970-01-01T01:30:00+01:30"), Read::Value(0));
    assert_eq!(zoned.read(b"1970-01-01T00:00:00-00:01"), Read::Value(60_000_000));
    assert_eq!(zoned.read(b"1970-01-01T00:00:00"), Read::Unsure);
    assert_eq!(naive.read(b"1970-01-01T00:00:00Z"), Read::Unsure);
    assert_eq!(zoned.read(b"1970-01-01T00:00:00+24:00"), Read::Unsure);
    assert_eq!(naive.read(b"1970-01-01?00:00:00"), Read::Never);
}

#[test]
fn a_time_of_no_day_is_never_read() {
    let limits = || Limits::new(Vec::new(), None, (i64::MIN, i64::MAX));
    let zoned = DateTime { limits: limits(), zoned: true, strict: false };
    let naive = DateTime { limits: limits(), zoned: false, strict: false };
    for day in ["2021-13-01", "2021-02-29", "1900-00-31", "9999-12-32"] {
        assert_eq!(naive.read(format!("{day}T00:00:00").as_bytes()), Read::Never);
        assert_eq!(zoned.read(format!("{day} 23:59:59.123Z").as_bytes()), Read::Never);
        for rest in ["T24:00:00", "T00:00", "T00:00:00Z", "T00:00:00.1", ""] {
            let text = format!("{day}{rest}");
            assert_eq!(naive.read(text.as_bytes()), Read::Unsure, "{text}");
        }
    }
    assert_eq!(naive.read(b"0000-13-01T00:00:00"), Read::Unsure);
    assert_eq!(naive.read(b"2021-1-001T00:00:00"), Read::Unsure);
}
