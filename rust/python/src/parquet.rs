//! `read_chunks`: column chunks of a Parquet file's row group as columns.

use lockgate_arrow::{Data, Export, Nulls};
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::parquet::{Chunk, Codec, Decoded, Limits, Values, Wanted, read_chunk};
use pyo3::prelude::*;

use crate::arrow::Array;
use crate::fault::released;

/// Where a chunk starts and ends, its codec, what its values are and their width, whether null.
type Asked = (usize, usize, String, String, usize, bool);

/// Columns, each from its place in the bytes; None where one has to be read otherwise.
#[pyfunction]
pub fn read_chunks(
    py: Python<'_>,
    data: &[u8],
    chunks: Vec<Asked>,
    rows: usize,
    bytes: usize,
) -> PyResult<Vec<Option<Array>>> {
    released(py, || {
        let mut space = Vec::new();
        let read = |(start, end, codec, wanted, width, optional): &Asked| {
            let pages = data.get(*start..*end).ok_or(Fault::Malformed)?;
            let (Some(codec), Some(wanted)) = (codec_of(codec), wanted_of(wanted, *width)) else {
                return Ok(None);
            };
            let chunk = Chunk { pages, codec, wanted, optional: *optional };
            read_chunk(&chunk, Limits { rows, bytes }, &mut space).map(array).transpose()
        };
        chunks.iter().map(read).collect()
    })
}

fn codec_of(name: &str) -> Option<Codec> {
    match name {
        "UNCOMPRESSED" => Some(Codec::None),
        "SNAPPY" => Some(Codec::Snappy),
        _ => None,
    }
}

fn wanted_of(name: &str, width: usize) -> Option<Wanted> {
    match name {
        "text" => Some(Wanted::Text),
        "int32" => Some(Wanted::Int32),
        "int64" => Some(Wanted::Int64),
        "float64" => Some(Wanted::Float64),
        "decimal" => Some(Wanted::Decimal { width }),
        _ => None,
    }
}

fn array(decoded: Decoded) -> Outcome<Array> {
    let nulls = Nulls::where_not(&decoded.there);
    let export = match decoded.values {
        Values::Text(texts) => Export::strings(texts, true, nulls),
        Values::Int32(numbers) => Export::numbers(Data::Int32(numbers), nulls),
        Values::Int64(numbers) => Export::numbers(Data::Int64(numbers), nulls),
        Values::Float64(numbers) => Export::numbers(Data::Float64(numbers), nulls),
        Values::Decimal(numbers) => Export::numbers(Data::Int128(numbers), nulls),
    };
    export.map(Array)
}
