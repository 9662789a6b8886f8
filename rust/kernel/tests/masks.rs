//! Masks, by example and against a plain reading, one character at a time.

mod columns;

use columns::{Layouts, Random, Row};
use lockgate_kernel::column::{Column, Values};
use lockgate_kernel::fault::Fault;
use lockgate_kernel::mask::{Mask, Only, mask};

const WHOLE: Mask =
    Mask { first: 0, last: 0, only: Only::All, fill: '*', keep_email_domain: false };
const DIGITS: Mask = Mask { only: Only::Digits, ..WHOLE };
const ALPHANUMERIC: Mask = Mask { only: Only::Alphanumeric, ..WHOLE };
const EMAIL: Mask = Mask { keep_email_domain: true, ..WHOLE };

fn masked(texts: &[&str], how: &Mask) -> Vec<String> {
    let rows: Vec<Row> = texts.iter().map(|text| Some(text.as_bytes().to_vec())).collect();
    let mut results = Vec::new();
    Layouts::new(&rows, b"").as_text(|column| {
        let result = mask(column, how).unwrap();
        let row = |row| String::from_utf8(result.get(row).to_vec()).unwrap();
        results.push((0..result.len()).map(row).collect::<Vec<_>>());
    });
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
    results.remove(0)
}

#[test]
fn what_stays_and_what_does_not() {
    let examples: [(Mask, &str, &str); 30] = [
        (WHOLE, "secret", "******"),
        (WHOLE, "", ""),
        (Mask { first: 2, ..WHOLE }, "secret", "se****"),
        (Mask { last: 4, ..WHOLE }, "4111111111111234", "************1234"),
        (Mask { first: 1, last: 1, ..WHOLE }, "secret", "s****t"),
        (Mask { last: 4, ..WHOLE }, "1234", "****"),
        (Mask { last: 4, ..WHOLE }, "12345", "*2345"),
        (Mask { first: 3, last: 3, ..WHOLE }, "secret", "******"),
        (Mask { first: 9, last: 9, ..WHOLE }, "abcdefghijKLmnopqrstu", "abcdefghi***mnopqrstu"),
        (Mask { last: 2, ..WHOLE }, "Zo\u{eb}\u{1f389}\u{e9}", "***\u{1f389}\u{e9}"),
        (Mask { fill: '\u{2022}', first: 1, ..WHOLE }, "abc", "a\u{2022}\u{2022}"),
        (Mask { first: usize::MAX, last: usize::MAX, ..WHOLE }, "secret", "******"),
        (Mask { last: 4, ..DIGITS }, "(555) 123-4567", "(***) ***-4567"),
        (DIGITS, "123-45-6789", "***-**-****"),
        (Mask { last: 4, ..DIGITS }, "123", "***"),
        (DIGITS, "\u{663}4", "**"),
        (Mask { fill: '\u{2022}', ..DIGITS }, "4-2", "\u{2022}-\u{2022}"),
        (DIGITS, "\u{378}.\u{1e4f1}", "*.*"),
        (DIGITS, "\u{bd}x", "\u{bd}x"),
        (Mask { first: 1, ..ALPHANUMERIC }, "AB-12 c", "A*-** *"),
        (ALPHANUMERIC, "Zo\u{eb}-5\u{b2}", "***-**"),
        (ALPHANUMERIC, "e\u{301}.", "**."),
        (ALPHANUMERIC, "\u{378}.\u{1e4f1}", "*.*"),
        (ALPHANUMERIC, "\u{e000}\u{20ac}\u{2003}", "\u{e000}\u{20ac}\u{2003}"),
        (EMAIL, "ada@x.org", "***@x.org"),
        (Mask { first: 1, ..EMAIL }, "ada@x.org", "a**@x.org"),
        (Mask { first: 1, ..EMAIL }, "a@x.org", "*@x.org"),
        (EMAIL, "a@b@x.org", "***@x.org"),
        (EMAIL, "nobody", "******"),
        (Mask { only: Only::Alphanumeric, ..EMAIL }, "a.b@x.org", "*.*@x.org"),
    ];
    for (how, text, expected) in examples {
        assert_eq!(masked(&[text], &how), [expected], "{how:?}");
        assert_eq!(masked(&["before", text, "\u{e9}"], &how)[1], expected, "{how:?}");
    }
}

