//! Column chunks of Parquet files as columns: flat ones, of the encodings that most files have.
//!
//! The formats are those of parquet-format (README.md, Encodings.md, Compression.md). What is read
//! here is read as Arrow reads it. Whatever is not as expected, damaged or merely unusual, is left to
//! Arrow altogether: there is no error here, and so none that could differ from Arrow's.

mod header;
mod hybrid;
mod values;

#[cfg(test)]
mod tests;

use header::{Header, Kind, PLAIN, header};
use values::{Fixed, Growing, Texts};

use crate::varlen::Varlen;

const INDEXED: [i64; 2] = [2, 8];

/// How pages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Codec {
    None,
    Snappy,
}

/// What values are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// BYTE_ARRAY that is UTF-8.
    Text,
    /// INT32.
    Int32,
    /// INT64.
    Int64,
    /// DOUBLE.
    Float64,
    /// FIXED_LEN_BYTE_ARRAY of 1 to 16 bytes, big-endian two's complement.
    Decimal {
        /// How many bytes.
        width: usize,
    },
}

/// What a column is bounded by.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Exactly so many rows.
    pub rows: usize,
    /// At most so many bytes of text, and of pages unpacked.
    pub bytes: usize,
}

/// The values of a column.
#[derive(Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Values {
    Text(Varlen),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float64(Vec<f64>),
    Decimal(Vec<i128>),
}

/// A column, and which of its rows are not null; empty if all are there.
#[derive(Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Decoded {
    pub values: Values,
    pub there: Vec<bool>,
}

/// A column chunk: the pages of one column of a row group.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Headers and pages, one behind the other, and nothing else.
    pub pages: &'a [u8],
    /// How the pages are compressed.
    pub codec: Codec,
    /// What its values are.
    pub wanted: Wanted,
    /// Whether they may be null (definition levels up to 1). Lists are never read.
    pub optional: bool,
}

/// Reads all pages of a chunk. None for what Arrow has to look at.
///
/// `space` is where pages are unpacked, so that one room serves several chunks.
#[must_use]
pub fn read_chunk(chunk: &Chunk<'_>, limits: Limits, space: &mut Vec<u8>) -> Option<Decoded> {
    let mut pages = Pages { chunk, limits, space };
    let rows = limits.rows;
    let (values, there) = match chunk.wanted {
        Wanted::Text => {
            let (column, there) = pages.read(Texts::new(&limits))?;
            (Values::Text(column.finish()?), there)
        }
        Wanted::Int32 => {
            let (column, there) =
                pages.read(Fixed::new(rows, 4, |b| i32::from_le_bytes(word(b))))?;
            (Values::Int32(column.values), there)
        }
        Wanted::Int64 => {
            let (column, there) =
                pages.read(Fixed::new(rows, 8, |b| i64::from_le_bytes(word(b))))?;
            (Values::Int64(column.values), there)
        }
        Wanted::Float64 => {
            let (column, there) =
                pages.read(Fixed::new(rows, 8, |b| f64::from_le_bytes(word(b))))?;
            (Values::Float64(column.values), there)
        }
        Wanted::Decimal { width } => {
            if !(1..=16).contains(&width) {
                return None;
            }
            let (column, there) = pages.read(Fixed::new(rows, width, decimal))?;
            (Values::Decimal(column.values), there)
        }
    };
    Some(Decoded { values, there })
}

fn word<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

fn decimal(bytes: &[u8]) -> i128 {
    let mut high = [0; 16];
    high[..bytes.len()].copy_from_slice(bytes);
    i128::from_be_bytes(high) >> (8 * (16 - bytes.len()))
}

struct Pages<'a> {
    chunk: &'a Chunk<'a>,
    limits: Limits,
    space: &'a mut Vec<u8>,
}

