//! `canonical`, `encodable` and `mask`: what needs no key.

use lockgate_arrow::Export;
use lockgate_kernel::canonical as kernel;
use lockgate_kernel::mask as masks;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrow::{Array, Taken};

/// A normaliser by its name.
pub struct Normaliser(pub kernel::Normaliser);

impl FromPyObject<'_, '_> for Normaliser {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let name: String = given.extract()?;
        kernel::Normaliser::from_name(&name)
            .map(Self)
            .ok_or_else(|| PyValueError::new_err("no such normaliser"))
    }
}

/// Canonical bytes of each value, as binary.
#[pyfunction]
pub fn canonical(
    py: Python<'_>,
    values: Taken,
    normaliser: Normaliser,
    deterministic: bool,
) -> PyResult<Array> {
    values.mapped(py, false, |column| kernel::canonical(column, normaliser.0, deterministic))
}

/// Which values have canonical bytes, as booleans without nulls; `None` if all have.
#[pyfunction]
pub fn encodable(
    py: Python<'_>,
    values: Taken,
    normaliser: Normaliser,
    deterministic: bool,
) -> PyResult<Option<Array>> {
    let flags = values.read(py, |column| {
        let flags = kernel::encodable(column, normaliser.0, deterministic)?;
        flags.map(|flags| Export::flags(&flags)).transpose()
    })?;
    Ok(flags.map(Array))
}

/// Masked text of each value's exact canonical form, as utf8.
#[pyfunction]
pub fn mask(
    py: Python<'_>,
    values: Taken,
    first: usize,
    last: usize,
    only: &str,
    fill: char,
    keep_email_domain: bool,
) -> PyResult<Array> {
    let only =
        masks::Only::from_name(only).ok_or_else(|| PyValueError::new_err("no such `only`"))?;
    let mask = masks::Mask { first, last, only, fill, keep_email_domain };
    values.mapped(py, true, |column| masks::mask(column, &mask))
}
