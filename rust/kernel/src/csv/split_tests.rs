//! Every way of splitting against the reference.

use super::column::Texts;
use super::processor::all;
use super::reference::{every_text, numbers, read};
use super::split::{Rows, Split, split_on};
use crate::fault::Fault;

const PIECES: [&[u8]; 6] = [b"a", b",", b"\"", b"\n", b"\r", "é".as_bytes()];

fn cell(texts: &Texts, row: usize) -> Option<&[u8]> {
    let there = texts.there[row / 8] >> (row % 8) & 1 == 1;
    there.then(|| texts.values.get(row))
}

/// Splits the rows that the reference finds, and compares.
fn check(data: &[u8], width: usize, wanted: &[usize]) {
    let expected = read(data, b',', true);
    let starts: Vec<_> = expected.rows.iter().map(|row| row.start as i64).collect();
    let ends: Vec<_> = expected.rows.iter().map(|row| row.end as i64).collect();
    for processor in all() {
        let rows = Rows { data, starts: &starts, ends: &ends };
        let found = split_on(processor, &rows, b',', width, wanted).unwrap();
        let context = (processor, data, width);
        let (mut at, mut ragged) = (0, Vec::new());
        for (number, row) in expected.rows.iter().enumerate() {
            if row.cells.len() != width {
                ragged.push(number as i64);
                continue;
            }
            for (texts, column) in found.columns.iter().zip(wanted) {
                assert_eq!(cell(texts, at), row.cells[*column].as_deref(), "{context:?}");
            }
            at += 1;
        }
        assert_eq!(found.ragged, ragged, "{context:?}");
        assert_eq!(found.columns.len(), wanted.len());
        found.columns.iter().for_each(|texts| assert_sound(texts, at));
    }
}

/// As many texts as rows, in memory of that size, and as many nulls as counted, all empty.
fn assert_sound(texts: &Texts, rows: usize) {
    let Texts { values, there, nulls } = texts;
    assert_eq!(values.len(), rows);
    assert_eq!(values.offsets[0], 0);
    assert!(values.offsets.is_sorted());
    assert_eq!(values.offsets[rows] as usize, values.data.len());
    assert!(values.data.capacity() <= values.data.len() + 64);
    assert!(values.offsets.capacity() <= rows + 17);
    assert_eq!(there.len(), rows.div_ceil(8));
    let set: usize = there.iter().map(|byte| byte.count_ones() as usize).sum();
    assert_eq!(set + nulls, rows);
    assert!((0..rows).all(|row| cell(texts, row).is_some() || values.get(row).is_empty()));
}

#[test]
fn every_short_text() {
    every_text(&PIECES, 6, |text| {
        check(text, 1, &[0]);
        check(text, 2, &[0, 1]);
        check(text, 3, &[2, 0]);
    });
}

/// Quotes and cells that lie across the edge of two words.
#[test]
fn every_shorter_text_at_the_edge_of_a_word() {
    for filler in [b"x".as_slice(), b"\"", b",", b"\"\",", b"\"a,b\","] {
        let filler = filler.repeat(70);
        every_text(&PIECES, 4, |text| {
            for before in 60..65 {
                let data = [&filler[..before], text].concat();
                for width in [1, 1 + data.iter().filter(|byte| **byte == b',').count()] {
                    check(&data, width, &[0, width / 2, width - 1]);
                }
            }
        });
    }
}

#[test]
fn long_tables_of_every_kind() {
    let cells: [&[u8]; 13] = [
        b"",
        b"\"\"",
        b"a",
        b"\"b\"",
        b"\"c,d\"",
        b"\"e\"\"f\"",
        b"\"g\nh\"",
        b"\"i\"j\"k",
        "\"é\"".as_bytes(),
        b"a text that is longer than what is copied at once",
        b"5\" pipe",
        b"\"a quoted one that is longer than what is copied at once, with, these\"",
        b"\"a \"\"quoted\"\" one, longer than what is copied at once, that ends in \"\"quotes\"\"\"",
    ];
    for seed in 0..600 {
        let mut next = numbers(seed);
        let (width, kinds, first) = (1 + next(20), 1 + next(13), next(13));
        let mut data = Vec::new();
        for _ in 0..next(300) {
            let ragged = next(50) == 0;
            let row: Vec<_> = (0..width + usize::from(ragged))
                .map(|_| cells[(first + next(kinds)) % cells.len()])
                .collect();
            data.extend(row.join(b",".as_slice()));
            data.push(b'\n');
        }
        let wanted: Vec<usize> = (0..width).filter(|_| next(3) > 0).collect();
        check(&data, width, &wanted);
    }
}

