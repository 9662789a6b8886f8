//! Rows cut and split: as the plainest reader sees them, nothing lost between, nothing read beyond.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Unstructured};
use lockgate_kernel::csv::{Cut, Extent, Rows, Split, cut, measure, split};
use lockgate_kernel::fault::Fault;

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let delimiter = *u.choose(b",;\t|\0\x7F")?;
    let (last, wild): (bool, bool) = (u.arbitrary()?, u.ratio(1, 8)?);
    let width = u.int_in_range(0..=6)?;
    let wanted: Vec<usize> =
        (0..u.int_in_range(0..=3)?).map(|_| u.int_in_range(0..=width)).collect::<Drawn<_>>()?;
    let lie: Option<(u16, u16)> = if wild { Some(u.arbitrary()?) } else { None };
    let most = if u.ratio(1, 8)? { u.int_in_range(0..=64)? } else { usize::MAX };
    // Mostly what means something in CSV.
    let plain: bool = u.arbitrary()?;
    let mut text = u.bytes(u.len())?.to_vec();
    if plain {
        let signs = [b'a', b'b', delimiter, delimiter, b'"', b'"', b'\n', b'\r'];
        text.iter_mut().for_each(|byte| *byte = signs[usize::from(*byte) % signs.len()]);
    }
    let found = cut(&text, delimiter, last).unwrap();
    check_cut(&text, delimiter, last, &found);
    let blank = found.bounds.iter().zip(&found.ends).filter(|(start, end)| start == end).count();
    let lines = found.line_ends.as_ref().map_or(found.bounds.len() - 1, Vec::len);
    let measured = Extent {
        consumed: found.consumed,
        rows: found.ends.len(),
        blank,
        lines,
        in_quotes: found.in_quotes,
    };
    assert_eq!(measure(&text, delimiter, last), Ok(measured));
    let (start, end) = lie.map_or((0, found.consumed), |(start, end)| (start.into(), end.into()));
    let rows = Rows { data: &text, start, end, most };
    check_split(&rows, delimiter, width, &wanted, lie.is_none().then_some(&found));
    Ok(())
}

/// Rows lie one behind the other with one line end between them, and the same ones are found in a
/// text that goes on.
fn check_cut(text: &[u8], delimiter: u8, last: bool, found: &Cut) {
    let Cut { bounds, ends, consumed, line_ends, in_quotes, ascii, nul } = found;
    assert_eq!((*ascii, *nul), (text.is_ascii(), text.contains(&0)));
    assert_eq!(bounds[0], 0);
    assert!(ends.len() <= bounds.len() && bounds.len() <= ends.len() + 1);
    for (row, (start, end)) in bounds.iter().zip(ends).enumerate() {
        assert!(start <= end);
        let after = bounds.get(row + 1).map_or(*consumed, |after| *after as usize);
        let between = &text[*end as usize..after];
        let unended = last && row + 1 == ends.len() && between.is_empty();
        assert!(unended || [&b"\n"[..], b"\r", b"\r\n"].contains(&between));
        let cells = cells(&text[*start as usize..*end as usize], delimiter);
        assert!(cells.is_some(), "a row whose quote never closes");
    }
    let lines = line_ends.as_deref().unwrap_or(&bounds[1..]);
    assert!(bounds[1..].iter().all(|place| lines.binary_search(place).is_ok()));
    assert!(lines.iter().all(|place| matches!(text[*place as usize - 1], b'\n' | b'\r')));
    assert!(!last || *in_quotes || *consumed == text.len());
    if !last {
        let longer = cut(&[text, b"\n\""].concat(), delimiter, false).unwrap();
        assert!(longer.ends.starts_with(ends));
    }
}

fn check_split(
    rows: &Rows<'_>,
    delimiter: u8,
    width: usize,
    wanted: &[usize],
    found: Option<&Cut>,
) {
    let Rows { data, end, most, .. } = *rows;
    let made = match split(rows, delimiter, width, wanted) {
        Ok(made) => made,
        Err(fault) => {
            assert_eq!(fault, Fault::Malformed);
            return assert!(found.is_none() || wanted.iter().any(|column| *column >= width));
        }
    };
    let Some(found) = found else { return };
    let text = &data[..end];
    let Some(Split { columns, whole, ragged, bounds, line_ends }) = made else {
        let starts = found.bounds.iter().map(|start| *start as usize);
        let behind = starts.skip(1).chain([end + 1]);
        let longest = found.bounds.iter().zip(behind).map(|(start, end)| end - *start as usize);
        return assert!(
            text.contains(&0) || std::str::from_utf8(text).is_err() || longest.max() > Some(most)
        );
    };
    assert!(!text.contains(&0) && std::str::from_utf8(text).is_ok());
    let lines = found.line_ends.as_deref().unwrap_or(&found.bounds[1..]);
    assert_eq!(line_ends.as_deref().unwrap_or_else(|| &bounds[1..]), lines);
    let (mut at, mut number, mut ragged) = (0, 0, ragged.into_iter().peekable());
    for (start, end) in found.bounds.iter().zip(&found.ends) {
        if start == end && width != 1 {
            continue;
        }
        assert_eq!(bounds[number], *start);
        number += 1;
        let cells = cells(&text[*start as usize..*end as usize], delimiter);
        let cells = cells.expect("a quote that never closes");
        if ragged.next_if_eq(&(number as i64 - 1)).is_some() {
            assert_ne!(cells.len(), width);
            continue;
        }
        assert_eq!(cells.len(), width);
        for (texts, column) in columns.iter().zip(wanted) {
            let there = texts.there[at / 8] >> (at % 8) & 1 == 1;
            assert_eq!(there.then(|| texts.values.get(at)), cells[*column].as_deref());
            assert!(std::str::from_utf8(texts.values.get(at)).is_ok());
        }
        at += 1;
    }
    assert!(ragged.next().is_none() && at == whole);
    assert!(columns.iter().all(|texts| texts.values.len() == at));
}

/// The cells of a row; nothing if a quote in it never closes.
fn cells(row: &[u8], delimiter: u8) -> Option<Vec<Option<Vec<u8>>>> {
    let mut cells = vec![None];
    let (mut begins, mut open) = (true, false);
    let mut bytes = row.iter().peekable();
    while let Some(&byte) = bytes.next() {
        if open && byte == b'"' {
            open = bytes.next_if_eq(&&b'"').is_some();
            if !open {
                continue;
            }
        } else if !open && byte == delimiter {
            cells.push(None);
            begins = true;
            continue;
        } else if begins && byte == b'"' {
            *cells.last_mut()? = Some(Vec::new());
            (begins, open) = (false, true);
            continue;
        }
        begins = false;
        cells.last_mut()?.get_or_insert_default().push(byte);
    }
    (!open).then_some(cells)
}
