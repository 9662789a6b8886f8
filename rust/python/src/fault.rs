//! Refusals and panics as one Python exception, without a value in either.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use lockgate_kernel::fault::{Fault as Refusal, Outcome};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

pyo3::create_exception!(
    lockgate_kernel,
    Fault,
    PyException,
    "What the kernel refused: `code`, `count` of values, `number` of a key or of bytes."
);

/// A panic's text could hold a value, and Rust would write it to standard error. The hook is this
/// module's own: other Rust libraries in the process have theirs.
pub fn silence_panics() {
    set_hook(Box::new(|_| {}));
}

/// Runs a loop with the GIL released. A panic in it is the fault `internal`, and says no more.
pub fn released<T: Send>(py: Python<'_>, work: impl FnOnce() -> Outcome<T> + Send) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(refusal)) => Err(raised(py, refusal)),
        Err(_) => Err(internal(py)),
    }
}

/// A refusal as the exception.
pub fn raised(py: Python<'_>, refusal: Refusal) -> PyErr {
    let (code, count, number) = match refusal {
        Refusal::Malformed => ("malformed", 0, 0),
        Refusal::UnsupportedType => ("unsupported-type", 0, 0),
        Refusal::FloatNotDeterministic => ("float-not-deterministic", 0, 0),
        Refusal::NotEncodable { refused } => ("not-encodable", refused, 0),
        Refusal::BrokenUtf8 => ("broken-utf8", 0, 0),
        Refusal::TooBig => ("too-big", 0, 0),
        Refusal::TooManyRows => ("too-many-rows", 0, 0),
        Refusal::KeyLength { expected } => ("key-length", 0, expected),
        Refusal::KeyNumber => ("key-number", 0, 0),
        Refusal::NotFrames { refused } => ("not-frames", refused, 0),
        Refusal::NoKey { number } => ("no-key", 0, number as usize),
        Refusal::WrongKind => ("wrong-kind", 0, 0),
        Refusal::DoNotOpen { refused } => ("do-not-open", refused, 0),
        Refusal::NotFitting { refused } => ("not-fitting", refused, 0),
        Refusal::NoSubject { refused } => ("no-subject", refused, 0),
        Refusal::NoRecord { refused } => ("no-record", refused, 0),
        Refusal::NoRandom => ("no-random", 0, 0),
    };
    fault(py, code, count, number)
}

/// What a panic becomes.
pub fn internal(py: Python<'_>) -> PyErr {
    fault(py, "internal", 0, 0)
}

fn fault(py: Python<'_>, code: &'static str, count: usize, number: usize) -> PyErr {
    let error = Fault::new_err(code);
    let value = error.value(py);
    let set = || -> PyResult<()> {
        value.setattr("code", code)?;
        value.setattr("count", count)?;
        value.setattr("number", number)
    };
    match set() {
        Ok(()) => error,
        Err(other) => other,
    }
}
