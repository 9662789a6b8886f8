//! Arrow's C data interface, both ways, without Python and without copying.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface.html>. All `unsafe` about foreign memory is
//! here; the kernel sees slices.
//!
//! The other side is trusted in what the interface has no means to check: that a buffer is as long
//! as the array's type, length and offset say, and that nobody writes to it meanwhile. All that can
//! be checked is: offsets, views, signs, counts of buffers, alignment.

// Foreign memory is what this crate is about.
#![allow(unsafe_code)]

mod abi;
mod batch;
mod export;
mod import;
mod kind;
mod schema;

#[cfg(test)]
mod tests;

pub use abi::{Array, Schema};
pub use batch::{batch, check_layout, columns};
pub use export::{Data, Export, Nulls};
pub use import::Import;
pub use kind::{Kind, Layout};