/// The pieces' own categories are known, so no table is asked.
const PIECES: [&str; 16] = [
    "a",
    "Z",
    "0",
    "9",
    "@",
    "-",
    " ",
    ".com",
    "555",
    "\u{7f}",
    "?",
    "A",
    "\u{e9}",
    "\u{663}",
    "\u{20ac}",
    "\u{1f389}",
];

fn hides(only: Only, point: char) -> bool {
    match only {
        Only::All => true,
        Only::Digits => point.is_ascii_digit() || point == '\u{663}',
        Only::Alphanumeric => point.is_ascii_alphanumeric() || "\u{663}\u{e9}".contains(point),
    }
}

fn plain(text: &str, how: &Mask) -> String {
    let at = text.rfind('@').filter(|_| how.keep_email_domain).unwrap_or(text.len());
    let local: Vec<char> = text[..at].chars().collect();
    let long = local.len() > how.first + how.last;
    let kept = |at| long && (at < how.first || at >= local.len() - how.last);
    let character = |(at, point): (usize, &char)| {
        if kept(at) || !hides(how.only, *point) { *point } else { how.fill }
    };
    local.iter().enumerate().map(character).chain(text[at..].chars()).collect()
}

#[test]
fn every_mask_agrees_with_a_plain_reading() {
    let mut random = Random(8);
    for _ in 0..3000 {
        let how = Mask {
            first: *random.of(&[0, 0, 1, 2, 7, 8, 9, 17]),
            last: *random.of(&[0, 0, 1, 4, 8, 9, 20]),
            only: *random.of(&[Only::All, Only::Digits, Only::Alphanumeric]),
            fill: *random.of(&['*', '0', '\u{e9}', '\u{2022}', '\u{1f389}']),
            keep_email_domain: random.below(2) == 0,
        };
        let pieces = if random.below(2) == 0 { &PIECES[..12] } else { &PIECES[..] };
        let texts: Vec<String> = (0..random.below(6)).map(|_| random.text(pieces, 12)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected: Vec<String> = texts.iter().map(|text| plain(text, &how)).collect();
        assert_eq!(masked(&texts, &how), expected, "{how:?} {texts:?}");
    }
}

#[test]
fn nulls_stay_empty_and_their_garbage_stays_out() {
    let rows = [Some(b"ada@x".to_vec()), None, Some(b"b".to_vec())];
    Layouts::new(&rows, b"\xffsecret@x").as_text(|column| {
        let result = mask(column, &EMAIL).unwrap();
        assert_eq!(result.data, b"***@x*");
        assert_eq!(result.offsets, [0, 5, 5, 6]);
    });
}

#[test]
fn bytes_are_masked_if_they_are_text() {
    let rows = |bytes: &[u8]| [Some(b"ok".to_vec()), Some(bytes.to_vec())];
    for (bytes, fits) in [(&b"abc"[..], true), (b"\xc3\xa9", true), (b"\xc3", false)] {
        Layouts::new(&rows(bytes), b"").as_binary(|column| {
            let result = mask(column, &WHOLE);
            assert_eq!(result.as_ref().err(), if fits { None } else { Some(&Fault::BrokenUtf8) });
        });
    }
    let halves = [Some(b"\xc3".to_vec()), Some(b"\xa9".to_vec())];
    Layouts::new(&halves, b"").as_binary(|column| {
        assert_eq!(mask(column, &WHOLE), Err(Fault::BrokenUtf8));
    });
}

#[test]
fn typed_values_are_masked_in_their_canonical_text() {
    let masked = |values, how: &Mask| {
        let column = Column { len: 2, validity: None, values };
        mask(&column, how).map(|result| String::from_utf8(result.data).unwrap())
    };
    let last = Mask { last: 2, ..WHOLE };
    assert_eq!(masked(Values::Int64(&[-1234, 7]), &last), Ok("***34*".to_owned()));
    assert_eq!(masked(Values::Float64(&[-0.0, 1.5]), &last), Ok("***.5".to_owned()));
    let first = Mask { first: 4, ..WHOLE };
    let dates = masked(Values::Date32(&[0, 6271]), &first);
    assert_eq!(dates, Ok("1970******1987******".to_owned()));
    let refused = masked(Values::Date32(&[0, i32::MAX]), &first);
    assert_eq!(refused, Err(Fault::NotEncodable { refused: 1 }));
}

#[test]
fn names_of_what_is_hidden() {
    let names = ["all", "digits", "alphanumeric"].map(Only::from_name);
    assert_eq!(names, [Some(Only::All), Some(Only::Digits), Some(Only::Alphanumeric)]);
    assert_eq!(Only::from_name("letters"), None);
}
