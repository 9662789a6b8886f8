//! How byte strings lie in memory: offsets, views, one width.

use std::ops::Range;

use crate::column::Bits;
use crate::fault::{Fault, Outcome};

/// Byte strings by row: whatever the layout, `get` is a slice.
pub trait Slots: Copy {
    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a row; of a null row, whatever its slot spans.
    fn get(&self, row: usize) -> &[u8];

    /// An upper bound of all rows' bytes together.
    fn total(&self) -> usize;
}

/// Offsets of 32 or 64 bits.
pub trait Offset: Copy + Ord {
    /// As an index. Negative is Malformed.
    fn index(self) -> Outcome<usize>;
    /// As an index, once it is known to be one.
    fn known(self) -> usize;
}

macro_rules! offset {
    ($kind:ty) => {
        impl Offset for $kind {
            fn index(self) -> Outcome<usize> {
                usize::try_from(self).map_err(|_| Fault::Malformed)
            }
            #[inline]
            #[allow(clippy::cast_sign_loss)]
            fn known(self) -> usize {
                self as usize
            }
        }
    };
}
offset!(i32);
offset!(i64);

/// Arrow's (large) utf8 and binary: offsets into one buffer.
#[derive(Clone, Copy, Debug)]
pub struct Ranges<'a, O> {
    offsets: &'a [O],
    data: &'a [u8],
}

impl<'a, O: Offset> Ranges<'a, O> {
    /// Rows between consecutive `offsets`. Malformed if those fall or leave `data`.
    pub fn new(offsets: &'a [O], data: &'a [u8]) -> Outcome<Self> {
        let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
            return Err(Fault::Malformed);
        };
        first.index()?;
        let mut rising = true;
        for pair in offsets.windows(2) {
            rising &= pair[0] <= pair[1];
        }
        if !rising || last.index()? > data.len() {
            return Err(Fault::Malformed);
        }
        Ok(Self { offsets, data })
    }

    /// The bytes that all rows span, uncut.
    #[must_use]
    pub fn span(&self) -> &'a [u8] {
        &self.data[self.offsets[0].known()..self.offsets[self.offsets.len() - 1].known()]
    }

    /// The bytes that consecutive rows span, uncut.
    #[must_use]
    pub fn between(&self, rows: Range<usize>) -> &'a [u8] {
        &self.data[self.offsets[rows.start].known()..self.offsets[rows.end].known()]
    }

    /// All bytes that offsets are into.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// The offsets, one more than rows.
    #[must_use]
    pub fn offsets(&self) -> &'a [O] {
        self.offsets
    }
}

impl<O: Offset> Slots for Ranges<'_, O> {
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }
    #[inline]
    fn get(&self, row: usize) -> &[u8] {
        &self.data[self.offsets[row].known()..self.offsets[row + 1].known()]
    }
    fn total(&self) -> usize {
        self.span().len()
    }
}

/// Arrow's utf8_view and binary_view: 16 bytes a row, short values inside them.
#[derive(Clone, Copy, Debug)]
pub struct Views<'a> {
    views: &'a [[u8; 16]],
    buffers: &'a [&'a [u8]],
}

impl<'a> Views<'a> {
    /// Malformed if a view of a valid row points outside its buffer.
    pub fn new(
        views: &'a [[u8; 16]],
        buffers: &'a [&'a [u8]],
        validity: Option<Bits<'a>>,
    ) -> Outcome<Self> {
        for (row, view) in views.iter().enumerate() {
            let there = validity.is_none_or(|bits| bits.get(row));
            if there && Self::slice(view, buffers).is_none() {
                return Err(Fault::Malformed);
            }
        }
        Ok(Self { views, buffers })
    }

    #[inline]
    fn slice<'b>(view: &'b [u8; 16], buffers: &[&'b [u8]]) -> Option<&'b [u8]> {
        let word = |at: usize| {
            u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]) as usize
        };
        let length = word(0);
        if length <= 12 {
            return Some(&view[4..4 + length]);
        }
        let start = word(12);
        buffers.get(word(8))?.get(start..start.checked_add(length)?)
    }
}

impl Slots for Views<'_> {
    fn len(&self) -> usize {
        self.views.len()
    }
    #[inline]
    fn get(&self, row: usize) -> &[u8] {
        Self::slice(&self.views[row], self.buffers).unwrap_or(&[])
    }
    fn total(&self) -> usize {
        (0..self.views.len()).map(|row| self.get(row).len()).sum()
    }
}

/// Arrow's fixed_size_binary.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<'a> {
    width: usize,
    rows: usize,
    data: &'a [u8],
}

impl<'a> Fixed<'a> {
    /// `rows` values of `width` bytes. Malformed if `data` holds fewer.
    pub fn new(width: usize, rows: usize, data: &'a [u8]) -> Outcome<Self> {
        if width.checked_mul(rows).ok_or(Fault::Malformed)? > data.len() {
            return Err(Fault::Malformed);
        }
        Ok(Self { width, rows, data })
    }
}

impl Slots for Fixed<'_> {
    fn len(&self) -> usize {
        self.rows
    }
    #[inline]
    fn get(&self, row: usize) -> &[u8] {
        &self.data[row * self.width..(row + 1) * self.width]
    }
    fn total(&self) -> usize {
        self.width * self.rows
    }
}

/// Byte strings of any layout. Match once, then loop over the layout itself.
#[derive(Clone, Copy, Debug)]
pub enum Bytes<'a> {
    /// 32-bit offsets.
    Small(Ranges<'a, i32>),
    /// 64-bit offsets.
    Large(Ranges<'a, i64>),
    /// Views.
    View(Views<'a>),
    /// One width for all.
    Fixed(Fixed<'a>),
}

/// Runs `$body` with `$slots` bound to the layout of `$bytes`, monomorphised for each.
#[macro_export]
macro_rules! each_layout {
    ($bytes:expr, $slots:ident => $body:expr) => {
        match $bytes {
            $crate::column::Bytes::Small($slots) => $body,
            $crate::column::Bytes::Large($slots) => $body,
            $crate::column::Bytes::View($slots) => $body,
            $crate::column::Bytes::Fixed($slots) => $body,
        }
    };
}
