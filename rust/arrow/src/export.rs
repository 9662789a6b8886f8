//! Results handed to another library: owned together, released when the last holder is done.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Arc;

use lockgate_kernel::column::{Column, Values};
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::varlen::Varlen;

use crate::abi::{Array, Schema};
use crate::kind::Kind;

const NULLABLE: i64 = 2;

/// Which rows of a result are null.
#[derive(Clone, Debug, Default)]
pub struct Nulls {
    /// A bit a row, set if it is there; empty if all are.
    bitmap: Vec<u8>,
    count: usize,
    rows: usize,
}

impl Nulls {
    /// Whether they are of so many rows.
    fn check(&self, rows: usize) -> Outcome<()> {
        if self.count == 0 || self.rows == rows { Ok(()) } else { Err(Fault::Malformed) }
    }

    /// A null wherever there is a `false`.
    #[must_use]
    pub fn where_not(there: &[bool]) -> Self {
        let count = there.iter().filter(|there| !**there).count();
        if count == 0 {
            return Self::default();
        }
        Self { bitmap: packed(there), count, rows: there.len() }
    }

    /// From a bit a row, the first one lowest, set if the row is there, with its `count` of bits
    /// that are not. `Malformed` if there are not as many bits.
    pub fn of_bits(bitmap: Vec<u8>, count: usize, rows: usize) -> Outcome<Self> {
        if bitmap.len() != rows.div_ceil(8) || count > rows {
            return Err(Fault::Malformed);
        }
        let bitmap = if count == 0 { Vec::new() } else { bitmap };
        Ok(Self { bitmap, count, rows })
    }

    /// The nulls of a column.
    #[must_use]
    pub fn of(column: &Column<'_>) -> Self {
        if matches!(column.values, Values::Null) {
            let bitmap = vec![0; column.len.div_ceil(8)];
            return Self { bitmap, count: column.len, rows: column.len };
        }
        let Some(bits) = column.validity else {
            return Self::default();
        };
        let bitmap = bits.packed();
        let there: usize = bitmap.iter().map(|byte| byte.count_ones() as usize).sum();
        if there == bits.len() {
            return Self::default();
        }
        Self { bitmap, count: bits.len() - there, rows: bits.len() }
    }
}

/// An array made here. It can be handed out any number of times; its buffers are shared.
#[derive(Clone, Debug)]
pub struct Export(Arc<Owned>);

#[derive(Debug)]
struct Owned {
    format: &'static CStr,
    len: i64,
    nulls: Nulls,
    offsets: Option<Vec<i32>>,
    data: Data,
}

/// Values of a fixed width, where they were made.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Data {
    Bytes(Vec<u8>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float64(Vec<f64>),
    Int128(Vec<i128>),
}

impl Data {
    fn as_ptr(&self) -> *const c_void {
        match self {
            Self::Bytes(values) => values.as_ptr().cast(),
            Self::Int32(values) => values.as_ptr().cast(),
            Self::Int64(values) => values.as_ptr().cast(),
            Self::Float64(values) => values.as_ptr().cast(),
            Self::Int128(values) => values.as_ptr().cast(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Int64(values) => values.len(),
            Self::Float64(values) => values.len(),
            Self::Int128(values) => values.len(),
        }
    }
}

impl Export {
    /// utf8 if `text`, else binary. The bytes of text must be UTF-8. `Malformed` if there are not as
    /// many values as rows.
    pub fn varlen(values: Varlen, text: bool, column: &Column<'_>) -> Outcome<Self> {
        if values.offsets.len() != column.len + 1 {
            return Err(Fault::Malformed);
        }
        Self::strings(values, text, Nulls::of(column))
    }

    /// utf8 if `text`, else binary. The bytes of text must be UTF-8. `Malformed` if the offsets do
    /// not rise, or the bytes do not end with the last value.
    pub fn strings(values: Varlen, text: bool, nulls: Nulls) -> Outcome<Self> {
        let end = values.offsets.last().map(|end| usize::try_from(*end));
        // All of them, rather than up to the first that falls: that is many at a time.
        let rising = |rising, pair: &[i32]| rising & (pair[0] <= pair[1]);
        let rises =
            values.offsets.first() == Some(&0) && values.offsets.windows(2).fold(true, rising);
        if !rises || end != Some(Ok(values.data.len())) {
            return Err(Fault::Malformed);
        }
        let format = if text { c"u" } else { c"z" };
        let rows = values.offsets.len() - 1;
        Self::new(format, rows, nulls, Some(values.offsets), Data::Bytes(values.data))
    }

