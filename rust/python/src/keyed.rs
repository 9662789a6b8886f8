//! `tokenize`, `encrypt`, `reveal`, `hash`: what needs a key. Keys are read where Python holds them.

use lockgate_arrow::{Data, Export, Nulls};
use lockgate_kernel::beside::{Beside, Records, Subjects};
use lockgate_kernel::fault::Outcome;
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

/// Subjects as they are handed over: rows (int32), handles (16 bytes each), salts one after another.
type Handed = (Taken, Taken, PyBackedBytes);

/// What stands beside so many values, borrowed for one call.
fn beside<'a>(
    subjects: Option<&'a Handed>,
    records: Option<&'a Taken>,
    values: usize,
) -> Outcome<Beside<'a>> {
    let subjects = match subjects {
        Some((rows, handles, salts)) => {
            let (rows, handles) = (rows.import().column()?, handles.import().column()?);
            Some(Subjects::new(&rows, &handles, salts, values)?)
        }
        None => None,
    };
    let records = match records {
        Some(taken) => Some(Records::new(&taken.import().column()?, values)?),
        None => None,
    };
    Ok(Beside { subjects, records })
}

/// Frames of exact values under one key, or under subjects' keys; as utf8 if `text`, else binary.
#[pyfunction]
#[pyo3(signature = (values, key, associated, key_number, text, subjects=None, records=None))]
#[allow(clippy::too_many_arguments)]
pub fn encrypt(
    py: Python<'_>,
    values: Taken,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
    subjects: Option<Handed>,
    records: Option<Taken>,
) -> PyResult<Array> {
    values.mapped(py, text, |column| {
        let beside = beside(subjects.as_ref(), records.as_ref(), column.len)?;
        ciphertexts::encrypt_beside(column, key, associated, key_number, text, &beside)
    })
}

/// Canonical bytes of frames, as binary. `keys` are (algorithm, key number, key), `associated`
/// (algorithm, bytes). Null where a frame's subject is gone.
#[pyfunction]
#[pyo3(signature = (values, keys, associated, subjects=None, records=None))]
pub fn reveal(
    py: Python<'_>,
    values: Taken,
    keys: Vec<(u8, u32, PyBackedBytes)>,
    associated: Vec<(u8, Vec<u8>)>,
    subjects: Option<Handed>,
    records: Option<Taken>,
) -> PyResult<Array> {
    let copied = |(algorithm, number, key): (u8, u32, PyBackedBytes)| opening::RevealKey {
        algorithm,
        number,
        key: key.to_vec(),
    };
    // The copies wipe themselves.
    let keys: Vec<_> = keys.into_iter().map(copied).collect();
    let opened = values.read(py, |column| {
        let beside = beside(subjects.as_ref(), records.as_ref(), column.len)?;
        let (opened, there) = opening::reveal_beside(column, &keys, &associated, &beside)?;
        let made = Export::varlen(opened, false, column)?;
        let Some(there) = there else { return Ok(made) };
        let there: Vec<bool> =
            there.iter().enumerate().map(|(row, there)| *there && column.is_valid(row)).collect();
        made.with_nulls(Nulls::where_not(&there))
    });
    opened.map(Array)
}

/// The handle of each frame's subject, as 16 bytes of binary; null where it has none.
#[pyfunction]
pub fn subjects(py: Python<'_>, values: Taken) -> PyResult<Array> {
    let named = values.read(py, |column| {
        let (handles, there) = frames::subjects(column)?;
        Export::numbers(Data::Int128(handles), Nulls::where_not(&there))
    });
    named.map(Array)
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
