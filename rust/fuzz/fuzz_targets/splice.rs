//! Rows cut out of a column, or replaced in it: what is left is what was there, in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::{Bytes, Column, Slots, Values};
use lockgate_kernel::fault::Fault;
use lockgate_kernel::judge::{
    Accepted, Answered, Cut, Decided, NullRows, Reason, Spliced, null_rows, replaced, settled,
    without,
};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let wild = u.ratio(1, 6)?;
    let drawn: Vec<u16> =
        (0..u.int_in_range(0..=12)?).map(|_| u.arbitrary()).collect::<Drawn<_>>()?;
    let odd: i64 = u.arbitrary()?;
    let given = if u.arbitrary()? { Given::text(u)? } else { Given::draw(u)? };
    let new = Given::text(u)?;
    let _ = given.with(|column| {
        let rows = if wild { vec![odd] } else { rising(&drawn, column.len) };
        check_without(column, &rows);
        check_nulls(column);
        check_settled(column, &rows);
        let _ = new.with(|new| check_replaced(column, &rows, new));
    });
    Ok(())
}

fn rising(drawn: &[u16], len: usize) -> Vec<i64> {
    let mut rows: Vec<i64> = drawn
        .iter()
        .filter(|_| len > 0)
        .map(|row| (usize::from(*row) % len.max(1)) as i64)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn inside(rows: &[i64], len: usize) -> bool {
    let within = |row: &i64| usize::try_from(*row).is_ok_and(|row| row < len);
    rows.iter().all(within) && rows.is_sorted_by(|one, next| one < next)
}

fn text_at<'c>(column: &'c Column<'_>, row: usize) -> Option<&'c [u8]> {
    match &column.values {
        Values::Text(Bytes::Small(texts)) | Values::Binary(Bytes::Small(texts)) => {
            column.is_valid(row).then(|| texts.get(row))
        }
        _ => None,
    }
}

fn at(spliced: &Spliced, row: usize) -> Option<&[u8]> {
    let there = spliced.there.as_ref().is_none_or(|there| there.get(row));
    match &spliced.values {
        Accepted::Text(values) => there.then(|| values.get(row)),
        _ => None,
    }
}

fn check_without(column: &Column<'_>, gone: &[i64]) {
    let left = match without(column, gone) {
        Ok(left) => left,
        Err(Fault::Malformed) => return assert!(!inside(gone, column.len)),
        Err(fault) => return assert_eq!(fault, Fault::UnsupportedType),
    };
    assert!(inside(gone, column.len));
    let kept = (0..column.len).filter(|row| !gone.contains(&(*row as i64)));
    for (place, row) in kept.enumerate() {
        assert_eq!(at(&left, place), text_at(column, row));
        let there = left.there.as_ref().is_none_or(|there| there.get(place));
        assert!(matches!(column.values, Values::Null) || there == column.is_valid(row));
    }
}

fn check_nulls(column: &Column<'_>) {
    if !matches!(column.values, Values::Null) {
        let nulls = (0..column.len).filter(|row| !column.is_valid(*row));
        assert_eq!(null_rows(column), nulls.map(|row| row as i64).collect::<Vec<_>>());
    }
}

/// Rows a rule rejects and null rows are gone, once each, and the others are left.
fn check_settled(column: &Column<'_>, rejected: &[i64]) {
    if !inside(rejected, column.len) || matches!(column.values, Values::Null) {
        return;
    }
    let mut decided = Decided::clean();
    let there = |row: &&i64| column.is_valid(**row as usize);
    decided.rejected.push((Reason::TooLong, rejected.iter().filter(there).copied().collect()));
    let nulls = NullRows::Rejected("missing".to_owned());
    let answer = Answered { name: "column", column: column.clone(), decided, nulls: &nulls };
    let found = settled(&[answer], 1).unwrap().unwrap();
    let is_gone = |row: usize| rejected.contains(&(row as i64)) || !column.is_valid(row);
    let gone: Vec<i64> =
        (0..column.len).filter(|row| is_gone(*row)).map(|row| row as i64).collect();
    assert_eq!(found.gone, gone);
    assert_eq!((found.columns.len(), found.types.len()), (gone.len(), gone.len()));
    let cut = Cut::new(column.len, &gone).unwrap();
    if let Ok(left) = cut.of_values(column, Accepted::Unchanged) {
        assert!(left.there.is_none());
    }
}

fn check_replaced(column: &Column<'_>, rows: &[i64], new: &Column<'_>) {
    let made = match replaced(column, rows, new) {
        Ok(made) => made,
        Err(Fault::Malformed) => {
            return assert!(rows.len() != new.len || !inside(rows, column.len));
        }
        Err(fault) => return assert_eq!(fault, Fault::UnsupportedType),
    };
    for row in 0..column.len {
        let wanted = match rows.iter().position(|replaced| *replaced == row as i64) {
            Some(place) => text_at(new, place),
            None => text_at(column, row),
        };
        assert_eq!(at(&made, row), wanted);
    }
}
