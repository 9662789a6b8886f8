//! `tokenize`, `encrypt`, `reveal`, `hash`: what needs a key. Keys are read where Python holds them.

use lockgate_kernel::{encrypt as ciphertexts, hash as hashes, headers as frames};
use lockgate_kernel::{reveal as opening, tokenize as tokens};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::arrow::{Array, Taken};
use crate::canonical::Normaliser;

/// AES-256-SIV frames of canonical values, as utf8 if `text`, else as binary.
#[pyfunction]
pub fn tokenize(
    py: Python<'_>,
    values: Taken,
    normaliser: Normaliser,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
) -> PyResult<Array> {
    values.mapped(py, text, |column| {
        tokens::tokenize(column, normaliser.0, key, associated, key_number, text)
    })
}

/// XAES-256-GCM frames of exact values, as utf8 if `text`, else as binary.
#[pyfunction]
pub fn encrypt(
    py: Python<'_>,
    values: Taken,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
) -> PyResult<Array> {
    values
        .mapped(py, text, |column| ciphertexts::encrypt(column, key, associated, key_number, text))
}

/// Canonical bytes of frames, as binary. `keys` are (algorithm, key number, key), `associated`
/// (algorithm, bytes).
#[pyfunction]
pub fn reveal(
    py: Python<'_>,
    values: Taken,
    keys: Vec<(u8, u32, PyBackedBytes)>,
    associated: Vec<(u8, Vec<u8>)>,
) -> PyResult<Array> {
    let copied = |(algorithm, number, key): (u8, u32, PyBackedBytes)| opening::RevealKey {
        algorithm,
        number,
        key: key.to_vec(),
    };
    // The copies wipe themselves.
    let keys: Vec<_> = keys.into_iter().map(copied).collect();
    values.mapped(py, false, |column| opening::reveal(column, &keys, &associated))
}

/// The (algorithm, key number) pairs of a column of frames, in order.
#[pyfunction]
pub fn headers(py: Python<'_>, values: Taken) -> PyResult<Vec<(u8, u32)>> {
    values.read(py, frames::headers)
}

/// Keyed hashes of canonical values, as hex in utf8 if `text`, else as binary.
#[pyfunction]
pub fn hash(
    py: Python<'_>,
    values: Taken,
    normaliser: Normaliser,
    key: &[u8],
    algorithm: &str,
    text: bool,
) -> PyResult<Array> {
    let algorithm = hashes::Algorithm::from_name(algorithm)
        .ok_or_else(|| PyValueError::new_err("no such keyed hash"))?;
    values.mapped(py, text, |column| hashes::hash(column, normaliser.0, key, algorithm, text))
}
