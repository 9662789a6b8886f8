//! `ff1` and `ff1_fits`: numerals enciphered, separators kept.

use lockgate_arrow::Export;
use lockgate_kernel::ff1 as kernel;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrow::{Array, Taken};

/// An alphabet by its name.
pub struct Alphabet(kernel::Alphabet);

impl FromPyObject<'_, '_> for Alphabet {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let name: String = given.extract()?;
        kernel::Alphabet::from_name(&name)
            .map(Self)
            .ok_or_else(|| PyValueError::new_err("no such alphabet"))
    }
}

/// Each text's numerals through FF1 (SP 800-38G), as utf8. The key is 32 bytes.
#[pyfunction]
pub fn ff1(
    py: Python<'_>,
    values: Taken,
    alphabet: Alphabet,
    tweak: &[u8],
    key: &[u8],
    decrypt: bool,
) -> PyResult<Array> {
    let spec = kernel::Ff1 { alphabet: alphabet.0, tweak };
    let direction = if decrypt { kernel::Direction::Decrypt } else { kernel::Direction::Encrypt };
    values.mapped(py, true, |column| kernel::ff1(column, spec, key, direction))
}

/// Which texts fit, as booleans without nulls; `None` if all do.
#[pyfunction]
pub fn ff1_fits(py: Python<'_>, values: Taken, alphabet: Alphabet) -> PyResult<Option<Array>> {
    let flags = values.read(py, |column| {
        let flags = kernel::ff1_fits(column, alphabet.0)?;
        flags.map(|flags| Export::flags(&flags)).transpose()
    })?;
    Ok(flags.map(Array))
}
