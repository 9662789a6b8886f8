//! Columnar loops over values: what `lockgate.kernel.portable` does one value at a time.
//!
//! No Python and no I/O in here. The same bytes as the portable kernel on every input
//! (docs/reference/canonical-encoding.md, docs/reference/frame.md).
//!
//! Unsafe code is in few modules only: four that load and store vectors, each with a twin in plain
//! code that it is tested against, and one that calls plain code compiled for wider ones.
#![deny(unsafe_code)]

pub mod beside;
pub mod canonical;
pub mod column;
pub mod csv;
pub mod encrypt;
pub mod fault;
pub mod ff1;
pub mod hash;
pub mod headers;
pub mod judge;
pub mod mask;
pub mod parquet;
pub mod render;
pub mod reveal;
pub mod tokenize;
pub mod varlen;

mod additional;
mod base64url;
mod chunk;
mod cmac;
mod encrypt_subjects;
mod frame;
mod frame_rows;
mod hmac;
mod key;
mod lanes;
mod layout;
mod nonces;
mod open;
mod open_subjects;
mod openers;
mod own_keys;
mod siv;
mod subject_keys;
mod tags;
mod xaes;

#[cfg(test)]
mod frame_tests;
#[cfg(test)]
mod subject_tests;
#[cfg(test)]
mod test_shake;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod vector_tests;
