//! Rows cut out of columns, and put into them.

use lockgate_arrow::{Data, Export, Import, Nulls};
use lockgate_kernel::column::{Column, Values};
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::judge::{Cut, Spliced, null_rows, replaced};
use pyo3::prelude::*;

use crate::arrow::{Array, Batch, Taken, TakenBatch};
use crate::fault::released;
use crate::judge::array_of;

/// A batch without some rows, which rise, of a schema as its own is.
#[pyfunction]
pub fn without_rows(
    py: Python<'_>,
    batch: TakenBatch,
    rows: Taken,
    schema: Py<PyAny>,
) -> PyResult<Batch> {
    let (columns, rows) = released(py, || {
        let gone = rows.import().column()?;
        let rows = Cut::new(batch.rows, numbers_of(&gone)?)?;
        let cut = |column: &Import| {
            let column = column.column()?;
            spliced(rows.of(&column)?, &column)
        };
        Ok((batch.columns.iter().map(cut).collect::<Outcome<_>>()?, rows.left()))
    })?;
    Ok(Batch { columns, rows, schema })
}

/// The rows that are null, as int64.
#[pyfunction]
pub fn rows_of_nulls(py: Python<'_>, values: Taken) -> PyResult<Array> {
    let made = values
        .read(py, |column| Export::numbers(Data::Int64(null_rows(column)), Nulls::default()))?;
    Ok(Array(made))
}

/// A text column with some rows, which rise, replaced by as many new values.
#[pyfunction]
pub fn with_rows(py: Python<'_>, values: Taken, rows: Taken, new: Taken) -> PyResult<Array> {
    let made = released(py, || {
        let column = values.import().column()?;
        let rows = rows.import().column()?;
        spliced(replaced(&column, numbers_of(&rows)?, &new.import().column()?)?, &column)
    })?;
    Ok(Array(made))
}

fn numbers_of<'a>(rows: &Column<'a>) -> Outcome<&'a [i64]> {
    match rows.values {
        Values::Int64(rows) => Ok(rows),
        _ => Err(Fault::UnsupportedType),
    }
}

/// What is left of a column, of its type.
pub fn spliced(found: Spliced, column: &Column<'_>) -> Outcome<Export> {
    let nulls = match found.there {
        None => Nulls::default(),
        Some(there) => {
            let rows = there.rows();
            let (bits, count) = there.into_parts();
            Nulls::of_bits(bits, count, rows)?
        }
    };
    let text = matches!(column.values, Values::Text(_));
    array_of(found.values, text, nulls)?.ok_or(Fault::Malformed)
}