impl Pages<'_> {
    fn read<G: Growing>(&mut self, mut column: G) -> Option<(G, Vec<bool>)> {
        let (mut rest, mut rows, mut unpacked) = (self.chunk.pages, 0usize, 0usize);
        let mut there = Vec::new();
        let mut known = None;
        let mut indices = Vec::new();
        while !rest.is_empty() {
            let (header, length) = header(rest)?;
            let (page, behind) = rest.get(length..)?.split_at_checked(header.packed)?;
            rest = behind;
            if header.crc.is_some_and(|crc| crc32fast::hash(page) != crc) {
                return None;
            }
            unpacked = unpacked.checked_add(header.unpacked)?;
            if unpacked > self.limits.bytes {
                return None;
            }
            let (levels, values) = unpack(self.chunk, &header, page, self.space)?;
            if header.kind == Kind::Dictionary {
                if known.is_some() || rows > 0 || ![PLAIN, INDEXED[0]].contains(&header.encoding) {
                    return None;
                }
                column.dictionary(values, header.values)?;
                known = Some(header.values);
                continue;
            }
            rows = rows.checked_add(header.values).filter(|rows| *rows <= self.limits.rows)?;
            let present = match levels {
                Some(levels) => hybrid::there(levels, header.values)?,
                None => Vec::new(),
            };
            note(&mut there, &present, rows, header.values);
            let count = match present.len() {
                0 => header.values,
                _ => present.iter().map(|level| *level as usize).sum(),
            };
            if header.encoding == PLAIN {
                column.plain(values, count, &present)?;
            } else if INDEXED.contains(&header.encoding) {
                indices.clear();
                numbers_of(values, count, known?, &mut indices)?;
                column.indexed(&indices, &present)?;
            } else {
                return None;
            }
        }
        (rows == self.limits.rows).then_some((column, there))
    }
}

/// The levels of a page, if it has any, and its values.
fn unpack<'b>(
    chunk: &Chunk<'_>,
    header: &Header,
    page: &'b [u8],
    space: &'b mut Vec<u8>,
) -> Option<(Option<&'b [u8]>, &'b [u8])> {
    if let Kind::Second { levels, compressed } = header.kind {
        let (levels, values) = page.split_at_checked(levels)?;
        let size = header.unpacked.checked_sub(levels.len())?;
        let codec = if compressed { chunk.codec } else { Codec::None };
        let values = inflate(codec, values, size, space)?;
        return match (chunk.optional, levels.is_empty()) {
            (true, false) => Some((Some(levels), values)),
            (false, true) => Some((None, values)),
            _ => None,
        };
    }
    let bytes = inflate(chunk.codec, page, header.unpacked, space)?;
    if header.kind == Kind::Dictionary || !chunk.optional {
        return Some((None, bytes));
    }
    let (size, bytes) = bytes.split_first_chunk::<4>()?;
    let (levels, values) = bytes.split_at_checked(u32::from_le_bytes(*size) as usize)?;
    Some((Some(levels), values))
}

fn inflate<'b>(
    codec: Codec,
    bytes: &'b [u8],
    size: usize,
    space: &'b mut Vec<u8>,
) -> Option<&'b [u8]> {
    match codec {
        Codec::None => (bytes.len() == size).then_some(bytes),
        Codec::Snappy => {
            if snap::raw::decompress_len(bytes).ok()? != size {
                return None;
            }
            if space.len() < size {
                space.resize(size, 0);
            }
            let room = &mut space[..size];
            let done = snap::raw::Decoder::new().decompress(bytes, room).ok()?;
            (done == size).then_some(&*room)
        }
    }
}

/// Remembers which rows of a page are there; `rows` are all so far.
fn note(there: &mut Vec<bool>, present: &[u32], rows: usize, new: usize) {
    if !present.is_empty() {
        there.resize(rows - new, true);
        there.extend(present.iter().map(|level| *level != 0));
    } else if !there.is_empty() {
        there.resize(rows, true);
    }
}

/// The indices of a page, each of the dictionary.
fn numbers_of(page: &[u8], count: usize, known: usize, made: &mut Vec<u32>) -> Option<()> {
    if count == 0 {
        return Some(());
    }
    let (width, bytes) = page.split_first()?;
    hybrid::numbers(bytes, u32::from(*width), count, made)?;
    made.iter().all(|index| (*index as usize) < known).then_some(())
}
