//! Frames as they stand in a column, text or bytes, some rows at a time.

use std::ops::Range;

use crate::base64url::{self, SLACK};
use crate::canonical::{Encoder, Normaliser};
use crate::chunk::{chunk_end, list};
use crate::column::{Column, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::lanes::Slot;
use crate::varlen::Varlen;

/// The frames of some rows after others.
pub(crate) struct FrameRows<'a> {
    column: &'a Column<'a>,
    /// Copies bytes; texts are decoded.
    encoder: Encoder<'a>,
    start: usize,
    held: Varlen,
    /// Where each row's frame is that is not null; the rows are counted from the first.
    pub frames: Vec<Slot>,
}

impl<'a> FrameRows<'a> {
    /// Refuses a column that is neither text nor bytes.
    pub(crate) fn new(column: &'a Column<'a>) -> Outcome<Self> {
        if !matches!(column.values, Values::Text(_) | Values::Binary(_)) {
            return Err(Fault::UnsupportedType);
        }
        let encoder = Encoder::new(column, Normaliser::Exact, false)?;
        let held = Varlen::with_capacity(0, 0);
        Ok(Self { column, encoder, start: 0, held, frames: Vec::new() })
    }

    /// Reads more rows and says which; nothing if there are none left. What is the text of no
    /// frame is left without bytes, and so is no frame either.
    pub(crate) fn next(&mut self) -> Outcome<Option<Range<usize>>> {
        if self.start >= self.column.len {
            return Ok(None);
        }
        let rows = self.start..chunk_end(self.column, self.start);
        self.start = rows.end;
        self.held.clear();
        match &self.column.values {
            Values::Text(bytes) => each_layout!(bytes, texts => self.decode(*texts, &rows))?,
            _ => {
                self.encoder.encode(rows.clone(), &mut self.held, &mut Vec::new())?;
                list(self.column, &rows, &self.held, &mut self.frames)?;
            }
        }
        self.held.data.resize(self.held.data.len() + SLACK, 0);
        Ok(Some(rows))
    }

    /// All their bytes, and some zeros.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.held.data
    }

    fn decode(&mut self, texts: impl Slots, rows: &Range<usize>) -> Outcome<()> {
        let (into, frames) = (&mut self.held.data, &mut self.frames);
        frames.clear();
        base64url::read(texts, rows.clone(), |row| self.column.is_valid(row), into, frames);
        // Slots have 32 bits, and so have the offsets of the result.
        if into.len() > i32::MAX as usize { Err(Fault::TooBig) } else { Ok(()) }
    }
}
