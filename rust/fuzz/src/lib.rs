//! Columns made of arbitrary bytes, and what must hold of everything the kernel makes of them.

pub mod foreign;
pub mod given;
pub mod laws;
pub mod strings;

pub use given::Given;
pub use libfuzzer_sys::arbitrary::{Result as Drawn, Unstructured};
