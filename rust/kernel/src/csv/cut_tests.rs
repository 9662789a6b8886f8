//! Every way of cutting against the reference.

use super::cut::{Cut, cut_on};
use super::processor::all;
use super::reference::{numbers, read, short_texts, texts_at_the_edge_of_a_word};
use crate::fault::Fault;

fn check(data: &[u8], last: bool) {
    let expected = read(data, b',', last);
    for processor in all() {
        let found = cut_on(processor, data, b',', last).unwrap();
        let starts: Vec<_> = expected.rows.iter().map(|row| row.start as i64).collect();
        let ends: Vec<_> = expected.rows.iter().map(|row| row.end as i64).collect();
        let consumed = expected.rows.last().map_or(0, |row| row.after);
        let context = (processor, data, last);
        assert_eq!(found.bounds[..starts.len()], starts, "{context:?}");
        assert_eq!(found.ends, ends, "{context:?}");
        assert_eq!(found.consumed, consumed, "{context:?}");
        assert_eq!(found.in_quotes, expected.in_quotes, "{context:?}");
        let lines = found.line_ends.as_deref().unwrap_or(&found.bounds[1..]);
        assert_eq!(lines, expected.line_ends, "{context:?}");
        assert_eq!(found.ascii, data.is_ascii(), "{context:?}");
        assert_eq!(found.nul, data.contains(&0), "{context:?}");
    }
}

#[test]
fn every_short_text() {
    short_texts(check);
}

#[test]
fn every_shorter_text_at_the_edge_of_a_word() {
    texts_at_the_edge_of_a_word(check);
}

#[test]
fn long_texts_of_every_kind() {
    let pieces: [&[u8]; 14] = [
        b"a",
        b"bcdefgh",
        b",",
        b"\"",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"\"",
        b"\",\"",
        b"\"\n\"",
        "é".as_bytes(),
        b"\0",
        b"\",\"some longer text that has no sign in it, or not\",",
        b"\n\n",
    ];
    for seed in 0..3000 {
        let mut next = numbers(seed);
        let kinds = 1 + next(pieces.len());
        let first = next(pieces.len());
        let count = next(200);
        let text: Vec<u8> = (0..count)
            .flat_map(|_| pieces[(first + next(kinds)) % pieces.len()].to_vec())
            .collect();
        check(&text, seed % 2 == 0);
    }
}

#[test]
fn a_row_that_is_in_doubt_is_alone_in_it() {
    let row = b"\"a\nb\",5\" pipe\n\"c\",\"d\"\n";
    check(&row.repeat(100), false);
    check(&[row.repeat(50).as_slice(), b"\"open\n", &row.repeat(50)].concat(), true);
}

#[test]
fn a_text_of_nothing_but_one_byte() {
    for byte in [b',', b'"', b'\n', b'\r', b'a', 0, 0xFF] {
        for length in [0, 1, 63, 64, 65, 127, 128, 129, 1000] {
            check(&vec![byte; length], false);
            check(&vec![byte; length], true);
        }
    }
}

#[test]
fn other_delimiters() {
    for delimiter in [b';', b'\t', b'|', 0, 0x7F] {
        let text = [b"a", [delimiter].as_slice(), b"\"\n\"", &[delimiter], b"\"", b"\n"].concat();
        let expected = read(&text.repeat(20), delimiter, true);
        for processor in all() {
            let found = cut_on(processor, &text.repeat(20), delimiter, true).unwrap();
            assert_eq!(found.ends.len(), expected.rows.len());
        }
    }
}

#[test]
fn a_quote_a_line_end_or_a_part_of_a_character_is_no_delimiter() {
    for processor in all() {
        for delimiter in [b'"', b'\n', b'\r', 0x80, 0xC3, 0xFF] {
            assert_eq!(cut_on(processor, b"a", delimiter, true), Err(Fault::Malformed));
        }
    }
}

#[test]
fn results_hold_no_more_memory_than_they_need() {
    let data = b"1\n".repeat(10_000);
    for processor in all() {
        let Cut { bounds, ends, .. } = cut_on(processor, &data, b',', true).unwrap();
        assert!(bounds.capacity() < 10_100 && ends.capacity() < 10_100);
    }
}
