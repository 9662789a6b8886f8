//! `render_csv` and `render_jsonl`: rows as the bytes of a text file.

use lockgate_arrow::Export;
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::render::{self, Given};
use pyo3::prelude::*;

use crate::arrow::{Array, Taken};
use crate::fault::released;

/// CSV lines of these columns, as uint8; `None` if a value is beyond what is written here.
#[pyfunction]
pub fn render_csv(py: Python<'_>, columns: Vec<Taken>, bare: Vec<bool>) -> PyResult<Option<Array>> {
    rendered(py, &columns, &bare, render::csv)
}

/// JSON lines of these columns under these keys, as uint8; `None` as above.
#[pyfunction]
pub fn render_jsonl(
    py: Python<'_>,
    keys: Vec<String>,
    columns: Vec<Taken>,
    bare: Vec<bool>,
) -> PyResult<Option<Array>> {
    rendered(py, &columns, &bare, |given| render::jsonl(&keys, given))
}

fn rendered(
    py: Python<'_>,
    columns: &[Taken],
    bare: &[bool],
    work: impl FnOnce(&[Given<'_>]) -> Outcome<Option<Vec<u8>>> + Send,
) -> PyResult<Option<Array>> {
    let made = released(py, || {
        if columns.len() != bare.len() {
            return Err(Fault::Malformed);
        }
        let each = columns.iter().zip(bare);
        let given =
            each.map(|(taken, bare)| Ok(Given { column: taken.import().column()?, bare: *bare }));
        work(&given.collect::<Outcome<Vec<_>>>()?)?.map(Export::bytes).transpose()
    })?;
    Ok(made.map(Array))
}
