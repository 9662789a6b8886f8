//! Page headers: structs of Thrift's compact protocol (thrift-compact-protocol.md, parquet.thrift).

const DEPTH: u32 = 8;
const FIELDS: usize = 9;

/// What a page header says, as far as it is needed to read the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub kind: Kind,
    /// Bytes of the page before and after compression, levels included.
    pub unpacked: usize,
    pub packed: usize,
    /// CRC-32 of the page as it is stored.
    pub crc: Option<u32>,
    /// Values, null ones too.
    pub values: usize,
    pub encoding: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dictionary,
    /// Levels are compressed with the values.
    First,
    /// Levels stand before the values, uncompressed.
    Second {
        levels: usize,
        compressed: bool,
    },
}

/// What a struct holds, by field number. What is of another type than it should be is not there.
#[derive(Default)]
struct Fields {
    numbers: [Option<i64>; FIELDS],
    flags: [Option<bool>; FIELDS],
    structs: [Option<Box<Fields>>; FIELDS],
}

impl Fields {
    fn inner(&self, field: usize) -> Option<&Self> {
        self.structs[field].as_deref()
    }

    fn size(&self, field: usize) -> Option<usize> {
        self.numbers[field].and_then(|number| usize::try_from(number).ok())
    }
}

/// The header that the bytes begin with, and how long it is. None for what is no header of a page
/// that is read here.
pub(super) fn header(bytes: &[u8]) -> Option<(Header, usize)> {
    let mut reader = Reader { bytes, at: 0 };
    let fields = reader.fields(DEPTH)?;
    let (kind, inner, encoding) = match fields.numbers[1]? {
        0 => (Kind::First, fields.inner(5)?, 2),
        2 => (Kind::Dictionary, fields.inner(7)?, 2),
        3 => {
            let inner = fields.inner(8)?;
            if inner.size(6)? != 0 {
                return None; // levels of lists
            }
            let compressed = inner.flags[7] != Some(false);
            (Kind::Second { levels: inner.size(5)?, compressed }, inner, 4)
        }
        _ => return None,
    };
    // All that parquet.thrift calls required has to be there, needed here or not.
    let required = match kind {
        Kind::Dictionary => 1..=2,
        Kind::First => 1..=4,
        Kind::Second { .. } => 1..=6,
    };
    if required.into_iter().any(|field| inner.numbers[field].is_none())
        || kind == Kind::First && inner.numbers[3] != Some(RLE)
    {
        return None;
    }
    let header = Header {
        kind,
        unpacked: fields.size(2)?,
        packed: fields.size(3)?,
        crc: fields.numbers[4].map(|crc| crc as u32),
        values: inner.size(1)?,
        encoding: inner.numbers[encoding]?,
    };
    Some((header, reader.at))
}

pub(super) const PLAIN: i64 = 0;
const RLE: i64 = 3;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn skip(&mut self, size: u64) -> Option<()> {
        let left = self.bytes.len() - self.at;
        self.at += usize::try_from(size).ok().filter(|size| *size <= left)?;
        Some(())
    }

    fn fields(&mut self, depth: u32) -> Option<Fields> {
        let mut found = Fields::default();
        let mut field = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(found);
            }
            let step = i64::from(head >> 4);
            field = if step == 0 { self.zigzag()? } else { field.checked_add(step)? };
            let place = usize::from(u16::try_from(field).ok()?);
            let kind = head & 0x0F;
            match kind {
                1 | 2 => put(&mut found.flags, place, kind == 1)?,
                5 => {
                    let number = self.zigzag()?;
                    put(&mut found.numbers, place, i64::from(i32::try_from(number).ok()?))?;
                }
                12 => {
                    let inner = self.fields(depth.checked_sub(1)?)?;
                    put(&mut found.structs, place, Box::new(inner))?;
                }
                _ => self.pass(kind)?,
            }
        }
    }

    /// Passes over a value that no page is read by.
    fn pass(&mut self, kind: u8) -> Option<()> {
        match kind {
            3 => self.skip(1),
            4 | 6 => self.zigzag().map(|_| ()),
            7 => self.skip(8),
            8 => {
                let size = self.varint()?;
                self.skip(size)
            }
            _ => None, // lists and maps: a page header has none
        }
    }
}

/// Notes what a field holds, once. One of a higher number is nobody's.
fn put<T>(fields: &mut [Option<T>; FIELDS], place: usize, value: T) -> Option<()> {
    match fields.get_mut(place) {
        Some(field) if field.is_some() => None,
        Some(field) => {
            *field = Some(value);
            Some(())
        }
        None => Some(()),
    }
}
