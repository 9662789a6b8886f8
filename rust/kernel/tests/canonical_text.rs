//! Text under every normaliser and in every layout, against a plain reading of the specification.

mod columns;

use columns::{Layouts, NORMALISERS, Random, Row, encoded};
use lockgate_kernel::canonical::{Normaliser, canonical, encodable};
use lockgate_kernel::column::{Bytes, Column, Fixed, Ranges, Values, Views};
use lockgate_kernel::fault::Fault;
use unicode_normalization::UnicodeNormalization;

const PIECES: [&str; 40] = [
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\u{b}",
    "\u{c}",
    "\u{1c}",
    "a",
    "Ada",
    "Z",
    "@",
    ".",
    "0",
    "9",
    "-",
    "/",
    ":",
    "[",
    "`",
    "{",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2003}",
    "\u{3000}",
    "\u{e9}",
    "e\u{301}",
    "\u{323}",
    "\u{c5}",
    "\u{212b}",
    "\u{212a}",
    "\u{130}",
    "\u{3a3}",
    "\u{378}",
    "\u{1100}",
    "\u{1161}",
    "\u{23a}",
    "\u{1f389}",
    "\u{10400}",
];

/// The characters of Unicode 14.0.0 that `PIECES` has and Rust would treat otherwise, by hand.
fn plain(text: &str, normaliser: Normaliser) -> Option<String> {
    let by_bytes = matches!(normaliser, Normaliser::Exact | Normaliser::Digits);
    if !by_bytes && text.contains('\u{378}') {
        return None;
    }
    let nfc = |text: &str| text.nfc().collect::<String>();
    let lower = |text: &str| {
        let simple = text.replace('\u{130}', "i").replace('\u{3a3}', "\u{3c3}");
        nfc(&simple.chars().flat_map(char::to_lowercase).collect::<String>())
    };
    let form = match normaliser {
        Normaliser::Exact => text.to_owned(),
        Normaliser::Nfc => nfc(text),
        Normaliser::Text => lower(&nfc(text).split_whitespace().collect::<Vec<_>>().join(" ")),
        Normaliser::Email => lower(nfc(text).trim()),
        Normaliser::Digits => text.chars().filter(char::is_ascii_digit).collect(),
        Normaliser::Alphanumeric => {
            let kept: String = nfc(text).chars().filter(char::is_ascii_alphanumeric).collect();
            kept.to_ascii_uppercase()
        }
    };
    (text.is_empty() || !form.is_empty()).then_some(form)
}

fn rows(random: &mut Random, pieces: &[&str], count: usize, nulls: usize) -> Vec<Row> {
    let mut row = || {
        let text = random.text(pieces, 8);
        (nulls == 0 || random.below(nulls) > 0).then(|| text.into_bytes())
    };
    (0..count).map(|_| row()).collect()
}

fn agree(rows: &[Row], garbage: &[u8]) {
    let layouts = Layouts::new(rows, garbage);
    for normaliser in NORMALISERS {
        let form = |row: &Row| {
            let text = std::str::from_utf8(row.as_deref()?).unwrap();
            Some(plain(text, normaliser).map(String::into_bytes))
        };
        let forms: Vec<Option<Option<Vec<u8>>>> = rows.iter().map(form).collect();
        let slots: Vec<Vec<u8>> =
            forms.iter().map(|form| form.clone().flatten().unwrap_or_default()).collect();
        let fits: Vec<bool> = forms.iter().map(|form| *form != Some(None)).collect();
        let refused: Vec<usize> = (0..rows.len()).filter(|row| !fits[*row]).collect();
        layouts.as_text(|column| {
            for step in [1, 7, 4096] {
                let result = encoded(column, normaliser, step).unwrap();
                assert_eq!(result, (slots.clone(), refused.clone()), "{normaliser:?}");
            }
            let all = refused.is_empty();
            assert_eq!(encodable(column, normaliser, true), Ok((!all).then(|| fits.clone())));
            match canonical(column, normaliser, true) {
                Ok(whole) => assert!(all && (0..whole.len()).all(|at| whole.get(at) == slots[at])),
                Err(fault) => assert_eq!(fault, Fault::NotEncodable { refused: refused.len() }),
            }
        });
    }
}

#[test]
fn every_layout_and_normaliser_agrees_with_the_specification() {
    let mut random = Random(1);
    for _ in 0..60 {
        let ascii = &PIECES[..22];
        let tidy = ["ada", "lovelace", "@", ".", "x"];
        let latin = ["\u{a0}", "\u{85}", "\u{e9}", "\u{17f}", " ", "7"];
        let pieces = *random.of(&[&PIECES[..], ascii, &tidy, &latin, &["0", "12"], &["a", " "]]);
        let count = *random.of(&[0, 1, 2, 9, 64, 65, 200]);
        let nulls = *random.of(&[0, 1, 2, 5]);
        let rows = rows(&mut random, pieces, count, nulls);
        let garbage: [&[u8]; 3] = [b"", b"\xff \x80", b" A"];
        agree(&rows, garbage[random.below(3)]);
    }
}

