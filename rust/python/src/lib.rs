//! The Python face of the kernel: `lockgate_kernel`.
//!
//! Arrays cross by Arrow's PyCapsule interface without being copied. Every loop runs with the GIL
//! released; every refusal is a `Fault`.

mod arrow;
mod canonical;
mod csv;
mod fault;
mod ff1;
mod judge;
mod judge_batch;
mod keyed;
mod parquet;
mod processor;
mod render;
mod splice;

use pyo3::prelude::*;

/// The version of what this module's functions take and give. `lockgate.kernel.native` names the one
/// it was written for, and does not use any other.
const FORMAT: u32 = 5;

#[pymodule(gil_used = false)]
fn lockgate_kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fault::silence_panics();
    module.add("FORMAT", FORMAT)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("Fault", module.py().get_type::<fault::Fault>())?;
    module.add_class::<arrow::Array>()?;
    module.add_class::<arrow::Batch>()?;
    module.add_class::<judge::JudgeRule>()?;
    module.add_class::<judge_batch::JudgeBatch>()?;
    module.add_function(wrap_pyfunction!(judge::decide_columns, module)?)?;
    module.add_function(wrap_pyfunction!(canonical::canonical, module)?)?;
    module.add_function(wrap_pyfunction!(canonical::encodable, module)?)?;
    module.add_function(wrap_pyfunction!(canonical::mask, module)?)?;
    module.add_function(wrap_pyfunction!(keyed::tokenize, module)?)?;
    module.add_function(wrap_pyfunction!(keyed::encrypt, module)?)?;
    module.add_function(wrap_pyfunction!(keyed::reveal, module)?)?;
    module.add_function(wrap_pyfunction!(keyed::headers, module)?)?;
    module.add_function(wrap_pyfunction!(keyed::subjects, module)?)?;
    module.add_function(wrap_pyfunction!(keyed::hash, module)?)?;
    module.add_function(wrap_pyfunction!(processor::aes, module)?)?;
    module.add_function(wrap_pyfunction!(ff1::ff1, module)?)?;
    module.add_function(wrap_pyfunction!(ff1::ff1_fits, module)?)?;
    module.add_function(wrap_pyfunction!(render::render_csv, module)?)?;
    module.add_function(wrap_pyfunction!(render::render_jsonl, module)?)?;
    module.add_function(wrap_pyfunction!(splice::rows_of_nulls, module)?)?;
    module.add_function(wrap_pyfunction!(splice::without_rows, module)?)?;
    module.add_function(wrap_pyfunction!(splice::with_rows, module)?)?;
    module.add_function(wrap_pyfunction!(csv::cut_csv, module)?)?;
    module.add_function(wrap_pyfunction!(csv::measure_csv, module)?)?;
    module.add_function(wrap_pyfunction!(csv::split_csv, module)?)?;
    module.add_function(wrap_pyfunction!(parquet::read_chunks, module)?)?;
    Ok(())
}
