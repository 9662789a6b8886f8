//! Rows written as CSV and JSON lines: a line a row, and every cell reads back as what it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::{Bytes, Column, Slots, Values};
use lockgate_kernel::fault::Fault;
use lockgate_kernel::render::{self, Given as Asked};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let texts = Given::text(u)?;
    let other = if u.arbitrary()? { Given::text(u)? } else { Given::draw(u)? };
    let bare = u.ratio(1, 8)?;
    let _ = texts.with(|column| {
        alone(column);
        let _ = other.with(|other| side_by_side(column, other, bare));
    });
    Ok(())
}

/// The text of a column in any layout.
fn text_at<'c>(column: &'c Column<'_>, row: usize) -> Option<&'c [u8]> {
    let Values::Text(bytes) = &column.values else { return None };
    column.is_valid(row).then(|| match bytes {
        Bytes::Small(texts) => texts.get(row),
        Bytes::Large(texts) => texts.get(row),
        Bytes::View(texts) => texts.get(row),
        Bytes::Fixed(texts) => texts.get(row),
    })
}

fn asked<'a>(column: &Column<'a>, bare: bool) -> Asked<'a> {
    Asked { column: column.clone(), bare }
}

/// One text column: quotes say where cells end, so they can be read back without anything else.
fn alone(column: &Column<'_>) {
    let lines = render::csv(&[asked(column, false)]).unwrap().unwrap();
    let mut rest = lines.as_slice();
    for row in 0..column.len {
        let (cell, after) = csv_cell(rest);
        rest = after.strip_prefix(b"\n").unwrap();
        assert_eq!(cell.is_some(), text_at(column, row).is_some());
        if let (Some(cell), Some(text)) = (cell, text_at(column, row)) {
            same_but_apostrophes(&cell, text);
        }
    }
    assert!(rest.is_empty());
    let lines = render::jsonl(&["\"k\"".to_owned()], &[asked(column, false)]).unwrap().unwrap();
    let mut rest = lines.as_slice();
    for row in 0..column.len {
        rest = rest.strip_prefix(b"{\"k\":").unwrap();
        let Some(text) = text_at(column, row) else {
            rest = rest.strip_prefix(b"null}\n").unwrap();
            continue;
        };
        let (cell, after) = json_string(rest);
        assert_eq!(cell, text);
        rest = after.strip_prefix(b"}\n").unwrap();
    }
    assert!(rest.is_empty());
}

/// A text and any other column: as many bytes as both have alone, and the same refusals.
fn side_by_side(column: &Column<'_>, other: &Column<'_>, bare: bool) {
    let both = render::csv(&[asked(column, false), asked(other, bare)]);
    if column.len != other.len {
        return assert_eq!(both, Err(Fault::Malformed));
    }
    let one = render::csv(&[asked(column, false)]);
    let two = render::csv(&[asked(other, bare)]);
    match (one, two) {
        (Ok(Some(one)), Ok(Some(two))) => {
            let both = both.unwrap().unwrap();
            assert_eq!(both.len(), one.len() + two.len());
            let mut turned = both;
            let mut apart = [one, two].concat();
            turned.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b'\n');
            apart.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b'\n');
            turned.sort_unstable();
            apart.sort_unstable();
            assert_eq!(turned, apart);
        }
        (_, Ok(None)) => assert_eq!(both, Ok(None)),
        (_, refused) => assert_eq!(both, refused),
    }
}

/// A cell and what follows it; `None` for one without quotes and bytes.
fn csv_cell(text: &[u8]) -> (Option<Vec<u8>>, &[u8]) {
    let Some(mut rest) = text.strip_prefix(b"\"") else { return (None, text) };
    let mut cell = Vec::new();
    loop {
        match rest {
            [b'"', b'"', after @ ..] => {
                cell.push(b'"');
                rest = after;
            }
            [b'"', after @ ..] => return (Some(cell), after),
            [byte, after @ ..] => {
                cell.push(*byte);
                rest = after;
            }
            [] => panic!("a cell does not end"),
        }
    }
}

fn same_but_apostrophes(cell: &[u8], text: &[u8]) {
    let without = |bytes: &[u8]| bytes.iter().copied().filter(|b| *b != b'\'').collect::<Vec<_>>();
    assert_eq!(without(cell), without(text));
    assert!(cell.len() >= text.len());
    let number = text.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
    assert!(number || !cell.first().is_some_and(|first| b"=+-@\t\r\n".contains(first)));
}

fn json_string(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut rest = text.strip_prefix(b"\"").unwrap();
    let mut cell = Vec::new();
    loop {
        let (byte, after) = match rest {
            [b'\\', b'u', b'0', b'0', high, low, after @ ..] => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).unwrap();
                (u8::from_str_radix(digits, 16).unwrap(), after)
            }
            [b'\\', sign, after @ ..] => {
                let place = b"\"\\nrtbf".iter().position(|known| known == sign).unwrap();
                (b"\"\\\n\r\t\x08\x0c"[place], after)
            }
            [b'"', after @ ..] => return (cell, after),
            [byte, after @ ..] => {
                assert!(*byte >= b' ');
                (*byte, after)
            }
            [] => panic!("a string does not end"),
        };
        cell.push(byte);
        rest = after;
    }
}
