//! What is measured against what is cut.

use super::cut::{Cut, cut_on};
use super::measure::{Extent, measure_on};
use super::processor::all;
use super::reference::{numbers, short_texts, texts_at_the_edge_of_a_word};
use crate::fault::Fault;

fn check(data: &[u8], last: bool) {
    for processor in all() {
        let Cut { bounds, ends, consumed, line_ends, in_quotes, .. } =
            cut_on(processor, data, b',', last).unwrap();
        let expected = Extent {
            consumed,
            rows: ends.len(),
            blank: bounds.iter().zip(&ends).filter(|(start, end)| start == end).count(),
            lines: line_ends.map_or(bounds.len() - 1, |lines| lines.len()),
            in_quotes,
        };
        let found = measure_on(processor, data, b',', last).unwrap();
        assert_eq!(found, expected, "{:?}", (processor, data, last));
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
    let pieces: [&[u8]; 10] = [
        b"a",
        b"bcdefgh",
        b",",
        b"\"",
        b"\n",
        b"\r\n",
        b"\r",
        b"\",\"",
        b"\"\n\"",
        b"\",\"some longer text that has no sign in it, or not\",",
    ];
    for seed in 0..3000 {
        let mut next = numbers(seed);
        let (kinds, first, count) = (1 + next(pieces.len()), next(pieces.len()), next(200));
        let text: Vec<u8> = (0..count)
            .flat_map(|_| pieces[(first + next(kinds)) % pieces.len()].to_vec())
            .collect();
        check(&text, seed % 2 == 0);
    }
}

#[test]
fn a_quote_a_line_end_or_a_part_of_a_character_is_no_delimiter() {
    for processor in all() {
        for delimiter in [b'"', b'\n', b'\r', 0x80] {
            assert_eq!(measure_on(processor, b"a", delimiter, true), Err(Fault::Malformed));
        }
    }
}
