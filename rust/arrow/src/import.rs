//! An array of another library, held while a kernel reads it.

use std::{fmt, ptr, slice};

use lockgate_kernel::column::{Bits, Bytes, Column, Fixed, Ranges, Slots, Values, Views};
use lockgate_kernel::each_layout;
use lockgate_kernel::fault::{Fault, Outcome};

use crate::abi::{Array, Schema};
use crate::kind::{Kind, Layout};
use crate::schema::kind_of;

/// One array without dictionary or children. Its buffers are read where they lie.
pub struct Import {
    array: Array,
    kind: Kind,
    len: usize,
    offset: usize,
    /// The first buffer after validity, from the first row on; its bytes.
    main: (*const u8, usize),
    /// What `main` points into if the array's own buffer was not aligned.
    _aligned: Vec<u128>,
    /// The buffers that views point into. They live as long as `array`, and are never given out
    /// for longer than a borrow of `self`.
    viewed: Vec<&'static [u8]>,
}

impl fmt::Debug for Import {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Import({:?}, {} rows)", self.kind, self.len)
    }
}

// SAFETY: an imported array belongs to its holder alone and is only read.
unsafe impl Send for Import {}
// SAFETY: as above; no method changes anything behind a shared reference.
unsafe impl Sync for Import {}

impl Import {
    /// Takes the array over; it is released with the import, or at once if it is refused.
    ///
    /// `Malformed` if it is released already or not laid out as its type says; `UnsupportedType`
    /// for dictionaries, run-end encoding, nested, extension and unheard-of types.
    ///
    /// # Safety
    /// Both are as the C data interface says: buffers as long as type, length and offset ask for,
    /// unchanged until released.
    pub unsafe fn new(schema: Schema, array: Array) -> Outcome<Self> {
        // SAFETY: the caller's promise.
        let kind = unsafe { kind_of(&schema) }?;
        if array.release.is_none() {
            return Err(Fault::Malformed);
        }
        if array.n_children != 0 || !array.dictionary.is_null() {
            return Err(Fault::UnsupportedType);
        }
        let len = index(array.length)?;
        let offset = index(array.offset)?;
        len.checked_add(offset).and_then(|rows| rows.checked_add(1)).ok_or(Fault::Malformed)?;
        let buffers = index(array.n_buffers)?;
        let enough = if kind.is_view() { buffers >= 3 } else { buffers == kind.buffers() };
        // Some libraries give the null type a validity buffer; it says nothing.
        if !(enough || kind == Kind::Null && buffers <= 1) {
            return Err(Fault::Malformed);
        }
        if buffers > 0 && array.buffers.is_null() {
            return Err(Fault::Malformed);
        }
        let mut import = Self {
            array,
            kind,
            len,
            offset,
            main: (ptr::null(), 0),
            _aligned: Vec::new(),
            viewed: Vec::new(),
        };
        import.find_main()?;
        if kind.is_view() {
            import.find_viewed(buffers)?;
        }
        Ok(import)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The array as the kernel reads it. Views and offsets are checked here, once a call.
    pub fn column(&self) -> Outcome<Column<'_>> {
        let validity = self.validity()?;
        let values = self.values(validity)?;
        Ok(Column { len: self.len, validity, values })
    }

    /// `TooBig` if the text or binary values of a column have more bytes together than 32-bit
    /// offsets reach, whatever its layout: what the portable kernel refuses too.
    pub fn check_size(column: &Column<'_>) -> Outcome<()> {
        let (Values::Text(bytes) | Values::Binary(bytes)) = &column.values else {
            return Ok(());
        };
        let held = match bytes {
            // Views may share their bytes, and a null's view says nothing.
            Bytes::View(views) => (0..column.len)
                .filter(|row| column.is_valid(*row))
                .map(|row| views.get(row).len())
                .fold(0, usize::saturating_add),
            other => each_layout!(other, slots => slots.total()),
        };
        if i32::try_from(held).is_err() { Err(Fault::TooBig) } else { Ok(()) }
    }

