//! Rows cut out of columns, and put into them.

use lockgate_arrow::{Data, Export, Import, Nulls};
use lockgate_kernel::column::{Column, Values};
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::judge::{Spliced, null_rows, replaced, without};
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
        let gone = numbers_of(&gone)?;
        let left = batch.rows.checked_sub(gone.len()).ok_or(Fault::Malformed)?;
        let cut = |column: &Import| {
            let column = column.column()?;
            spliced(without(&column, gone)?, &column)
        };
        Ok((batch.columns.iter().map(cut).collect::<Outcome<_>>()?, left))
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

fn spliced(found: Spliced, column: &Column<'_>) -> Outcome<Export> {
    let nulls = found.there.as_deref().map(Nulls::where_not).unwrap_or_default();
    let text = matches!(column.values, Values::Text(_));
    array_of(found.values, text, nulls)?.ok_or(Fault::Malformed)
}