    /// Booleans, none null.
    pub fn flags(flags: &[bool]) -> Outcome<Self> {
        let data = Data::Bytes(packed(flags));
        Self::new(c"b", flags.len(), Nulls::default(), None, data)
    }

    /// Numbers: uint8, int32, int64, float64, and 128 bits as 16 bytes of binary.
    pub fn numbers(data: Data, nulls: Nulls) -> Outcome<Self> {
        let format = match data {
            Data::Bytes(_) => c"C",
            Data::Int32(_) => c"i",
            Data::Int64(_) => c"l",
            Data::Float64(_) => c"g",
            Data::Int128(_) => c"w:16",
        };
        Self::new(format, data.len(), nulls, None, data)
    }

    /// The same values, null where these are.
    pub fn with_nulls(self, nulls: Nulls) -> Outcome<Self> {
        let mut owned = Arc::try_unwrap(self.0).map_err(|_| Fault::Malformed)?;
        nulls.check(usize::try_from(owned.len).map_err(|_| Fault::TooBig)?)?;
        owned.nulls = nulls;
        Ok(Self(Arc::new(owned)))
    }

    /// Integers of one byte, none null.
    pub fn bytes(values: Vec<u8>) -> Outcome<Self> {
        Self::numbers(Data::Bytes(values), Nulls::default())
    }

    fn new(
        format: &'static CStr,
        len: usize,
        nulls: Nulls,
        offsets: Option<Vec<i32>>,
        data: Data,
    ) -> Outcome<Self> {
        nulls.check(len)?;
        let len = i64::try_from(len).map_err(|_| Fault::TooBig)?;
        Ok(Self(Arc::new(Owned { format, len, nulls, offsets, data })))
    }

    /// Its type.
    pub(crate) fn kind(&self) -> Outcome<Kind> {
        Kind::parse(self.0.format.to_bytes())
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.0.len).unwrap_or(0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Its type, for the other side.
    #[must_use]
    pub fn schema(&self) -> Schema {
        let mut schema = Schema::released();
        schema.format = self.0.format.as_ptr();
        schema.name = c"".as_ptr();
        schema.flags = NULLABLE;
        schema.release = Some(release_schema);
        schema
    }

    /// Its values, for the other side.
    #[must_use]
    pub fn array(&self) -> Array {
        let owned = &self.0;
        let validity = if owned.nulls.count == 0 {
            ptr::null()
        } else {
            owned.nulls.bitmap.as_ptr().cast::<c_void>()
        };
        let mut buffers = vec![validity];
        if let Some(offsets) = &owned.offsets {
            buffers.push(offsets.as_ptr().cast());
        }
        buffers.push(owned.data.as_ptr());
        let mut lent = Box::new(Lent { _owned: Arc::clone(owned), buffers });
        let mut array = Array::released();
        array.length = owned.len;
        array.null_count = i64::try_from(owned.nulls.count).unwrap_or(-1);
        array.n_buffers = if owned.offsets.is_some() { 3 } else { 2 };
        array.buffers = lent.buffers.as_mut_ptr();
        array.private_data = Box::into_raw(lent).cast();
        array.release = Some(release_array);
        array
    }
}

/// As bits, the first one lowest.
fn packed(flags: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    flags.chunks(8).map(byte).collect()
}

/// What an array that was handed out keeps alive.
struct Lent {
    _owned: Arc<Owned>,
    buffers: Vec<*const c_void>,
}

unsafe extern "C" fn release_schema(schema: *mut Schema) {
    // SAFETY: called by the holder, once, on a schema of `Export::schema`, which owns nothing.
    unsafe { (*schema).release = None }
}

unsafe extern "C" fn release_array(array: *mut Array) {
    // SAFETY: called by the holder, once, on an array of `Export::array`, whose private data is the
    // box that was let go there.
    unsafe {
        let lent = (*array).private_data.cast::<Lent>();
        (*array).private_data = ptr::null_mut();
        (*array).release = None;
        drop(Box::from_raw(lent));
    }
}