    /// Which rows are not null; `None` if all are there (or the type is null).
    pub fn validity(&self) -> Outcome<Option<Bits<'_>>> {
        if self.kind == Kind::Null || self.len == 0 || self.array.null_count == 0 {
            return Ok(None);
        }
        if self.buffer(0).is_null() {
            return Ok(None);
        }
        self.bits(0).map(Some)
    }

    fn values<'a>(&'a self, validity: Option<Bits<'a>>) -> Outcome<Values<'a>> {
        Ok(match self.kind {
            Kind::Null => Values::Null,
            Kind::Bool => Values::Bool(self.bits(1)?),
            Kind::Int8 => Values::Int8(self.typed()),
            Kind::Int16 => Values::Int16(self.typed()),
            Kind::Int32 => Values::Int32(self.typed()),
            Kind::Int64 => Values::Int64(self.typed()),
            Kind::UInt8 => Values::UInt8(self.typed()),
            Kind::UInt16 => Values::UInt16(self.typed()),
            Kind::UInt32 => Values::UInt32(self.typed()),
            Kind::UInt64 => Values::UInt64(self.typed()),
            Kind::Float16 => Values::Float16(self.typed()),
            Kind::Float32 => Values::Float32(self.typed()),
            Kind::Float64 => Values::Float64(self.typed()),
            Kind::Decimal32(scale) => Values::Decimal32 { values: self.typed(), scale },
            Kind::Decimal64(scale) => Values::Decimal64 { values: self.typed(), scale },
            Kind::Decimal128(scale) => Values::Decimal128 { values: self.typed(), scale },
            Kind::Decimal256(scale) => Values::Decimal256 { values: self.typed(), scale },
            Kind::Date32 => Values::Date32(self.typed()),
            Kind::Date64 => Values::Date64(self.typed()),
            Kind::Time32(unit) => Values::Time32 { values: self.typed(), unit },
            Kind::Time64(unit) => Values::Time64 { values: self.typed(), unit },
            Kind::Timestamp { unit, zoned } => {
                Values::Timestamp { values: self.typed(), unit, zoned }
            }
            Kind::Text(layout) => Values::Text(self.strings(layout, validity)?),
            Kind::Binary(layout) => Values::Binary(self.strings(layout, validity)?),
        })
    }

    fn strings<'a>(&'a self, layout: Layout, validity: Option<Bits<'a>>) -> Outcome<Bytes<'a>> {
        Ok(match layout {
            Layout::Small => {
                let offsets = if self.len == 0 { &[0] } else { self.typed::<i32>() };
                let end = usize::try_from(offsets[offsets.len() - 1]);
                let data = self.bytes(2, 0, end.map_err(|_| Fault::Malformed)?)?;
                Bytes::Small(Ranges::new(offsets, data)?)
            }
            Layout::Large => {
                let offsets = if self.len == 0 { &[0] } else { self.typed::<i64>() };
                let end = index(offsets[offsets.len() - 1])?;
                Bytes::Large(Ranges::new(offsets, self.bytes(2, 0, end)?)?)
            }
            Layout::View => Bytes::View(Views::new(self.typed(), &self.viewed, validity)?),
            Layout::Fixed(width) => {
                let (start, bytes) = self.main;
                let data: &[u8] = if bytes == 0 {
                    &[]
                } else {
                    // SAFETY: `find_main` saw that so many bytes are there.
                    unsafe { slice::from_raw_parts(start, bytes) }
                };
                Bytes::Fixed(Fixed::new(width, self.len, data)?)
            }
        })
    }

    /// Looks up the first buffer after validity, and copies it if it is not aligned.
    fn find_main(&mut self) -> Outcome<()> {
        let Some((size, align)) = self.kind.element() else {
            return Ok(());
        };
        // Arrays of no rows may come without offsets.
        if self.len == 0 {
            return Ok(());
        }
        let rows = self.len + usize::from(self.kind.has_offsets());
        let start = self.offset.checked_mul(size).ok_or(Fault::Malformed)?;
        let bytes = rows.checked_mul(size).ok_or(Fault::Malformed)?;
        let found = self.bytes(1, start, bytes)?;
        let found = found.as_ptr();
        self.main = (found, bytes);
        if found.addr() % align != 0 {
            let mut copy = vec![0_u128; bytes.div_ceil(size_of::<u128>())];
            // SAFETY: `found` has so many bytes; the copy at least as many, and it is new, so the
            // two do not overlap.
            unsafe { ptr::copy_nonoverlapping(found, copy.as_mut_ptr().cast::<u8>(), bytes) };
            self.main.0 = copy.as_ptr().cast();
            self._aligned = copy;
        }
        Ok(())
    }

    /// Looks up the buffers that views point into: all but validity, views and, last, lengths.
    fn find_viewed(&mut self, buffers: usize) -> Outcome<()> {
        let count = buffers - 3;
        let lengths = self.buffer(buffers - 1).cast::<i64>();
        if count > 0 && lengths.is_null() {
            return Err(Fault::Malformed);
        }
        let mut viewed = Vec::with_capacity(count);
        for at in 0..count {
            // SAFETY: the last buffer holds one length for each; it need not be aligned.
            let length = index(unsafe { lengths.add(at).read_unaligned() })?;
            let found = self.bytes(at + 2, 0, length)?;
            // SAFETY: the array owns these bytes, and lives as long as `viewed`.
            viewed.push(unsafe { slice::from_raw_parts(found.as_ptr(), found.len()) });
        }
        self.viewed = viewed;
        Ok(())
    }

    fn typed<T: Plain>(&self) -> &[T] {
        let (start, bytes) = self.main;
        if bytes == 0 {
            return &[];
        }
        debug_assert_eq!(start.addr() % align_of::<T>(), 0);
        // SAFETY: `find_main` saw that so many bytes are there, aligned for the kind, which the
        // caller's `T` is the type of; every bit pattern is a value of a plain type.
        unsafe { slice::from_raw_parts(start.cast::<T>(), bytes / size_of::<T>()) }
    }

    fn bits(&self, buffer: usize) -> Outcome<Bits<'_>> {
        let bytes = if self.len == 0 { 0 } else { (self.offset + self.len).div_ceil(8) };
        let offset = if self.len == 0 { 0 } else { self.offset };
        Bits::new(self.bytes(buffer, 0, bytes)?, offset, self.len)
    }

    /// `len` bytes of a buffer from byte `start` on.
    fn bytes(&self, buffer: usize, start: usize, len: usize) -> Outcome<&[u8]> {
        let end = start.checked_add(len).ok_or(Fault::Malformed)?;
        if len == 0 {
            return Ok(&[]);
        }
        let place = self.buffer(buffer);
        if place.is_null() || isize::try_from(end).is_err() {
            return Err(Fault::Malformed);
        }
        // SAFETY: the promise of `new`: the buffer has `end` bytes, and they stay as they are.
        Ok(unsafe { slice::from_raw_parts(place.add(start), len) })
    }

    fn buffer(&self, at: usize) -> *const u8 {
        // SAFETY: `new` saw that there are so many buffers of the kind, and where they are listed.
        unsafe { self.array.buffers.add(at).read() }.cast()
    }
}

/// Numbers, and arrays of bytes: any bit pattern is a value.
trait Plain: Copy {}
macro_rules! plain {
    ($($kind:ty),*) => { $(impl Plain for $kind {})* };
}
plain!(i8, i16, i32, i64, i128, u8, u16, u32, u64, f32, f64, [u8; 16], [u8; 32]);

fn index(number: i64) -> Outcome<usize> {
    usize::try_from(number).map_err(|_| Fault::Malformed)
}
