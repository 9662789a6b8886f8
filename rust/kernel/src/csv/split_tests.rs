//! Every way of splitting against the reference.

use super::column::Texts;
use super::processor::all;
use super::reference::{PIECES, every_text, numbers, read};
use super::split::{Rows, Split, split_on};
use crate::fault::Fault;

fn cell(texts: &Texts, row: usize) -> Option<&[u8]> {
    let there = texts.there[row / 8] >> (row % 8) & 1 == 1;
    there.then(|| texts.values.get(row))
}

fn rows(data: &[u8], start: usize, end: usize) -> Rows<'_> {
    Rows { data, start, end, most: data.len() + 1 }
}

/// Splits the text but for an open quote at its end, and compares with what the reference finds.
fn check(data: &[u8], width: usize, wanted: &[usize]) {
    let expected = read(data, b',', true);
    let end = expected.rows.last().map_or(0, |row| row.after);
    let lines = expected.line_ends;
    let expected: Vec<_> =
        expected.rows.into_iter().filter(|row| width == 1 || row.end > row.start).collect();
    let starts: Vec<_> = expected.iter().map(|row| row.start as i64).collect();
    for processor in all() {
        let found = split_on(processor, &rows(data, 0, end), b',', width, wanted);
        let context = (processor, data, width);
        let found = found.unwrap().unwrap_or_else(|| panic!("unsound: {context:?}"));
        let (mut at, mut ragged) = (0, Vec::new());
        for (number, row) in expected.iter().enumerate() {
            if row.cells.len() != width {
                ragged.push(number as i64);
                continue;
            }
            for (texts, column) in found.columns.iter().zip(wanted) {
                assert_eq!(cell(texts, at), row.cells[*column].as_deref(), "{context:?}");
            }
            at += 1;
        }
        assert_eq!((found.ragged, found.whole), (ragged, at), "{context:?}");
        assert_eq!(found.bounds[..starts.len()], starts, "{context:?}");
        let found_lines = found.line_ends.as_deref().unwrap_or_else(|| &found.bounds[1..]);
        assert_eq!(found_lines, lines, "{context:?}");
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
fn a_part_of_a_text_is_read_alone() {
    let data = b"\"x\n1,2\n3,\"4\"\n5\"";
    for processor in all() {
        let Split { columns, whole, ragged, bounds, line_ends } =
            split_on(processor, &rows(data, 3, 13), b',', 2, &[1]).unwrap().unwrap();
        assert_eq!(
            (cell(&columns[0], 0), cell(&columns[0], 1)),
            (Some(&b"2"[..]), Some(&b"4"[..]))
        );
        assert_eq!((whole, ragged, bounds, line_ends), (2, vec![], vec![3, 7, 13], None));
    }
}

#[test]
fn a_width_beyond_all_sense_makes_every_row_ragged() {
    let data = b"1,2\n\n3\n";
    for processor in all() {
        for width in [8, 1 << 40, usize::MAX] {
            let found = split_on(processor, &rows(data, 0, 7), b',', width, &[width - 1]);
            let found = found.unwrap().unwrap();
            assert_eq!((found.ragged, found.bounds), (vec![0, 1], vec![0, 5]));
            assert_eq!((found.columns[0].values.len(), found.columns.len()), (0, 1));
        }
        let found = split_on(processor, &rows(data, 0, 7), b',', 0, &[]).unwrap().unwrap();
        assert_eq!(found.ragged, [0, 1]);
        assert_eq!(split_on(processor, &rows(data, 0, 7), b',', 0, &[0]), Err(Fault::Malformed));
    }
}

/// A row that is wider than everything that is looked at at once, with more behind it.
#[test]
fn a_row_of_a_great_many_cells_is_ragged() {
    let data = [b"1,2\n".as_slice(), &b",".repeat(100_000), b"\n3,4\n"].concat();
    for width in [1, 2, 3, 20_000, 99_999, 100_000, 100_001, 100_002] {
        check(&data, width, &[0, width - 1]);
    }
}

#[test]
fn rows_that_are_not_there() {
    let data = b"1,2\n3,\"4\n";
    for processor in all() {
        for (start, end) in [(0, 10), (3, 2), (usize::MAX, 3), (0, usize::MAX), (4, 9)] {
            for width in [1, 2, 3, 1 << 40] {
                let found = split_on(processor, &rows(data, start, end), b',', width, &[0]);
                assert_eq!(found, Err(Fault::Malformed));
            }
        }
        let whole = rows(data, 0, 4);
        assert_eq!(split_on(processor, &whole, b',', 2, &[2]), Err(Fault::Malformed));
        assert_eq!(split_on(processor, &whole, b'"', 2, &[0]), Err(Fault::Malformed));
        let odd = b"1,2\n3\"4\n,\"5";
        assert_eq!(split_on(processor, &rows(odd, 0, 11), b',', 2, &[]), Err(Fault::Malformed));
    }
}

/// Wherever it stands, and whatever stands around it.
#[test]
fn a_row_that_can_be_in_no_column_is_seen() {
    let bad: [&[u8]; 6] = [b"\xff", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\0", b"long, too long"];
    for bad in bad {
        for around in [("", ""), ("\"", "\""), ("\"x\"\"", "\""), ("é", "é"), ("5\" ", "")] {
            for (before, after) in [(0, 0), (1, 0), (30, 30), (61, 1), (62, 300)] {
                let text = [
                    "ab,c\n".repeat(before / 5).as_bytes(),
                    &b"wxyz\n"[5 - before % 5..],
                    around.0.as_bytes(),
                    bad,
                    around.1.as_bytes(),
                    b"\n",
                    "é\n5\" x\n".repeat(after).as_bytes(),
                ]
                .concat();
                let most = if bad.starts_with(b"long") { 14 } else { 100 };
                for processor in all() {
                    let rows = Rows { data: &text, start: 0, end: text.len(), most };
                    let found = split_on(processor, &rows, b',', 2, &[0]);
                    assert_eq!(found, Ok(None), "{:?}", (processor, text));
                }
            }
        }
    }
}