#[test]
fn more_rows_than_are_looked_at_at_once() {
    for width in [1, 2, 15, 20_000] {
        let row = [b"ab,\"cd\",".repeat(width / 2), b"\"e\"\n".to_vec()].concat();
        let count = 40_000 / width + 3;
        check(&row.repeat(count), 2 * (width / 2) + 1, &[0, width / 2]);
    }
}

#[test]
fn rows_may_be_left_out() {
    let data = b"1,2\nbroken\n3,\"4\"\n";
    let rows = Rows { data, starts: &[0, 11], ends: &[3, 16] };
    for processor in all() {
        let Split { columns, ragged } = split_on(processor, &rows, b',', 2, &[1]).unwrap();
        assert_eq!(
            (cell(&columns[0], 0), cell(&columns[0], 1)),
            (Some(&b"2"[..]), Some(&b"4"[..]))
        );
        assert!(ragged.is_empty());
    }
}

#[test]
fn a_width_beyond_all_sense_makes_every_row_ragged() {
    let rows = Rows { data: b"1,2\n3\n", starts: &[0, 4], ends: &[3, 5] };
    for processor in all() {
        for width in [8, 1 << 40, usize::MAX] {
            let found = split_on(processor, &rows, b',', width, &[width - 1]).unwrap();
            assert_eq!(found.ragged, [0, 1]);
            assert_eq!(found.columns[0].values.len(), 0);
        }
        assert_eq!(split_on(processor, &rows, b',', 0, &[]).unwrap().ragged, [0, 1]);
        assert_eq!(split_on(processor, &rows, b',', 0, &[0]), Err(Fault::Malformed));
    }
}

#[test]
fn rows_that_are_not_where_they_are_said_to_be() {
    let data = b"1,2\n3,\"4\n";
    let wrong: [(&[i64], &[i64]); 10] = [
        (&[0], &[]),
        (&[], &[3]),
        (&[0], &[10]),
        (&[-1], &[3]),
        (&[3], &[2]),
        (&[0, 2], &[3, 3]),
        (&[4, 0], &[5, 3]),
        (&[i64::MIN], &[i64::MAX]),
        (&[0], &[i64::MAX]),
        (&[4], &[8]), // its quote never closes
    ];
    for processor in all() {
        for width in [1, 2, 3, 1 << 40] {
            for (starts, ends) in wrong {
                let found = split_on(processor, &Rows { data, starts, ends }, b',', width, &[0]);
                assert!(found == Err(Fault::Malformed) || starts == [4] && width == 1 << 40);
            }
        }
        let rows = Rows { data, starts: &[0], ends: &[3] };
        assert_eq!(split_on(processor, &rows, b',', 2, &[2]), Err(Fault::Malformed));
        assert_eq!(split_on(processor, &rows, b'"', 2, &[0]), Err(Fault::Malformed));
    }
}

#[test]
fn a_cell_is_utf8_or_nothing_is_made() {
    for bad in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80"] {
        for (before, after) in [("", ""), ("\"", "\""), ("\"x\"\"", "\"")] {
            let data = [b"a,", before.as_bytes(), bad, after.as_bytes()].concat();
            let (starts, ends) = ([0], [data.len() as i64]);
            let rows = Rows { data: &data, starts: &starts, ends: &ends };
            for processor in all() {
                assert_eq!(split_on(processor, &rows, b',', 2, &[0]), Err(Fault::BrokenUtf8));
                let ragged = split_on(processor, &rows, b',', 3, &[0]).unwrap();
                assert_eq!(ragged.ragged, [0]);
            }
        }
    }
}
