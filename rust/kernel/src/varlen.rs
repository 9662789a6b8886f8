//! What kernels write: variable-length values in one buffer, or one bit a row.

use crate::fault::{Fault, Outcome};

/// Values one after another, Arrow's 32-bit binary layout; a null is an empty slot.
#[derive(Debug, PartialEq, Eq)]
pub struct Varlen {
    /// Where each value starts; one more than there are values.
    pub offsets: Vec<i32>,
    /// The bytes of all values.
    pub data: Vec<u8>,
}

impl Default for Varlen {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

impl Varlen {
    /// Room for `rows` values of `bytes` bytes together.
    #[must_use]
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(bytes) }
    }

    /// Empty again, its memory kept for the next rows.
    pub fn clear(&mut self) {
        self.offsets.clear();
        self.offsets.push(0);
        self.data.clear();
    }

    /// Ends the value whose bytes were appended to `data`.
    pub fn close(&mut self) -> Outcome<()> {
        self.offsets.push(i32::try_from(self.data.len()).map_err(|_| Fault::TooBig)?);
        Ok(())
    }

    /// How many values were closed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One value's bytes.
    #[must_use]
    pub fn get(&self, row: usize) -> &[u8] {
        &self.data[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }
}
