//! CSV text: where rows begin and end, and their cells as columns.
//!
//! RFC 4180 as pyarrow and Python's `csv` read it. A quote opens a cell only as its first byte;
//! inside, two quotes are one; what follows the closing quote is text, further quotes included;
//! LF, CRLF or a lone CR ends a row outside quotes. A cell of no byte is null, `""` the empty text.
//!
//! Every pass looks at 64 bytes at a time (`signs`): which of them are quotes, delimiters and line
//! ends, as bits. Quotes are paired by counting them, which is right as long as every opening quote
//! begins a cell; where one does not, the row is walked byte by byte, and counting goes on behind it.

mod column;
mod cut;
mod grid;
mod marks;
mod measure;
mod processor;
mod signs;
mod split;
mod splitting;
mod walk;

pub use column::Texts;
pub use cut::{Cut, cut};
pub use measure::{Extent, measure};
pub use split::{Rows, Split, split};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

#[cfg(test)]
mod cut_tests;
#[cfg(test)]
mod measure_tests;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod split_tests;

pub(crate) const QUOTE: u8 = b'"';
pub(crate) const FEED: u8 = b'\n';
pub(crate) const RETURN: u8 = b'\r';
