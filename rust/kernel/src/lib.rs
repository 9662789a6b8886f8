//! Columnar loops over values: what `lockgate.kernel.portable` does one value at a time.
//!
//! No Python and no I/O in here. The same bytes as the portable kernel on every input
//! (docs/reference/canonical-encoding.md, docs/reference/frame.md).

pub mod canonical;
pub mod column;
pub mod fault;
pub mod ff1;
pub mod judge;
pub mod mask;
pub mod varlen;