#[test]
fn rows_beyond_one_chunk_are_numbered_through() {
    let rows: Vec<Row> = (0..5000)
        .map(|row| Some(if row % 999 == 5 { b" \t".to_vec() } else { b"A b".to_vec() }))
        .collect();
    Layouts::new(&rows, b"").as_text(|column| {
        let fits = encodable(column, Normaliser::Email, true).unwrap().unwrap();
        let refused: Vec<usize> = (0..5000).filter(|row| !fits[*row]).collect();
        assert_eq!(refused, [5, 1004, 2003, 3002, 4001]);
        let fault = canonical(column, Normaliser::Text, true).unwrap_err();
        assert_eq!(fault, Fault::NotEncodable { refused: 5 });
    });
}

#[test]
fn broken_utf8_is_refused_wherever_a_valid_row_holds_it() {
    let broken: [&[&[u8]]; 8] = [
        &[b"\xff"],
        &[b"\xc3", b"\xa9"],
        &[b"ok", b"a\xed\xa0\x80"],
        &[b"\xc0\x80"],
        &[b"\xe0\x80\x80"],
        &[b"\xf4\x90\x80\x80"],
        &[b"\xc3\xa9", b"\xf0\x9f\x8e"],
        &[b"x\xf0\x9f", b"\x8e\x89"],
    ];
    for rows in broken {
        let rows: Vec<Row> = rows.iter().map(|row| Some(row.to_vec())).collect();
        Layouts::new(&rows, b"").as_text(|column| {
            for normaliser in NORMALISERS {
                assert_eq!(canonical(column, normaliser, true), Err(Fault::BrokenUtf8));
                assert_eq!(encodable(column, normaliser, true), Err(Fault::BrokenUtf8));
            }
        });
        Layouts::new(&rows, b"").as_binary(|column| {
            assert!(canonical(column, Normaliser::Email, true).is_ok());
        });
    }
}

#[test]
fn what_the_slot_of_a_null_holds_is_nobodys_business() {
    let rows = [Some("\u{c9}@x".into()), None, Some("B".into()), None];
    Layouts::new(&rows, b"\xff secret").as_text(|column| {
        let encoded = canonical(column, Normaliser::Email, true).unwrap();
        assert_eq!(encoded.data, "\u{e9}@xb".as_bytes());
        assert_eq!(encoded.offsets, [0, 4, 4, 5, 5]);
    });
}

#[test]
fn binary_of_any_layout_is_kept_as_it_is() {
    let mut random = Random(2);
    let row = |random: &mut Random| (random.below(3) > 0).then(|| random.bytes::<5>().to_vec());
    let rows: Vec<Row> = (0..100).map(|_| row(&mut random)).collect();
    let slots: Vec<Vec<u8>> = rows.iter().map(|row| row.clone().unwrap_or_default()).collect();
    for normaliser in NORMALISERS {
        Layouts::new(&rows, b"\xff").as_binary(|column| {
            assert_eq!(encoded(column, normaliser, 9), Ok((slots.clone(), vec![])));
        });
    }
    let data: [u8; 12] = random.bytes();
    for (width, len) in [(3, 4), (0, 7), (12, 1), (5, 2)] {
        let values = Values::Binary(Bytes::Fixed(Fixed::new(width, len, &data).unwrap()));
        let (slots, _) =
            encoded(&Column { len, validity: None, values }, Normaliser::Text, 2).unwrap();
        assert_eq!(slots.concat(), data[..width * len]);
    }
}

#[test]
fn more_bytes_than_32_bits_reach_are_refused_whatever_becomes_of_them() {
    let data = vec![b'-'; 1 << 20];
    let mut view = [0; 16];
    view[..4].copy_from_slice(&(1_u32 << 20).to_le_bytes());
    let (views, buffers) = (vec![view; 2048], [data.as_slice()]);
    let values = Values::Text(Bytes::View(Views::new(&views, &buffers, None).unwrap()));
    let mut column = Column { len: 2048, validity: None, values };
    assert_eq!(encodable(&column, Normaliser::Digits, true), Err(Fault::TooBig));
    column.len = 2;
    assert_eq!(canonical(&column, Normaliser::Exact, true).unwrap().data.len(), 2 << 20);
}

#[test]
fn a_column_longer_than_its_buffers_is_malformed() {
    let offsets = [0, 1];
    let text = Values::Text(Bytes::Small(Ranges::new(&offsets, b"a").unwrap()));
    for values in [text, Values::Int8(&[1]), Values::Date64(&[0])] {
        let column = Column { len: 2, validity: None, values };
        assert_eq!(canonical(&column, Normaliser::Exact, true), Err(Fault::Malformed));
        assert_eq!(encodable(&column, Normaliser::Exact, true), Err(Fault::Malformed));
    }
}
