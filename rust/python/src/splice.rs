//! Rows cut out of columns, and put into them.

use lockgate_arrow::{Data, Export, Nulls};
use lockgate_kernel::column::{Column, Values};
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::judge::{Spliced, null_rows, replaced, without};
use pyo3::prelude::*;

use crate::arrow::{Array, Taken};
use crate::fault::released;
use crate::judge::array_of;

/// A column without some rows, which rise.
#[pyfunction]
pub fn without_rows(py: Python<'_>, values: Taken, rows: Taken) -> PyResult<Array> {
    let made = released(py, || {
        let column = values.import().column()?;
        spliced(without(&column, numbers_of(&rows.import().column()?)?)?, &column)
    })?;
    Ok(Array(made))
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
