//! A batch of which nothing is left to Pydantic: its rejected rows, and why each is.

use crate::{
    column::Column,
    fault::{Fault, Outcome},
    varlen::Varlen,
};

use super::{decided::Decided, splice::null_rows};

/// What becomes of a column's null rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NullRows {
    /// They stay null.
    Stay,
    /// They are rejected, with this error type.
    Rejected(String),
    /// Pydantic has to be asked.
    Asked,
}

/// A column and what its rule says of it.
pub struct Answered<'a> {
    /// What the reasons call it.
    pub name: &'a str,
    /// The column.
    pub column: Column<'a>,
    /// The rule's answer.
    pub decided: Decided,
    /// What becomes of its null rows.
    pub nulls: &'a NullRows,
}

/// The rows that are rejected, and why.
#[derive(Debug, PartialEq)]
pub struct Settled {
    /// The rejected rows, rising.
    pub gone: Vec<i64>,
    /// Where the reasons of each of them start, and the last one's end.
    pub starts: Vec<i32>,
    /// The column of each reason.
    pub columns: Varlen,
    /// The error type of each reason.
    pub types: Varlen,
}

/// What became of the rows; `None` if any of them is left to Pydantic.
///
/// Reasons of a row stand in the order of the columns, at most `most` of them.
pub fn settled(answers: &[Answered<'_>], most: usize) -> Outcome<Option<Settled>> {
    let mut found: Vec<(i64, &str, &str)> = Vec::new();
    for Answered { name, column, decided, nulls } in answers {
        if !decided.undecided.is_empty() {
            return Ok(None);
        }
        for (reason, rows) in &decided.rejected {
            found.extend(rows.iter().map(|&row| (row, *name, reason.name())));
        }
        if column.validity.is_none() || **nulls == NullRows::Stay {
            continue;
        }
        let rows = null_rows(column);
        match nulls {
            NullRows::Rejected(kind) => {
                found.extend(rows.into_iter().map(|row| (row, *name, kind.as_str())));
            }
            NullRows::Asked if !rows.is_empty() => return Ok(None),
            NullRows::Asked | NullRows::Stay => {}
        }
    }
    // A row has one reason a column, and columns came in order: that stays.
    found.sort_by_key(|(row, _, _)| *row);
    by_row(&found, most).map(Some)
}

fn by_row(found: &[(i64, &str, &str)], most: usize) -> Outcome<Settled> {
    let room = Varlen::with_capacity(found.len(), 16 * found.len());
    let mut settled = Settled {
        gone: Vec::with_capacity(found.len()),
        starts: vec![0],
        columns: room,
        types: Varlen::with_capacity(found.len(), 24 * found.len()),
    };
    for of_one in found.chunk_by(|one, next| one.0 == next.0) {
        for (_, column, kind) in of_one.iter().take(most) {
            settled.columns.data.extend_from_slice(column.as_bytes());
            settled.columns.close()?;
            settled.types.data.extend_from_slice(kind.as_bytes());
            settled.types.close()?;
        }
        settled.gone.push(of_one[0].0);
        settled.starts.push(i32::try_from(settled.types.len()).map_err(|_| Fault::TooBig)?);
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        column::{Bits, Values},
        judge::{Reason, decided::Verdict},
    };

    const NUMBERS: [i64; 6] = [0; 6];

    fn answered<'a>(
        name: &'a str,
        there: Option<&'a [u8]>,
        nulls: &'a NullRows,
        verdicts: &[(usize, Verdict)],
    ) -> Answered<'a> {
        let validity = there.map(|bits| Bits::new(bits, 0, 6).unwrap());
        let column = Column { len: 6, validity, values: Values::Int64(&NUMBERS) };
        let mut decided = Decided::clean();
        for &(row, verdict) in verdicts {
            decided.note(row, verdict);
        }
        Answered { name, column, decided, nulls }
    }

    fn texts(values: &Varlen) -> Vec<&str> {
        (0..values.len()).map(|at| std::str::from_utf8(values.get(at)).unwrap()).collect()
    }

    #[test]
    fn reasons_stand_by_row_and_then_by_column() {
        let missing = NullRows::Rejected("missing".to_owned());
        let (late, early) =
            (Verdict::Rejected(Reason::TooLong), Verdict::Rejected(Reason::LessThan));
        let answers = [
            answered("b", Some(&[0b1_1011]), &missing, &[(4, late), (1, early)]),
            answered("a", Some(&[0b1_1111]), &NullRows::Stay, &[(1, late)]),
            answered("c", None, &NullRows::Asked, &[]),
        ];
        let found = settled(&answers, 9).unwrap().unwrap();
        assert_eq!(found.gone, [1, 2, 4, 5]);
        assert_eq!(found.starts, [0, 2, 3, 4, 5]);
        assert_eq!(texts(&found.columns), ["b", "a", "b", "b", "b"]);
        let expected = ["less_than", "string_too_long", "missing", "string_too_long", "missing"];
        assert_eq!(texts(&found.types), expected);
        let fewer = settled(&answers, 1).unwrap().unwrap();
        assert_eq!((&fewer.gone, &fewer.starts[..]), (&found.gone, &[0, 1, 2, 3, 4][..]));
        let none = settled(&answers, 0).unwrap().unwrap();
        assert_eq!((&none.gone, &none.starts[..]), (&found.gone, &[0; 5][..]));
    }

    #[test]
    fn what_is_left_to_pydantic_settles_nothing() {
        let undecided = [(3, Verdict::Undecided)];
        let one = [answered("a", None, &NullRows::Stay, &undecided)];
        assert_eq!(settled(&one, 9).unwrap(), None);
        let nulls = [answered("a", Some(&[0b1_1111]), &NullRows::Asked, &[])];
        assert_eq!(settled(&nulls, 9).unwrap(), None);
        let nothing = [answered("a", Some(&[0b11_1111]), &NullRows::Asked, &[])];
        assert!(settled(&nothing, 9).unwrap().unwrap().gone.is_empty());
    }
}
