//! `cut_csv`, `split_csv`: CSV text as columns.

use lockgate_arrow::{Data, Export, Import, Nulls};
use lockgate_kernel::column::Values;
use lockgate_kernel::csv::{Cut, Rows, Split, Texts, cut, split};
use lockgate_kernel::fault::{Fault, Outcome};
use pyo3::prelude::*;

use crate::arrow::{Array, Taken};
use crate::fault::released;

/// Bounds, ends, consumed, line ends, in quotes, ASCII, NUL.
type Found = (Array, Array, usize, Option<Array>, bool, bool, bool);

/// Where rows begin and end.
#[pyfunction]
pub fn cut_csv(py: Python<'_>, data: &[u8], delimiter: u8, last: bool) -> PyResult<Found> {
    released(py, || {
        let Cut { bounds, ends, consumed, line_ends, in_quotes, ascii, nul } =
            cut(data, delimiter, last)?;
        let lines = line_ends.map(places).transpose()?;
        Ok((places(bounds)?, places(ends)?, consumed, lines, in_quotes, ascii, nul))
    })
}

/// The columns of rows, and the numbers of rows of another width.
#[pyfunction]
pub fn split_csv(
    py: Python<'_>,
    data: &[u8],
    starts: Taken,
    ends: Taken,
    delimiter: u8,
    width: usize,
    wanted: Vec<usize>,
) -> PyResult<(Vec<Array>, Array)> {
    released(py, || {
        let rows = Rows { data, starts: numbers(starts.import())?, ends: numbers(ends.import())? };
        let Split { columns, ragged } = split(&rows, delimiter, width, &wanted)?;
        Ok((columns.into_iter().map(texts).collect::<Outcome<_>>()?, places(ragged)?))
    })
}

fn places(places: Vec<i64>) -> Outcome<Array> {
    Export::numbers(Data::Int64(places), Nulls::default()).map(Array)
}

fn texts(made: Texts) -> Outcome<Array> {
    let nulls = Nulls::of_bits(made.there, made.nulls, made.values.len())?;
    Export::strings(made.values, true, nulls).map(Array)
}

fn numbers(import: &Import) -> Outcome<&[i64]> {
    if import.validity()?.is_some_and(|bits| (0..bits.len()).any(|row| !bits.get(row))) {
        return Err(Fault::Malformed);
    }
    match import.column()?.values {
        Values::Int64(numbers) => Ok(numbers),
        _ => Err(Fault::UnsupportedType),
    }
}
