//! What stands beside the values of a column: whom each is about, and its record.

use crate::column::{Bits, Bytes, Column, Fixed, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};

/// Bytes by which a frame names a subject.
pub const HANDLE_BYTES: usize = 16;

/// Bytes that a subject's keys are made from.
pub const SALT_BYTES: usize = 32;

/// A subject's name in frames.
pub(crate) type Handle = [u8; HANDLE_BYTES];

/// What a subject's keys are made from.
pub(crate) type Salt = [u8; SALT_BYTES];

/// The subjects and records of a column's values, if it has any.
#[derive(Default)]
pub struct Beside<'a> {
    /// Whom each value is about.
    pub subjects: Option<Subjects<'a>>,
    /// What each value is bound to.
    pub records: Option<Records<'a>>,
}

impl Beside<'_> {
    /// `NoRecord`, then `NoSubject`, with the count of values that have none.
    pub(crate) fn check(&self, column: &Column<'_>) -> Outcome<()> {
        if let Some(Records { validity: Some(bits), .. }) = &self.records {
            match without(column, bits) {
                0 => {}
                refused => return Err(Fault::NoRecord { refused }),
            }
        }
        if let Some(Subjects { validity: Some(bits), .. }) = &self.subjects {
            match without(column, bits) {
                0 => {}
                refused => return Err(Fault::NoSubject { refused }),
            }
        }
        Ok(())
    }
}

/// How many values have no bit.
fn without(column: &Column<'_>, bits: &Bits<'_>) -> usize {
    (0..column.len).filter(|row| !bits.get(*row) && column.is_valid(*row)).count()
}

/// Which subject each row is about, and what each subject has.
pub struct Subjects<'a> {
    rows: &'a [i32],
    validity: Option<Bits<'a>>,
    handles: Fixed<'a>,
    salts: &'a [Salt],
}

impl<'a> Subjects<'a> {
    /// `rows` are int32 places among `handles` (16 bytes each, none null), null for nobody; a salt
    /// of 32 bytes for each handle. `Malformed` if that is not so, or not of so many `values`.
    pub fn new(
        rows: &Column<'a>,
        handles: &Column<'a>,
        salts: &'a [u8],
        values: usize,
    ) -> Outcome<Self> {
        let (Values::Int32(places), Values::Binary(Bytes::Fixed(names))) =
            (&rows.values, &handles.values)
        else {
            return Err(Fault::Malformed);
        };
        let (salts, rest) = salts.as_chunks::<SALT_BYTES>();
        let named = handles.len == 0 || names.get(0).len() == HANDLE_BYTES;
        let none_null = handles.validity.is_none_or(|bits| bits.all(0..handles.len));
        let inside = |row: usize| {
            !rows.is_valid(row) || usize::try_from(places[row]).is_ok_and(|at| at < salts.len())
        };
        let fits = named
            && none_null
            && rest.is_empty()
            && salts.len() == handles.len
            && rows.len == values
            && places.len() >= values
            && (0..values).all(inside);
        if !fits {
            return Err(Fault::Malformed);
        }
        Ok(Self { rows: places, validity: rows.validity, handles: *names, salts })
    }

    /// The subject of a row, by its place; nothing if it has none.
    #[inline]
    pub(crate) fn of(&self, row: usize) -> Option<usize> {
        let there = self.validity.is_none_or(|bits| bits.get(row));
        there.then(|| self.rows[row] as usize)
    }

    /// Whether every row is about somebody.
    pub(crate) fn is_whole(&self) -> bool {
        self.validity.is_none()
    }

    /// What a frame names a subject by.
    #[inline]
    pub(crate) fn handle(&self, subject: usize) -> Handle {
        let mut handle = [0; HANDLE_BYTES];
        handle.copy_from_slice(self.handles.get(subject));
        handle
    }

    /// What every subject's keys are made from.
    pub(crate) fn salts(&self) -> &'a [Salt] {
        self.salts
    }
}

/// One byte string a row.
pub struct Records<'a> {
    bytes: Bytes<'a>,
    validity: Option<Bits<'a>>,
}

impl<'a> Records<'a> {
    /// `Malformed` if these are not bytes, or not of so many `values`.
    pub fn new(records: &Column<'a>, values: usize) -> Outcome<Self> {
        match &records.values {
            Values::Binary(bytes) if records.len == values => {
                Ok(Self { bytes: *bytes, validity: records.validity })
            }
            _ => Err(Fault::Malformed),
        }
    }

    fn is_there(&self, row: usize) -> bool {
        self.validity.is_none_or(|bits| bits.get(row))
    }

    /// The record of a row; nothing if it has none.
    #[inline]
    pub(crate) fn of(&self, row: usize) -> Option<&[u8]> {
        self.is_there(row).then(|| each_layout!(&self.bytes, slots => slots.get(row)))
    }
}
