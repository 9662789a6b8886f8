//! Arrays in and out by Arrow's PyCapsule interface.

// Structures are taken out of capsules.
#![allow(unsafe_code)]

use std::ffi::CStr;

use lockgate_arrow::{Array as CArray, Export, Import, Schema, batch, check_layout, columns};
use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::varlen::Varlen;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::fault::{raised, released};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// An argument: anything with `__arrow_c_array__`.
pub struct Taken(Import);

impl Taken {
    /// The array itself, for work on several at once.
    pub fn import(&self) -> &Import {
        &self.0
    }

    /// Runs a loop over the column, with the GIL released. Refuses more than 2 GiB of values.
    pub fn read<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Column<'_>) -> Outcome<T> + Send,
    ) -> PyResult<T> {
        self.read_any_size(py, |column| {
            Import::check_size(column)?;
            work(column)
        })
    }

    /// Runs a loop over the column, with the GIL released.
    pub fn read_any_size<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Column<'_>) -> Outcome<T> + Send,
    ) -> PyResult<T> {
        released(py, || work(&self.0.column()?))
    }

    /// Runs a loop that makes as many values as there are rows; nulls stay null.
    pub fn mapped(
        &self,
        py: Python<'_>,
        text: bool,
        work: impl FnOnce(&Column<'_>) -> Outcome<Varlen> + Send,
    ) -> PyResult<Array> {
        self.read(py, |column| Export::varlen(work(column)?, text, column)).map(Array)
    }
}

/// What `__arrow_c_array__` gives, moved out of its capsules.
fn handed(given: Borrowed<'_, '_, PyAny>) -> PyResult<(Schema, CArray)> {
    let method = given
        .getattr("__arrow_c_array__")
        .map_err(|_| PyTypeError::new_err("not an Arrow array (no __arrow_c_array__)"))?;
    let pair = method.call0()?;
    let pair = pair.cast::<PyTuple>()?;
    let schema = pair.get_item(0)?.cast_into::<PyCapsule>()?;
    let array = pair.get_item(1)?.cast_into::<PyCapsule>()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<Schema>().as_ptr();
    let array = array.pointer_checked(Some(ARRAY))?.cast::<CArray>().as_ptr();
    // SAFETY: capsules of these names hold these structures, and the GIL keeps others away while
    // they are moved out; what is left there is marked as released.
    Ok(unsafe { (Schema::take(schema), CArray::take(array)) })
}

impl<'py> FromPyObject<'_, 'py> for Taken {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = given.py();
        let (schema, array) = handed(given)?;
        // SAFETY: the producer of the capsules answers for what they hold.
        match unsafe { Import::new(schema, array) } {
            Ok(import) => Ok(Self(import)),
            Err(refusal) => Err(raised(py, refusal)),
        }
    }
}

/// An argument: a record batch, or anything else that `__arrow_c_array__` gives as a struct.
pub struct TakenBatch {
    /// How many rows each column has.
    pub rows: usize,
    /// The columns.
    pub columns: Vec<Import>,
}

impl<'py> FromPyObject<'_, 'py> for TakenBatch {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = given.py();
        let (schema, array) = handed(given)?;
        // SAFETY: the producer of the capsules answers for what they hold.
        match unsafe { columns(&schema, &array) } {
            Ok((rows, columns)) => Ok(Self { rows, columns }),
            Err(refusal) => Err(raised(py, refusal)),
        }
    }
}

/// Refuses columns that are not laid out as the fields of something with `__arrow_c_schema__`.
pub fn laid_out_as(schema: &Bound<'_, PyAny>, columns: &[Export]) -> PyResult<()> {
    let given = schema.call_method0("__arrow_c_schema__")?.cast_into::<PyCapsule>()?;
    let found = given.pointer_checked(Some(SCHEMA))?.cast::<Schema>();
    // SAFETY: a capsule of this name holds this structure, which its producer answers for; the GIL
    // keeps others away while it is read.
    unsafe { check_layout(columns, found.as_ref()) }.map_err(|refusal| raised(schema.py(), refusal))
}

/// A result of several columns: a record batch of the schema that the asker named.
#[pyclass(frozen, module = "lockgate_kernel")]
pub struct Batch {
    /// The columns, laid out as the schema's types are.
    pub columns: Vec<Export>,
    /// How many rows each has.
    pub rows: usize,
    /// What has `__arrow_c_schema__`.
    pub schema: Py<PyAny>,
}

#[pymethods]
impl Batch {
    fn __len__(&self) -> usize {
        self.rows
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.schema.bind(py).call_method0("__arrow_c_schema__")
    }

    /// `requested_schema` may be given and is not followed, which the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyCapsule>)> {
        drop(requested_schema);
        let array = batch(&self.columns, self.rows).map_err(|refusal| raised(py, refusal))?;
        Ok((self.__arrow_c_schema__(py)?, PyCapsule::new_with_value(py, array, ARRAY)?))
    }
}

/// A result: any library that knows Arrow's PyCapsule interface takes it, without a copy.
#[pyclass(frozen, module = "lockgate_kernel")]
pub struct Array(pub Export);

#[pymethods]
impl Array {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        PyCapsule::new_with_value(py, self.0.schema(), SCHEMA)
    }

    /// `requested_schema` may be given and is not followed, which the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema);
        let array = PyCapsule::new_with_value(py, self.0.array(), ARRAY)?;
        Ok((self.__arrow_c_schema__(py)?, array))
    }
}
