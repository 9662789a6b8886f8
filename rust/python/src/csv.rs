//! `cut_csv`, `measure_csv`, `split_csv`: CSV text as columns.

use lockgate_arrow::{Data, Export, Nulls};
use lockgate_kernel::csv::{Cut, Extent, Rows, Split, Texts, cut, measure, split};
use lockgate_kernel::fault::Outcome;
use pyo3::prelude::*;

use crate::arrow::{Array, Batch};
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

/// Consumed, rows, blank rows, line ends, in quotes.
#[pyfunction]
pub fn measure_csv(
    py: Python<'_>,
    data: &[u8],
    delimiter: u8,
    last: bool,
) -> PyResult<(usize, usize, usize, usize, bool)> {
    released(py, || {
        let Extent { consumed, rows, blank, lines, in_quotes } = measure(data, delimiter, last)?;
        Ok((consumed, rows, blank, lines, in_quotes))
    })
}

/// Columns, numbers of rows of another width, bounds, line ends.
type Columns = (Batch, Array, Array, Option<Array>);

/// The columns of the rows before `end`, and where these are.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // what a table is read by, and the text
pub fn split_csv(
    py: Python<'_>,
    data: &[u8],
    end: usize,
    delimiter: u8,
    width: usize,
    wanted: Vec<usize>,
    most: usize,
    schema: Py<PyAny>,
) -> PyResult<Option<Columns>> {
    let made = released(py, || {
        let rows = Rows { data, start: 0, end, most };
        let Some(made) = split(&rows, delimiter, width, &wanted)? else {
            return Ok(None);
        };
        let Split { columns, whole, ragged, bounds, line_ends } = made;
        let columns = columns.into_iter().map(texts).collect::<Outcome<Vec<_>>>()?;
        let lines = line_ends.map(places).transpose()?;
        Ok(Some((columns, whole, places(ragged)?, places(bounds)?, lines)))
    })?;
    Ok(made.map(|(columns, rows, ragged, bounds, lines)| {
        (Batch { columns, rows, schema }, ragged, bounds, lines)
    }))
}

fn places(places: Vec<i64>) -> Outcome<Array> {
    Export::numbers(Data::Int64(places), Nulls::default()).map(Array)
}

fn texts(made: Texts) -> Outcome<Export> {
    let nulls = Nulls::of_bits(made.there, made.nulls, made.values.len())?;
    Export::strings(made.values, true, nulls)
}
